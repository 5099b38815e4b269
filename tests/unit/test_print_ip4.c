/*
 * What tcpdump 4.99.3 prints of single packets, each by itself: the IPv4 header.
 */
#include "print_fixture.h"
#include "support.h"

static void broken_headers(void **state)
{
    (void)state;
    print_check_case("ip total<hlen", 0, "IP bad-len 10");
    print_check_case("ip total 0", 0, "IP bad-len 0");
    print_check_case("ip hl4", 0, "IP bad-hlen 16");
    print_check_case("ip v5", 0, "IP5 (invalid)");
    print_check_case("eth type ip, v6", 0, "IP6, wrong link-layer encapsulation (invalid)");
    print_check_case("ip total>frame", 0,
                     "IP truncated-ip - 160 bytes missing! 10.0.0.1.43002 > 10.0.0.2.9999: "
                     "Flags [S], seq 1000:1160, win 64240, length 160");
}

static void fragments(void **state)
{
    (void)state;
    print_check_case("frag first", 0,
                     "IP 10.0.0.1.43006 > 10.0.0.2.9999: Flags [S], seq 1000:1012, win 64240, "
                     "length 12");
    print_check_case("frag next", 0, "IP 10.0.0.1 > 10.0.0.2: ip-proto-6");
    print_check_case("frag last", 0, "IP 10.0.0.1 > 10.0.0.2: ip-proto-6");
    print_check_case("frag udp first", 0, "IP 10.0.0.1.1 > 10.0.0.2.2: UDP, length 92");
}

static void other_protocols(void **state)
{
    (void)state;
    print_check_case("proto 99", 0, "IP 10.0.0.1 > 10.0.0.2:  ip-proto-99 4");
    print_check_case("proto 255", 0, "IP 10.0.0.1 > 10.0.0.2:  ip-proto-255 4");
}

static void padding_is_no_data(void **state)
{
    (void)state;
    print_check_case("padded", 0,
                     "IP 10.0.0.1.43009 > 10.0.0.2.9999: Flags [.], ack 9, win 64240, length 0");
}

static void verbose_detail(void **state)
{
    (void)state;
    print_check_case("tos ect0 ttl0", 1,
                     "IP (tos 0x2,ECT(0), id 1, offset 0, flags [DF], proto TCP (6), length "
                     "40)\n"
                     "    10.0.0.1.43005 > 10.0.0.2.9999: Flags [S], cksum 0xcdfa (correct), "
                     "seq 1000, win 64240, length 0");
    print_check_case("tos ce", 1,
                     "IP (tos 0x2f,CE, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), "
                     "length 40)\n"
                     "    10.0.0.1.43005 > 10.0.0.2.9999: Flags [S], cksum 0xcdfa (correct), "
                     "seq 1000, win 64240, length 0");
    print_check_case("ect1", 1,
                     "IP (tos 0x1,ECT(1), ttl 64, id 1, offset 0, flags [DF], proto TCP (6), "
                     "length 40)\n"
                     "    10.0.0.1.43005 > 10.0.0.2.9999: Flags [S], cksum 0xcdfa (correct), "
                     "seq 1000, win 64240, length 0");
    print_check_case("frag next", 1,
                     "IP (tos 0x0, ttl 64, id 1, offset 32, flags [+], proto TCP (6), length "
                     "36)\n"
                     "    10.0.0.1 > 10.0.0.2: ip-proto-6");
    print_check_case("evil", 1,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [rsvd], proto TCP (6), "
                     "length 40)\n"
                     "    10.0.0.1.43007 > 10.0.0.2.9999: Flags [S], cksum 0xcdf8 (correct), "
                     "seq 1000, win 64240, length 0");
    print_check_case("ip bad ck", 1,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length "
                     "40, bad cksum 37dc (->26cd)!)\n"
                     "    10.0.0.1.43001 > 10.0.0.2.9999: Flags [S], cksum 0xcdfe (correct), "
                     "seq 1000, win 64240, length 0");
}

static void cut_captures(void **state)
{
    (void)state;
    print_check_case("cap14", 0, " [|ip]");
    print_check_case("cap20", 0, "IP  [|ip]");
    print_check_case("cap33", 0, "IP  [|ip]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_headers),  cmocka_unit_test(fragments),
        cmocka_unit_test(other_protocols), cmocka_unit_test(padding_is_no_data),
        cmocka_unit_test(verbose_detail),  cmocka_unit_test(cut_captures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
