/*
 * What tcpdump 4.99.3 prints of single packets, each by itself: text on TCP.
 */
#include "print_fixture.h"
#include "support.h"

static void http(void **state)
{
    (void)state;
    print_check_case("http get", 0,
                     "IP 10.0.0.1.45000 > 10.0.0.2.80: Flags [P.], seq 1:28, ack 1, win "
                     "64240, length 27: HTTP: GET / HTTP/1.1");
    print_check_case("http 200", 0,
                     "IP 10.0.0.1.45000 > 10.0.0.2.80: Flags [P.], seq 1:30, ack 1, win "
                     "64240, length 29: HTTP: HTTP/1.1 200 OK");
    print_check_case("http 8080", 0,
                     "IP 10.0.0.1.45000 > 10.0.0.2.8080: Flags [P.], seq 1:21, ack 1, win "
                     "64240, length 20: HTTP: POST /x HTTP/1.1");
    print_check_case("http lower", 0,
                     "IP 10.0.0.1.45000 > 10.0.0.2.80: Flags [P.], seq 1:17, ack 1, win "
                     "64240, length 16: HTTP: get / HTTP/1.0");
}

static void http_that_is_none(void **state)
{
    (void)state;
    print_check_case("http cont", 0,
                     "IP 10.0.0.1.45000 > 10.0.0.2.80: Flags [P.], seq 1:18, ack 1, win "
                     "64240, length 17: HTTP");
    print_check_case("http bin", 0,
                     "IP 10.0.0.1.45000 > 10.0.0.2.80: Flags [P.], seq 1:19, ack 1, win "
                     "64240, length 18: HTTP");
    print_check_case("http cr", 0,
                     "IP 10.0.0.1.45000 > 10.0.0.2.80: Flags [P.], seq 1:17, ack 1, win "
                     "64240, length 16: HTTP");
    print_check_case("http patch", 0,
                     "IP 10.0.0.1.45000 > 10.0.0.2.80: Flags [P.], seq 1:19, ack 1, win "
                     "64240, length 18: HTTP");
}

static void lines_without_end(void **state)
{
    (void)state;
    print_check_case("http noeol", 0,
                     "IP 10.0.0.1.45000 > 10.0.0.2.80: Flags [P.], seq 1:15, ack 1, win "
                     "64240, length 14: HTTP: GET / HTTP/1.1 [|http]");
    print_check_case("http get cap", 0,
                     "IP 10.0.0.1.45000 > 10.0.0.2.80: Flags [P.], seq 1:44, ack 1, win "
                     "64240, length 43: HTTP [|http]");
}

static void other_text(void **state)
{
    (void)state;
    print_check_case("smtp", 0,
                     "IP 10.0.0.1.45000 > 10.0.0.2.25: Flags [P.], seq 1:27, ack 1, win "
                     "64240, length 26: SMTP: EHLO me");
    print_check_case("ftp", 0,
                     "IP 10.0.0.1.45000 > 10.0.0.2.21: Flags [P.], seq 1:17, ack 1, win "
                     "64240, length 16: FTP: USER anonymous");
    print_check_case("rtsp", 0,
                     "IP 10.0.0.1.45000 > 10.0.0.2.554: Flags [P.], seq 1:21, ack 1, win "
                     "64240, length 20: RTSP: OPTIONS * RTSP/1.0");
    print_check_case("whois", 0,
                     "IP 10.0.0.1.45000 > 10.0.0.2.43: Flags [P.], seq 1:14, ack 1, win "
                     "64240, length 13: WHOIS: example.com");
}

static void ssh(void **state)
{
    (void)state;
    print_check_case("ssh", 0,
                     "IP 10.0.0.1.45000 > 10.0.0.2.22: Flags [P.], seq 1:22, ack 1, win "
                     "64240, length 21: SSH: SSH-2.0-OpenSSH_9.2");
    print_check_case("ssh bin", 0,
                     "IP 10.0.0.1.45000 > 10.0.0.2.22: Flags [P.], seq 1:5, ack 1, win 64240, "
                     "length 4");
}

static void unknown_ports(void **state)
{
    (void)state;
    print_check_case("tls", 0,
                     "IP 10.0.0.1.45000 > 10.0.0.2.443: Flags [P.], seq 1:4, ack 1, win "
                     "64240, length 3");
    print_check_case("smb", 0,
                     "IP 10.0.0.1.45000 > 10.0.0.2.445: Flags [P.], seq 1:9, ack 1, win "
                     "64240, length 8");
}

static void all_lines_when_verbose(void **state)
{
    (void)state;
    print_check_case("http get", 1,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length "
                     "67)\n"
                     "    10.0.0.1.45000 > 10.0.0.2.80: Flags [P.], cksum 0xb3ee (correct), "
                     "seq 1:28, ack 1, win 64240, length 27: HTTP, length: 27\n"
                     "\tGET / HTTP/1.1\n"
                     "\tHost: a\n"
                     "\t");
    print_check_case("http 200", 1,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length "
                     "69)\n"
                     "    10.0.0.1.45000 > 10.0.0.2.80: Flags [P.], cksum 0x9799 (correct), "
                     "seq 1:30, ack 1, win 64240, length 29: HTTP, length: 29\n"
                     "\tHTTP/1.1 200 OK\n"
                     "\tA: b\n"
                     "\t\n"
                     "\tbody [|http]");
    print_check_case("smtp", 1,
                     "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length "
                     "66)\n"
                     "    10.0.0.1.45000 > 10.0.0.2.25: Flags [P.], cksum 0xa1ae (correct), "
                     "seq 1:27, ack 1, win 64240, length 26: SMTP, length: 26\n"
                     "\tEHLO me\n"
                     "\tMAIL FROM:<a@b>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http),
        cmocka_unit_test(http_that_is_none),
        cmocka_unit_test(lines_without_end),
        cmocka_unit_test(other_text),
        cmocka_unit_test(ssh),
        cmocka_unit_test(unknown_ports),
        cmocka_unit_test(all_lines_when_verbose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
