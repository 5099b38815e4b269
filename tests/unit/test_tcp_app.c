/*
 * The user's calls in every state: what they answer, what they send, and what they leave behind.
 * Closing has its own file, test_tcp_app_close.c.
 */
#include "support.h"

#include <errno.h>

#include "base/base.h"
#include "tcp_fixture.h"
#include "tcp/tcp_chunk.h"
#include "tcp/tcp_conn.h"
#include "tcp/tcp_plan.h"

#define MS 1000ull

/* What tcp_send says to one byte. */
static int send_error(struct fixture *f)
{
    uint32_t taken;
    return tcp_send(f->conn, (const uint8_t *)"x", 1, &taken, f->now_us);
}

/* What tcp_receive says; *got is checked by those who expect data. */
static int receive_error(struct fixture *f)
{
    uint8_t byte;
    uint32_t got;
    int error = tcp_receive(f->conn, &byte, 1, &got, f->now_us);
    assert_int_equal(got, 0);
    return error;
}

static int connect_to(struct fixture *f, struct ip_addr remote, uint16_t remote_port)
{
    struct tcp_tuple tuple = {.local = ip_addr_from_v4(0x0a000002),
                              .remote = remote,
                              .local_port = f->our_port,
                              .remote_port = remote_port};
    return tcp_connect(&f->host, &tuple, 1, &f->conn, f->now_us);
}

/* The connection that lives without data costs no more than this, and owns no buffer. */
static void established_idle_owns_nothing(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    assert_true(sizeof(struct tcp_conn) <= 456);
    fixture_send(f, 50000);
    for (uint32_t acked = 1; acked < 50001; acked = u32_min(acked + 14600, 50001)) {
        fixture_ack(f, 1, u32_min(acked + 14600, 50001), 65535);
    }
    fixture_input(f, TCP_FLAG_ACK, 1, 50001, 1000, 65535);
    uint8_t bytes[1000];
    uint32_t got;
    assert_int_equal(tcp_receive(f->conn, bytes, 1000, &got, f->now_us), 0);
    fixture_pass(f, 100 * MS);
    assert_null(f->conn->tx);
    assert_null(f->conn->rx);
    assert_int_equal(f->host.chunks.in_use, 0);
    assert_int_equal(f->host.records.in_use, 0);
    assert_true(tcp_plan(f->conn, f->now_us).not_before_us == TIME_NEVER);
}

/* RFC 9293 MUST-46: no OPEN to a group, to everybody, to nobody. */
static void closed_connect_to_invalid_address(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    assert_int_equal(connect_to(f, ip_addr_from_v4(0xe0000001), 80), EADDRNOTAVAIL);
    assert_int_equal(connect_to(f, ip_addr_from_v4(0xffffffff), 80), EADDRNOTAVAIL);
    assert_int_equal(connect_to(f, ip_addr_from_v4(0), 80), EADDRNOTAVAIL);
    assert_int_equal(connect_to(f, (struct ip_addr){{0xff, 0x02, [15] = 1}}, 80), EADDRNOTAVAIL);
    assert_int_equal(connect_to(f, ip_addr_from_v4(0x0a000001), 0), EADDRNOTAVAIL);
    assert_int_equal(f->sent_count, 0);
    assert_int_equal(f->host.conns.in_use, 0);
}

static void closed_connect_errors(void **state)
{
    struct fixture *f = *state;
    f->config.conns_max = 1;
    f->config.ephemeral_port_first = f->config.ephemeral_port_last = 50000;
    fixture_start(f);
    struct ip_addr peer = ip_addr_from_v4(0x0a000001);
    f->path.mtu_bytes = 0;
    assert_int_equal(connect_to(f, peer, 80), ENETUNREACH);
    f->path.mtu_bytes = 1500;
    f->our_port = 0;
    assert_int_equal(connect_to(f, peer, 80), 0); /* RFC 6056: the one port there is */
    assert_int_equal(f->conn->entry.tuple.local_port, 50000);
    struct tcp_conn *first = f->conn;
    assert_int_equal(connect_to(f, peer, 80), EADDRNOTAVAIL);
    f->our_port = 50000;
    assert_int_equal(connect_to(f, peer, 80), EADDRINUSE);
    assert_int_equal(connect_to(f, peer, 81), ENOBUFS); /* conns_max */
    f->conn = first;
    tcp_close(f->conn, f->now_us);
    assert_int_equal(connect_to(f, peer, 81), 0);
}

/* RFC 9293 MUST-43, MUST-45: the local address is the one asked for, in every segment. */
static void syn_sent_uses_the_local_address_given(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_send(f, 1);
    struct ip_addr local = ip_addr_from_v4(0x0a000002);
    assert_true(ip_addr_eq(&fixture_last(f)->tuple.local, &local));
}

/* The port answers with a RST: ECONNREFUSED once, then the connection is over. */
static void syn_sent_refused(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    fixture_syn_sent(f);
    assert_int_equal(tcp_conn_readiness(f->conn), 0);
    fixture_input(f, TCP_FLAG_RST | TCP_FLAG_ACK, 0, 1, 0, 0);
    unsigned ready = tcp_conn_readiness(f->conn);
    assert_true((ready & TCP_ERROR) && (ready & TCP_HANGUP) && (ready & TCP_READABLE));
    assert_int_equal(tcp_take_error(f->conn), ECONNREFUSED);
    assert_int_equal(tcp_take_error(f->conn), 0);
    assert_int_equal(send_error(f), EPIPE);
    assert_int_equal(receive_error(f), 0);
    assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), ENOTCONN);
}

/* RFC 9293 3.10.2, 3.10.3, by state: what the application is told. */
static void each_state_send_and_receive_errors(void **state)
{
    struct fixture *f = *state;
    static const struct {
        enum tcp_state state;
        int send, receive;
    } cases[] = {{TCP_ESTABLISHED, 0, EAGAIN},    {TCP_FIN_WAIT_1, EPIPE, EAGAIN},
                 {TCP_FIN_WAIT_2, EPIPE, EAGAIN}, {TCP_CLOSE_WAIT, 0, 0},
                 {TCP_CLOSING, EPIPE, 0},         {TCP_LAST_ACK, EPIPE, 0}};
    fixture_start(f);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        f->our_port++;
        fixture_established(f);
        fixture_to_state(f, cases[i].state);
        assert_int_equal(send_error(f), cases[i].send);
        struct span_mut part;
        uint32_t count;
        assert_int_equal(tcp_send_reserve(f->conn, 1, &part, 1, &count), cases[i].send);
        if (cases[i].send == 0) tcp_send_commit(f->conn, 0, f->now_us);
        assert_int_equal(receive_error(f), cases[i].receive);
        struct span span;
        assert_int_equal(tcp_receive_peek(f->conn, &span, 1, &count), cases[i].receive);
        tcp_abort(f->conn, f->now_us);
        fixture_clear(f);
    }
    f->our_port++;
    fixture_syn_sent(f);
    assert_int_equal(send_error(f), 0); /* queued until the handshake is done */
    assert_int_equal(receive_error(f), EAGAIN);
    tcp_abort(f->conn, f->now_us);
    f->conn = NULL;
    assert_int_equal(f->host.conns.in_use, 0);
}

/* RFC 9293 MUST-12: a reset is told once, to whichever call comes first; unread data is gone. */
static void established_reset_is_told_once(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_input(f, TCP_FLAG_ACK, 1, 1, 100, 65535);
    fixture_input(f, TCP_FLAG_RST, 101, 0, 0, 0);
    assert_int_equal(f->conn->state, TCP_CLOSED);
    assert_int_equal(send_error(f), ECONNRESET);
    assert_int_equal(send_error(f), EPIPE);
    assert_int_equal(receive_error(f), 0);
    assert_int_equal(tcp_receive_queued_bytes(f->conn), 0);
}

/* A full send buffer: part is taken, then nothing, then room is there again and told of. */
static void established_send_buffer_full(void **state)
{
    struct fixture *f = *state;
    f->config.sndbuf_bytes = 3000;
    fixture_start_established(f);
    uint8_t bytes[4000] = {0};
    uint32_t taken;
    assert_int_equal(tcp_send(f->conn, bytes, 4000, &taken, f->now_us), 0);
    assert_int_equal(taken, 3000);
    assert_int_equal(tcp_send(f->conn, bytes, 1, &taken, f->now_us), EAGAIN);
    assert_int_equal(tcp_conn_readiness(f->conn) & TCP_WRITABLE, 0);
    assert_int_equal(tcp_send_room_bytes(f->conn), 0);
    fixture_clear(f);
    fixture_ack(f, 1, 1461, 65535);
    assert_true(f->ready_count > 0);
    assert_true((tcp_conn_readiness(f->conn) & TCP_WRITABLE) != 0);
    assert_int_equal(tcp_send_room_bytes(f->conn), 1460);
}

/* What is queued, in flight, unsent: counts that SIOCOUTQ and its like give. */
static void established_queue_counts(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_ack(f, 1, 1, 2920);
    fixture_send(f, 5000);
    assert_int_equal(tcp_send_queued_bytes(f->conn), 5000);
    assert_int_equal(tcp_conn_flight_bytes(f->conn), 2920);
    assert_int_equal(tcp_plan_unsent_bytes(f->conn), 2080);
    fixture_ack(f, 1, 1461, 1460);
    assert_int_equal(tcp_send_queued_bytes(f->conn), 3540);
    assert_int_equal(tcp_plan_unsent_bytes(f->conn), 2080);
    assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), 0);
    assert_int_equal(tcp_send_queued_bytes(f->conn), 3540); /* the FIN is no byte */
    fixture_ack(f, 1, 2921, 65535);
    assert_int_equal(tcp_plan_unsent_bytes(f->conn), 0);
    assert_int_equal(tcp_conn_flight_bytes(f->conn), 2081); /* but a number */
    fixture_input(f, TCP_FLAG_ACK, 1, 5002, 70, 65535);
    assert_int_equal(tcp_send_queued_bytes(f->conn), 0);
    assert_int_equal(tcp_receive_queued_bytes(f->conn), 70);
}

/* Reserve and commit: what is written in place leaves as if it had been sent; nothing else does. */
static void established_reserve_and_commit(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    struct span_mut parts[4];
    uint32_t count, room = 0;
    assert_int_equal(tcp_send_reserve(f->conn, 40000, parts, 4, &count), 0);
    for (uint32_t i = 0; i < count; i++) room += (uint32_t)parts[i].len;
    assert_int_equal(room, 40000);
    memset(parts[0].data, 'a', 300);
    assert_int_equal(f->sent_count, 0);
    tcp_send_commit(f->conn, 300, f->now_us);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_last(f)->len, 300);
    assert_int_equal(fixture_last(f)->first_byte, 'a');
    assert_int_equal(tcp_send_queued_bytes(f->conn), 300);
    assert_int_equal(f->host.chunks.in_use, 1);
    fixture_ack(f, 1, 301, 65535);
    assert_int_equal(tcp_send_reserve(f->conn, 10, parts, 1, &count), 0);
    tcp_send_commit(f->conn, 0, f->now_us);
    assert_null(f->conn->tx);
    assert_int_equal(f->host.chunks.in_use, 0);
}

/* A commit that comes after the end of sending, or of the connection, adds nothing behind the FIN.
 */
static void fin_wait_1_commit_is_too_late(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    struct span_mut part;
    uint32_t count;
    assert_int_equal(tcp_send_reserve(f->conn, 10, &part, 1, &count), 0);
    assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), 0);
    fixture_clear(f);
    tcp_send_commit(f->conn, 10, f->now_us);
    assert_int_equal(f->sent_count, 0);
    assert_int_equal(tcp_send_queued_bytes(f->conn), 0);
    fixture_ack(f, 1, 2, 65535);
    assert_int_equal(f->conn->state, TCP_FIN_WAIT_2);
    assert_null(f->conn->tx);
    assert_int_equal(f->host.chunks.in_use, 0);
}

static void closed_commit_is_too_late(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    struct span_mut part;
    uint32_t count;
    assert_int_equal(tcp_send_reserve(f->conn, 10, &part, 1, &count), 0);
    fixture_input(f, TCP_FLAG_RST, 1, 0, 0, 0);
    tcp_send_commit(f->conn, 10, f->now_us);
    assert_int_equal(f->host.chunks.in_use, 0);
}

/* Peek and consume: the bytes where they lie, in order, and only what was consumed is gone. */
static void established_peek_and_consume(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    for (uint32_t i = 0; i < 20; i++) {
        fixture_input(f, TCP_FLAG_ACK, 1 + 1000 * i, 1, 1000, 65535);
    }
    struct span parts[4];
    uint32_t count, seq = 1;
    assert_int_equal(tcp_receive_peek(f->conn, parts, 4, &count), 0);
    assert_int_equal(count, 2); /* 20000 bytes in chunks of 16368 */
    for (uint32_t i = 0; i < count; i++) {
        for (size_t k = 0; k < parts[i].len; k++) {
            assert_int_equal(parts[i].data[k], fixture_byte(seq++));
        }
    }
    assert_int_equal(seq, 20001);
    tcp_receive_consume(f->conn, 100, f->now_us);
    assert_int_equal(tcp_receive_queued_bytes(f->conn), 19900);
    assert_int_equal(tcp_receive_peek(f->conn, parts, 1, &count), 0);
    assert_int_equal(parts[0].data[0], fixture_byte(101));
    tcp_receive_consume(f->conn, 19900, f->now_us);
    assert_int_equal(tcp_receive_peek(f->conn, parts, 1, &count), EAGAIN);
    assert_null(f->conn->rx);
}

/* Unread data of an orderly closed peer stays readable, then the stream ends. */
static void close_wait_data_then_end(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_input(f, TCP_FLAG_FIN | TCP_FLAG_ACK, 1, 1, 3, 65535);
    assert_int_equal(f->conn->state, TCP_CLOSE_WAIT);
    assert_true((tcp_conn_readiness(f->conn) & (TCP_READABLE | TCP_PEER_FIN)) ==
                (TCP_READABLE | TCP_PEER_FIN));
    uint8_t bytes[8];
    uint32_t got;
    assert_int_equal(tcp_receive(f->conn, bytes, 2, &got, f->now_us), 0);
    assert_int_equal(got, 2);
    assert_int_equal(tcp_receive(f->conn, bytes, 8, &got, f->now_us), 0);
    assert_int_equal(got, 1);
    assert_int_equal(receive_error(f), 0);
    assert_int_equal(receive_error(f), 0);
}

/* RFC 9293 MUST-32, MUST-33: the mark is told at once, how far it is, and when it was passed. */
static void established_urgent_receive(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    uint32_t offset;
    uint8_t bytes[100];
    uint32_t got;
    assert_false(tcp_receive_urgent(f->conn, &offset));
    f->urgent = 30;
    fixture_input(f, TCP_FLAG_ACK | TCP_FLAG_URG, 1, 1, 20, 65535);
    assert_true(f->ready_count > 0);
    assert_true((tcp_conn_readiness(f->conn) & TCP_URGENT) != 0);
    assert_true(tcp_receive_urgent(f->conn, &offset));
    assert_int_equal(offset, 30); /* ten of them have not arrived yet */
    assert_int_equal(tcp_receive(f->conn, bytes, 15, &got, f->now_us), 0);
    assert_true(tcp_receive_urgent(f->conn, &offset));
    assert_int_equal(offset, 15);
    fixture_input(f, TCP_FLAG_ACK, 21, 1, 40, 65535);
    assert_int_equal(tcp_receive(f->conn, bytes, 15, &got, f->now_us), 0);
    assert_false(tcp_receive_urgent(f->conn, &offset));
    /* passed, though more is queued behind it */
    assert_int_equal(tcp_receive_queued_bytes(f->conn), 30);
    assert_int_equal(tcp_conn_readiness(f->conn) & TCP_URGENT, 0);
}

/* A reader that reads no more: what is queued and what comes is acknowledged and gone. */
static void established_shutdown_receive(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_input(f, TCP_FLAG_ACK, 1, 1, 1000, 65535);
    tcp_shutdown_receive(f->conn, f->now_us);
    assert_null(f->conn->rx);
    assert_int_equal(receive_error(f), 0);
    for (uint32_t i = 1; i < 200; i++) {
        fixture_input(f, TCP_FLAG_ACK, 1 + 1000 * i, 1, 1000, 65535);
    }
    fixture_pass(f, 50 * MS);
    assert_int_equal(fixture_last(f)->ack, 1 + 200 * 1000);
    assert_true(fixture_last(f)->repr.window >= 1023); /* open as ever */
    assert_null(f->conn->rx);
    assert_true((tcp_conn_readiness(f->conn) & TCP_READABLE) != 0);
}

/* Readiness through life: nothing, connected and writable, readable, both ends done. */
static void each_state_readiness(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    fixture_syn_sent(f);
    assert_int_equal(tcp_conn_readiness(f->conn), 0);
    f->options = (struct tcp_options){.mss = 1460};
    fixture_input(f, TCP_FLAG_SYN | TCP_FLAG_ACK, 0, 1, 0, 65535);
    assert_int_equal(tcp_conn_readiness(f->conn), TCP_CONNECTED | TCP_WRITABLE);
    fixture_input(f, TCP_FLAG_ACK, 1, 1, 10, 65535);
    assert_int_equal(tcp_conn_readiness(f->conn), TCP_CONNECTED | TCP_WRITABLE | TCP_READABLE);
    uint8_t bytes[10];
    uint32_t got;
    assert_int_equal(tcp_receive(f->conn, bytes, 10, &got, f->now_us), 0);
    fixture_input(f, TCP_FLAG_FIN | TCP_FLAG_ACK, 11, 1, 0, 65535);
    assert_int_equal(tcp_conn_readiness(f->conn),
                     TCP_CONNECTED | TCP_WRITABLE | TCP_READABLE | TCP_PEER_FIN);
    assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), 0);
    assert_int_equal(tcp_conn_readiness(f->conn),
                     TCP_CONNECTED | TCP_READABLE | TCP_PEER_FIN | TCP_HANGUP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(established_idle_owns_nothing),
        FIXTURE_TEST(closed_connect_to_invalid_address),
        FIXTURE_TEST(closed_connect_errors),
        FIXTURE_TEST(syn_sent_uses_the_local_address_given),
        FIXTURE_TEST(syn_sent_refused),
        FIXTURE_TEST(each_state_send_and_receive_errors),
        FIXTURE_TEST(established_reset_is_told_once),
        FIXTURE_TEST(established_send_buffer_full),
        FIXTURE_TEST(established_queue_counts),
        FIXTURE_TEST(established_reserve_and_commit),
        FIXTURE_TEST(fin_wait_1_commit_is_too_late),
        FIXTURE_TEST(closed_commit_is_too_late),
        FIXTURE_TEST(established_peek_and_consume),
        FIXTURE_TEST(close_wait_data_then_end),
        FIXTURE_TEST(established_urgent_receive),
        FIXTURE_TEST(established_shutdown_receive),
        FIXTURE_TEST(each_state_readiness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
