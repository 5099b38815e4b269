/*
 * Listeners: LISTEN state, the SYN cache behind it, cookies when that is full, and the queue of
 * connections to accept.
 *
 * A SYN makes a small record (tcp_syn_cache.h), never a connection; the ACK that completes the
 * handshake makes the connection. A listener may ask to decide on each SYN itself: the record is then
 * held, silent, until tcp_listen_decide.
 */
#ifndef VITRO_TCP_LISTEN_H
#define VITRO_TCP_LISTEN_H

#include "tcp/tcp_conn.h"

#define TCP_LISTENER_BUCKETS 1024u

struct tcp_syn;

struct tcp_listener {
    struct list link;                  /* tcp_host.listeners */
    struct tcp_listener *bucket_next;
    struct tcp_host *host;
    struct ip_addr addr;               /* unspecified: any */
    uint16_t port;                     /* 0: any port (a gateway's listener for every destination) */
    uint16_t zone;
    uint32_t backlog;                  /* complete connections waiting, at most; as many SYN records */
    uint32_t accept_count, syn_count;
    struct tcp_conn *accept_head, *accept_tail;
    struct list syns;                  /* of tcp_syn.listener_link */
    struct list held;                  /* SYN records that wait for a decision, oldest first */
    uint64_t owner;                    /* the layer above: its handle */
    bool v4_only, v6_only;             /* for the unspecified address */
    bool holds_syns;                   /* the owner decides on each SYN */
    bool defer_ready;
    /* options that connections inherit */
    uint32_t sndbuf_bytes_max, rcvbuf_bytes;
    uint32_t user_timeout_ms;
    bool nodelay, keepalive;
    uint8_t ttl, traffic_class;
};

/*
 * Opens a listener (RFC 9293 3.9.1.1 passive OPEN; MUST-41: a port may be used on several addresses).
 * Returns 0, EADDRINUSE, EINVAL or ENOBUFS. `addr` unspecified: every local address.
 */
WARN_UNUSED int tcp_listen(struct tcp_host *host, const struct ip_addr *addr, uint16_t port,
                           uint16_t zone, uint32_t backlog, uint64_t owner,
                           struct tcp_listener **listener);
/* Closes it: SYN records go with RST, connections not yet accepted are reset. */
void tcp_listen_close(struct tcp_listener *listener, uint64_t now_us);
/* The listener that a SYN to this tuple is for: the most exact one, or NULL. */
struct tcp_listener *tcp_listen_find(const struct tcp_host *host, const struct tcp_tuple *tuple);
/* Takes the oldest complete connection off the queue, or NULL (EAGAIN to the application). */
struct tcp_conn *tcp_listen_accept(struct tcp_listener *listener);
/* A segment for a tuple in LISTEN: RFC 9293 3.10.7.2. */
void tcp_listen_input(struct tcp_listener *listener, const struct tcp_segment *seg,
                      uint64_t now_us);

/* What the owner of a holding listener may answer to a SYN. */
enum tcp_decision {
    TCP_DECIDE_ACCEPT,
    TCP_DECIDE_REFUSE,  /* RST */
    TCP_DECIDE_NOTHING, /* silence: the record is forgotten */
};
/* The oldest undecided SYN's tuple and id; false if none waits that was not yet told. */
bool tcp_listen_next_held(struct tcp_listener *listener, struct tcp_tuple *tuple);
/* Answers a held SYN; false if its record is gone (it timed out or was reset by the peer). */
bool tcp_listen_decide(struct tcp_host *host, const struct tcp_tuple *tuple,
                       enum tcp_decision decision, uint64_t now_us);

#endif
