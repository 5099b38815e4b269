/*
 * What tcpdump 4.99.3 prints of single packets, each by itself: TCP.
 */
#include "print_fixture.h"
#include "support.h"

static void flags(void **state)
{
    (void)state;
    print_check_case("syn", 0,
                     "IP 10.0.0.1.40000 > 10.0.0.2.9999: Flags [S], seq 1000, win 64240, "
                     "options [mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7], length 0");
    print_check_case("synack", 0,
                     "IP 10.0.0.2.9999 > 10.0.0.1.40000: Flags [S.], seq 5000, ack 1001, win "
                     "64240, options [mss 1460], length 0");
    print_check_case("ack", 0,
                     "IP 10.0.0.1.40000 > 10.0.0.2.9999: Flags [.], ack 5001, win 64240, "
                     "length 0");
    print_check_case("data", 0,
                     "IP 10.0.0.1.40000 > 10.0.0.2.9999: Flags [P.], seq 1001:1006, ack 5001, "
                     "win 64240, length 5");
    print_check_case("fin", 0,
                     "IP 10.0.0.1.40000 > 10.0.0.2.9999: Flags [F.], seq 1006, ack 5011, win "
                     "64240, length 0");
    print_check_case("rst noack", 0,
                     "IP 10.0.0.1.40000 > 10.0.0.2.9999: Flags [R], seq 1007, win 0, length 0");
    print_check_case("flags none", 0,
                     "IP 10.0.0.1.40000 > 10.0.0.2.9999: Flags [none], win 64240, length 0");
    print_check_case("flags all", 0,
                     "IP 10.0.0.1.40000 > 10.0.0.2.9999: Flags [FSRP.UEW], seq 1000, ack 7, "
                     "win 64240, urg 9, length 0");
    print_check_case("ece cwr syn", 0,
                     "IP 10.0.0.1.40000 > 10.0.0.2.9999: Flags [SEW], seq 1000, win 64240, "
                     "length 0");
}

static void urgent(void **state)
{
    (void)state;
    print_check_case("urg", 0,
                     "IP 10.0.0.1.40000 > 10.0.0.2.9999: Flags [.U], seq 1007:1008, ack 5011, "
                     "win 64240, urg 5, length 1");
    print_check_case("urgptr noflag", 0,
                     "IP 10.0.0.1.40000 > 10.0.0.2.9999: Flags [.], ack 5011, win 64240, "
                     "length 0");
    print_check_case("ack nonzero no ACK", 0,
                     "IP 10.0.0.1.40000 > 10.0.0.2.9999: Flags [S], seq 1000, win 64240, "
                     "length 0");
}

static void bad_header_lengths(void **state)
{
    (void)state;
    print_check_case("off 4", 0,
                     "IP 10.0.0.1.40000 > 10.0.0.2.9999:  tcp 4 [bad hdr length 16 - too "
                     "short, < 20]");
    print_check_case("off 15 > len", 0,
                     "IP 10.0.0.1.40000 > 10.0.0.2.9999: Flags [S] [bad hdr length 60 - too "
                     "long, > 20]");
}

static void cut_captures(void **state)
{
    (void)state;
    print_check_case("cap34", 0, "IP 10.0.0.1 > 10.0.0.2: [|tcp]");
    print_check_case("cap37", 0, "IP 10.0.0.1 > 10.0.0.2: [|tcp]");
    print_check_case("cap38", 0, "IP 10.0.0.1.42000 > 10.0.0.2.9997:  [|tcp]");
    print_check_case("cap50", 0, "IP 10.0.0.1.42000 > 10.0.0.2.9997:  [|tcp]");
    print_check_case("cap53", 0, "IP 10.0.0.1.42000 > 10.0.0.2.9997:  [|tcp]");
}

static void checksums_when_verbose(void **state)
{
    (void)state;
    print_check_case("syn", 1,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length "
                     "60)\n"
                     "    10.0.0.1.40000 > 10.0.0.2.9999: Flags [S], cksum 0x71d4 (correct), "
                     "seq 1000, win 64240, options [mss 1460,sackOK,TS val 1 ecr 0,nop,wscale "
                     "7], length 0");
    print_check_case("bad cksum", 1,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length "
                     "41)\n"
                     "    10.0.0.1.43000 > 10.0.0.2.9999: Flags [.], cksum 0x4dfe (incorrect "
                     "-> 0x5cef), seq 1000:1001, ack 1, win 64240, length 1");
    print_check_case("cap66", 1,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length "
                     "102)\n"
                     "    10.0.0.1.42000 > 10.0.0.2.9997: Flags [P.], seq 1:51, ack 1, win "
                     "64240, options [TS val 1 ecr 2,nop,nop], length 50");
}

static void reset_text_when_verbose(void **state)
{
    (void)state;
    print_check_case("rst data", 1,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length "
                     "54)\n"
                     "    10.0.0.1.40000 > 10.0.0.2.9999: Flags [R.], cksum 0x334e (correct), "
                     "seq 1007:1021, ack 5011, win 64240, length 14 [RST conn^@refusedM-^@!]");
    print_check_case("q rst port80 data", 1,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length "
                     "56)\n"
                     "    10.0.0.1.45001 > 10.0.0.2.80: Flags [R.], cksum 0x1f1b (correct), "
                     "seq 1:17, ack 1, win 64240, length 16 [RST GET / HTTP/1.1^M^J]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags),
        cmocka_unit_test(urgent),
        cmocka_unit_test(bad_header_lengths),
        cmocka_unit_test(cut_captures),
        cmocka_unit_test(checksums_when_verbose),
        cmocka_unit_test(reset_text_when_verbose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
