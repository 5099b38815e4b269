/*
 * ICMP errors (RFC 9293 3.9.2.2, RFC 5927): what they may do, and that only those may which quote
 * something in flight.
 */
#include "tcp/tcp_host.h"

#include "tcp/tcp_negotiate.h"
#include "tcp_states.h"

#define ACK TCP_FLAG_ACK
#define SYN TCP_FLAG_SYN

/* An error about the fixture's connection that quotes relative number `seq`. */
static bool icmp(struct fixture *f, enum tcp_icmp_kind kind, int error, uint32_t seq)
{
    const struct tcp_icmp message = {.tuple = f->conn->entry.tuple,
                                     .seq = tcp_seq_of(f->our_iss + seq),
                                     .kind = kind,
                                     .error = error};
    return tcp_host_icmp(&f->host, &message, f->now_us);
}

static struct fixture *syn_sent(void)
{
    struct fixture *f = states_new();
    fixture_start(f);
    fixture_syn_sent(f);
    fixture_clear(f);
    return f;
}

/* RFC 9293 MUST-54, SHLD-26 */
static void syn_sent_hard_error_aborts(void **state)
{
    (void)state;
    struct fixture *f = syn_sent();
    assert_true(icmp(f, TCP_ICMP_HARD, ECONNREFUSED, 0));
    assert_move(f, 0, TCP_SYN_SENT, TCP_CLOSED, TCP_CAUSE_ICMP);
    assert_int_equal(tcp_take_error(f->conn), ECONNREFUSED);
    assert_int_equal(f->sent_count, 0);
    tcp_close(f->conn, f->now_us);
    fixture_free(f);
}

static void syn_received_hard_error_aborts(void **state)
{
    (void)state;
    struct fixture *f = states_in_syn_received();
    assert_true(icmp(f, TCP_ICMP_HARD, EHOSTUNREACH, 0));
    assert_int_equal(f->conn->state, TCP_CLOSED);
    assert_int_equal(tcp_take_error(f->conn), EHOSTUNREACH);
    tcp_close(f->conn, f->now_us);
    fixture_free(f);
}

/* RFC 9293 MUST-56, SHLD-25: not aborted, but what the time-out is called then: 247 s after the SYN
 * (1 + 2 + 4 + ... + 128 = 255 s less the cap of 120 s for 128). */
static void syn_sent_soft_error_names_the_time_out(void **state)
{
    (void)state;
    struct fixture *f = syn_sent();
    assert_true(icmp(f, TCP_ICMP_SOFT, ENETUNREACH, 0));
    assert_int_equal(f->conn->state, TCP_SYN_SENT);
    assert_int_equal(states_event(f, TCP_EVENT_SOFT_ERROR, 0)->error, ENETUNREACH);
    fixture_pass(f, 246999999);
    assert_int_equal(f->conn->state, TCP_SYN_SENT);
    fixture_pass(f, 1);
    assert_int_equal(f->conn->state, TCP_CLOSED);
    assert_int_equal(tcp_take_error(f->conn), ENETUNREACH);
    tcp_close(f->conn, f->now_us);
    fixture_free(f);
}

/* RFC 9293 MUST-56, SHLD-25; RFC 5927 5.2: once data flows nothing of it ends the connection. */
static void synchronised_connection_survives_soft_and_hard_errors(void **state)
{
    (void)state;
    const enum tcp_state states[] = SYNCHRONISED_STATES;
    for (size_t s = 0; s < ARRAY_COUNT(states); s++) {
        for (int kind = TCP_ICMP_SOFT; kind <= TCP_ICMP_HARD; kind++) {
            struct fixture *f = states_in(states[s]);
            const bool in_flight = tcp_conn_flight_bytes(f->conn) > 0;
            assert_int_equal(icmp(f, (enum tcp_icmp_kind)kind, EHOSTUNREACH, 1), in_flight);
            assert_int_equal(f->conn->state, states[s]);
            assert_int_equal(f->conn->soft_error, in_flight ? EHOSTUNREACH : 0);
            assert_int_equal(fixture_events(f, TCP_EVENT_SOFT_ERROR), in_flight);
            assert_int_equal(f->sent_count, 0);
            fixture_free(f);
        }
    }
}

/* R2 with the defaults is 924.6 s. */
static void soft_error_names_the_time_out_of_data(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_send(f, 100);
    assert_true(icmp(f, TCP_ICMP_SOFT, EHOSTUNREACH, 1));
    fixture_pass(f, 1100ull * 1000000);
    assert_int_equal(f->conn->state, TCP_CLOSED);
    assert_int_equal(tcp_take_error(f->conn), EHOSTUNREACH);
    tcp_close(f->conn, f->now_us);
    fixture_free(f);
}

/* The peer was heard since: a time-out long after has another reason. */
static void soft_error_is_forgotten_when_the_peer_answers(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_send(f, 100);
    assert_true(icmp(f, TCP_ICMP_SOFT, EHOSTUNREACH, 1));
    fixture_input(f, ACK, 1, 101, 0, 65535);
    fixture_send(f, 100);
    fixture_pass(f, 1100ull * 1000000);
    assert_int_equal(f->conn->state, TCP_CLOSED);
    assert_int_equal(tcp_take_error(f->conn), ETIMEDOUT);
    tcp_close(f->conn, f->now_us);
    fixture_free(f);
}

/* RFC 5927 4.1: SND.UNA =< SEQ < SND.NXT; 1001 to 2000 here. */
static void quoted_number_outside_of_the_flight_is_ignored(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_send(f, 2000);
    fixture_input(f, ACK, 1, 1001, 0, 65535);
    const struct {
        uint32_t seq;
        bool counts;
    } rows[] = {{1000, false}, {1001, true}, {2000, true},
                {2001, false}, {0, false},   {1u << 31, false}};
    for (int kind = TCP_ICMP_SOFT; kind <= TCP_ICMP_PACKET_TOO_BIG; kind++) {
        for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
            assert_int_equal(icmp(f, (enum tcp_icmp_kind)kind, EHOSTUNREACH, rows[i].seq),
                             rows[i].counts);
        }
    }
    fixture_free(f);
    f = syn_sent();
    assert_false(icmp(f, TCP_ICMP_HARD, ECONNREFUSED, 1));
    assert_false(icmp(f, TCP_ICMP_HARD, ECONNREFUSED, 0u - 1));
    assert_int_equal(f->conn->state, TCP_SYN_SENT);
    fixture_free(f);
}

static void error_about_no_connection_or_time_wait_is_ignored(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_FIN_WAIT_2);
    struct tcp_icmp message = {.tuple = f->conn->entry.tuple,
                               .seq = tcp_seq_of(f->our_iss + 1),
                               .kind = TCP_ICMP_HARD,
                               .error = ECONNREFUSED};
    tcp_close(f->conn, f->now_us);
    fixture_input(f, ACK | TCP_FLAG_FIN, 1, 2, 0, 65535);
    assert_int_equal(f->host.time_waits.in_use, 1);
    assert_false(tcp_host_icmp(&f->host, &message, f->now_us));
    assert_int_equal(f->host.time_waits.in_use, 1);
    message.tuple.remote_port++;
    assert_false(tcp_host_icmp(&f->host, &message, f->now_us));
    fixture_free(f);
}

/* RFC 1191 6.5: MTU 1000 leaves 960 of payload; what was in flight in larger segments goes out
 * again at once, and the congestion window stays. */
static void packet_too_big_shrinks_segments_and_resends_at_once(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_send(f, 2 * 1460);
    assert_int_equal(f->sent_count, 2);
    fixture_clear(f);
    assert_true(icmp(f, TCP_ICMP_PACKET_TOO_BIG, EMSGSIZE, 1));
    assert_int_equal(f->sent_count, 0); /* not before IP believes it */
    const uint32_t cwnd = f->conn->cc.cwnd_bytes;
    f->path.mtu_bytes = 1000;
    tcp_host_path_changed(&f->host, &f->conn->entry.tuple, f->now_us);
    assert_int_equal(f->conn->mss_bytes, 960);
    assert_int_equal(states_event(f, TCP_EVENT_PMTU, 0)->mtu_bytes, 1000);
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < f->sent_count; i++) {
        assert_true(f->sent[i].len <= 960);
        bytes += f->sent[i].len;
    }
    assert_int_equal(bytes, 2920);
    assert_int_equal(f->sent[0].seq, 1);
    assert_int_equal(states_event(f, TCP_EVENT_RETRANSMIT, 0)->retransmit.cause,
                     TCP_RETRANSMIT_PMTU);
    assert_int_equal(f->conn->cc.cwnd_bytes, cwnd);
    fixture_free(f);
}

static void path_that_grows_resends_nothing(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    f->path.mtu_bytes = 1000;
    tcp_host_path_changed(&f->host, &f->conn->entry.tuple, f->now_us);
    fixture_send(f, 960);
    fixture_clear(f);
    f->path.mtu_bytes = 9000; /* the peer takes 1460 */
    tcp_host_path_changed(&f->host, &f->conn->entry.tuple, f->now_us);
    assert_int_equal(f->conn->mss_bytes, 1460);
    assert_int_equal(f->sent_count, 0);
    fixture_free(f);
}

/* Pitfall 3: which MTU is a lie is IP's to say; whatever comes through, segments keep a size. */
static void segments_keep_a_least_size_whatever_the_path_says(void **state)
{
    (void)state;
    const uint32_t mtus[] = {1, 40, 41, 67, 68};
    for (size_t i = 0; i < ARRAY_COUNT(mtus); i++) {
        struct fixture *f = states_in(TCP_ESTABLISHED);
        fixture_send(f, 1000);
        f->path.mtu_bytes = mtus[i];
        tcp_host_path_changed(&f->host, &f->conn->entry.tuple, f->now_us);
        assert_int_equal(f->conn->mss_bytes, TCP_MSS_MIN); /* 68 - 40 = 28 */
        fixture_pass(f, 1000000);
        assert_true(fixture_last(f)->len <= TCP_MSS_MIN);
        fixture_free(f);
    }
}

/* No route at the moment says nothing about sizes. */
static void segments_keep_their_size_while_there_is_no_route(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_send(f, 1460);
    f->path.mtu_bytes = 0;
    tcp_host_path_changed(&f->host, &f->conn->entry.tuple, f->now_us);
    fixture_pass(f, 1000000); /* a time-out asks for the path, too */
    assert_int_equal(f->conn->mss_bytes, 1460);
    assert_int_equal(fixture_last(f)->len, 1460);
    fixture_free(f);
}

static void path_of_no_connection_changes_nothing(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    struct tcp_tuple tuple = f->conn->entry.tuple;
    tuple.remote_port++;
    f->path.mtu_bytes = 1000;
    tcp_host_path_changed(&f->host, &tuple, f->now_us);
    assert_int_equal(f->conn->mss_bytes, 1460);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syn_sent_hard_error_aborts),
        cmocka_unit_test(syn_received_hard_error_aborts),
        cmocka_unit_test(syn_sent_soft_error_names_the_time_out),
        cmocka_unit_test(synchronised_connection_survives_soft_and_hard_errors),
        cmocka_unit_test(soft_error_names_the_time_out_of_data),
        cmocka_unit_test(soft_error_is_forgotten_when_the_peer_answers),
        cmocka_unit_test(quoted_number_outside_of_the_flight_is_ignored),
        cmocka_unit_test(error_about_no_connection_or_time_wait_is_ignored),
        cmocka_unit_test(packet_too_big_shrinks_segments_and_resends_at_once),
        cmocka_unit_test(path_that_grows_resends_nothing),
        cmocka_unit_test(segments_keep_a_least_size_whatever_the_path_says),
        cmocka_unit_test(segments_keep_their_size_while_there_is_no_route),
        cmocka_unit_test(path_of_no_connection_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
