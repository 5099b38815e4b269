/*
 * A host under test and a scripted peer: the peer's segments are written by hand and arrive as
 * packets, what the host sends is kept for looking at, time moves when the test says so.
 */
#ifndef VITRO_TESTS_TCP_PASSIVE_H
#define VITRO_TESTS_TCP_PASSIVE_H

#include "tcp/tcp_conn.h"
#include "tcp/tcp_host.h"
#include "tcp/tcp_listen.h"

#define PASSIVE_OUT_MAX    512u
#define PASSIVE_EVENTS_MAX 512u
#define PASSIVE_SECOND_US  1000000u

struct passive_out {
    struct tcp_tuple tuple;
    struct tcp_repr repr;
    uint8_t traffic_class, ttl;
    uint64_t at_us;
};

struct passive {
    struct wheel wheel;
    struct tcp_host host;
    uint64_t now_us;
    struct passive_out out[PASSIVE_OUT_MAX];
    uint32_t out_count;
    struct tcp_event events[PASSIVE_EVENTS_MAX];
    uint32_t event_count;
    uint32_t drops[DROP_REASON_COUNT];
    uint32_t listener_ready;
    uint16_t mtu_bytes;
};

/* A configuration to start from: the default, with small limits where a test wants to reach them.
 */
struct tcp_config passive_config(void);
/* Makes the host; `config` NULL: passive_config(). Time begins at one hour. */
struct passive *passive_new(const struct tcp_config *config);
void passive_free(struct passive *p);

/* The tuple of peer number `peer` to port 80: 10.0.0.1 <- 10.0.1.2, remote port 10000 + peer. */
struct tcp_tuple passive_tuple(uint32_t peer);
/* A listener on 10.0.0.1, port 80. */
struct tcp_listener *passive_listen(struct passive *p, uint32_t backlog);

/* The SYN that peer number `peer` sends: MSS 1460, scale 7, SACK, time stamps, seq 1000. */
struct tcp_repr passive_syn(struct passive *p, uint32_t peer);
/* The ACK that answers the host's last segment, a SYN-ACK: with a time stamp if that had one. */
struct tcp_repr passive_ack(struct passive *p);
/* The segment arrives, with `payload` (NULL: none), on IPv4. */
void passive_input(struct passive *p, const struct tcp_repr *repr, const char *payload);
/* Moves time on; timers fire at their deadlines. */
void passive_run(struct passive *p, uint64_t for_us);
/* What the host sent last; there must be something. */
const struct passive_out *passive_last(const struct passive *p);
/* How many state moves with this cause were reported. */
uint32_t passive_moves(const struct passive *p, enum tcp_cause cause);
/* How many events of this kind were reported. */
uint32_t passive_events(const struct passive *p, enum tcp_event_kind kind);
/* SYN, SYN-ACK, ACK of `peer`; the connection, off the accept queue. */
struct tcp_conn *passive_connect(struct passive *p, struct tcp_listener *listener, uint32_t peer);

#endif
