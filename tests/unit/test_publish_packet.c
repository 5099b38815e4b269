/*
 * Datagrams of published UDP ports: which address of the host they were sent to.
 */
#include "gateway/publish_packet.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/host_socket.h"
#include "gateway/publish.h"
#include "support.h"

static void exchange(const char *any, const char *asked)
{
    struct publish_rule rule = {.is_udp = true};
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    struct vitro_endpoint client;
    struct vitro_ip here;
    char text[VITRO_IP_TEXT_MAX], answer[16];
    assert_int_equal(vitro_ip_parse(any, &rule.host.ip), 0);
    const int server = publish_open(&rule);
    assert_true(server >= 0);
    publish_packet_ask(server, vitro_ip_is_v4(&rule.host.ip));
    assert_int_equal(publish_packet_receive(server, answer, 16, &client, &here), -EAGAIN);
    assert_int_equal(getsockname(server, (struct sockaddr *)&address, &len), 0);
    assert_true(host_endpoint(&address, &rule.host));
    assert_int_equal(vitro_ip_parse(asked, &rule.host.ip), 0);
    const int fd = host_socket_open(&rule.host, SOCK_DGRAM);
    assert_true(fd >= 0);
    len = host_address(&rule.host, &address);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, len), 0);
    assert_int_equal(send(fd, "ask", 3, 0), 3);
    assert_int_equal(publish_packet_receive(server, answer, sizeof answer, &client, &here), 3);
    vitro_ip_format(&here, text);
    assert_string_equal(text, asked);
    /* The client is connected: it hears only what comes from the address that it asked. */
    assert_int_equal(publish_packet_send(server, "answer", 6, &client, &here), 6);
    assert_int_equal(recv(fd, answer, sizeof answer, MSG_DONTWAIT), 6);
    assert_memory_equal(answer, "answer", 6);
    close(fd);
    close(server);
}

static void test_ip4(void **state)
{
    (void)state;
    exchange("0.0.0.0", "127.0.0.1");
    exchange("0.0.0.0", "127.0.0.9");
    exchange("127.0.0.9", "127.0.0.9");
}

static void test_ip6(void **state)
{
    (void)state;
    exchange("::", "::1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ip4),
        cmocka_unit_test(test_ip6),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
