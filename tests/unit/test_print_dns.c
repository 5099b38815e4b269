/*
 * What tcpdump 4.99.3 prints of single packets, each by itself: DNS.
 */
#include "print_fixture.h"
#include "support.h"

static void queries(void **state)
{
    (void)state;
    print_check_case("dns q", 0, "IP 10.0.0.1.5354 > 10.0.0.2.53: 4660+ A? example.com. (29)");
    print_check_case("dns q edns do ad", 0,
                     "IP 10.0.0.1.5354 > 10.0.0.2.53: 4660+ [1au] AAAA? example.com. (40)");
    print_check_case("dns https type65", 0,
                     "IP 10.0.0.1.5354 > 10.0.0.2.53: 4660+ Type65? example.com. (29)");
    print_check_case("mdns", 0,
                     "IP 10.0.0.1.5353 > 10.0.0.2.5353: 0 PTR (QU)? _ipp._tcp.local. (33)");
}

static void responses(void **state)
{
    (void)state;
    print_check_case("dns r", 0,
                     "IP 10.0.0.1.53 > 10.0.0.2.5354: 4660 2/0/0 CNAME www.example.com., A "
                     "93.184.216.34 (63)");
    print_check_case("dns nx", 0, "IP 10.0.0.1.53 > 10.0.0.2.5354: 4660 NXDomain* 0/1/0 (63)");
}

static void verbose_names_records(void **state)
{
    (void)state;
    print_check_case("dns r", 1,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto UDP (17), length "
                     "91)\n"
                     "    10.0.0.1.53 > 10.0.0.2.5354: 4660 2/0/0 example.com. CNAME "
                     "www.example.com., www.example.com. A 93.184.216.34 (63)");
}

static void all_sections_at_vv(void **state)
{
    (void)state;
    print_check_case("dns r", 2,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto UDP (17), length "
                     "91)\n"
                     "    10.0.0.1.53 > 10.0.0.2.5354: [udp sum ok] 4660 q: A? example.com. "
                     "2/0/0 example.com. CNAME www.example.com., www.example.com. A "
                     "93.184.216.34 (63)");
    print_check_case("dns nx", 2,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto UDP (17), length "
                     "91)\n"
                     "    10.0.0.1.53 > 10.0.0.2.5354: [udp sum ok] 4660 NXDomain* q: A? "
                     "example.com. 0/1/0 ns: example.com. SOA . . 1 2 3 4 5 (63)");
    print_check_case("dns q edns do ad", 2,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto UDP (17), length "
                     "68)\n"
                     "    10.0.0.1.5354 > 10.0.0.2.53: [udp sum ok] 4660+ [1au] AAAA? "
                     "example.com. ar: . OPT UDPsize=1232 DO (40)");
}

static void times_to_live_at_vvv(void **state)
{
    (void)state;
    print_check_case("dns r", 3,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto UDP (17), length "
                     "91)\n"
                     "    10.0.0.1.53 > 10.0.0.2.5354: [udp sum ok] 4660 q: A? example.com. "
                     "2/0/0 example.com. [5m] CNAME www.example.com., www.example.com. [5m] A "
                     "93.184.216.34 (63)");
}

static void cut_and_short(void **state)
{
    (void)state;
    print_check_case("dns trunc", 0, "IP 10.0.0.1.53 > 10.0.0.2.5354: 4660 2/0/0 [|domain]");
    print_check_case("dns short", 0,
                     "IP 10.0.0.1.53 > 10.0.0.2.5354: domain [length 3 < 12] (invalid)");
}

static void over_tcp(void **state)
{
    (void)state;
    print_check_case("dns tcp", 0,
                     "IP 10.0.0.1.44000 > 10.0.0.2.53: Flags [P.], seq 1:32, ack 1, win "
                     "64240, length 31 4660+ A? example.com. (29)");
    print_check_case("dns tcp 2seg", 0,
                     "IP 10.0.0.1.44000 > 10.0.0.2.53: Flags [P.], seq 1:32, ack 1, win "
                     "64240, length 31 [prefix length(49) != length(29)] (invalid)");
    print_check_case("dns tcp 1", 0,
                     "IP 10.0.0.1.44000 > 10.0.0.2.53: Flags [P.], seq 1:2, ack 1, win 64240, "
                     "length 1 [DNS over TCP: length 1 < 2] (invalid)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queries),
        cmocka_unit_test(responses),
        cmocka_unit_test(verbose_names_records),
        cmocka_unit_test(all_sections_at_vv),
        cmocka_unit_test(times_to_live_at_vvv),
        cmocka_unit_test(cut_and_short),
        cmocka_unit_test(over_tcp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
