/*
 * The window covers what the buffer has room for beyond rcv.nxt. It opens in steps of at least a
 * segment or half the buffer, which is the receiver's half of silly window avoidance
 * (RFC 9293 MUST-39), and it never moves left (RFC 9293 SHLD-14): what was promised is accepted.
 *
 * A scaled window can promise only multiples of 2^shift. Rounding down after every few bytes
 * received would take back what was promised; so it is rounded up, but never by so much that the
 * promise exceeds the buffer by a whole unit: a reader that stands still must see the window close.
 *
 * The buffer grows as the application reads: when more than half of it was read within one round
 * trip, the sender is likely held back by the window, and the buffer becomes twice what was read
 * plus room for a window of growth, up to the configured maximum.
 */
#include "tcp/tcp_window.h"

#include "base/base.h"
#include "tcp/tcp_negotiate.h"
#include "tcp/tcp_rx.h"
#include "tcp/tcp_starved.h"

/* Segments' worth of slack in a grown buffer, for the sender's own growth during the round. */
#define DRS_SLACK_SEGMENTS 16u

/* In-order bytes that wait for the application. */
static uint32_t unread_bytes(const struct tcp_conn *conn)
{
    return conn->rx != NULL ? tcp_recvbuf_ready_bytes(&conn->rx->buf) : 0;
}

/* How far the buffer reaches beyond rcv.nxt. Nothing when the host's chunks are used up: the
 * window then closes, and stays so as long as it takes: RFC 9293 MAY-8. */
static uint32_t room_bytes(const struct tcp_conn *conn)
{
    uint32_t unread = unread_bytes(conn);
    if (unread >= conn->rcvbuf_bytes) return 0;
    if (pool_room(&conn->host->chunks) == 0) return 0;
    /* what the window field cannot express is no room, and not worth telling */
    return u32_min(conn->rcvbuf_bytes - unread, (uint32_t)UINT16_MAX << conn->rcv_shift);
}

/* The edge that the window would move to now, not counting units of the scale. */
static tcp_seq wanted_edge(const struct tcp_conn *conn)
{
    tcp_seq edge = tcp_seq_add(conn->rcv.nxt, room_bytes(conn));
    if (tcp_seq_le(edge, conn->rcv.edge)) return conn->rcv.edge;
    uint32_t step = u32_min(conn->rcvbuf_bytes / 2, conn->rcv_segment_bytes);
    return tcp_seq_diff(edge, conn->rcv.edge) >= step ? edge : conn->rcv.edge;
}

void tcp_window_open(struct tcp_conn *conn)
{
    uint32_t window = tcp_negotiate_syn_window(conn->rcvbuf_bytes);
    conn->rcv.edge = tcp_seq_add(conn->rcv.nxt, window);
}

/* What the window field says; moves the edge there. */
static uint16_t window_field(struct tcp_conn *conn)
{
    tcp_seq edge = wanted_edge(conn);
    if (tcp_seq_le(edge, conn->rcv.nxt)) return 0;
    uint32_t window = tcp_seq_diff(edge, conn->rcv.nxt);
    uint32_t unit = 1u << conn->rcv_shift;
    uint32_t field = (window + unit - 1) >> conn->rcv_shift;
    uint32_t limit = room_bytes(conn) + unit - 1;
    if (field > 0 && (field << conn->rcv_shift) > u32_max(limit, window)) field--;
    field = u32_min(field, UINT16_MAX);
    conn->rcv.edge =
        tcp_seq_max(conn->rcv.edge, tcp_seq_add(conn->rcv.nxt, field << conn->rcv_shift));
    return (uint16_t)field;
}

uint16_t tcp_window_select(struct tcp_conn *conn)
{
    const uint16_t field = window_field(conn);
    /* what is closed for want of memory alone is opened when there is some */
    if ((uint32_t)field << conn->rcv_shift < conn->rcv_segment_bytes) tcp_starved_receiver(conn);
    return field;
}

bool tcp_window_should_tell(const struct tcp_conn *conn)
{
    if (conn->flags.fin_received) return false;
    uint32_t now = tcp_conn_receive_window(conn);
    tcp_seq edge = wanted_edge(conn);
    if (tcp_seq_le(edge, conn->rcv.edge)) return false;
    uint32_t gain = tcp_seq_diff(edge, conn->rcv.edge);
    if (now < conn->rcv_segment_bytes) return true;
    return gain >= u32_min(conn->rcvbuf_bytes / 2, 2u * conn->rcv_segment_bytes) &&
           now < conn->rcvbuf_bytes / 2;
}

void tcp_window_on_read(struct tcp_conn *conn, uint32_t len, uint64_t now_us)
{
    uint32_t now_ms = (uint32_t)(now_us / 1000);
    uint32_t max = u32_max(conn->host->config.rcvbuf_bytes_max, conn->rcvbuf_bytes);
    conn->drs_read_bytes += u32_min(len, UINT32_MAX - conn->drs_read_bytes);
    if (conn->rcvbuf_bytes >= max) return;
    uint32_t round_ms = u32_max(tcp_rtt_srtt_us(&conn->rtt) / 1000, 1);
    if (now_ms - conn->drs_round_start_ms < round_ms) return;
    if (conn->drs_read_bytes > conn->rcvbuf_bytes / 2) {
        uint64_t wanted =
            2ull * conn->drs_read_bytes + (uint64_t)DRS_SLACK_SEGMENTS * conn->rcv_segment_bytes;
        if (wanted > conn->rcvbuf_bytes) conn->rcvbuf_bytes = (uint32_t)u64_min(wanted, max);
    }
    conn->drs_read_bytes = 0;
    conn->drs_round_start_ms = now_ms;
}
