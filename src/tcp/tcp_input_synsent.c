/*
 * RFC 9293 3.10.7.3: SYN-SENT. First the ACK, second RST, (third security), fourth the SYN; what is
 * neither is dropped. A SYN without an ACK of ours is a simultaneous open (RFC 9293 MUST-10).
 */
#include <errno.h>

#include "base/base.h"
#include "tcp/tcp_event.h"
#include "tcp/tcp_input.h"
#include "tcp/tcp_negotiate.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_timer.h"
#include "tcp/tcp_window.h"

static enum tcp_step drop(struct tcp_conn *conn, const struct tcp_segment *seg,
                          enum drop_reason reason, uint64_t now_us)
{
    tcp_event_drop(conn->host, conn, seg, reason, now_us);
    return TCP_DONE;
}

/* Takes the peer's sequence number and options. */
static void take_syn(struct tcp_conn *conn, const struct tcp_segment *seg, uint64_t now_us)
{
    conn->rcv.irs = seg->seq;
    conn->rcv.nxt = tcp_seq_add(seg->seq, 1);
    conn->rcv.acked = conn->rcv.nxt;
    conn->rcv.dup_start = conn->rcv.dup_end = conn->rcv.nxt;
    conn->drs_round_start_ms = (uint32_t)(now_us / 1000);
    tcp_negotiate_accept(conn, seg, now_us);
    tcp_window_open(conn);
}

/* Both SYNs crossed: ours is answered by theirs, theirs by our SYN-ACK. */
static enum tcp_step open_simultaneously(struct tcp_conn *conn, const struct tcp_segment *seg,
                                         uint64_t now_us)
{
    conn->flags.simultaneous = true; /* RFC 9293 MUST-11: it was an active OPEN that led here */
    conn->flags.syn_due = true;
    conn->syn_count = 0;
    conn->snd.wnd = conn->snd.wnd_max = seg->window;
    tcp_state_set(conn, TCP_SYN_RECEIVED, TCP_CAUSE_SYN);
    tcp_output(conn, now_us);
    return TCP_DONE;
}

enum tcp_step tcp_input_synsent(struct tcp_conn *conn, struct tcp_segment *seg, uint64_t now_us)
{
    bool has_ack = (seg->flags & TCP_FLAG_ACK) != 0;
    if (has_ack && (tcp_seq_le(seg->ack, conn->snd.iss) || tcp_seq_gt(seg->ack, conn->snd.nxt))) {
        tcp_output_rst_reply(conn->host, seg, now_us);
        return drop(conn, seg, DROP_TCP_BAD_ACK, now_us);
    }
    if (seg->flags & TCP_FLAG_RST) {
        /* RFC 5961 3.2: without an ACK of our SYN it is anybody's */
        if (!has_ack) return drop(conn, seg, DROP_TCP_BAD_RST, now_us);
        conn->host->counters.reset_in++;
        conn->host->counters.refused++;
        tcp_conn_end(conn, ECONNREFUSED, TCP_CAUSE_RST, now_us);
        return TCP_DONE;
    }
    if (!(seg->flags & TCP_FLAG_SYN)) {
        enum drop_reason reason = has_ack ? DROP_TCP_BAD_ACK : DROP_TCP_NO_ACK_FLAG;
        return drop(conn, seg, reason, now_us);
    }
    take_syn(conn, seg, now_us);
    if (!has_ack) return open_simultaneously(conn, seg, now_us);
    tcp_input_establish(conn, seg, now_us);
    conn->flags.ack_now = true;
    /* the SYN is dealt with; text or FIN behind it begin one further */
    seg->flags = (uint16_t)(seg->flags & ~TCP_FLAG_SYN);
    seg->seq = conn->rcv.nxt;
    if (seg->urgent > 0) seg->urgent--;
    tcp_conn_trim_tx(conn);
    return TCP_CONTINUE;
}
