/*
 * --publish as users write it, and the sockets it opens.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/host_socket.h"
#include "gateway/publish.h"
#include "support.h"

static void check(const char *text, const char *host, uint16_t port, bool is_udp)
{
    struct publish_rule rule;
    char endpoint[VITRO_ENDPOINT_TEXT_MAX];
    if (!publish_parse(text, &rule)) fail_msg("refused: %s", text);
    vitro_endpoint_format(&rule.host, endpoint);
    assert_string_equal(endpoint, host);
    assert_int_equal(rule.port, port);
    assert_int_equal(rule.is_udp, is_udp);
}

static void test_rules(void **state)
{
    (void)state;
    check("8080", "127.0.0.1:8080", 8080, false);
    check("8080:80", "127.0.0.1:8080", 80, false);
    check("5353:53/udp", "127.0.0.1:5353", 53, true);
    check("0.0.0.0:8080:80", "0.0.0.0:8080", 80, false);
    check("192.0.2.1:8080", "192.0.2.1:8080", 8080, false);
    check("[::1]:8080:80/tcp", "[::1]:8080", 80, false);
    check("[::]:65535", "[::]:65535", 65535, false);
}

static void test_what_is_no_rule(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "0",
        "65536",
        ":80",
        "80:",
        "80:0",
        "8080:80:70",
        "a",
        "80/icmp",
        "80/",
        "1.2.3:80",
        "::1:80",
        "[::1]",
        "[::1]80",
        "[::1:80",
        "[1.2.3.4]:80",
        "1.2.3.4",
        "1.2.3.4:",
        "1.2.3.4:1:2:3",
        " 80",
        "80 ",
        "+80",
        "123456",
        "/udp",
        "1.2.3.4:80:",
        "[]:80",
    };
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        struct publish_rule rule;
        if (publish_parse(wrong[i], &rule)) fail_msg("taken: %s", wrong[i]);
    }
}

static void test_open(void **state)
{
    (void)state;
    struct publish_rule rule = {.host.ip = vitro_ip_v4(127, 0, 0, 1)};
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    const int fd = publish_open(&rule);
    assert_true(fd >= 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    assert_true(host_endpoint(&address, &rule.host));
    assert_int_equal(publish_open(&rule), -EADDRINUSE);
    rule.is_udp = true;
    const int udp = publish_open(&rule);
    assert_true(udp >= 0);
    assert_int_equal(publish_open(&rule), -EADDRINUSE);
    assert_int_equal(close(udp), 0);
    assert_int_equal(close(fd), 0);
    rule.host.ip = vitro_ip_v4(192, 0, 2, 1);
    assert_int_equal(publish_open(&rule), -EADDRNOTAVAIL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_what_is_no_rule),
        cmocka_unit_test(test_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
