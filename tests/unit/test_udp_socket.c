/* udp/udp_socket: bind, connect, send, and the ways each can be refused. */
#include "udp_fixture.h"

static struct udp_fixture f;

static int start(void **state)
{
    (void)state;
    memset(&f.config, 0, sizeof f.config);
    udp_fixture_start(&f);
    return 0;
}

static int end(void **state)
{
    (void)state;
    struct list *link;
    while ((link = list_first(&f.host.sockets)) != NULL) {
        udp_socket_close(&f.host, CONTAINER_OF(link, struct udp_socket, link));
    }
    udp_fixture_end(&f);
    return 0;
}

static int bind_to(struct udp_socket *socket, const char *local, uint16_t port)
{
    const struct ip_addr addr = addr_of(local);
    return udp_socket_bind(&f.host, socket, &addr, port, 0);
}

static int connect_to(struct udp_socket *socket, const char *remote, uint16_t port)
{
    const struct ip_addr addr = addr_of(remote);
    return udp_socket_connect(&f.host, socket, &addr, port, 0);
}

static int send_to(struct udp_socket *socket, const char *dst, uint16_t port, uint32_t len)
{
    static const uint8_t bytes[65536];
    struct gather payload;
    gather_init(&payload);
    assert_true(gather_add(&payload, span_of(bytes, len)));
    struct udp_send send = {.dst_port = port, .payload = &payload};
    if (dst != NULL) send.dst = addr_of(dst);
    return udp_socket_send(&f.host, socket, &send, 0);
}

static void ports_are_exclusive_until_closed(void **state)
{
    (void)state;
    struct udp_socket *first = udp_fixture_bound(&f, "10.0.0.1", 53);
    struct udp_socket *second = udp_fixture_open(&f);
    assert_int_equal(bind_to(first, "10.0.0.1", 54), EINVAL);
    assert_int_equal(bind_to(second, "10.0.0.1", 53), EADDRINUSE);
    udp_socket_close(&f.host, first);
    assert_int_equal(bind_to(second, "10.0.0.1", 53), 0);
}

static void ephemeral_ports_differ_and_run_out(void **state)
{
    (void)state;
    udp_host_deinit(&f.host);
    udp_config_default(&f.config);
    f.config.ephemeral_port_first = 50000;
    f.config.ephemeral_port_last = 50007;
    udp_fixture_start(&f);
    uint32_t seen = 0;
    for (uint32_t i = 0; i < 8; i++) {
        struct udp_socket *socket = udp_fixture_bound(&f, "::", 0);
        assert_in_range(socket->tuple.local_port, 50000, 50007);
        seen |= 1u << (socket->tuple.local_port - 50000);
    }
    assert_int_equal(seen, 0xff);
    assert_int_equal(bind_to(udp_fixture_open(&f), "::", 0), EADDRINUSE);
}

static void sockets_are_bounded(void **state)
{
    (void)state;
    udp_host_deinit(&f.host);
    udp_config_default(&f.config);
    f.config.sockets_max = 2;
    udp_fixture_start(&f);
    (void)udp_fixture_open(&f);
    (void)udp_fixture_open(&f);
    assert_null(udp_socket_open(&f.host));
}

static void a_connected_socket_hears_its_peer_only(void **state)
{
    (void)state;
    struct udp_socket *socket = udp_fixture_open(&f);
    assert_int_equal(connect_to(socket, "10.0.0.2", 0), EINVAL);
    assert_int_equal(connect_to(socket, "10.0.0.2", 9), 0);
    assert_addr(&socket->tuple.local, "10.0.0.1");
    const uint16_t port = socket->tuple.local_port;
    assert_int_equal(udp_fixture_put(&f, "10.0.0.2", 9, "10.0.0.1", port, 5), UDP_TAKEN);
    assert_int_equal(udp_fixture_put(&f, "10.0.0.2", 8, "10.0.0.1", port, 5), UDP_NO_PORT);
    assert_int_equal(udp_fixture_put(&f, "10.0.0.3", 9, "10.0.0.1", port, 5), UDP_NO_PORT);
    assert_int_equal(connect_to(socket, "10.0.0.3", 9), 0); /* another peer */
    assert_int_equal(udp_fixture_put(&f, "10.0.0.3", 9, "10.0.0.1", port, 5), UDP_TAKEN);
    assert_int_equal(connect_to(socket, "fd00::2", 9), EINVAL);
    assert_int_equal(udp_socket_disconnect(&f.host, socket), 0);
    assert_int_equal(udp_fixture_put(&f, "10.0.0.2", 8, "10.0.0.1", port, 5), UDP_TAKEN);
    assert_int_equal(udp_socket_disconnect(&f.host, socket), EINVAL);
    assert_int_equal(socket->queue_packets, 3);
}

static void connecting_needs_a_way_and_a_free_pair(void **state)
{
    (void)state;
    struct udp_socket *first = udp_fixture_bound(&f, "10.0.0.1", 53);
    assert_int_equal(connect_to(first, "10.0.0.2", 9), 0);
    struct udp_socket *second = udp_fixture_bound(&f, "10.0.0.1", 53);
    assert_int_equal(connect_to(second, "10.0.0.2", 9), EADDRINUSE);
    assert_int_equal(connect_to(second, "10.0.0.2", 10), 0);
    assert_int_equal(connect_to(second, "10.0.0.2", 10), 0); /* the same again */
    assert_int_equal(udp_socket_disconnect(&f.host, first), 0);
    assert_int_equal(udp_socket_disconnect(&f.host, second), EADDRINUSE);
    f.source_error = ENETUNREACH;
    assert_int_equal(connect_to(udp_fixture_open(&f), "10.9.9.9", 9), ENETUNREACH);
}

static void sending_binds_and_writes_a_header(void **state)
{
    (void)state;
    struct udp_socket *socket = udp_fixture_open(&f);
    assert_int_equal(send_to(socket, NULL, 0, 10), EDESTADDRREQ);
    assert_int_equal(send_to(socket, "10.0.0.2", 9, 10), 0);
    assert_int_not_equal(socket->tuple.local_port, 0);
    assert_addr(&f.sent.src, "10.0.0.1");
    assert_int_equal(f.sent_len, 18);
    assert_int_equal(udp_header_src_port(f.sent_bytes), socket->tuple.local_port);
    assert_int_equal(udp_header_dst_port(f.sent_bytes), 9);
    assert_int_equal(udp_header_len(f.sent_bytes), 18);
    assert_int_not_equal(udp_header_checksum(f.sent_bytes), 0);
    assert_int_equal(send_to(socket, "fd00::2", 9, 10), 0); /* :: speaks both versions */
    assert_addr(&f.sent.src, "fd00::1");
    assert_int_equal(f.host.counters.datagrams_out, 2);
}

static void lengths_are_limited_by_version(void **state)
{
    (void)state;
    struct udp_socket *socket = udp_fixture_open(&f);
    assert_int_equal(send_to(socket, "10.0.0.2", 9, 65507), 0);
    assert_int_equal(send_to(socket, "10.0.0.2", 9, 65508), EMSGSIZE);
    assert_int_equal(send_to(socket, "fd00::2", 9, 65527), 0);
    assert_int_equal(send_to(socket, "fd00::2", 9, 65528), EMSGSIZE);
    f.output_error = ENOBUFS;
    assert_int_equal(send_to(socket, "fd00::2", 9, 1), ENOBUFS);
    assert_int_equal(f.host.counters.datagrams_out, 2);
}

static void too_many_parts_are_refused(void **state)
{
    (void)state;
    struct udp_socket *socket = udp_fixture_open(&f);
    static const uint8_t byte;
    struct gather payload;
    gather_init(&payload);
    const uint32_t most = GATHER_PARTS_MAX - 2; /* two headers come before them */
    for (uint32_t i = 0; i < most; i++) assert_true(gather_add(&payload, span_of(&byte, 1)));
    struct udp_send send = {.dst = addr_of("10.0.0.2"), .dst_port = 9, .payload = &payload};
    assert_int_equal(udp_socket_send(&f.host, socket, &send, 0), 0);
    assert_true(gather_add(&payload, span_of(&byte, 1)));
    assert_int_equal(udp_socket_send(&f.host, socket, &send, 0), EINVAL);
}

static void sources_must_fit(void **state)
{
    (void)state;
    struct udp_socket *socket = udp_fixture_bound(&f, "0.0.0.0", 53);
    struct udp_send send = {.dst = addr_of("10.0.0.2"), .dst_port = 9, .src = addr_of("10.0.0.7")};
    assert_int_equal(udp_socket_send(&f.host, socket, &send, 0), 0);
    assert_addr(&f.sent.src, "10.0.0.7");
    send.src_port = 54;
    assert_int_equal(udp_socket_send(&f.host, socket, &send, 0), EINVAL);
    send.src_port = 0;
    send.src = addr_of("fd00::7");
    assert_int_equal(udp_socket_send(&f.host, socket, &send, 0), EINVAL);
    assert_int_equal(send_to(socket, "fd00::2", 9, 1), EINVAL);

    struct udp_socket *gateway = udp_fixture_open(&f);
    assert_int_equal(udp_socket_bind_any(&f.host, gateway), 0);
    send = (struct udp_send){.dst = addr_of("10.0.0.2"), .dst_port = 9, .src = addr_of("8.8.8.8")};
    assert_int_equal(udp_socket_send(&f.host, gateway, &send, 0), EINVAL); /* from which port? */
    send.src_port = 53;
    assert_int_equal(udp_socket_send(&f.host, gateway, &send, 0), 0);
    assert_addr(&f.sent.src, "8.8.8.8");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(ports_are_exclusive_until_closed),
        CASE(ephemeral_ports_differ_and_run_out),
        CASE(sockets_are_bounded),
        CASE(a_connected_socket_hears_its_peer_only),
        CASE(connecting_needs_a_way_and_a_free_pair),
        CASE(sending_binds_and_writes_a_header),
        CASE(lengths_are_limited_by_version),
        CASE(too_many_parts_are_refused),
        CASE(sources_must_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
