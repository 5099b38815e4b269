/*
 * What tcpdump 4.99.3 prints of single packets, each by itself: ICMPv6.
 */
#include "print_fixture.h"
#include "support.h"

static void echo(void **state)
{
    (void)state;
    print_check_case("e6req", 0,
                     "IP6 2001:db8::1 > 2001:db8::2: ICMP6, echo request, id 7, seq 1, length "
                     "16");
    print_check_case("e6rep", 0,
                     "IP6 2001:db8::1 > 2001:db8::2: ICMP6, echo reply, id 7, seq 1, length 16");
}

static void errors(void **state)
{
    (void)state;
    print_check_case("un6 0", 0,
                     "IP6 2001:db8::1 > 2001:db8::2: ICMP6, destination unreachable, "
                     "unreachable route 2001:db8::2, length 68");
    print_check_case("un6 1", 0,
                     "IP6 2001:db8::1 > 2001:db8::2: ICMP6, destination unreachable,  "
                     "unreachable prohibited 2001:db8::2, length 68");
    print_check_case("un6 2", 0,
                     "IP6 2001:db8::1 > 2001:db8::2: ICMP6, destination unreachable, beyond "
                     "scope 2001:db8::2, source address 2001:db8::1, length 68");
    print_check_case("un6 4", 0,
                     "IP6 2001:db8::1 > 2001:db8::2: ICMP6, destination unreachable, "
                     "unreachable port, 2001:db8::2 tcp port 9999, length 68");
    print_check_case("ptb", 0,
                     "IP6 2001:db8::1 > 2001:db8::2: ICMP6, packet too big, mtu 1280, length "
                     "68");
    print_check_case("tx6", 0,
                     "IP6 2001:db8::1 > 2001:db8::2: ICMP6, time exceeded in-transit for "
                     "2001:db8::2, length 68");
    print_check_case("tx6 1", 0,
                     "IP6 2001:db8::1 > 2001:db8::2: ICMP6, time exceeded in-transit "
                     "(reassembly), length 68");
    print_check_case("pp6", 0,
                     "IP6 2001:db8::1 > 2001:db8::2: ICMP6, parameter problem, next header - "
                     "octet 6, length 68");
}

static void unknown_gets_a_dump(void **state)
{
    (void)state;
    print_check_case("un6 5", 0,
                     "IP6 2001:db8::1 > 2001:db8::2: ICMP6, destination unreachable, unknown "
                     "unreach code (5)\n"
                     "\t0x0000:  0105 3ccd 0000 0000 6000 0000 0014 0640\n"
                     "\t0x0010:  2001 0db8 0000 0000 0000 0000 0000 0001\n"
                     "\t0x0020:  2001 0db8 0000 0000 0000 0000 0000 0002\n"
                     "\t0x0030:  b7a1 270f 0000 03e8 0000 0000 5002 faf0\n"
                     "\t0x0040:  76e4 0000");
    print_check_case("unk6", 0,
                     "IP6 2001:db8::1 > 2001:db8::2: ICMP6, mtrace response, length 8\n"
                     "\t0x0000:  c800 dc47 0000 0000");
}

static void listeners(void **state)
{
    (void)state;
    print_check_case("mldq", 0,
                     "IP6 2001:db8::1 > 2001:db8::2: ICMP6, multicast listener querymax resp "
                     "delay: 1000 addr: ::, length 24");
    print_check_case("mldr2", 0,
                     "IP6 2001:db8::1 > 2001:db8::2: ICMP6, multicast listener report v2, 1 "
                     "group record(s), length 28");
}

static void verbose_checks_sums(void **state)
{
    (void)state;
    print_check_case("e6req", 1,
                     "IP6 (hlim 255, next-header ICMPv6 (58) payload length: 16) 2001:db8::1 "
                     "> 2001:db8::2: [icmp6 sum ok] ICMP6, echo request, id 7, seq 1");
    print_check_case("mldr2", 1,
                     "IP6 (hlim 255, next-header ICMPv6 (58) payload length: 28) 2001:db8::1 "
                     "> 2001:db8::2: [icmp6 sum ok] ICMP6, multicast listener report v2, 1 "
                     "group record(s) [gaddr 2001:db8::2 to_ex, 0 source(s)]");
    print_check_case("un6 4", 1,
                     "IP6 (hlim 255, next-header ICMPv6 (58) payload length: 68) 2001:db8::1 "
                     "> 2001:db8::2: [icmp6 sum ok] ICMP6, destination unreachable, "
                     "unreachable port, 2001:db8::2 tcp port 9999");
}

static void sources_at_vv(void **state)
{
    (void)state;
    print_check_case("mldr2", 2,
                     "IP6 (hlim 255, next-header ICMPv6 (58) payload length: 28) 2001:db8::1 "
                     "> 2001:db8::2: [icmp6 sum ok] ICMP6, multicast listener report v2, 1 "
                     "group record(s) [gaddr 2001:db8::2 to_ex { }]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(echo),
        cmocka_unit_test(errors),
        cmocka_unit_test(unknown_gets_a_dump),
        cmocka_unit_test(listeners),
        cmocka_unit_test(verbose_checks_sums),
        cmocka_unit_test(sources_at_vv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
