/*
 * What tcpdump 4.99.3 prints of single packets, each by itself: ARP.
 */
#include "print_fixture.h"
#include "support.h"

static void requests_and_replies(void **state)
{
    (void)state;
    print_check_case("arp req", 0, "ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 46");
    print_check_case("arp req uni", 0,
                     "ARP, Request who-has 10.0.0.2 (02:00:00:00:00:02) tell 10.0.0.1, length "
                     "46");
    print_check_case("arp reply", 0, "ARP, Reply 10.0.0.1 is-at 02:00:00:00:00:01, length 46");
    print_check_case("probe", 0, "ARP, Request who-has 10.0.0.2 tell 0.0.0.0, length 46");
    print_check_case("announce", 0, "ARP, Request who-has 10.0.0.2 tell 10.0.0.2, length 46");
}

static void reverse_and_inverse(void **state)
{
    (void)state;
    print_check_case("rarp", 0,
                     "ARP, Reverse Request who-is 02:00:00:00:00:01 tell 02:00:00:00:00:01, "
                     "length 46");
    print_check_case("rarpr", 0, "ARP, Reverse Reply 02:00:00:00:00:01 at 10.0.0.7, length 46");
    print_check_case("inarp", 0,
                     "ARP, Inverse Request who-is 00:00:00:00:00:00 tell 02:00:00:00:00:01, "
                     "length 46");
}

static void odd_formats_say_so(void **state)
{
    (void)state;
    print_check_case("hrd unk", 0, "ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 46");
    print_check_case("pro ipv6", 0, "ARP, Ethernet (len 6), IPv6 (len 4), length 46");
    print_check_case("op 99", 0,
                     "ARP, Unknown (99) \n"
                     "\t0x0000:  0001 0800 0604 0063 0200 0000 0001 0a00  .......c........\n"
                     "\t0x0010:  0001 0000 0000 0000 0a00 0002 0000 0000  ................\n"
                     "\t0x0020:  0000 0000 0000 0000 0000 0000 0000       ..............");
}

static void verbose_says_the_format(void **state)
{
    (void)state;
    print_check_case("arp req", 1,
                     "ARP, Ethernet (len 6), IPv4 (len 4), Request who-has 10.0.0.2 tell "
                     "10.0.0.1, length 46");
    print_check_case("hrd 6", 1,
                     "ARP, TokenRing (len 6), IPv4 (len 4), Request who-has 10.0.0.2 tell "
                     "10.0.0.1, length 46");
    print_check_case("hrd unk", 1,
                     "ARP, Unknown Hardware (77) (len 6), IPv4 (len 4), Request who-has "
                     "10.0.0.2 tell 10.0.0.1, length 46");
    print_check_case("pro ipv6", 1,
                     "ARP, Ethernet (len 6), IPv6 (len 4), Request who-has <wrong proto type> "
                     "tell <wrong proto type>, length 46");
}

static void cut_captures(void **state)
{
    (void)state;
    print_check_case("arp cap", 0, " [|arp]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_and_replies), cmocka_unit_test(reverse_and_inverse),
        cmocka_unit_test(odd_formats_say_so),   cmocka_unit_test(verbose_says_the_format),
        cmocka_unit_test(cut_captures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
