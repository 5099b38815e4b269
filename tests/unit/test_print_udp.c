/*
 * What tcpdump 4.99.3 prints of single packets, each by itself: UDP.
 */
#include "print_fixture.h"
#include "support.h"

static void lengths(void **state)
{
    (void)state;
    print_check_case("udp", 0, "IP 10.0.0.1.1111 > 10.0.0.2.2222: UDP, length 3");
    print_check_case("udp0", 0, "IP 10.0.0.1.1111 > 10.0.0.2.2222: UDP, length 0");
    print_check_case("udp nock", 0, "IP 10.0.0.1.1111 > 10.0.0.2.2222: UDP, length 3");
    print_check_case("udp len<8", 0, "IP 10.0.0.1.1111 > 10.0.0.2.2222: truncated-udplength 4");
    print_check_case("udp len>", 0, "IP 10.0.0.1.1111 > 10.0.0.2.2222: UDP, bad length 91 > 3");
    print_check_case("udp len short", 0, "IP 10.0.0.1.1111 > 10.0.0.2.2222: UDP, length 2");
}

static void cut_captures(void **state)
{
    (void)state;
    print_check_case("udp cap", 0, "IP 10.0.0.1.1111 > 10.0.0.2.2222:  [|udp]");
}

static void checksums_at_vv(void **state)
{
    (void)state;
    print_check_case("udp", 2,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto UDP (17), length "
                     "31)\n"
                     "    10.0.0.1.1111 > 10.0.0.2.2222: [udp sum ok] UDP, length 3");
    print_check_case("udp nock", 2,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto UDP (17), length "
                     "31)\n"
                     "    10.0.0.1.1111 > 10.0.0.2.2222: [no cksum] UDP, length 3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths),
        cmocka_unit_test(cut_captures),
        cmocka_unit_test(checksums_at_vv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
