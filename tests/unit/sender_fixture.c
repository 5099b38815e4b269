/*
 * The fixture of the loss recovery tests; see sender_fixture.h.
 */
#include "sender_fixture.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/base.h"
#include "tcp/tcp_event.h"

static void note_event(struct tcp_host *host, const struct tcp_event *event)
{
    struct sender *s = CONTAINER_OF(host, struct sender, host);
    assert_true((unsigned)event->kind < SENDER_KINDS);
    s->events[event->kind]++;
    if (event->kind != TCP_EVENT_RETRANSMIT) return;
    s->cause = event->retransmit.cause;
    s->cause_count = event->retransmit.count;
}

static const struct tcp_host_ops sender_ops = {.event = note_event};

void sender_init(struct sender *s, const struct sender_setup *setup)
{
    memset(s, 0, sizeof(*s));
    s->now_us = 1000000;
    s->host.ops = &sender_ops;
    s->host.config.rto_us_min = 200000;
    s->host.config.rto_us_max = 120000000;
    pool_init(&s->host.records, "records", sizeof(struct tcp_sent_record), TCP_SENT_RECORDS_MAX);
    struct tcp_conn *conn = &s->conn;
    conn->host = &s->host;
    conn->tx = &s->tx;
    conn->state = TCP_ESTABLISHED;
    conn->mss_bytes = SENDER_MSS;
    conn->snd.una = conn->snd.nxt = tcp_seq_of(SENDER_BASE);
    conn->snd.wnd = conn->snd.wnd_max = 1u << 20;
    conn->flags.sack = setup->sack;
    conn->flags.timestamps = setup->timestamps;
    conn->flags.ecn = setup->ecn;
    conn->ts_offset = 12345;
    tcp_rtt_init(&conn->rtt, 1000000);
    conn->cc.ops = setup->cc != NULL ? setup->cc : &cc_reno;
    const uint32_t segments = setup->cwnd_segments != 0 ? setup->cwnd_segments : 10;
    conn->cc.ops->init(&conn->cc, SENDER_MSS, segments * SENDER_MSS);
    tcp_sent_init(&s->tx.sent);
    tcp_recovery_init(&s->tx.recovery);
}

void sender_deinit(struct sender *s)
{
    tcp_sent_clear(&s->tx.sent, &s->host.records);
    assert_int_equal(s->host.records.in_use, 0);
    pool_deinit(&s->host.records);
}

void sender_send(struct sender *s, uint32_t len)
{
    struct tcp_conn *conn = &s->conn;
    assert_true(tcp_sent_add(&s->tx.sent, &s->host.records, conn->snd.nxt, len, conn->mss_bytes,
                             false, s->now_us));
    tcp_recovery_sent_new(conn, len);
    conn->snd.nxt = tcp_seq_add(conn->snd.nxt, len);
}

uint32_t sender_fill(struct sender *s)
{
    uint32_t segments = 0;
    while (tcp_recovery_room_bytes(&s->conn) >= SENDER_MSS) {
        sender_send(s, SENDER_MSS);
        segments++;
    }
    s->conn.flags.cwnd_limited = true;
    return segments;
}

uint32_t sender_retransmit(struct sender *s, uint32_t max)
{
    struct tcp_conn *conn = &s->conn;
    uint32_t first = UINT32_MAX;
    for (; max > 0; max--) {
        const uint32_t room = tcp_recovery_room_bytes(conn);
        const uint32_t whole = room - room % conn->mss_bytes;
        tcp_seq seq;
        uint32_t len;
        bool has_fin;
        if (whole == 0 || !tcp_recovery_next(conn, whole, &seq, &len, &has_fin)) break;
        tcp_recovery_retransmitted(conn, seq, len, s->now_us);
        tcp_recovery_check(conn);
        if (first == UINT32_MAX) first = tcp_seq_diff(seq, tcp_seq_of(SENDER_BASE));
    }
    return first;
}

void sender_take(struct sender *s, const struct sender_ack *ack)
{
    struct tcp_conn *conn = &s->conn;
    struct tcp_segment seg = {.ack = tcp_seq_of(SENDER_BASE + ack->una), .flags = TCP_FLAG_ACK};
    seg.options.has_timestamps = ack->ts_ecr != 0;
    seg.options.ts_ecr = ack->ts_ecr;
    seg.options.sack_count = ack->sack_count;
    for (uint8_t i = 0; i < ack->sack_count; i++) {
        seg.options.sack[i] =
            (struct tcp_sack_block){SENDER_BASE + ack->sack[i][0], SENDER_BASE + ack->sack[i][1]};
    }
    assert_true(tcp_seq_le(conn->snd.una, seg.ack) && tcp_seq_le(seg.ack, conn->snd.nxt));
    const uint32_t acked = tcp_seq_diff(seg.ack, conn->snd.una);
    const bool is_duplicate = acked == 0 && s->tx.sent.total > 0;
    conn->snd.una = seg.ack;
    tcp_recovery_on_ack(conn, &seg, acked, is_duplicate, s->now_us);
}

void sender_ack(struct sender *s, uint32_t una)
{
    sender_take(s, &(struct sender_ack){.una = una});
}

void sender_sack(struct sender *s, uint32_t una, uint32_t start, uint32_t end)
{
    sender_take(s, &(struct sender_ack){.una = una, .sack_count = 1, .sack = {{start, end}}});
}

void sender_time_out(struct sender *s)
{
    tcp_recovery_on_timeout(&s->conn, s->now_us);
    tcp_rtt_backoff(&s->conn.rtt);
}

uint32_t sender_una(const struct sender *s)
{
    return tcp_seq_diff(s->conn.snd.una, tcp_seq_of(SENDER_BASE));
}

uint32_t sender_nxt(const struct sender *s)
{
    return tcp_seq_diff(s->conn.snd.nxt, tcp_seq_of(SENDER_BASE));
}

uint32_t sender_ts(const struct sender *s) { return tcp_conn_ts_now(&s->conn, s->now_us); }
