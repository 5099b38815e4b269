/*
 * A connection of the fixture in any state, with a small window whose edges a test can reckon with,
 * and what a test asks about what happened.
 *
 * The receive buffer is 4096 bytes and does not grow, so that no window scale is needed: the SYN
 * offers 4096, and the window's right edge is at relative number 1 + 4096 = 4097 as long as nothing
 * is read. The peer's offer is 65535, unscaled.
 */
#ifndef VITRO_TESTS_TCP_STATES_H
#define VITRO_TESTS_TCP_STATES_H

#include <errno.h>

#include "base/base.h"
#include "support.h"
#include "tcp/tcp_conn.h"
#include "tcp_fixture.h"

#define STATES_WINDOW 4096u
#define STATES_EDGE   4097u

/* The synchronised states a connection can be in, TIME-WAIT apart, which is a record's. */
#define SYNCHRONISED_STATES                                                                        \
    {                                                                                              \
        TCP_ESTABLISHED, TCP_FIN_WAIT_1, TCP_FIN_WAIT_2, TCP_CLOSE_WAIT, TCP_CLOSING, TCP_LAST_ACK \
    }

static inline bool has_peer_fin(enum tcp_state state)
{
    return state == TCP_CLOSE_WAIT || state == TCP_CLOSING || state == TCP_LAST_ACK;
}

/* Our next sequence number: the FIN takes 1. */
static inline uint32_t our_next(enum tcp_state state)
{
    return state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT ? 1 : 2;
}

/* From ESTABLISHED to `state`; `seq` is the peer's next number. What was caught is forgotten. */
static inline void states_move(struct fixture *f, enum tcp_state state, uint32_t seq)
{
    if (state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK) {
        fixture_input(f, TCP_FLAG_FIN | TCP_FLAG_ACK, seq, 1, 0, 65535);
    }
    if (state != TCP_CLOSE_WAIT && state != TCP_ESTABLISHED) {
        assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), 0);
    }
    if (state == TCP_FIN_WAIT_2) fixture_input(f, TCP_FLAG_ACK, seq, 2, 0, 65535);
    if (state == TCP_CLOSING) {
        fixture_input(f, TCP_FLAG_FIN | TCP_FLAG_ACK, seq, 1, 0, 65535);
    }
    assert_int_equal(f->conn->state, state);
    fixture_clear(f);
    memset(f->drops, 0, sizeof f->drops);
}

/* A host that is not started yet, with the small buffer. */
static inline struct fixture *states_new(void)
{
    struct fixture *f = fixture_new();
    f->config.rcvbuf_bytes = f->config.rcvbuf_bytes_max = STATES_WINDOW;
    return f;
}

/* A connection in `state`, nothing received but perhaps the FIN. */
static inline struct fixture *states_in(enum tcp_state state)
{
    struct fixture *f = states_new();
    fixture_start(f);
    fixture_established(f);
    states_move(f, state, 1);
    return f;
}

/* In SYN-RECEIVED, after an active open and the peer's SYN: a simultaneous open. */
static inline struct fixture *states_in_syn_received(void)
{
    struct fixture *f = states_new();
    fixture_start(f);
    fixture_syn_sent(f);
    f->options = (struct tcp_options){.mss = 1460, .has_sack_permitted = true};
    fixture_input(f, TCP_FLAG_SYN, 0, 0, 0, 65535);
    assert_int_equal(f->conn->state, TCP_SYN_RECEIVED);
    fixture_clear(f);
    return f;
}

/* All segments dropped, for whatever reason. */
static inline uint64_t states_drops(const struct fixture *f)
{
    uint64_t sum = 0;
    for (int i = 0; i < DROP_REASON_COUNT; i++) sum += f->drops[i];
    return sum;
}

/* The i-th event of this kind; the test fails when there is none. */
static inline const struct tcp_event *states_event(const struct fixture *f,
                                                   enum tcp_event_kind kind, uint32_t i)
{
    for (uint32_t n = 0; n < f->event_count; n++) {
        if (f->events[n].kind == kind && i-- == 0) return &f->events[n];
    }
    fail_msg("no such event: %s", tcp_event_kind_text(kind));
    return NULL;
}

/* Fails unless the i-th state move is this one. */
static inline void assert_move(const struct fixture *f, uint32_t i, enum tcp_state from,
                               enum tcp_state to, enum tcp_cause cause)
{
    const struct tcp_event *event = states_event(f, TCP_EVENT_STATE, i);
    assert_int_equal(event->state.from, from);
    assert_int_equal(event->state.to, to);
    assert_int_equal(event->state.cause, cause);
}

/* Fails unless exactly one segment was sent, with these flags and relative numbers, no payload. */
static inline void assert_answer(const struct fixture *f, uint16_t flags, uint32_t seq,
                                 uint32_t ack)
{
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(f->sent[0].repr.flags, flags);
    assert_int_equal(f->sent[0].seq, seq);
    assert_int_equal(f->sent[0].ack, ack);
    assert_int_equal(f->sent[0].len, 0);
}

/* Fails unless the next `len` bytes read are those of the peer's stream from `seq`. */
static inline void assert_reads(struct fixture *f, uint32_t seq, uint32_t len)
{
    uint8_t bytes[65536];
    uint32_t got = 0;
    assert_true(len <= sizeof bytes);
    assert_int_equal(tcp_receive(f->conn, bytes, len, &got, f->now_us), 0);
    assert_int_equal(got, len);
    for (uint32_t i = 0; i < len; i++) assert_int_equal(bytes[i], fixture_byte(seq + i));
}

/* Fails unless the i-th SACK block of a segment sent covers [start, end), relative. */
static inline void assert_sack(const struct fixture *f, const struct fixture_sent *sent, uint32_t i,
                               uint32_t start, uint32_t end)
{
    assert_true(i < sent->repr.options.sack_count);
    assert_int_equal(sent->repr.options.sack[i].start - f->peer_iss, start);
    assert_int_equal(sent->repr.options.sack[i].end - f->peer_iss, end);
}

#endif
