/*
 * What leaves at once and what waits: windows, Nagle in Minshall's form, cork, PSH, FIN, the order
 * of what is due; and that plan, wheel and deeds agree, after every step of random conversations.
 */
#include "support.h"

#include <errno.h>

#include "base/base.h"
#include "base/rng.h"
#include "tcp_fixture.h"
#include "tcp/tcp_conn.h"
#include "tcp/tcp_plan.h"
#include "tcp/tcp_tx.h"

#define MS        1000ull
#define SECOND_US 1000000ull

/* Established, with this window from the peer, the largest seen being 65535. */
static void established_window(struct fixture *f, uint16_t window)
{
    fixture_start_established(f);
    fixture_ack(f, 1, 1, window);
    fixture_clear(f);
}

/* Nothing but SYNs before the handshake is complete, though bytes are queued. */
static void syn_sent_data_waits(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    fixture_syn_sent(f);
    fixture_clear(f);
    fixture_send(f, 100);
    assert_int_equal(f->sent_count, 0);
    assert_int_equal(tcp_plan_unsent_bytes(f->conn), 100);
    fixture_check_plan(f);
    f->options = (struct tcp_options){.mss = 1460};
    fixture_input(f, TCP_FLAG_SYN | TCP_FLAG_ACK, 0, 1, 0, 65535);
    assert_int_equal(f->sent_count, 1); /* the data carries the ACK of the SYN */
    assert_int_equal(fixture_sent(f, 0)->seq, 1);
    assert_int_equal(fixture_sent(f, 0)->ack, 1);
    assert_int_equal(fixture_sent(f, 0)->len, 100);
    assert_int_equal(tcp_plan_unsent_bytes(f->conn), 0);
}

/* RFC 9293 SHLD-7, RFC 896 in Minshall's form: a small segment waits while a small one is in
 * flight, and leaves with the ACK of that one; meanwhile writes are collected (RFC 9293 SHLD-27).
 */
static void established_second_small_segment_waits(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_send(f, 100);
    assert_int_equal(f->sent_count, 1);
    fixture_send(f, 50);
    fixture_send(f, 50);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(tcp_plan(f->conn, f->now_us).limit, TCP_LIMIT_SMALL);
    fixture_check_plan(f);
    fixture_ack(f, 1, 101, 65535);
    assert_int_equal(f->sent_count, 2);
    assert_int_equal(fixture_sent(f, 1)->len, 100);
}

/* Minshall: full segments in flight hold no tail back; Nagle's own form would. */
static void established_tail_of_a_write_leaves(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_send(f, 1460 + 100);
    assert_int_equal(f->sent_count, 2);
    assert_int_equal(fixture_sent(f, 1)->len, 100);
    fixture_send(f, 1460); /* a full segment may go, with a small one in flight */
    assert_int_equal(f->sent_count, 3);
    fixture_send(f, 1460 + 10); /* and its tail may not */
    assert_int_equal(f->sent_count, 4);
    assert_int_equal(fixture_sent(f, 3)->len, 1460);
    fixture_ack(f, 1, 1561, 65535); /* the small one is acknowledged */
    assert_int_equal(f->sent_count, 5);
    assert_int_equal(fixture_sent(f, 4)->len, 10);
}

/* RFC 9293 MUST-17: switched off, every write leaves; switching sends what was held. */
static void established_nodelay(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_send(f, 10);
    fixture_send(f, 10);
    assert_int_equal(f->sent_count, 1);
    tcp_set_nodelay(f->conn, true, f->now_us);
    assert_int_equal(f->sent_count, 2);
    fixture_send(f, 10);
    assert_int_equal(f->sent_count, 3);
}

/* Corked, only full segments leave, whatever is in flight; uncorked, the rest does. RFC 9293
 * MUST-60: nothing waits for ever on its own account. */
static void established_cork(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    tcp_set_cork(f->conn, true, f->now_us);
    fixture_send(f, 100);
    assert_int_equal(f->sent_count, 0);
    fixture_check_plan(f);
    fixture_send(f, 1400);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_sent(f, 0)->len, 1460);
    tcp_set_cork(f->conn, false, f->now_us);
    assert_int_equal(f->sent_count, 2);
    assert_int_equal(fixture_sent(f, 1)->len, 40);
}

/* Closing ends the cork, and Nagle's wait. */
static void fin_wait_1_small_tail_leaves_with_the_fin(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    tcp_set_cork(f->conn, true, f->now_us);
    fixture_send(f, 100);
    assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), 0);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_sent(f, 0)->repr.flags, TCP_FLAG_FIN | TCP_FLAG_PSH | TCP_FLAG_ACK);
    assert_int_equal(fixture_sent(f, 0)->len, 100);
}

/* RFC 9293 MUST-61, SHLD-28: full segments without PSH, the last of what is queued with it. */
static void established_psh_on_the_last(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_send(f, 3 * 1460 + 1);
    assert_int_equal(f->sent_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(fixture_sent(f, i)->len, i < 3 ? 1460 : 1);
        assert_int_equal((fixture_sent(f, i)->repr.flags & TCP_FLAG_PSH) != 0, i == 3);
    }
}

/* The last of the queue bears PSH when it is sent again, too; what is before it does not. */
static void established_psh_of_a_retransmission(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_send(f, 2920);
    fixture_clear(f);
    fixture_pass(f, 220 * MS);
    assert_int_equal(fixture_last(f)->repr.flags, TCP_FLAG_ACK);
    fixture_ack(f, 1, 1461, 65535);
    assert_int_equal(fixture_last(f)->seq, 1461);
    assert_int_equal(fixture_last(f)->repr.flags, TCP_FLAG_PSH | TCP_FLAG_ACK);
}

/* The peer's window: to its edge and not beyond. 2000 for 5000 bytes: one full segment; the 540
 * left are neither a segment nor half of the largest window, 65535. */
static void established_window_limits(void **state)
{
    struct fixture *f = *state;
    established_window(f, 2000);
    fixture_send(f, 5000);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_sent(f, 0)->len, 1460);
    assert_int_equal(tcp_plan(f->conn, f->now_us).limit, TCP_LIMIT_WINDOW);
    fixture_check_plan(f);
}

/* RFC 9293 MUST-38 (3.8.6.2.1 (3)): of a peer whose largest window is 1000, 500 are worth it and
 * 499 are not. */
static void established_half_of_the_largest_window(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    fixture_syn_sent(f);
    f->options = (struct tcp_options){.mss = 1460};
    fixture_input(f, TCP_FLAG_SYN | TCP_FLAG_ACK, 0, 1, 0, 1000);
    fixture_ack(f, 1, 1, 499);
    fixture_clear(f);
    fixture_send(f, 3000);
    assert_int_equal(f->sent_count, 0);
    fixture_ack(f, 1, 1, 500);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_sent(f, 0)->len, 500);
}

/* All there is and it fits: small or not, the window's share does not matter. */
static void established_all_that_is_queued_fits(void **state)
{
    struct fixture *f = *state;
    established_window(f, 100);
    fixture_send(f, 100);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_sent(f, 0)->len, 100);
}

/* cwnd is ten segments at first; the eleventh leaves with the first ACK. */
static void established_cwnd_limits(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_send(f, 12 * 1460);
    assert_int_equal(f->sent_count, 10);
    assert_int_equal(tcp_plan(f->conn, f->now_us).limit, TCP_LIMIT_CWND);
    assert_true(f->conn->flags.cwnd_limited);
    fixture_check_plan(f);
    fixture_ack(f, 1, 1461, 65535);
    assert_int_equal(f->sent_count, 12); /* slow start: one for the ACK, one for the growth */
}

/* A path that takes super-segments gets the queue in pieces of whole segments up to its limit. */
static void established_super_segments(void **state)
{
    struct fixture *f = *state;
    f->path.super_bytes_max = 5000; /* three segments of 1460 */
    fixture_start_established(f);
    fixture_send(f, 7 * 1460 + 10);
    assert_int_equal(f->sent_count, 3);
    assert_int_equal(fixture_sent(f, 0)->len, 3 * 1460);
    assert_int_equal(fixture_sent(f, 0)->segment_bytes, 1460);
    assert_int_equal(fixture_sent(f, 1)->len, 3 * 1460);
    assert_int_equal(fixture_sent(f, 2)->len, 1460 + 10);
    fixture_check_plan(f);
}

/* A FIN behind data goes with it, alone when all is sent; it is not limited by cwnd. */
static void fin_wait_1_fin_behind_full_cwnd(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_send(f, 14600);
    assert_int_equal(f->sent_count, 10);
    assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), 0);
    assert_int_equal(f->sent_count, 11);
    assert_int_equal(fixture_sent(f, 10)->repr.flags, TCP_FLAG_FIN | TCP_FLAG_ACK);
    assert_int_equal(fixture_sent(f, 10)->seq, 14601);
    assert_int_equal(f->conn->snd.nxt.value - f->our_iss, 14602);
}

/* The FIN takes a number of the sequence space, and the window has to have it (RFC
 * 9293 3.4, 3.8.6): 100 bytes fill a window of 100, so that the FIN waits for more. */
static void fin_wait_1_fin_stays_inside_the_window(void **state)
{
    struct fixture *f = *state;
    established_window(f, 100);
    fixture_send(f, 100);
    assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), 0);
    assert_int_equal(f->sent_count, 1);
    fixture_check_plan(f);
    fixture_ack(f, 1, 101, 100);
    assert_int_equal(f->sent_count, 2);
    assert_int_equal(fixture_sent(f, 1)->repr.flags, TCP_FLAG_FIN | TCP_FLAG_ACK);
    assert_int_equal(fixture_sent(f, 1)->seq, 101);
}

/* The same with the data and the FIN leaving together. */
static void fin_wait_1_fin_is_left_behind_by_data_that_fills_the_window(void **state)
{
    struct fixture *f = *state;
    established_window(f, 100);
    tcp_set_cork(f->conn, true, f->now_us);
    fixture_send(f, 100);
    assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), 0);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_sent(f, 0)->repr.flags, TCP_FLAG_PSH | TCP_FLAG_ACK);
    fixture_ack(f, 1, 101, 0); /* closed: the FIN is what probes */
    fixture_clear(f);
    fixture_pass(f, 300 * MS);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_sent(f, 0)->repr.flags, TCP_FLAG_FIN | TCP_FLAG_ACK);
}

/* After a time-out what was lost leaves before anything new, however small that is. */
static void established_lost_before_new(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    tcp_set_nodelay(f->conn, true, f->now_us);
    fixture_send(f, 4 * 1460);
    fixture_clear(f);
    fixture_pass(f, 220 * MS); /* cwnd is one segment, and that is in flight */
    assert_int_equal(f->sent_count, 1);
    f->conn->cc.cwnd_bytes = 1460 + 500; /* too little for what waits, enough for ten bytes */
    fixture_send(f, 10);
    assert_int_equal(f->sent_count, 1);
    fixture_check_plan(f);
    fixture_ack(f, 1, 1461, 65535);
    assert_true(f->sent_count >= 3);
    assert_int_equal(fixture_sent(f, 1)->seq, 1461);
    assert_int_equal(fixture_sent(f, 2)->seq, 2921);
}

/* The peer has segments `from` up to `to`, counted from the first after the handshake. */
static void sack_segments(struct fixture *f, uint32_t from, uint32_t to)
{
    const uint32_t base = f->our_iss + 1;
    f->options =
        (struct tcp_options){.sack_count = 1, .sack = {{base + from * 1460, base + to * 1460}}};
    fixture_ack(f, 1, 1, 65535);
}

/* RFC 6675 4 NextSeg (2), (3): with too little SACKed above them to be lost for certain, segments
 * leave again where the window has room and nothing new is left to send; each once. */
static void established_doubtful_after_new(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_send(f, 11 * 1460); /* one waits for cwnd */
    fixture_clear(f);
    sack_segments(f, 1, 5); /* 0 is lost */
    assert_int_equal(fixture_sent(f, 0)->seq, 1);
    assert_int_equal(fixture_last(f)->seq, 1 + 10 * 1460);
    fixture_clear(f);
    sack_segments(f, 8, 10); /* 5 to 7 are in doubt, and nothing is new */
    assert_int_equal(fixture_sent(f, 0)->seq, 1 + 5 * 1460);
    assert_int_equal(fixture_last(f)->seq, 1 + 6 * 1460);
    assert_int_equal(f->conn->stats.retransmits, 3); /* the window has room for no more */
    fixture_check_plan(f);
}

/* An ACK that is owed rides on data, and no bare one leaves. */
static void established_ack_rides_on_data(void **state)
{
    struct fixture *f = *state;
    f->config.quick_acks = 0;
    fixture_start_established(f);
    fixture_input(f, TCP_FLAG_ACK, 1, 1, 100, 65535);
    assert_int_equal(f->sent_count, 0);
    fixture_send(f, 10);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_sent(f, 0)->ack, 101);
    fixture_pass(f, 100 * MS);
    assert_int_equal(f->sent_count, 1);
}

/* tcp_plan says, without doing it: what, from where, how much; and twice the same. */
static void established_plan_is_pure(void **state)
{
    struct fixture *f = *state;
    established_window(f, 0);
    fixture_send(f, 3000);
    f->conn->snd.wnd = 2000; /* as an ACK would do; put back below */
    struct tcp_plan first = tcp_plan(f->conn, f->now_us), second = tcp_plan(f->conn, f->now_us);
    assert_int_equal(first.kind, TCP_PLAN_DATA);
    assert_int_equal(first.len_bytes, 1460);
    assert_int_equal(first.seq.value - f->our_iss, 1);
    assert_int_equal(second.kind, first.kind);
    assert_int_equal(second.len_bytes, first.len_bytes);
    assert_int_equal(f->sent_count, 0);
    f->conn->snd.wnd = 0;
}

/*
 * Random conversations. The peer is a receiver with a window of its own, which loses segments; what
 * it acknowledges is what it could have received.
 */
struct talk {
    struct fixture *f;
    struct rng rng;
    uint32_t peer_next; /* what the peer sends next */
    uint32_t peer_ack;  /* what it acknowledges */
    uint32_t edge;      /* its window's right edge */
    bool has_fin;       /* our FIN has arrived there */
    bool peer_fin;      /* it has sent its own */
};

static uint32_t dice(struct talk *t, uint32_t n) { return (uint32_t)rng_below(&t->rng, n); }

/* The peer receives what was caught, in order, with losses, as far as its window reaches. */
static void talk_receive(struct talk *t)
{
    struct fixture *f = t->f;
    for (uint32_t i = 0; i < f->sent_count; i++) {
        const struct fixture_sent *sent = fixture_sent(f, i);
        assert_true((sent->repr.flags & TCP_FLAG_RST) == 0);
        if (rng_chance_ppm(&t->rng, 150000)) continue;
        if (sent->seq > t->peer_ack || sent->seq + sent->len < t->peer_ack) continue;
        t->peer_ack = u32_max(t->peer_ack, u32_min(sent->seq + sent->len, t->edge));
        bool fin = (sent->repr.flags & TCP_FLAG_FIN) && t->peer_ack == sent->seq + sent->len;
        if (!fin || t->has_fin) continue;
        t->has_fin = true;
        t->peer_ack++;
        t->edge = u32_max(t->edge, t->peer_ack);
    }
    fixture_clear(f);
}

static void talk_step(struct talk *t)
{
    struct fixture *f = t->f;
    uint32_t window = t->edge - t->peer_ack;
    uint32_t taken;
    uint8_t bytes[4096] = {0};
    int error = 0;
    switch (dice(t, 11)) {
    case 0:
    case 1: error = tcp_send(f->conn, bytes, 1 + dice(t, 4096), &taken, f->now_us); break;
    case 2:
    case 3: talk_receive(t); break;
    case 4:
        if (dice(t, 3) == 0) t->edge = t->peer_ack + dice(t, 20000);
        break; /* may shrink */
    case 5:
    case 6: fixture_ack(f, t->peer_next, t->peer_ack, (uint16_t)window); break;
    case 7: {
        if (t->peer_fin) break;
        uint32_t len = 1 + dice(t, 3000);
        uint32_t room = f->conn->rcv.edge.value - f->conn->rcv.nxt.value;
        if (len > room) break;
        fixture_input(f, TCP_FLAG_ACK, t->peer_next, t->peer_ack, len, (uint16_t)window);
        t->peer_next += len;
        break;
    }
    case 8: error = tcp_receive(f->conn, bytes, dice(t, 4096), &taken, f->now_us); break;
    case 9:
        if (dice(t, 4) == 0) tcp_set_cork(f->conn, dice(t, 2), f->now_us);
        if (dice(t, 4) == 0) tcp_set_nodelay(f->conn, dice(t, 2), f->now_us);
        break;
    default: fixture_pass(f, dice(t, 300) * MS); break;
    }
    assert_true(error == 0 || error == EAGAIN || error == EPIPE);
}

/* When the plan says so something happens: a segment leaves, a state changes, or it is known better
 * when to look again. */
static void talk_wait(struct talk *t)
{
    struct fixture *f = t->f;
    struct tcp_plan plan = tcp_plan(f->conn, f->now_us);
    if (plan.not_before_us == TIME_NEVER) return;
    uint32_t sent = f->sent_count;
    uint64_t due_us = plan.not_before_us;
    if (due_us > f->now_us + 1) fixture_pass(f, due_us - f->now_us - 1);
    assert_int_equal(f->sent_count, sent); /* nothing before its time */
    fixture_pass(f, due_us - f->now_us);
    if (f->conn->state == TCP_CLOSED) return;
    assert_true(f->sent_count > sent);
}

static bool talk_is_over(const struct talk *t)
{
    return t->f->conn->state == TCP_CLOSED || t->f->conn->state == TCP_TIME_WAIT;
}

static void random_conversation(struct fixture *f, uint64_t seed)
{
    struct talk t = {.f = f, .peer_next = 1, .peer_ack = 1, .edge = 65536};
    rng_seed(&t.rng, seed);
    f->our_port++;
    f->path.super_bytes_max = dice(&t, 2) ? 0 : 20000;
    fixture_established(f);
    uint32_t steps = 50 + dice(&t, 300);
    for (uint32_t i = 0; i < steps && !talk_is_over(&t); i++) {
        talk_step(&t);
        fixture_check_plan(f);
        if (!talk_is_over(&t) && dice(&t, 4) == 0) talk_wait(&t);
        fixture_check_plan(f);
        if (f->sent_count > FIXTURE_SENT_MAX / 2) talk_receive(&t);
        f->event_count = 0;
        if (i == steps / 2 && dice(&t, 2) && !talk_is_over(&t)) {
            assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), 0);
        }
    }
    /* From here on the peer takes everything, and all of it must arrive. */
    tcp_set_cork(f->conn, false, f->now_us);
    for (uint32_t i = 0; i < 2000 && !talk_is_over(&t); i++) {
        if (f->conn->tx == NULL) break;
        t.edge = t.peer_ack + 60000;
        talk_receive(&t);
        f->event_count = 0;
        fixture_ack(f, t.peer_next, t.peer_ack, 60000);
        fixture_check_plan(f);
        if (f->sent_count == 0) talk_wait(&t);
    }
    if (!talk_is_over(&t)) assert_null(f->conn->tx);
    tcp_abort(f->conn, f->now_us);
    f->conn = NULL;
    fixture_clear(f);
}

/* Contract "one decision, two readers": after every step the plan has nothing to do now, the wheel
 * wakes in time, and then something happens. */
static void established_plan_and_wheel_agree_in_random_conversations(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    for (uint64_t seed = 1; seed <= 300; seed++) random_conversation(f, seed);
    assert_int_equal(f->host.txs.in_use, 0);
    assert_int_equal(f->host.records.in_use, 0);
    assert_int_equal(f->host.chunks.in_use, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(syn_sent_data_waits),
        FIXTURE_TEST(established_second_small_segment_waits),
        FIXTURE_TEST(established_tail_of_a_write_leaves),
        FIXTURE_TEST(established_nodelay),
        FIXTURE_TEST(established_cork),
        FIXTURE_TEST(fin_wait_1_small_tail_leaves_with_the_fin),
        FIXTURE_TEST(established_psh_on_the_last),
        FIXTURE_TEST(established_psh_of_a_retransmission),
        FIXTURE_TEST(established_window_limits),
        FIXTURE_TEST(established_half_of_the_largest_window),
        FIXTURE_TEST(established_all_that_is_queued_fits),
        FIXTURE_TEST(established_cwnd_limits),
        FIXTURE_TEST(established_super_segments),
        FIXTURE_TEST(fin_wait_1_fin_behind_full_cwnd),
        FIXTURE_TEST(fin_wait_1_fin_stays_inside_the_window),
        FIXTURE_TEST(fin_wait_1_fin_is_left_behind_by_data_that_fills_the_window),
        FIXTURE_TEST(established_lost_before_new),
        FIXTURE_TEST(established_doubtful_after_new),
        FIXTURE_TEST(established_ack_rides_on_data),
        FIXTURE_TEST(established_plan_is_pure),
        FIXTURE_TEST(established_plan_and_wheel_agree_in_random_conversations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
