/*
 * Published ports for tests.
 */
#include "publish_fixture.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/host_socket.h"
#include "gateway/publish.h"

static void open_port(struct gateway_publish *publish, const char *ip, bool is_udp)
{
    struct publish_rule rule = {.is_udp = is_udp};
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    assert_int_equal(vitro_ip_parse(ip, &rule.host.ip), 0);
    *publish = (struct gateway_publish){.is_udp = is_udp, .port = PUBLISHED_PORT};
    publish->fd = publish_open(&rule);
    assert_true(publish->fd >= 0);
    assert_int_equal(getsockname(publish->fd, (struct sockaddr *)&address, &len), 0);
    assert_true(host_endpoint(&address, &publish->host));
}

struct publish_fixture *publish_fixture_make(bool has_ip6)
{
    struct gateway_config config;
    struct publish_fixture *p = calloc(1, sizeof *p);
    assert_non_null(p);
    open_port(&p->publish[PUBLISHED_TCP_V4], "127.0.0.1", false);
    open_port(&p->publish[PUBLISHED_TCP_V6], "::1", false);
    open_port(&p->publish[PUBLISHED_UDP_V4], "127.0.0.1", true);
    fixture_config(&config);
    const struct vitro_ip network = vitro_ip_v4(10, 0, 2, 0);
    policy_addresses_init(&config.policy.addresses, &network, has_ip6);
    config.publish = p->publish;
    config.publish_count = PUBLISHED_COUNT;
    fixture_setup(&p->fixture, &config);
    return p;
}

int publish_fixture_setup(void **state)
{
    *state = publish_fixture_make(true);
    return 0;
}

int publish_fixture_teardown(void **state)
{
    struct publish_fixture *p = *state;
    fixture_teardown(&p->fixture);
    free(p);
    return 0;
}

int publish_fixture_client(struct publish_fixture *p, enum publish_fixture_port port)
{
    const struct vitro_endpoint *host = &p->publish[port].host;
    struct sockaddr_storage address;
    const int fd = host_socket_open(host, p->publish[port].is_udp ? SOCK_DGRAM : SOCK_STREAM);
    assert_true(fd >= 0);
    const socklen_t len = host_address(host, &address);
    const int status = connect(fd, (const struct sockaddr *)&address, len);
    assert_true(status == 0 || errno == EINPROGRESS);
    return fd;
}

vitro_socket publish_fixture_listen(struct publish_fixture *p)
{
    vitro_socket listener;
    const struct vitro_endpoint any = vitro_endpoint_any(PUBLISHED_PORT);
    assert_int_equal(vitro_tcp_open(p->fixture.program, 0, &listener), 0);
    assert_int_equal(vitro_bind(p->fixture.program, listener, &any), 0);
    assert_int_equal(vitro_tcp_listen(p->fixture.program, listener, 128), 0);
    return listener;
}

vitro_socket publish_fixture_accept(struct publish_fixture *p, vitro_socket listener,
                                    struct vitro_endpoint *remote)
{
    const uint64_t until_us = poll_now_us() + FIXTURE_PATIENCE_US;
    for (;;) {
        vitro_socket socket;
        const int error = vitro_tcp_accept(p->fixture.program, listener, 0, &socket, remote);
        if (error == 0) return socket;
        assert_int_equal(error, -EAGAIN);
        assert_true(poll_now_us() < until_us);
        fixture_step(&p->fixture);
    }
}

size_t publish_fixture_hear(struct publish_fixture *p, int fd, void *to, size_t cap, int *error)
{
    const uint64_t until_us = poll_now_us() + FIXTURE_PATIENCE_US;
    size_t len = 0;
    *error = 0;
    while (len < cap) {
        const ssize_t n = recv(fd, (uint8_t *)to + len, cap - len, MSG_DONTWAIT);
        if (n == 0) break;
        if (n > 0) {
            len += (size_t)n;
        } else if (errno != EAGAIN) {
            *error = errno;
            break;
        } else {
            assert_true(poll_now_us() < until_us);
            fixture_step(&p->fixture);
        }
    }
    return len;
}

void publish_fixture_until_talks(struct publish_fixture *p, uint32_t count)
{
    const uint64_t until_us = poll_now_us() + FIXTURE_PATIENCE_US;
    while (p->fixture.talk_count < count) {
        assert_true(poll_now_us() < until_us);
        fixture_step(&p->fixture);
    }
}
