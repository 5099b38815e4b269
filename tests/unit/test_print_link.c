/*
 * What tcpdump 4.99.3 prints of single packets, each by itself: Ethernet. Other link types are
 * compared in test_print.c.
 */
#include "print_fixture.h"
#include "support.h"

static void tags_are_not_shown(void **state)
{
    (void)state;
    print_check_case("vlan", 0,
                     "IP 10.0.0.1.43010 > 10.0.0.2.9999: Flags [S], seq 1000, win 64240, "
                     "length 0");
    print_check_case("qinq", 0,
                     "IP 10.0.0.1.43011 > 10.0.0.2.9999: Flags [S], seq 1000, win 64240, "
                     "length 0");
}

static void unknown_types_are(void **state)
{
    (void)state;
    print_check_case("etype unknown", 0,
                     "02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype Unknown (0x88b5), "
                     "length 30: \n"
                     "\t0x0000:  6865 6c6c 6f20 776f 726c 6420 3132 3334  hello.world.1234");
}

static void short_frames(void **state)
{
    (void)state;
    print_check_case("short eth", 0, " [|ether]");
    print_check_case("cap10", 0, " [|ether]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_are_not_shown),
        cmocka_unit_test(unknown_types_are),
        cmocka_unit_test(short_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
