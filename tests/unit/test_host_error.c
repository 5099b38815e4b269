/*
 * Errors of the host's datagram sockets, from the queue of a real one on the loopback.
 */
#include "support.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/host_error.h"
#include "gateway/host_socket.h"

/* A port of this address where nobody is heard: that of a socket which hears only itself, so that
 * no other test gets the port. Returns the socket. */
static int nobody(struct vitro_ip ip, struct vitro_endpoint *endpoint)
{
    *endpoint = vitro_endpoint_of(ip, 0);
    struct sockaddr_storage address;
    socklen_t len = host_address(endpoint, &address);
    const int fd = host_socket_open(endpoint, SOCK_DGRAM);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, len), 0);
    len = sizeof address;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    assert_true(host_endpoint(&address, endpoint));
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, len), 0);
    return fd;
}

static void check_refused(struct vitro_ip ip)
{
    struct vitro_endpoint to;
    const int holder = nobody(ip, &to);
    struct sockaddr_storage address;
    struct host_error error;
    uint8_t quoted[2] = {0};
    const socklen_t len = host_address(&to, &address);
    const int fd = host_socket_open(&to, SOCK_DGRAM);
    assert_int_equal(host_error_ask(fd, vitro_ip_is_v4(&ip)), 0);
    assert_false(host_error_take(fd, span_mut_of(quoted, sizeof quoted), &error));
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, len), 0);
    assert_int_equal(send(fd, "abc", 3, 0), 3);
    struct pollfd poll_fd = {.fd = fd};
    assert_int_equal(poll(&poll_fd, 1, -1), 1);
    assert_true(host_error_take(fd, span_mut_of(quoted, sizeof quoted), &error));
    assert_int_equal(error.error, ECONNREFUSED);
    assert_int_equal(error.why.kind, VITRO_UNREACHABLE_PORT);
    assert_false(error.is_local);
    assert_true(vitro_ip_equal(&error.why.from, &ip));
    assert_true(vitro_ip_equal(&error.to.ip, &ip));
    assert_int_equal(error.to.port, to.port);
    assert_memory_equal(quoted, "ab", 2);
    assert_int_equal(error.len_bytes, 2);
    assert_false(host_error_take(fd, span_mut_of(quoted, sizeof quoted), &error));
    close(fd);
    close(holder);
}

static void test_port_unreachable(void **state)
{
    (void)state;
    check_refused(vitro_ip_v4(127, 0, 0, 1));
    check_refused((struct vitro_ip){{[15] = 1}});
}

static void test_too_big_has_its_mtu(void **state)
{
    (void)state;
    static const uint8_t data[65507];
    struct vitro_endpoint to;
    const int holder = nobody(vitro_ip_v4(127, 0, 0, 1), &to);
    struct sockaddr_storage address;
    struct host_error error;
    const socklen_t len = host_address(&to, &address);
    const int fd = host_socket_open(&to, SOCK_DGRAM);
    const int never = IP_PMTUDISC_DO;
    assert_int_equal(host_error_ask(fd, true), 0);
    assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &never, sizeof never), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, len), 0);
    uint32_t mtu = 0;
    socklen_t mtu_len = sizeof mtu;
    assert_int_equal(getsockopt(fd, IPPROTO_IP, IP_MTU, &mtu, &mtu_len), 0);
    if (mtu < sizeof data) {
        assert_int_equal(send(fd, data, sizeof data, 0), -1);
        assert_int_equal(errno, EMSGSIZE);
        assert_true(host_error_take(fd, span_mut_of(NULL, 0), &error));
        assert_true(error.is_local);
        assert_int_equal(error.why.kind, VITRO_UNREACHABLE_TOO_BIG);
        assert_int_equal(error.why.mtu_bytes, mtu);
    }
    close(fd);
    close(holder);
}

static void test_kinds(void **state)
{
    (void)state;
    assert_int_equal(host_error_kind(ECONNREFUSED), VITRO_UNREACHABLE_PORT);
    assert_int_equal(host_error_kind(ENETUNREACH), VITRO_UNREACHABLE_NET);
    assert_int_equal(host_error_kind(EHOSTUNREACH), VITRO_UNREACHABLE_HOST);
    assert_int_equal(host_error_kind(EACCES), VITRO_UNREACHABLE_ADMIN);
    assert_int_equal(host_error_kind(EPERM), VITRO_UNREACHABLE_ADMIN);
    assert_int_equal(host_error_kind(EMSGSIZE), VITRO_UNREACHABLE_TOO_BIG);
    assert_int_equal(host_error_kind(EIO), VITRO_UNREACHABLE_HOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_port_unreachable),
        cmocka_unit_test(test_too_big_has_its_mtu),
        cmocka_unit_test(test_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
