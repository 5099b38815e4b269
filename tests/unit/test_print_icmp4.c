/*
 * What tcpdump 4.99.3 prints of single packets, each by itself: ICMP.
 */
#include "print_fixture.h"
#include "support.h"

static void echo(void **state)
{
    (void)state;
    print_check_case("echo", 0,
                     "IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 7, seq 1, length 64");
    print_check_case("reply", 0, "IP 10.0.0.1 > 10.0.0.2: ICMP echo reply, id 7, seq 1, length 64");
}

static void unreachable(void **state)
{
    (void)state;
    print_check_case("unreach0", 0,
                     "IP 10.0.0.1 > 10.0.0.2: ICMP net 10.0.0.2 unreachable, length 44");
    print_check_case("unreach2", 0,
                     "IP 10.0.0.1 > 10.0.0.2: ICMP 10.0.0.2 protocol 17 unreachable, length 44");
    print_check_case("unreach3", 0,
                     "IP 10.0.0.1 > 10.0.0.2: ICMP 10.0.0.2 udp port 33434 unreachable, "
                     "length 44");
    print_check_case("unreach4", 0,
                     "IP 10.0.0.1 > 10.0.0.2: ICMP 10.0.0.2 unreachable - need to frag (mtu "
                     "1400), length 44");
    print_check_case("unreach13", 0,
                     "IP 10.0.0.1 > 10.0.0.2: ICMP host 10.0.0.2 unreachable - admin "
                     "prohibited filter, length 44");
    print_check_case("unreach16", 0,
                     "IP 10.0.0.1 > 10.0.0.2: ICMP 10.0.0.2 unreachable - #16, length 44");
    print_check_case("unreach tcp", 0,
                     "IP 10.0.0.1 > 10.0.0.2: ICMP 10.0.0.2 tcp port 443 unreachable, length "
                     "36");
    print_check_case("unreach nf mtu0", 0,
                     "IP 10.0.0.1 > 10.0.0.2: ICMP 10.0.0.2 unreachable - need to frag, "
                     "length 36");
}

static void other_errors(void **state)
{
    (void)state;
    print_check_case("timx", 0, "IP 10.0.0.1 > 10.0.0.2: ICMP time exceeded in-transit, length 44");
    print_check_case("timx1", 0,
                     "IP 10.0.0.1 > 10.0.0.2: ICMP ip reassembly time exceeded, length 44");
    print_check_case("redir", 0,
                     "IP 10.0.0.1 > 10.0.0.2: ICMP redirect 10.0.0.2 to host 10.0.0.254, "
                     "length 44");
    print_check_case("param", 0,
                     "IP 10.0.0.1 > 10.0.0.2: ICMP parameter problem - octet 9, length 44");
    print_check_case("squench", 0, "IP 10.0.0.1 > 10.0.0.2: ICMP source quench, length 44");
}

static void queries(void **state)
{
    (void)state;
    print_check_case("tstamp", 0,
                     "IP 10.0.0.1 > 10.0.0.2: ICMP time stamp query id 1 seq 2, length 20");
    print_check_case("tsreply", 0,
                     "IP 10.0.0.1 > 10.0.0.2: ICMP time stamp reply id 1 seq 2: org "
                     "01:00:00.000, recv 01:00:00.001, xmit 01:00:00.002, length 20");
    print_check_case("mask", 0, "IP 10.0.0.1 > 10.0.0.2: ICMP address mask request, length 12");
    print_check_case("maskr", 0,
                     "IP 10.0.0.1 > 10.0.0.2: ICMP address mask is 0xffffff00, length 12");
    print_check_case("rs", 0, "IP 10.0.0.1 > 10.0.0.2: ICMP router solicitation, length 8");
    print_check_case("ra", 0,
                     "IP 10.0.0.1 > 10.0.0.2: ICMP router advertisement lifetime 30:00 1: "
                     "{10.0.0.254 0}, length 16");
    print_check_case("type 40", 0, "IP 10.0.0.1 > 10.0.0.2: ICMP type-#40, length 8");
}

static void verbose_quotes_the_packet(void **state)
{
    (void)state;
    print_check_case("unreach3", 1,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto ICMP (1), length "
                     "64)\n"
                     "    10.0.0.1 > 10.0.0.2: ICMP 10.0.0.2 udp port 33434 unreachable, "
                     "length 44\n"
                     "\tIP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto UDP (17), "
                     "length 36)\n"
                     "    10.0.0.1.1111 > 10.0.0.2.33434: UDP, length 8");
    print_check_case("unreach tcp", 1,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto ICMP (1), length "
                     "56)\n"
                     "    10.0.0.1 > 10.0.0.2: ICMP 10.0.0.2 tcp port 443 unreachable, length "
                     "36\n"
                     "\tIP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), "
                     "length 40)\n"
                     "    10.0.0.1.46000 > 10.0.0.2.443:  [|tcp]");
    print_check_case("timx", 1,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto ICMP (1), length "
                     "64)\n"
                     "    10.0.0.1 > 10.0.0.2: ICMP time exceeded in-transit, length 44\n"
                     "\tIP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto UDP (17), "
                     "length 36)\n"
                     "    10.0.0.1.1111 > 10.0.0.2.33434: UDP, length 8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(echo),
        cmocka_unit_test(unreachable),
        cmocka_unit_test(other_errors),
        cmocka_unit_test(queries),
        cmocka_unit_test(verbose_quotes_the_packet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
