/*
 * Listeners: LISTEN state, the SYN cache behind it, cookies when that is full, and the queue of
 * connections to accept.
 *
 * A SYN makes a small record (tcp_syn_cache.h), never a connection; the ACK that completes the
 * handshake makes the connection. A listener may ask to decide on each SYN itself: the record is
 * then held, silent, until tcp_listen_decide.
 */
#ifndef VITRO_TCP_LISTEN_H
#define VITRO_TCP_LISTEN_H

#include "tcp/tcp_conn.h"

#define TCP_LISTENER_BUCKETS 1024u

struct tcp_syn;
struct tcp_handshake;

struct tcp_listener {
    struct list link; /* tcp_host.listeners */
    struct tcp_listener *bucket_next;
    struct tcp_host *host;
    struct ip_addr addr; /* unspecified: any */
    uint16_t port;       /* 0: any port (a gateway's listener for every destination) */
    uint16_t zone;
    uint32_t backlog; /* complete connections waiting, at most; as many SYN records */
    uint32_t accept_count, syn_count;
    struct tcp_conn *accept_head, *accept_tail;
    struct list held;            /* SYN records the owner was not told of, oldest first */
    struct list deciding;        /* SYN records the owner was told of, oldest first */
    struct tcp_entry hold_clock; /* when the oldest of these two is given up */
    uint64_t owner;              /* the layer above: its handle */
    bool v4_only, v6_only;       /* for the address "::", which else stands for both */
    bool holds_syns;             /* the owner decides on each SYN */
    bool closed;                 /* in no list any more, but SYN records still hold it */
    /* options that connections inherit */
    uint32_t sndbuf_bytes_max, rcvbuf_bytes;
    uint32_t user_timeout_ms;
    bool nodelay, keepalive;
    uint8_t ttl, traffic_class;
};

/*
 * Opens a listener (RFC 9293 3.9.1.1, passive OPEN) on one local address (RFC 9293 MUST-43) or,
 * with `addr` unspecified, on all. Returns 0, EADDRINUSE, EINVAL (no address of one host) or
 * ENOBUFS.
 */
WARN_UNUSED int tcp_listen(struct tcp_host *host, const struct ip_addr *addr, uint16_t port,
                           uint16_t zone, uint32_t backlog, uint64_t owner,
                           struct tcp_listener **listener);
/*
 * Closes it. Connections not yet accepted are reset, and so are held SYNs. Who is still in the
 * handshake gets a RST when the ACK comes; its record ends with its timer. `listener` is not the
 * caller's any more.
 */
void tcp_listen_close(struct tcp_listener *listener, uint64_t now_us);
/* The listener that a SYN to this tuple is for: the most exact one, or NULL. */
struct tcp_listener *tcp_listen_find(const struct tcp_host *host, const struct tcp_tuple *tuple);
/* The listener that stands on this local address and port itself, not on any port; or NULL. */
struct tcp_listener *tcp_listen_find_port(const struct tcp_host *host,
                                          const struct tcp_tuple *tuple);
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

/*
 * For the SYN cache and cookies: a handshake is complete. Makes the connection, queues it for
 * accept and gives it what `seg`, the ACK, carries besides. False, with the reason of the drop in
 * `*reason`, if the queue is full or memory is out; the tuple must not be in the table.
 */
WARN_UNUSED bool tcp_listen_establish(struct tcp_listener *listener,
                                      const struct tcp_handshake *handshake,
                                      const struct tcp_segment *seg, enum drop_reason *reason,
                                      uint64_t now_us);
/* Whether the listener can take one more SYN record now, and expects to accept its connection. */
bool tcp_listen_has_room(const struct tcp_listener *listener);
/*
 * For TIME-WAIT: a SYN that opens its tuple anew, beyond `last`, the end of what was sent before.
 * The tuple must not be in the table any more.
 */
void tcp_listen_reopen(struct tcp_listener *listener, const struct tcp_segment *seg, tcp_seq last,
                       uint64_t now_us);
/* A SYN record has gone; the last of a closed listener takes it along. */
void tcp_listen_syn_gone(struct tcp_listener *listener);
/* Sets hold_clock for the oldest held record. */
void tcp_listen_hold_clock_set(struct tcp_listener *listener);
/* hold_clock, `entry`, has fired: held records that are due are forgotten. */
void tcp_listen_timer(struct tcp_entry *entry, uint64_t deadline_us);
/* Takes the hold_clocks of all listeners out of the timer wheel, for tcp_host_deinit. */
void tcp_listen_clocks_stop(struct tcp_host *host);

#endif
