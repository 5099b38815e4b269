/*
 * Events on their way to the owner. The public kinds, states, causes and reasons are the private
 * ones under public names, in the same order, which is checked when this is compiled.
 */
#include "socket/socket_event.h"

#include "socket/socket.h"

#define SAME(public_name, private_name)                                                            \
    _Static_assert((int)(public_name) == (int)(private_name), "the same order on both sides")

#define CHECK_KIND(name, text) SAME(VITRO_EVENT_##name, TCP_EVENT_##name);
TCP_EVENT_KINDS(CHECK_KIND)
#define CHECK_STATE(name, text) SAME(VITRO_TCP_##name, TCP_##name);
TCP_STATES(CHECK_STATE)
#define CHECK_CAUSE(name, text) SAME(VITRO_CAUSE_##name, TCP_CAUSE_##name);
TCP_CAUSES(CHECK_CAUSE)
#define CHECK_RETRANSMIT(name, text) SAME(VITRO_RETRANSMIT_##name, TCP_RETRANSMIT_##name);
TCP_RETRANSMIT_CAUSES(CHECK_RETRANSMIT)
#define CHECK_DROP(name, text) SAME(VITRO_DROP_##name, DROP_##name);
DROP_REASONS(CHECK_DROP)
SAME(VITRO_DROP_COUNT, DROP_REASON_COUNT);
SAME(VITRO_TCP_STATE_COUNT, TCP_STATE_COUNT);
SAME(VITRO_EVENT_KIND_COUNT, TCP_EVENT_DROP + 1);

/* What the event carries besides its kind. */
static void details_out(const struct tcp_event *from, struct vitro_event *to)
{
    switch (from->kind) {
    case TCP_EVENT_STATE:
        to->as.state.from = (enum vitro_tcp_state)from->state.from;
        to->as.state.to = (enum vitro_tcp_state)from->state.to;
        to->as.state.cause = (enum vitro_tcp_cause)from->state.cause;
        break;
    case TCP_EVENT_RETRANSMIT:
        to->as.retransmit.cause = (enum vitro_retransmit_cause)from->retransmit.cause;
        to->as.retransmit.seq = from->retransmit.seq.value;
        to->as.retransmit.len_bytes = from->retransmit.len_bytes;
        to->as.retransmit.count = from->retransmit.count;
        break;
    case TCP_EVENT_CWND:
        to->as.cwnd.cwnd_bytes = from->cwnd.cwnd_bytes;
        to->as.cwnd.ssthresh_bytes = from->cwnd.ssthresh_bytes;
        to->as.cwnd.in_flight_bytes = from->cwnd.in_flight_bytes;
        break;
    case TCP_EVENT_TIMEOUT:
        to->as.timeout.rto_us = from->timeout.rto_us;
        to->as.timeout.count = from->timeout.count;
        break;
    case TCP_EVENT_OUT_OF_ORDER:
    case TCP_EVENT_DUPLICATE:
        to->as.range.seq = from->range.seq.value;
        to->as.range.len_bytes = from->range.len_bytes;
        break;
    case TCP_EVENT_DROP:
        to->as.drop.reason = (enum vitro_drop)from->drop.reason;
        to->as.drop.len_bytes = from->drop.len_bytes;
        break;
    case TCP_EVENT_SOFT_ERROR: to->as.error = -from->error; break;
    case TCP_EVENT_PMTU: to->as.mtu_bytes = from->mtu_bytes; break;
    default: break;
    }
}

void socket_event_out(const struct tcp_event *from, uint16_t if_index, struct vitro_event *to)
{
    memset(to, 0, sizeof *to);
    to->kind = (enum vitro_event_kind)from->kind;
    to->now_us = from->now_us;
    to->interface = if_index;
    to->flow = socket_flow_out(from->tuple);
    if (from->conn != NULL && from->conn->owner != 0) {
        const struct socket *s = socket_of_owner(from->conn->owner);
        to->socket = socket_handle(s);
        to->user = s->user;
    }
    details_out(from, to);
}
