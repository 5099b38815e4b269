/*
 * What tcpdump 4.99.3 prints of single packets, each by itself: IPv4 options.
 */
#include "print_fixture.h"
#include "support.h"

static void options_are_listed(void **state)
{
    (void)state;
    print_check_case("ipopt rr", 1,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length "
                     "48, options (RR 10.0.0.1,NOP))\n"
                     "    10.0.0.1.43008 > 10.0.0.2.9999: Flags [S], cksum 0xcdf7 (correct), "
                     "seq 1000, win 64240, length 0");
    print_check_case("ipopt ra", 1,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length "
                     "44, options (RA))\n"
                     "    10.0.0.1.43008 > 10.0.0.2.9999: Flags [S], cksum 0xcdf7 (correct), "
                     "seq 1000, win 64240, length 0");
    print_check_case("ipopt ts", 1,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length "
                     "52, options (timestamp TS{TSONLY ^ 0@ 0@}))\n"
                     "    10.0.0.1.43008 > 10.0.0.2.9999: Flags [S], cksum 0xcdf7 (correct), "
                     "seq 1000, win 64240, length 0");
    print_check_case("ipopt unk", 1,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length "
                     "44, options (unknown 153))\n"
                     "    10.0.0.1.43008 > 10.0.0.2.9999: Flags [S], cksum 0xcdf7 (correct), "
                     "seq 1000, win 64240, length 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
