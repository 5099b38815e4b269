/*
 * What tcpdump 4.99.3 prints of single packets, each by itself: IPv6 and its extension headers.
 */
#include "print_fixture.h"
#include "support.h"

static void headers(void **state)
{
    (void)state;
    print_check_case("v6 syn", 0,
                     "IP6 2001:db8::1.47000 > 2001:db8::2.9999: Flags [S], seq 1000, win "
                     "64240, length 0");
    print_check_case("v6 plen>", 0,
                     "IP6 truncated-ip6 - 80 bytes missing!2001:db8::1.47001 > "
                     "2001:db8::2.9999: Flags [S], seq 1000:1080, win 64240, length 80");
    print_check_case("v6 plen0", 0, "IP6 2001:db8::1 > 2001:db8::2: [|tcp]");
    print_check_case("v6 none", 0, "IP6 2001:db8::1 > 2001:db8::2: no next header");
    print_check_case("v6 nh 99", 0, "IP6 2001:db8::1 > 2001:db8::2:  ip-proto-99 4");
    print_check_case("v6 cap", 0, " [|ip6]");
}

static void extensions(void **state)
{
    (void)state;
    print_check_case("v6 hbh", 0,
                     "IP6 2001:db8::1 > 2001:db8::2: HBH 47003 > 9999: Flags [S], seq 1000, "
                     "win 64240, length 0");
    print_check_case("v6 dst", 0,
                     "IP6 2001:db8::1 > 2001:db8::2: DSTOPT 47004 > 9999: Flags [S], seq "
                     "1000, win 64240, length 0");
    print_check_case("v6 frag0", 0,
                     "IP6 2001:db8::1 > 2001:db8::2: frag (0|32) 47005 > 9999: Flags [S], seq "
                     "1000:1012, win 64240, length 12");
    print_check_case("v6 frag1", 0, "IP6 2001:db8::1 > 2001:db8::2: frag (32|8)");
    print_check_case("v6 rt", 0,
                     "IP6 2001:db8::1 > 2001:db8::2: RT6 (len=2, type=0 [Deprecated], "
                     "segleft=0, [0]2001:db8::2) 47006 > 9999: Flags [S], seq 1000, win "
                     "64240, length 0");
}

static void verbose_detail(void **state)
{
    (void)state;
    print_check_case("v6 class flow", 1,
                     "IP6 (class 0xb8, flowlabel 0x12345, hlim 64, next-header TCP (6) "
                     "payload length: 20) 2001:db8::1.47000 > 2001:db8::2.9999: Flags [.], "
                     "cksum 0x76de (correct), ack 1, win 64240, length 0");
    print_check_case("v6 hbh", 1,
                     "IP6 (hlim 64, next-header Options (0) payload length: 28) 2001:db8::1 > "
                     "2001:db8::2: HBH (rtalert: 0x0000) (padn) 47003 > 9999: Flags [S], "
                     "cksum 0x76ea (correct), seq 1000, win 64240, length 0");
    print_check_case("v6 frag0", 1,
                     "IP6 (hlim 64, next-header Fragment (44) payload length: 40) 2001:db8::1 "
                     "> 2001:db8::2: frag (0xdeadbeef:0|32) 47005 > 9999: Flags [S], seq "
                     "1000:1012, win 64240, length 12");
    print_check_case("v6 rt", 1,
                     "IP6 (hlim 64, next-header Routing (43) payload length: 44) 2001:db8::1 "
                     "> 2001:db8::2: RT6 (len=2, type=0 [Deprecated], segleft=0, rsv=0x0, "
                     "[0]2001:db8::2) 47006 > 9999: Flags [S], cksum 0x76e7 (correct), seq "
                     "1000, win 64240, length 0");
    print_check_case("v6 nh 99", 1,
                     "IP6 (hlim 64, next-header unknown (99) payload length: 4) 2001:db8::1 > "
                     "2001:db8::2:  ip-proto-99 4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers),
        cmocka_unit_test(extensions),
        cmocka_unit_test(verbose_detail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
