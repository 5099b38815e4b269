/*
 * Listeners: which one a SYN is for, LISTEN's answers, the accept queue, held SYNs, closing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "tcp/tcp_app.h"
#include "tcp/tcp_isn.h"
#include "tcp/tcp_syn_cache.h"
#include "tcp_passive.h"

#define STACK_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static int setup(void **state)
{
    *state = passive_new(NULL);
    return 0;
}

static int teardown(void **state)
{
    passive_free(*state);
    return 0;
}

static struct tcp_listener *listen_on(struct passive *p, struct ip_addr addr, uint16_t port)
{
    struct tcp_listener *listener = NULL;
    assert_int_equal(tcp_listen(&p->host, &addr, port, 0, 8, 0, &listener), 0);
    return listener;
}

static struct tcp_listener *find(struct passive *p, struct ip_addr addr, uint16_t port)
{
    const struct tcp_tuple tuple = {.local = addr, .local_port = port};
    return tcp_listen_find(&p->host, &tuple);
}

static void syn_is_for_the_most_exact_listener(void **state)
{
    struct passive *p = *state;
    const struct ip_addr a = ip_addr_from_v4(0x0a000001), b = ip_addr_from_v4(0x0a000002);
    const struct ip_addr six = {{0xfd, [15] = 1}};
    const struct ip_addr any4 = ip_addr_from_v4(0), any = ip_addr_any_v6();
    assert_null(find(p, a, 80));
    struct tcp_listener *gateway = listen_on(p, any, 0);
    assert_ptr_equal(find(p, a, 80), gateway);
    struct tcp_listener *a_all = listen_on(p, a, 0);
    assert_ptr_equal(find(p, a, 80), a_all);
    assert_ptr_equal(find(p, b, 80), gateway);
    struct tcp_listener *both_80 = listen_on(p, any, 80);
    assert_ptr_equal(find(p, a, 80), both_80); /* the port before the address */
    assert_ptr_equal(find(p, six, 80), both_80);
    struct tcp_listener *v4_80 = listen_on(p, any4, 80);
    assert_ptr_equal(find(p, b, 80), v4_80);
    assert_ptr_equal(find(p, six, 80), both_80);
    struct tcp_listener *a_80 = listen_on(p, a, 80);
    assert_ptr_equal(find(p, a, 80), a_80);
    assert_ptr_equal(find(p, a, 81), a_all);
    tcp_listen_close(a_80, p->now_us);
    assert_ptr_equal(find(p, a, 80), v4_80);
}

static void unspecified_address_may_be_kept_to_one_family(void **state)
{
    struct passive *p = *state;
    const struct ip_addr four = ip_addr_from_v4(0x0a000001), six = {{0xfd, [15] = 1}};
    struct tcp_listener *listener = listen_on(p, ip_addr_any_v6(), 80);
    listener->v6_only = true;
    assert_null(find(p, four, 80));
    assert_ptr_equal(find(p, six, 80), listener);
    listener->v6_only = false;
    listener->v4_only = true;
    assert_ptr_equal(find(p, four, 80), listener);
    assert_null(find(p, six, 80));
}

static void listener_of_a_zone_comes_before_one_of_any(void **state)
{
    struct passive *p = *state;
    const struct ip_addr addr = {{0xfe, 0x80, [15] = 1}};
    struct tcp_listener *any = listen_on(p, addr, 80), *third = NULL;
    assert_int_equal(tcp_listen(&p->host, &addr, 80, 3, 8, 0, &third), 0);
    const struct tcp_tuple in_3 = {.local = addr, .local_port = 80, .zone = 3};
    const struct tcp_tuple in_4 = {.local = addr, .local_port = 80, .zone = 4};
    assert_ptr_equal(tcp_listen_find(&p->host, &in_3), third);
    assert_ptr_equal(tcp_listen_find(&p->host, &in_4), any);
}

/* RFC 9293 MUST-43: the same port on several addresses */
static void listen_on_a_taken_address_and_port_is_refused(void **state)
{
    struct passive *p = *state;
    const struct ip_addr a = ip_addr_from_v4(0x0a000001), group = ip_addr_from_v4(0xe0000001);
    struct tcp_listener *first = listen_on(p, a, 80), *second = NULL;
    assert_int_equal(tcp_listen(&p->host, &a, 80, 0, 8, 0, &second), EADDRINUSE);
    (void)listen_on(p, ip_addr_from_v4(0x0a000002), 80);
    (void)listen_on(p, ip_addr_any_v6(), 80);
    assert_int_equal(tcp_listen(&p->host, &group, 80, 0, 8, 0, &second), EINVAL);
    tcp_listen_close(first, p->now_us);
    (void)listen_on(p, a, 80);
}

/* RFC 9293 MUST-41, MUST-42 */
static void listen_on_the_port_of_connections_leaves_them_alone(void **state)
{
    struct passive *p = *state;
    const struct tcp_tuple from_80 = {.local = ip_addr_from_v4(0x0a000001),
                                      .remote = ip_addr_from_v4(0x0a000109),
                                      .local_port = 80,
                                      .remote_port = 443};
    struct tcp_conn *opening = NULL;
    assert_int_equal(tcp_connect(&p->host, &from_80, 0, &opening, p->now_us), 0);
    struct tcp_listener *listener = passive_listen(p, 8);
    struct tcp_conn *conn = passive_connect(p, listener, 1);
    tcp_listen_close(listener, p->now_us);
    listener = passive_listen(p, 8);
    assert_int_equal(opening->state, TCP_SYN_SENT);
    assert_int_equal(conn->state, TCP_ESTABLISHED);
    tcp_conn_free(conn);
    tcp_conn_free(opening);
}

static void listen_without_memory_says_so(void **state)
{
    struct passive *p = *state;
    const struct ip_addr any = ip_addr_any_v6();
    struct tcp_listener *listener = NULL;
    p->host.listener_pool.objects_max = 0;
    assert_int_equal(tcp_listen(&p->host, &any, 80, 0, 8, 0, &listener), ENOBUFS);
    assert_true(list_is_empty(&p->host.listeners));
}

static void backlog_is_kept_within_one_and_the_configured_maximum(void **state)
{
    struct passive *p = *state;
    const struct ip_addr any = ip_addr_any_v6();
    struct tcp_listener *listener;
    assert_int_equal(tcp_listen(&p->host, &any, 1, 0, 0, 0, &listener), 0);
    assert_int_equal(listener->backlog, 1);
    assert_int_equal(tcp_listen(&p->host, &any, 2, 0, UINT32_MAX, 0, &listener), 0);
    assert_int_equal(listener->backlog, p->host.config.backlog_max);
}

static void many_listeners_are_all_found_and_removed(void **state)
{
    struct passive *p = *state;
    enum { COUNT = 5000 };
    struct tcp_listener **all = calloc(COUNT, sizeof(*all));
    for (uint32_t i = 0; i < COUNT; i++)
        all[i] = listen_on(p, ip_addr_from_v4(0x0a000000 + i), (uint16_t)(1 + i % 7));
    for (uint32_t i = 0; i < COUNT; i += 2) tcp_listen_close(all[i], p->now_us);
    for (uint32_t i = 0; i < COUNT; i++) {
        struct tcp_listener *found =
            find(p, ip_addr_from_v4(0x0a000000 + i), (uint16_t)(1 + i % 7));
        assert_ptr_equal(found, i % 2 == 0 ? NULL : all[i]);
    }
    assert_int_equal(p->host.listener_pool.in_use, COUNT / 2);
    free(all);
}

/* RFC 9293 3.10.7.2, in its order */
static void rst_in_listen_is_ignored(void **state)
{
    struct passive *p = *state;
    (void)passive_listen(p, 8);
    struct tcp_repr rst = passive_syn(p, 1);
    rst.flags = TCP_FLAG_RST | TCP_FLAG_SYN | TCP_FLAG_ACK;
    passive_input(p, &rst, NULL);
    assert_int_equal(p->out_count, 0);
    assert_int_equal(p->drops[DROP_TCP_BAD_RST], 1);
}

static void ack_in_listen_is_reset(void **state)
{
    struct passive *p = *state;
    (void)passive_listen(p, 8);
    struct tcp_repr ack = passive_syn(p, 1);
    ack.ack = 777;
    ack.flags = TCP_FLAG_ACK;
    passive_input(p, &ack, NULL);
    assert_int_equal(passive_last(p)->repr.flags, TCP_FLAG_RST);
    assert_int_equal(passive_last(p)->repr.seq, 777);
    ack.flags = TCP_FLAG_SYN | TCP_FLAG_ACK;
    passive_input(p, &ack, NULL);
    assert_int_equal(p->out_count, 2);
    assert_int_equal(p->drops[DROP_TCP_NO_CONNECTION], 2);
}

static void segment_with_no_flag_in_listen_is_dropped(void **state)
{
    struct passive *p = *state;
    (void)passive_listen(p, 8);
    struct tcp_repr repr = passive_syn(p, 1);
    repr.flags = TCP_FLAG_FIN;
    passive_input(p, &repr, NULL);
    assert_int_equal(p->out_count, 0);
    assert_int_equal(p->drops[DROP_TCP_NO_ACK_FLAG], 1);
}

static void data_with_the_syn_is_left_to_the_peer_to_repeat(void **state)
{
    struct passive *p = *state;
    (void)passive_listen(p, 8);
    const struct tcp_repr syn = passive_syn(p, 1);
    passive_input(p, &syn, "early");
    assert_int_equal(passive_last(p)->repr.ack, syn.seq + 1);
}

static void accept_gives_the_oldest_connection_first(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = passive_listen(p, 8);
    assert_null(tcp_listen_accept(listener));
    for (uint32_t i = 0; i < 3; i++) {
        const struct tcp_repr syn = passive_syn(p, i);
        passive_input(p, &syn, NULL);
        const struct tcp_repr ack = passive_ack(p);
        passive_input(p, &ack, NULL);
    }
    assert_int_equal(listener->accept_count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        struct tcp_conn *conn = tcp_listen_accept(listener);
        assert_int_equal(conn->entry.tuple.remote_port, 10000 + i);
        assert_false(conn->flags.waits_for_accept);
        tcp_conn_free(conn);
    }
    assert_null(tcp_listen_accept(listener));
    assert_null(listener->accept_tail);
}

static void ack_with_a_full_accept_queue_is_dropped_and_the_next_one_succeeds(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = passive_listen(p, 1);
    const struct tcp_repr first = passive_syn(p, 1);
    passive_input(p, &first, NULL);
    const struct tcp_repr first_ack = passive_ack(p);
    listener->backlog = 2; /* room for a second record */
    const struct tcp_repr second = passive_syn(p, 2);
    passive_input(p, &second, NULL);
    const struct tcp_repr second_ack = passive_ack(p);
    listener->backlog = 1;
    passive_input(p, &first_ack, NULL);
    passive_input(p, &second_ack, NULL);
    assert_int_equal(p->drops[DROP_TCP_ACCEPT_QUEUE_FULL], 1);
    assert_int_equal(p->host.syn_count, 1);
    const struct tcp_repr third = passive_syn(p, 3); /* nor is another SYN taken */
    passive_input(p, &third, NULL);
    assert_int_equal(p->drops[DROP_TCP_ACCEPT_QUEUE_FULL], 2);
    tcp_conn_free(tcp_listen_accept(listener));
    passive_run(p, PASSIVE_SECOND_US); /* the SYN-ACK again, the ACK again */
    assert_int_equal(passive_last(p)->repr.flags, TCP_FLAG_SYN | TCP_FLAG_ACK);
    const struct tcp_repr again = passive_ack(p);
    passive_input(p, &again, NULL);
    struct tcp_conn *conn = tcp_listen_accept(listener);
    assert_int_equal(conn->entry.tuple.remote_port, 10002);
    tcp_conn_free(conn);
}

static void connection_inherits_the_listeners_options(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = passive_listen(p, 8);
    listener->nodelay = true;
    listener->ttl = 9;
    listener->user_timeout_ms = 1234;
    struct tcp_conn *conn = passive_connect(p, listener, 1);
    assert_true(conn->flags.nodelay);
    assert_int_equal(conn->ttl, 9);
    assert_int_equal(conn->user_timeout_ms, 1234);
    tcp_conn_free(conn);
}

/* A listener that holds SYNs, with `count` of them waiting. */
static struct tcp_listener *holding(struct passive *p, uint32_t count)
{
    struct tcp_listener *listener = passive_listen(p, 8);
    listener->holds_syns = true;
    for (uint32_t i = 0; i < count; i++) {
        const struct tcp_repr syn = passive_syn(p, i);
        passive_input(p, &syn, NULL);
    }
    assert_int_equal(p->out_count, 0);
    assert_int_equal(p->listener_ready, count);
    return listener;
}

static void held_syns_are_told_in_order_and_once(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = holding(p, 3);
    struct tcp_tuple tuple;
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(tcp_listen_next_held(listener, &tuple));
        const struct tcp_tuple want = passive_tuple(i);
        assert_true(tcp_tuple_eq(&tuple, &want));
    }
    assert_false(tcp_listen_next_held(listener, &tuple));
}

static void held_syn_that_is_accepted_gets_its_synack_and_its_round_trip_is_measured(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = holding(p, 1);
    struct tcp_tuple tuple;
    assert_true(tcp_listen_next_held(listener, &tuple));
    passive_run(p, 5 * PASSIVE_SECOND_US); /* silence as long as it takes */
    assert_int_equal(p->out_count, 0);
    assert_true(tcp_listen_decide(&p->host, &tuple, TCP_DECIDE_ACCEPT, p->now_us));
    assert_int_equal(passive_last(p)->repr.flags, TCP_FLAG_SYN | TCP_FLAG_ACK);
    assert_int_equal(passive_last(p)->repr.seq, tcp_isn(&p->host, &tuple, p->now_us).value);
    passive_run(p, 20000);
    const struct tcp_repr ack = passive_ack(p);
    passive_input(p, &ack, NULL);
    struct tcp_conn *conn = tcp_listen_accept(listener);
    assert_int_equal(tcp_rtt_srtt_us(&conn->rtt), 20000);
    tcp_conn_free(conn);
    assert_false(tcp_listen_decide(&p->host, &tuple, TCP_DECIDE_ACCEPT, p->now_us));
}

static void held_syn_that_is_refused_gets_a_rst(void **state)
{
    struct passive *p = *state;
    (void)holding(p, 1);
    const struct tcp_tuple tuple = passive_tuple(0);
    assert_true(tcp_listen_decide(&p->host, &tuple, TCP_DECIDE_REFUSE, p->now_us));
    assert_int_equal(passive_last(p)->repr.flags, TCP_FLAG_RST | TCP_FLAG_ACK);
    assert_int_equal(passive_last(p)->repr.ack, 1001);
    assert_int_equal(passive_last(p)->repr.seq, 0);
    assert_int_equal(p->host.syn_count, 0);
    assert_int_equal(p->host.counters.refused, 1);
}

static void held_syn_with_the_decision_nothing_is_forgotten_in_silence(void **state)
{
    struct passive *p = *state;
    (void)holding(p, 1);
    const struct tcp_tuple tuple = passive_tuple(0);
    assert_true(tcp_listen_decide(&p->host, &tuple, TCP_DECIDE_NOTHING, p->now_us));
    assert_int_equal(p->out_count, 0);
    assert_int_equal(p->host.syn_count, 0);
}

static void syn_again_while_held_is_dropped_and_the_newest_counts(void **state)
{
    struct passive *p = *state;
    (void)holding(p, 1);
    struct tcp_repr syn = passive_syn(p, 0);
    passive_input(p, &syn, NULL);
    syn.seq = 7000; /* the peer began anew */
    syn.options.mss = 900;
    passive_input(p, &syn, NULL);
    assert_int_equal(p->drops[DROP_TCP_SYN_HELD], 2);
    assert_int_equal(p->listener_ready, 1);
    const struct tcp_tuple tuple = passive_tuple(0);
    assert_true(tcp_listen_decide(&p->host, &tuple, TCP_DECIDE_ACCEPT, p->now_us));
    assert_int_equal(passive_last(p)->repr.ack, 7001);
}

static void held_syn_is_ended_by_the_peers_rst_and_not_by_others(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = holding(p, 1);
    struct tcp_repr rst = {.src_port = 10000, .dst_port = 80, .seq = 1005, .flags = TCP_FLAG_RST};
    passive_input(p, &rst, NULL);
    assert_int_equal(p->host.syn_count, 1);
    rst.seq = 1001;
    passive_input(p, &rst, NULL);
    assert_int_equal(p->host.syn_count, 0);
    struct tcp_tuple tuple;
    assert_false(tcp_listen_next_held(listener, &tuple));
}

static void held_syn_times_out_told_or_not(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = holding(p, 2);
    struct tcp_tuple tuple;
    assert_true(tcp_listen_next_held(listener, &tuple));
    passive_run(p, TCP_SYN_HOLD_US_MAX - 1);
    assert_int_equal(p->host.syn_count, 2);
    passive_run(p, 1);
    assert_int_equal(p->host.syn_count, 0);
    assert_int_equal(p->out_count, 0);
    assert_false(tcp_listen_decide(&p->host, &tuple, TCP_DECIDE_ACCEPT, p->now_us));
    assert_int_equal(p->wheel.armed, 0);
}

static void holding_listener_with_a_full_cache_drops_instead_of_sending_cookies(void **state)
{
    struct passive *p = *state;
    (void)holding(p, 8);
    const struct tcp_repr syn = passive_syn(p, 9);
    passive_input(p, &syn, NULL);
    assert_int_equal(p->drops[DROP_TCP_SYN_CACHE_FULL], 1);
    assert_int_equal(p->out_count, 0);
}

static void close_resets_queued_connections_and_held_syns(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = passive_listen(p, 8);
    const struct tcp_repr syn = passive_syn(p, 0);
    passive_input(p, &syn, NULL);
    const struct tcp_repr ack = passive_ack(p);
    passive_input(p, &ack, NULL);
    listener->holds_syns = true;
    struct tcp_tuple tuple;
    for (uint32_t i = 1; i < 3; i++) {
        const struct tcp_repr held = passive_syn(p, i);
        passive_input(p, &held, NULL);
        if (i == 1) assert_true(tcp_listen_next_held(listener, &tuple));
    }
    const uint32_t before = p->out_count;
    tcp_listen_close(listener, p->now_us);
    assert_int_equal(p->out_count, before + 3);
    for (uint32_t i = before; i < p->out_count; i++)
        assert_int_equal(p->out[i].repr.flags & TCP_FLAG_RST, TCP_FLAG_RST);
    assert_int_equal(p->host.conns.in_use, 0);
    assert_int_equal(p->host.syn_count, 0);
    assert_int_equal(p->host.listener_pool.in_use, 0);
}

static void ack_of_a_handshake_whose_listener_closed_is_reset(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = passive_listen(p, 8);
    const struct tcp_repr syn = passive_syn(p, 0);
    passive_input(p, &syn, NULL);
    const struct tcp_repr ack = passive_ack(p);
    tcp_listen_close(listener, p->now_us);
    assert_int_equal(p->host.listener_pool.in_use, 1); /* the record holds it */
    passive_input(p, &ack, NULL);
    assert_int_equal(passive_last(p)->repr.flags, TCP_FLAG_RST);
    assert_int_equal(passive_last(p)->repr.seq, ack.ack);
    assert_int_equal(p->host.syn_count, 0);
    assert_int_equal(p->host.listener_pool.in_use, 0);
}

static void record_of_a_closed_listener_ends_with_its_timer_or_makes_way_for_the_next(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = passive_listen(p, 8);
    for (uint32_t i = 0; i < 2; i++) {
        const struct tcp_repr syn = passive_syn(p, i);
        passive_input(p, &syn, NULL);
    }
    tcp_listen_close(listener, p->now_us);
    struct tcp_listener *next = passive_listen(p, 8);
    const struct tcp_repr syn = passive_syn(p, 0);
    passive_input(p, &syn, NULL);
    assert_int_equal(next->syn_count, 1);
    assert_int_equal(p->out_count, 3);
    passive_run(p, PASSIVE_SECOND_US);
    assert_int_equal(p->out_count, 4); /* the one record's SYN-ACK, not the other's */
    assert_int_equal(p->host.syn_count, 1);
    assert_int_equal(p->host.listener_pool.in_use, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STACK_TEST(syn_is_for_the_most_exact_listener),
        STACK_TEST(unspecified_address_may_be_kept_to_one_family),
        STACK_TEST(listener_of_a_zone_comes_before_one_of_any),
        STACK_TEST(listen_on_a_taken_address_and_port_is_refused),
        STACK_TEST(listen_on_the_port_of_connections_leaves_them_alone),
        STACK_TEST(listen_without_memory_says_so),
        STACK_TEST(backlog_is_kept_within_one_and_the_configured_maximum),
        STACK_TEST(many_listeners_are_all_found_and_removed),
        STACK_TEST(rst_in_listen_is_ignored),
        STACK_TEST(ack_in_listen_is_reset),
        STACK_TEST(segment_with_no_flag_in_listen_is_dropped),
        STACK_TEST(data_with_the_syn_is_left_to_the_peer_to_repeat),
        STACK_TEST(accept_gives_the_oldest_connection_first),
        STACK_TEST(ack_with_a_full_accept_queue_is_dropped_and_the_next_one_succeeds),
        STACK_TEST(connection_inherits_the_listeners_options),
        STACK_TEST(held_syns_are_told_in_order_and_once),
        STACK_TEST(held_syn_that_is_accepted_gets_its_synack_and_its_round_trip_is_measured),
        STACK_TEST(held_syn_that_is_refused_gets_a_rst),
        STACK_TEST(held_syn_with_the_decision_nothing_is_forgotten_in_silence),
        STACK_TEST(syn_again_while_held_is_dropped_and_the_newest_counts),
        STACK_TEST(held_syn_is_ended_by_the_peers_rst_and_not_by_others),
        STACK_TEST(held_syn_times_out_told_or_not),
        STACK_TEST(holding_listener_with_a_full_cache_drops_instead_of_sending_cookies),
        STACK_TEST(close_resets_queued_connections_and_held_syns),
        STACK_TEST(ack_of_a_handshake_whose_listener_closed_is_reset),
        STACK_TEST(record_of_a_closed_listener_ends_with_its_timer_or_makes_way_for_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
