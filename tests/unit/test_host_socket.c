/*
 * Addresses of the host and sockets of it, on the loopback.
 */
#define _GNU_SOURCE

#include "gateway/host_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "support.h"

static void addresses_go_both_ways(void **state)
{
    (void)state;
    static const char *const texts[] = {"192.0.2.7:443", "[2001:db8::1]:53"};
    static const int families[] = {AF_INET, AF_INET6};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct vitro_endpoint endpoint, back;
        struct sockaddr_storage address;
        char text[VITRO_ENDPOINT_TEXT_MAX];
        assert_int_equal(vitro_endpoint_parse(texts[i], &endpoint), 0);
        assert_true(host_address(&endpoint, &address) > 0);
        assert_int_equal(address.ss_family, families[i]);
        assert_true(host_endpoint(&address, &back));
        (void)vitro_endpoint_format(&back, text);
        assert_string_equal(text, texts[i]);
    }
}

static void a_zone_is_kept(void **state)
{
    (void)state;
    struct vitro_endpoint endpoint, back;
    struct sockaddr_storage address;
    assert_int_equal(vitro_endpoint_parse("[fe80::1]:53", &endpoint), 0);
    endpoint.zone = 3;
    (void)host_address(&endpoint, &address);
    assert_true(host_endpoint(&address, &back));
    assert_int_equal(back.zone, 3);
}

static void other_families_are_none_of_ours(void **state)
{
    (void)state;
    const struct sockaddr_storage address = {.ss_family = AF_UNIX};
    struct vitro_endpoint endpoint;
    assert_false(host_endpoint(&address, &endpoint));
}

static void sockets_do_not_block_nor_wait(void **state)
{
    (void)state;
    const struct vitro_endpoint to = vitro_endpoint_of(vitro_ip_v4(127, 0, 0, 1), 1);
    const int fd = host_socket_open(&to, SOCK_STREAM);
    assert_true(fd >= 0);
    assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    int nodelay = 0;
    socklen_t len = sizeof nodelay;
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, &len), 0);
    assert_true(nodelay != 0);
    int oobinline = 0;
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &oobinline, &len), 0);
    assert_true(oobinline != 0);
    close(fd);
}

static void the_error_of_a_connect_is_told_once(void **state)
{
    (void)state;
    /* A port that was bound and closed again: nobody listens there. */
    struct vitro_endpoint to = vitro_endpoint_of(vitro_ip_v4(127, 0, 0, 1), 0);
    struct sockaddr_storage address;
    socklen_t len = host_address(&to, &address);
    const int holder = host_socket_open(&to, SOCK_STREAM);
    assert_int_equal(bind(holder, (const struct sockaddr *)&address, len), 0);
    len = sizeof address;
    assert_int_equal(getsockname(holder, (struct sockaddr *)&address, &len), 0);
    const int fd = host_socket_open(&to, SOCK_STREAM);
    const int status = connect(fd, (const struct sockaddr *)&address, len);
    const int error = status != 0 && errno != EINPROGRESS ? errno : host_socket_error(fd);
    assert_int_equal(error, ECONNREFUSED);
    assert_int_equal(host_socket_error(fd), 0);
    close(fd);
    close(holder);
    assert_int_equal(host_socket_error(-1), EBADF);
}

static void a_socket_asks_whether_its_peer_is_there(void **state)
{
    (void)state;
    const struct vitro_endpoint to = vitro_endpoint_of(vitro_ip_v4(127, 0, 0, 1), 1);
    const int fd = host_socket_open(&to, SOCK_STREAM);
    int value = -1;
    socklen_t len = sizeof value;
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, &len), 0);
    assert_int_equal(value, 0);
    host_socket_keep_alive(fd);
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, &len), 0);
    assert_int_equal(value, 1);
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &value, &len), 0);
    assert_int_equal(value, 60);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_go_both_ways),
        cmocka_unit_test(a_zone_is_kept),
        cmocka_unit_test(other_families_are_none_of_ours),
        cmocka_unit_test(sockets_do_not_block_nor_wait),
        cmocka_unit_test(the_error_of_a_connect_is_told_once),
        cmocka_unit_test(a_socket_asks_whether_its_peer_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
