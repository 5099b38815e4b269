/*
 * The host's ping sockets, on the loopback, as far as the host allows them.
 */
#include "support.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "gateway/host_ping.h"

static void check_echo(bool is_v4, bool raw_only)
{
    const struct vitro_ip to = is_v4 ? vitro_ip_v4(127, 0, 0, 1) : (struct vitro_ip){{[15] = 1}};
    static const uint8_t data[] = "thirteen odd";
    struct host_ping ping;
    host_ping_open(&ping, is_v4, raw_only);
    if (ping.fd < 0) {
        /* Not allowed to the one who runs this test: then it must say so. */
        assert_int_not_equal(ping.error, 0);
        return;
    }
    assert_int_equal(ping.error, 0);
    assert_true(!raw_only || ping.is_raw);
    assert_int_equal(host_ping_send(&ping, &to, 4711, 37, span_of(data, sizeof data)), 0);
    assert_int_equal(host_ping_send(&ping, &to, 4712, 0x40, span_of(NULL, 0)), 0);
    for (uint16_t i = 0; i < 2;) {
        uint8_t buffer[2048];
        struct host_ping_reply reply;
        struct pollfd poll_fd = {.fd = ping.fd, .events = POLLIN};
        assert_int_equal(poll(&poll_fd, 1, -1), 1);
        const int kind = host_ping_receive(&ping, span_mut_of(buffer, sizeof buffer), &reply);
        if (kind == 0) continue; /* somebody else's */
        assert_int_equal(kind, 1);
        assert_int_equal(reply.sequence, 4711 + i);
        assert_true(vitro_ip_equal(&reply.from, &to));
        assert_int_equal(reply.data.len, i == 0 ? sizeof data : 0);
        if (i == 0) assert_memory_equal(reply.data.data, data, sizeof data);
        assert_int_not_equal(reply.ttl, 0);
        i++;
    }
    uint16_t sequence;
    struct host_error error;
    assert_int_equal(host_ping_error(&ping, &error, &sequence), -EAGAIN);
    close(ping.fd);
}

static void test_echo(void **state)
{
    (void)state;
    check_echo(true, false);
    check_echo(false, false);
}

static void test_echo_by_a_raw_socket(void **state)
{
    (void)state;
    check_echo(true, true);
    check_echo(false, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_echo),
        cmocka_unit_test(test_echo_by_a_raw_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
