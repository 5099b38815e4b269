/*
 * The state of both ends and the way a conversation was closed, from what was noted on the way.
 */
#include "observe/track_summary.h"

#include "wire/ip_proto.h"

static uint64_t between(uint64_t later_us, uint64_t earlier_us)
{
    return later_us > earlier_us ? later_us - earlier_us : 0;
}

/* The state of an end that has sent FIN. */
static enum track_state state_closing(const struct track_way *own, const struct track_way *peer)
{
    const bool is_acked = peer->has_acked_fin;
    if (own->has_fin_after_peer) return is_acked ? TRACK_STATE_CLOSED : TRACK_STATE_LAST_ACK;
    if (own->has_acked_fin) return is_acked ? TRACK_STATE_TIME_WAIT : TRACK_STATE_CLOSING;
    return is_acked ? TRACK_STATE_FIN_WAIT_2 : TRACK_STATE_FIN_WAIT_1;
}

/* The state of an end before the handshake is done. */
static enum track_state state_opening(const struct track_conversation *c, uint32_t i)
{
    const struct track_way *own = &c->way[i];
    if (!own->has_syn) return TRACK_STATE_LISTEN;
    return own->has_ack ? TRACK_STATE_SYN_RECEIVED : TRACK_STATE_SYN_SENT;
}

static enum track_state state_of(const struct track_conversation *c, uint32_t i)
{
    const struct track_way *own = &c->way[i];
    const struct track_way *peer = &c->way[i ^ 1];
    if (c->protocol != IP_PROTO_TCP || own->has_rst || peer->has_rst) return TRACK_STATE_CLOSED;
    if (own->has_fin) return state_closing(own, peer);
    if (own->has_acked_fin) return TRACK_STATE_CLOSE_WAIT;
    if (!c->is_joined && !c->is_handshake_done) return state_opening(c, i);
    return TRACK_STATE_ESTABLISHED;
}

/* How it was closed by FINs. */
static enum track_close close_by_fin(const struct track_conversation *c)
{
    const struct track_way *first = &c->way[c->fin_first];
    const struct track_way *second = &c->way[c->fin_first ^ 1];
    if (!second->has_fin) return TRACK_CLOSE_HALF;
    if (!first->has_acked_fin || !second->has_acked_fin) return TRACK_CLOSE_UNFINISHED;
    if (!second->has_fin_after_peer) return TRACK_CLOSE_SIMULTANEOUS;
    return second->has_acked_fin_alone ? TRACK_CLOSE_FOUR : TRACK_CLOSE_THREE;
}

static void summarize_close(const struct track_conversation *c, struct track_summary *out)
{
    const bool has_rst = c->way[0].has_rst || c->way[1].has_rst;
    const bool has_fin = c->way[0].has_fin || c->way[1].has_fin;
    const bool has_both_fins = c->way[0].has_fin && c->way[1].has_fin;
    out->is_closed_by_known = has_rst || has_fin;
    out->has_reset_after_close = has_rst && has_both_fins;
    if (has_rst && !has_both_fins) {
        const bool is_refused =
            c->rst_first == 1 && c->way[0].has_syn && !c->way[1].has_syn && !c->is_joined;
        out->close = is_refused ? TRACK_CLOSE_REFUSED : TRACK_CLOSE_RESET;
        out->closed_by = c->rst_first;
    } else if (has_fin) {
        out->close = close_by_fin(c);
        out->closed_by = c->fin_first;
    }
}

void track_summarize(const struct track_conversation *c, struct track_summary *out)
{
    *out = (struct track_summary){.duration_us = between(c->last_us, c->begun_us)};
    for (uint32_t i = 0; i < 2; i++) {
        out->state[i] = state_of(c, i);
        out->bytes[i] = c->way[i].bytes - c->way[i].bytes_again;
        out->retransmissions[i] = c->way[i].retransmissions;
    }
    summarize_close(c, out);
    if (!c->is_handshake_done) return;
    out->has_handshake = true;
    out->handshake_rtt_us = between(c->handshake_us, c->syn_us);
    out->answer_us = between(c->syn_ack_us, c->syn_us);
    out->open_us = between(c->handshake_us, c->begun_us);
    out->is_simultaneous_open = c->is_crossed_open;
}

const char *track_state_text(enum track_state state)
{
    static const char *const names[] = {
        [TRACK_STATE_CLOSED] = "CLOSED",           [TRACK_STATE_LISTEN] = "LISTEN",
        [TRACK_STATE_SYN_SENT] = "SYN-SENT",       [TRACK_STATE_SYN_RECEIVED] = "SYN-RECEIVED",
        [TRACK_STATE_ESTABLISHED] = "ESTABLISHED", [TRACK_STATE_FIN_WAIT_1] = "FIN-WAIT-1",
        [TRACK_STATE_FIN_WAIT_2] = "FIN-WAIT-2",   [TRACK_STATE_CLOSE_WAIT] = "CLOSE-WAIT",
        [TRACK_STATE_CLOSING] = "CLOSING",         [TRACK_STATE_LAST_ACK] = "LAST-ACK",
        [TRACK_STATE_TIME_WAIT] = "TIME-WAIT",
    };
    return (unsigned)state < ARRAY_COUNT(names) ? names[state] : "?";
}

const char *track_close_code(enum track_close close)
{
    static const char *const codes[] = {
        [TRACK_CLOSE_NONE] = "none",
        [TRACK_CLOSE_HALF] = "half",
        [TRACK_CLOSE_UNFINISHED] = "unfinished",
        [TRACK_CLOSE_THREE] = "three_segments",
        [TRACK_CLOSE_FOUR] = "four_segments",
        [TRACK_CLOSE_SIMULTANEOUS] = "simultaneous",
        [TRACK_CLOSE_RESET] = "reset",
        [TRACK_CLOSE_REFUSED] = "refused",
    };
    return (unsigned)close < ARRAY_COUNT(codes) ? codes[close] : "?";
}
