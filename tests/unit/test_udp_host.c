/* udp/udp_host: what is taken, what is dropped and why, what ICMP errors do. */
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

static enum udp_verdict put_raw(const char *src, const char *dst, const uint8_t *bytes,
                                uint32_t len, bool partial)
{
    struct gather gather;
    gather_init(&gather);
    assert_true(gather_add(&gather, span_of(bytes, len)));
    const struct udp_packet packet = {
        .src = addr_of(src), .dst = addr_of(dst), .checksum_partial = partial, .bytes = &gather};
    return udp_host_input(&f.host, &packet, 0);
}

static void a_datagram_arrives_with_all_about_it(void **state)
{
    (void)state;
    struct udp_socket *socket = udp_fixture_bound(&f, "0.0.0.0", 53);
    assert_int_equal(udp_fixture_put(&f, "10.0.0.2", 999, "10.0.0.1", 53, 5000), UDP_TAKEN);
    assert_int_equal(f.ready_count, 1);
    const struct udp_datagram *datagram = udp_socket_peek(socket);
    assert_addr(&datagram->src, "10.0.0.2");
    assert_addr(&datagram->dst, "10.0.0.1");
    assert_int_equal(datagram->src_port, 999);
    assert_int_equal(datagram->dst_port, 53);
    assert_int_equal(datagram->received_us, 77);
    struct gather bytes;
    udp_datagram_bytes(datagram, &bytes);
    assert_int_equal(bytes.len_bytes, 5000);
    uint8_t last;
    assert_int_equal(gather_copy(&bytes, 4999, &last, 1), 1);
    assert_int_equal(last, (uint8_t)(4999 + (4999 >> 8)));
}

static void nobody_on_the_port(void **state)
{
    (void)state;
    assert_int_equal(udp_fixture_put(&f, "10.0.0.2", 999, "10.0.0.1", 53, 5), UDP_NO_PORT);
    assert_int_equal(f.dropped, DROP_UDP_NO_SOCKET);
    assert_int_equal(f.drop_count, 1);
}

static void malformed_datagrams_are_dropped(void **state)
{
    (void)state;
    uint8_t bytes[12] = {0, 1, 0, 53, 0, 12};
    (void)udp_fixture_bound(&f, "::", 53);
    assert_int_equal(put_raw("10.0.0.2", "10.0.0.1", bytes, 7, false), UDP_DROPPED);
    assert_int_equal(put_raw("10.0.0.2", "10.0.0.1", bytes, 11, false), UDP_DROPPED);
    bytes[5] = 7;
    assert_int_equal(put_raw("10.0.0.2", "10.0.0.1", bytes, 12, false), UDP_DROPPED);
    assert_int_equal(f.dropped, DROP_UDP_MALFORMED);
    assert_int_equal(f.drop_count, 3);
}

static void checksums_are_verified(void **state)
{
    (void)state;
    uint8_t bytes[12] = {0, 1, 0, 53, 0, 12};
    (void)udp_fixture_bound(&f, "::", 53);
    assert_int_equal(put_raw("10.0.0.2", "10.0.0.1", bytes, 12, false), UDP_TAKEN); /* none made */
    assert_int_equal(put_raw("fd00::2", "fd00::1", bytes, 12, false), UDP_DROPPED);
    assert_int_equal(f.dropped, DROP_UDP_CHECKSUM);
    bytes[6] = 1;
    assert_int_equal(put_raw("10.0.0.2", "10.0.0.1", bytes, 12, false), UDP_DROPPED);
    assert_int_equal(put_raw("10.0.0.2", "10.0.0.1", bytes, 12, true), UDP_TAKEN);
}

static void queues_are_bounded(void **state)
{
    (void)state;
    struct udp_socket *socket = udp_fixture_bound(&f, "0.0.0.0", 53);
    socket->queue_packets_max = 3;
    socket->queue_bytes_max = 100;
    assert_int_equal(udp_fixture_put(&f, "10.0.0.2", 9, "10.0.0.1", 53, 101), UDP_DROPPED);
    assert_int_equal(udp_fixture_put(&f, "10.0.0.2", 9, "10.0.0.1", 53, 60), UDP_TAKEN);
    assert_int_equal(udp_fixture_put(&f, "10.0.0.2", 9, "10.0.0.1", 53, 41), UDP_DROPPED);
    assert_int_equal(udp_fixture_put(&f, "10.0.0.2", 9, "10.0.0.1", 53, 40), UDP_TAKEN);
    assert_int_equal(udp_fixture_put(&f, "10.0.0.2", 9, "10.0.0.1", 53, 0), UDP_TAKEN);
    assert_int_equal(udp_fixture_put(&f, "10.0.0.2", 9, "10.0.0.1", 53, 0), UDP_DROPPED);
    assert_int_equal(f.dropped, DROP_UDP_QUEUE_FULL);
    assert_int_equal(socket->dropped, 3);
}

static void the_catch_all_sees_where_it_was_meant_for(void **state)
{
    (void)state;
    struct udp_socket *gateway = udp_fixture_open(&f);
    struct udp_socket *other = udp_fixture_open(&f);
    assert_int_equal(udp_socket_bind_any(&f.host, gateway), 0);
    assert_int_equal(udp_socket_bind_any(&f.host, other), EADDRINUSE);
    struct udp_socket *dns = udp_fixture_bound(&f, "10.0.0.1", 53);
    assert_int_equal(udp_fixture_put(&f, "10.0.0.2", 9, "8.8.8.8", 443, 10), UDP_TAKEN);
    assert_addr(&udp_socket_peek(gateway)->dst, "8.8.8.8");
    assert_int_equal(udp_socket_peek(gateway)->dst_port, 443);
    assert_int_equal(udp_fixture_put(&f, "10.0.0.2", 9, "10.0.0.1", 53, 10), UDP_TAKEN);
    assert_int_equal(dns->queue_packets, 1);
    assert_int_equal(gateway->queue_packets, 1);
}

static void errors_reach_connected_sockets_only(void **state)
{
    (void)state;
    const struct ip_addr peer = addr_of("10.0.0.2");
    struct udp_socket *bound = udp_fixture_bound(&f, "0.0.0.0", 53);
    struct udp_socket *socket = udp_fixture_bound(&f, "10.0.0.1", 54);
    assert_int_equal(udp_socket_connect(&f.host, socket, &peer, 9, 0), 0);
    struct udp_icmp icmp = {.tuple = socket->tuple, .error = ECONNREFUSED};
    assert_true(udp_host_icmp(&f.host, &icmp));
    assert_int_equal(udp_socket_readiness(socket), UDP_ERROR | UDP_READABLE | UDP_WRITABLE);
    const struct udp_send send = {.payload = NULL};
    assert_int_equal(udp_socket_send(&f.host, socket, &send, 0), ECONNREFUSED);
    assert_int_equal(udp_socket_send(&f.host, socket, &send, 0), 0);
    icmp.is_packet_too_big = true;
    assert_true(udp_host_icmp(&f.host, &icmp));
    assert_int_equal(udp_socket_take_error(socket), 0);
    icmp.tuple.local_port = 53;
    assert_true(udp_host_icmp(&f.host, &icmp));
    assert_int_equal(bound->error, 0);
    icmp.tuple.local_port = 55;
    assert_false(udp_host_icmp(&f.host, &icmp));
}

static void configurations_that_cannot_work(void **state)
{
    (void)state;
    struct udp_host host;
    struct udp_config config;
    static const uint8_t secret[32];
    udp_config_default(&config);
    config.ephemeral_port_first = 0;
    assert_int_equal(udp_host_init(&host, f.host.ops, &config, secret), EINVAL);
    udp_config_default(&config);
    config.sockets_max = 0;
    assert_int_equal(udp_host_init(&host, f.host.ops, &config, secret), EINVAL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_datagram_arrives_with_all_about_it),
        CASE(nobody_on_the_port),
        CASE(malformed_datagrams_are_dropped),
        CASE(checksums_are_verified),
        CASE(queues_are_bounded),
        CASE(the_catch_all_sees_where_it_was_meant_for),
        CASE(errors_reach_connected_sockets_only),
        CASE(configurations_that_cannot_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
