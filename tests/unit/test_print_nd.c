/*
 * What tcpdump 4.99.3 prints of single packets, each by itself: neighbour discovery.
 */
#include "print_fixture.h"
#include "support.h"

static void addresses(void **state)
{
    (void)state;
    print_check_case("ns", 0,
                     "IP6 2001:db8::1 > 2001:db8::2: ICMP6, neighbor solicitation, who has "
                     "2001:db8::2, length 32");
    print_check_case("na", 0,
                     "IP6 2001:db8::1 > 2001:db8::2: ICMP6, neighbor advertisement, tgt is "
                     "2001:db8::2, length 32");
    print_check_case("rs6", 0,
                     "IP6 2001:db8::1 > 2001:db8::2: ICMP6, router solicitation, length 16");
    print_check_case("ra6", 0,
                     "IP6 2001:db8::1 > 2001:db8::2: ICMP6, router advertisement, length 56");
    print_check_case("redir6", 0,
                     "IP6 2001:db8::1 > 2001:db8::2: ICMP6, redirect, 2001:db8::2 to "
                     "2001:db8::1, length 40");
}

static void verbose_shows_options(void **state)
{
    (void)state;
    print_check_case("ns", 1,
                     "IP6 (hlim 255, next-header ICMPv6 (58) payload length: 32) 2001:db8::1 "
                     "> 2001:db8::2: [icmp6 sum ok] ICMP6, neighbor solicitation, length 32, "
                     "who has 2001:db8::2\n"
                     "\t  source link-address option (1), length 8 (1): 02:00:00:00:00:01");
    print_check_case("na", 1,
                     "IP6 (hlim 255, next-header ICMPv6 (58) payload length: 32) 2001:db8::1 "
                     "> 2001:db8::2: [icmp6 sum ok] ICMP6, neighbor advertisement, length 32, "
                     "tgt is 2001:db8::2, Flags [solicited, override]\n"
                     "\t  destination link-address option (2), length 8 (1): 02:00:00:00:00:01");
    print_check_case("rs6", 1,
                     "IP6 (hlim 255, next-header ICMPv6 (58) payload length: 16) 2001:db8::1 "
                     "> 2001:db8::2: [icmp6 sum ok] ICMP6, router solicitation, length 16\n"
                     "\t  source link-address option (1), length 8 (1): 02:00:00:00:00:01");
    print_check_case("ra6", 1,
                     "IP6 (hlim 255, next-header ICMPv6 (58) payload length: 56) 2001:db8::1 "
                     "> 2001:db8::2: [icmp6 sum ok] ICMP6, router advertisement, length 56\n"
                     "\thop limit 64, Flags [other stateful], pref medium, router lifetime "
                     "1800s, reachable time 0ms, retrans timer 0ms\n"
                     "\t  prefix info option (3), length 32 (4): 2001:db8::1/64, Flags "
                     "[onlink, auto], valid time 86400s, pref. time 14400s\n"
                     "\t  mtu option (5), length 8 (1):  1500");
    print_check_case("redir6", 1,
                     "IP6 (hlim 255, next-header ICMPv6 (58) payload length: 40) 2001:db8::1 "
                     "> 2001:db8::2: [icmp6 sum ok] ICMP6, redirect, length 40, 2001:db8::2 "
                     "to 2001:db8::1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),
        cmocka_unit_test(verbose_shows_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
