/*
 * Bytes through connections between two whole stacks: both versions, both directions, small and
 * large, with and without copies, and every way a stream can end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

#define PORT       80
#define BULK_BYTES 300000u

static uint8_t byte_at(uint32_t i) { return (uint8_t)(i * 31 + i / 251); }

/* Sends BULK_BYTES from `from` to `to` on stacks `side` and 1 - side; checks each byte. */
static void bulk(struct pair *p, int side, vitro_socket from, vitro_socket to)
{
    uint32_t sent = 0;
    uint32_t got = 0;
    uint8_t chunk[5000];
    for (uint32_t round = 0; got < BULK_BYTES; round++) {
        assert_true(round < 100000);
        const uint32_t want = u32_min(sizeof chunk, BULK_BYTES - sent);
        for (uint32_t i = 0; i < want; i++) chunk[i] = byte_at(sent + i);
        if (want > 0) {
            const int64_t n = vitro_tcp_send(p->stack[side], from, chunk, want, p->now_us);
            assert_true(n > 0 || n == -EAGAIN);
            if (n > 0) sent += (uint32_t)n;
        }
        pair_deliver(p);
        const int64_t n = vitro_tcp_receive(p->stack[1 - side], to, chunk, sizeof chunk, p->now_us);
        if (n == -EAGAIN) {
            pair_run(p, 1000);
            continue;
        }
        assert_true(n > 0);
        for (int64_t i = 0; i < n; i++) assert_int_equal(chunk[i], byte_at(got + (uint32_t)i));
        got += (uint32_t)n;
    }
}

static void exchange(const struct pair_options *options, bool is_v4)
{
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    pair_setup(&p, options);
    const vitro_socket listener = pair_listen(&p, 1, PORT);
    pair_connect(&p, listener, is_v4, PORT, &client, &server);
    bulk(&p, 0, client, server);
    bulk(&p, 1, server, client);
    struct vitro_counters counters;
    vitro_stack_counters(p.stack[1], &counters);
    for (uint32_t i = 1; i < VITRO_DROP_COUNT; i++) {
        /* announcements of addresses that nobody has asked for */
        if (i == VITRO_DROP_IP_NOT_FOR_US) continue;
        assert_int_equal(counters.drops[i], 0);
    }
    assert_int_equal(counters.tcp.retransmits, 0);
    const uint32_t link_bytes = options->is_bare ? 0 : 14;
    if (options->super_bytes_max == 0)
        assert_true(p.len_max <= (options->mtu_bytes ? options->mtu_bytes : 1500) + link_bytes);
    assert_int_equal(p.super_sent > 0, options->super_bytes_max > 0);
    pair_teardown(&p);
}

static void bulk_over_ethernet_v4(void **state)
{
    (void)state;
    exchange(&(struct pair_options){.mtu_bytes = 1500}, true);
}

static void bulk_over_ethernet_v6(void **state)
{
    (void)state;
    exchange(&(struct pair_options){.mtu_bytes = 1280}, false);
}

static void bulk_over_bare_ip(void **state)
{
    (void)state;
    exchange(&(struct pair_options){.is_bare = true, .mtu_bytes = 576}, true);
    exchange(&(struct pair_options){.is_bare = true}, false);
}

static void bulk_in_super_segments(void **state)
{
    (void)state;
    exchange(&(struct pair_options){.super_bytes_max = 65000}, true);
    exchange(&(struct pair_options){.is_bare = true, .super_bytes_max = 65000}, false);
}

static void bulk_at_the_smallest_and_largest_mtu(void **state)
{
    (void)state;
    exchange(&(struct pair_options){.mtu_bytes = 68}, true);
    exchange(&(struct pair_options){.mtu_bytes = 65535}, true);
    exchange(&(struct pair_options){.mtu_bytes = 65535}, false);
}

static void offload_leaves_checksums_partial(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    pair_setup(&p, &(struct pair_options){.checksum_offload = true});
    const vitro_socket listener = pair_listen(&p, 1, PORT);
    pair_connect(&p, listener, true, PORT, &client, &server);
    bulk(&p, 0, client, server);
    assert_true(p.partial_sent > 2); /* of what is cut on the way the checksums are complete */
    pair_teardown(&p);
}

static void half_close_lets_the_other_direction_flow(void **state) /* RFC 9293 MUST-12 */
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    char text[32];
    pair_setup(&p, NULL);
    const vitro_socket listener = pair_listen(&p, 1, PORT);
    pair_connect(&p, listener, true, PORT, &client, &server);
    assert_int_equal(vitro_tcp_send(p.stack[0], client, "ask", 3, p.now_us), 3);
    assert_int_equal(vitro_tcp_shutdown(p.stack[0], client, VITRO_SHUT_SEND, p.now_us), 0);
    assert_int_equal(vitro_tcp_send(p.stack[0], client, "x", 1, p.now_us), -EPIPE);
    pair_deliver(&p);
    assert_int_equal(vitro_tcp_receive(p.stack[1], server, text, sizeof text, p.now_us), 3);
    assert_int_equal(vitro_tcp_receive(p.stack[1], server, text, sizeof text, p.now_us), 0);
    bulk(&p, 1, server, client);
    assert_int_equal(vitro_close(p.stack[1], server, p.now_us), 0);
    pair_deliver(&p);
    assert_int_equal(vitro_tcp_receive(p.stack[0], client, text, sizeof text, p.now_us), 0);
    assert_int_equal(vitro_close(p.stack[0], client, p.now_us), 0);
    pair_run(&p, 100000000);
    for (int side = 0; side < 2; side++) {
        struct vitro_memory memory;
        vitro_stack_memory(p.stack[side], &memory);
        assert_int_equal(memory.connections, 0);
        assert_int_equal(memory.time_wait_records, 0);
        assert_int_equal(memory.chunks, 0);
        assert_int_equal(memory.sockets, side); /* the listener */
    }
    pair_teardown(&p);
}

static void peek_and_consume_reserve_and_commit(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    struct vitro_span_mut room[4];
    struct vitro_span seen[4];
    pair_setup(&p, NULL);
    const vitro_socket listener = pair_listen(&p, 1, PORT);
    pair_connect(&p, listener, true, PORT, &client, &server);
    assert_int_equal(vitro_tcp_peek(p.stack[1], server, seen, 4), -EAGAIN);
    assert_true(vitro_tcp_reserve(p.stack[0], client, 100, room, 4) >= 1);
    memcpy(room[0].data, "without a copy", 14);
    assert_int_equal(vitro_tcp_commit(p.stack[0], client, 14, p.now_us), 0);
    pair_deliver(&p);
    assert_int_equal(vitro_tcp_peek(p.stack[1], server, seen, 4), 1);
    assert_int_equal(seen[0].len, 14);
    assert_memory_equal(seen[0].data, "without a copy", 14);
    assert_int_equal(vitro_tcp_readable_bytes(p.stack[1], server), 14);
    assert_int_equal(vitro_tcp_consume(p.stack[1], server, 15, p.now_us), -EINVAL);
    assert_int_equal(vitro_tcp_consume(p.stack[1], server, 8, p.now_us), 0);
    assert_int_equal(vitro_tcp_peek(p.stack[1], server, seen, 4), 1);
    assert_memory_equal(seen[0].data, "a copy", 6);
    pair_teardown(&p);
}

static void sink_takes_data_out_of_the_frame(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    char rest[16];
    pair_setup(&p, NULL);
    const vitro_socket listener = pair_listen(&p, 1, PORT);
    pair_connect(&p, listener, true, PORT, &client, &server);
    assert_int_equal(vitro_set_option(p.stack[1], server, VITRO_OPTION_SINK, 1, p.now_us), 0);
    p.sink_max = 6;
    assert_int_equal(vitro_tcp_send(p.stack[0], client, "0123456789", 10, p.now_us), 10);
    pair_deliver(&p);
    assert_int_equal(p.sink_len, 6);
    assert_memory_equal(p.sink, "012345", 6);
    assert_int_equal(vitro_tcp_receive(p.stack[1], server, rest, sizeof rest, p.now_us), 4);
    assert_memory_equal(rest, "6789", 4);
    pair_teardown(&p);
}

static void close_with_unread_data_resets(void **state) /* RFC 9293 SHLD-3, RFC 2525 2.17 */
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    char text[8];
    pair_setup(&p, NULL);
    const vitro_socket listener = pair_listen(&p, 1, PORT);
    pair_connect(&p, listener, true, PORT, &client, &server);
    assert_int_equal(vitro_tcp_send(p.stack[0], client, "unread", 6, p.now_us), 6);
    pair_deliver(&p);
    assert_int_equal(vitro_close(p.stack[1], server, p.now_us), 0);
    pair_deliver(&p);
    assert_int_equal(vitro_tcp_receive(p.stack[0], client, text, sizeof text, p.now_us),
                     -ECONNRESET);
    pair_teardown(&p);
}

static void abort_resets_and_frees(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    pair_setup(&p, NULL);
    const vitro_socket listener = pair_listen(&p, 1, PORT);
    pair_connect(&p, listener, false, PORT, &client, &server);
    assert_int_equal(vitro_tcp_abort(p.stack[0], client, p.now_us), 0);
    assert_int_equal(vitro_tcp_abort(p.stack[0], client, p.now_us), -EBADF);
    pair_deliver(&p);
    assert_int_equal(vitro_take_error(p.stack[1], server), -ECONNRESET);
    assert_int_equal(vitro_take_error(p.stack[1], server), 0);
    pair_teardown(&p);
}

static void urgent_data_is_pointed_at(void **state) /* RFC 9293 MUST-30, MUST-32, MUST-33 */
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    pair_setup(&p, NULL);
    const vitro_socket listener = pair_listen(&p, 1, PORT);
    pair_connect(&p, listener, true, PORT, &client, &server);
    assert_int_equal(vitro_tcp_urgent_offset(p.stack[1], server), -EAGAIN);
    assert_int_equal(vitro_tcp_send_urgent(p.stack[0], client, "abc!", 4, p.now_us), 4);
    pair_deliver(&p);
    assert_true((vitro_readiness(p.stack[1], server) & VITRO_URGENT) != 0);
    assert_int_equal(vitro_tcp_urgent_offset(p.stack[1], server), 4);
    pair_teardown(&p);
}

static void wrong_handles_get_the_right_errors(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket draft;
    vitro_socket udp;
    pair_setup(&p, NULL);
    struct vitro_stack *s = p.stack[0];
    assert_int_equal(vitro_tcp_open(s, 0, &draft), 0);
    assert_int_equal(vitro_udp_open(s, 0, &udp), 0);
    const vitro_socket listener = pair_listen(&p, 0, PORT);
    assert_int_equal(vitro_tcp_send(s, draft, "x", 1, p.now_us), -ENOTCONN);
    assert_int_equal(vitro_tcp_send(s, udp, "x", 1, p.now_us), -EOPNOTSUPP);
    assert_int_equal(vitro_tcp_send(s, listener, "x", 1, p.now_us), -EOPNOTSUPP);
    assert_int_equal(vitro_tcp_send(s, 12345, "x", 1, p.now_us), -EBADF);
    assert_int_equal(vitro_tcp_readable_bytes(s, VITRO_SOCKET_NONE), -EBADF);
    assert_int_equal(vitro_tcp_shutdown(s, draft, VITRO_SHUT_SEND, p.now_us), -ENOTCONN);
    assert_int_equal(vitro_tcp_abort(s, draft, p.now_us), 0);
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bulk_over_ethernet_v4),
        cmocka_unit_test(bulk_over_ethernet_v6),
        cmocka_unit_test(bulk_over_bare_ip),
        cmocka_unit_test(bulk_in_super_segments),
        cmocka_unit_test(bulk_at_the_smallest_and_largest_mtu),
        cmocka_unit_test(offload_leaves_checksums_partial),
        cmocka_unit_test(half_close_lets_the_other_direction_flow),
        cmocka_unit_test(peek_and_consume_reserve_and_commit),
        cmocka_unit_test(sink_takes_data_out_of_the_frame),
        cmocka_unit_test(close_with_unread_data_resets),
        cmocka_unit_test(abort_resets_and_frees),
        cmocka_unit_test(urgent_data_is_pointed_at),
        cmocka_unit_test(wrong_handles_get_the_right_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
