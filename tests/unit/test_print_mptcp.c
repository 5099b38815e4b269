/*
 * What tcpdump 4.99.3 prints of single packets, each by itself: the option of Multipath TCP.
 */
#include "print_fixture.h"
#include "support.h"

static void subtypes(void **state)
{
    (void)state;
    print_check_case("opt mptcp cap12", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [S], seq 1, win 64240, options "
                     "[mptcp 12 capable v0 csum {0x1020304050607}], length 0");
    print_check_case("opt mptcp cap4 v1", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [S], seq 1, win 64240, options "
                     "[mptcp 4 capable v1], length 0");
    print_check_case("mptcp join12", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [S], seq 1, win 64240, options "
                     "[mptcp 12 join backup id 2 token 0x10203 nonce 0x4050607], length 0");
    print_check_case("mptcp dss", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], seq 1:101, ack 1, win "
                     "64240, options [mptcp 20 dss ack 1 seq 2 subseq 3 len 100 csum 0xbeef], "
                     "length 100");
    print_check_case("mptcp addaddr", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[mptcp 8 add-addr v0-ip4 id 2 10.0.0.9], length 0");
    print_check_case("mptcp rem", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[mptcp 4 rem-addr id 2], length 0");
    print_check_case("mptcp prio", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[mptcp 3 prio backup,nop], length 0");
    print_check_case("mptcp fail", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[mptcp 12 fail seq 283686952306183], length 0");
    print_check_case("mptcp fclose", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[mptcp 12 fast-close key 0x1020304050607], length 0");
}

static void bad_lengths(void **state)
{
    (void)state;
    print_check_case("opt mptcp bad", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [S], seq 1, win 64240, options "
                     "[mptcp 5 capable[bad opt]");
}

static void unknown_subtypes(void **state)
{
    (void)state;
    print_check_case("opt mptcp unk", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [S], seq 1, win 64240, options "
                     "[mptcp 4 unknown], length 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subtypes),
        cmocka_unit_test(bad_lengths),
        cmocka_unit_test(unknown_subtypes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
