/*
 * Life of a connection's memory: what it holds idle, when its halves come and go, how it ends.
 */
#include "tcp/tcp_conn.h"

#include "tcp/tcp_negotiate.h"
#include "tcp_states.h"

#define ACK TCP_FLAG_ACK
#define FIN TCP_FLAG_FIN

/* design.md 4: an idle connection holds no buffer. */
static void idle_connection_holds_no_half(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    assert_null(f->conn->tx);
    assert_null(f->conn->rx);
    fixture_send(f, 1000);
    fixture_input(f, ACK, 1, 1, 1000, 65535);
    assert_non_null(f->conn->tx);
    assert_non_null(f->conn->rx);
    fixture_input(f, ACK, 1001, 1001, 0, 65535);
    assert_reads(f, 1, 1000);
    assert_null(f->conn->tx);
    assert_null(f->conn->rx);
    assert_int_equal(f->host.txs.in_use + f->host.rxs.in_use, 0);
    assert_int_equal(f->host.chunks.in_use + f->host.records.in_use + f->host.ranges.in_use, 0);
    fixture_free(f);
}

/* A half stays while anything needs it: a hole, an unread byte, a FIN that waits to be sent. */
static void halves_stay_while_they_are_needed(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_input(f, ACK, 101, 1, 100, 65535);
    tcp_conn_trim_rx(f->conn);
    assert_non_null(f->conn->rx);
    fixture_input(f, ACK, 1, 1, 100, 65535);
    assert_reads(f, 1, 199);
    tcp_conn_trim_rx(f->conn);
    assert_non_null(f->conn->rx);
    assert_reads(f, 200, 1);
    assert_null(f->conn->rx);
    fixture_input(f, ACK, 201, 1, 0, 0); /* a closed window holds the FIN back */
    assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), 0);
    assert_int_equal(f->conn->flags.fin_sent, false);
    tcp_conn_trim_tx(f->conn);
    assert_non_null(f->conn->tx);
    fixture_input(f, ACK, 201, 1, 0, 65535);
    fixture_input(f, ACK, 201, 2, 0, 65535);
    assert_null(f->conn->tx);
    fixture_free(f);
}

/* The limit of connections: no more, and one that ends makes room. */
static void connections_have_a_limit(void **state)
{
    (void)state;
    struct fixture *f = states_new();
    f->config.conns_max = 2;
    fixture_start(f);
    struct tcp_conn *conns[2];
    struct tcp_tuple tuple = {.local = ip_addr_from_v4(0x0a000002),
                              .remote = ip_addr_from_v4(0x0a000001),
                              .remote_port = 80};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(tcp_connect(&f->host, &tuple, 1, &conns[i], f->now_us), 0);
    }
    struct tcp_conn *third;
    assert_int_equal(tcp_connect(&f->host, &tuple, 1, &third, f->now_us), ENOBUFS);
    tcp_abort(conns[0], f->now_us);
    assert_int_equal(tcp_connect(&f->host, &tuple, 1, &third, f->now_us), 0);
    fixture_free(f);
}

/* RFC 9293 3.10.7.4, second: after a reset "all segment queues should be flushed". */
static void reset_throws_both_queues_away(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_send(f, 1000);
    fixture_input(f, ACK, 1, 1, 1000, 65535);
    fixture_input(f, TCP_FLAG_RST, 1001, 0, 0, 0);
    assert_null(f->conn->tx);
    assert_null(f->conn->rx);
    uint8_t byte;
    uint32_t got;
    assert_int_equal(tcp_receive(f->conn, &byte, 1, &got, f->now_us), ECONNRESET);
    assert_int_equal(tcp_receive(f->conn, &byte, 1, &got, f->now_us), 0); /* told once */
    tcp_close(f->conn, f->now_us);
    fixture_free(f);
}

/* RFC 9293 MUST-12: what came in order before an orderly end can still be read. */
static void orderly_end_leaves_what_was_received(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_input(f, ACK | FIN, 1, 1, 100, 65535);
    assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), 0);
    fixture_input(f, ACK, 102, 2, 0, 65535);
    assert_int_equal(f->conn->state, TCP_CLOSED);
    assert_reads(f, 1, 100);
    uint8_t byte;
    uint32_t got = 1;
    assert_int_equal(tcp_receive(f->conn, &byte, 1, &got, f->now_us), 0);
    assert_int_equal(got, 0);
    assert_true(tcp_conn_readiness(f->conn) & TCP_HANGUP);
    tcp_close(f->conn, f->now_us);
    assert_int_equal(f->host.rxs.in_use, 0);
    fixture_free(f);
}

/* So too before a time-out. */
static void timed_out_connection_leaves_what_was_received(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_input(f, ACK, 1, 1, 100, 65535);
    fixture_send(f, 10);
    fixture_pass(f, 1100ull * 1000000);
    assert_int_equal(f->conn->state, TCP_CLOSED);
    assert_true(wheel_next_deadline(&f->wheel) == TIME_NEVER);
    assert_reads(f, 1, 100);
    assert_int_equal(tcp_take_error(f->conn), ETIMEDOUT);
    tcp_close(f->conn, f->now_us);
    fixture_free(f);
}

/* A connection that its application has let go of leaves nothing behind, in no state. */
static void closed_connection_is_freed_by_what_ends_it(void **state)
{
    (void)state;
    const enum tcp_state states[] = SYNCHRONISED_STATES;
    for (size_t s = 0; s < ARRAY_COUNT(states); s++) {
        struct fixture *f = states_in(states[s]);
        tcp_close(f->conn, f->now_us);
        fixture_input(f, TCP_FLAG_RST, has_peer_fin(states[s]) ? 2 : 1, 0, 0, 0);
        assert_int_equal(f->host.conns.in_use, 0);
        assert_int_equal(f->host.txs.in_use, 0);
        assert_null(tcp_table_first(&f->host.table));
        assert_true(wheel_next_deadline(&f->wheel) == TIME_NEVER);
        fixture_free(f);
    }
}

/* A host ends with connections in every state, and its memory and timers with it. */
static void host_ends_with_a_connection_in_any_state(void **state)
{
    (void)state;
    const enum tcp_state states[] = SYNCHRONISED_STATES;
    for (size_t s = 0; s < ARRAY_COUNT(states); s++) {
        struct fixture *f = states_in(states[s]);
        if (our_next(states[s]) == 1) fixture_send(f, 5000);
        fixture_input(f, ACK, 500, 1, 100, 65535);
        fixture_free(f); /* checks the wheel */
    }
}

/* RFC 9293 MUST-16: min(SendMSS + 20, MMS_S) - TCPhdrsize - IPoptionsize. Path 1500 - 40 = 1460, or
 * what the peer takes, whichever is less; time stamps take 12 of it. */
static void segment_size_is_the_least_of_all_limits(void **state)
{
    (void)state;
    const struct {
        uint16_t peer, limit;
        bool stamps;
        uint16_t mss;
    } rows[] = {
        {1460, 0, false, 1460},         {1460, 0, true, 1448},  {9000, 0, false, 1460},
        {1000, 0, false, 1000},         {1000, 700, true, 688}, {1, 0, false, TCP_MSS_MIN},
        {1, 0, true, TCP_MSS_MIN - 12},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct fixture *f = states_new();
        f->config.mss_bytes_max = rows[i].limit;
        fixture_start(f);
        f->timestamps = rows[i].stamps;
        fixture_syn_sent(f);
        f->options = (struct tcp_options){.mss = rows[i].peer};
        fixture_input(f, TCP_FLAG_SYN | ACK, 0, 1, 0, 65535);
        assert_int_equal(f->conn->mss_bytes, rows[i].mss);
        fixture_clear(f);
        fixture_send(f, 3000);
        assert_int_equal(fixture_sent(f, 0)->len, rows[i].mss);
        fixture_free(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_connection_holds_no_half),
        cmocka_unit_test(halves_stay_while_they_are_needed),
        cmocka_unit_test(connections_have_a_limit),
        cmocka_unit_test(reset_throws_both_queues_away),
        cmocka_unit_test(orderly_end_leaves_what_was_received),
        cmocka_unit_test(timed_out_connection_leaves_what_was_received),
        cmocka_unit_test(closed_connection_is_freed_by_what_ends_it),
        cmocka_unit_test(host_ends_with_a_connection_in_any_state),
        cmocka_unit_test(segment_size_is_the_least_of_all_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
