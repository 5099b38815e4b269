/*
 * TCP of one host: its connections, records, pools, limits and counters, and the small table of
 * functions through which it reaches what lies below (IP) and above (sockets). A stack owns one;
 * there is no other state, so any number of hosts live in one process.
 *
 * Time comes in with every call. Memory comes from the pools, each with its limit.
 */
#ifndef VITRO_TCP_HOST_H
#define VITRO_TCP_HOST_H

#include "base/hash.h"
#include "base/list.h"
#include "base/pool.h"
#include "base/rng.h"
#include "base/wheel.h"
#include "tcp/tcp_cc.h"
#include "tcp/tcp_chunk.h"
#include "tcp/tcp_event.h"
#include "tcp/tcp_segment.h"
#include "tcp/tcp_table.h"

struct tcp_conn;
struct tcp_host;
struct tcp_listener;

/* What the way to a destination allows. */
struct tcp_path {
    uint32_t mtu_bytes;       /* IP packet size without fragmentation; 0: no route */
    uint32_t super_bytes_max; /* payload of one super-segment; 0: only segments of the wire */
    bool checksum_offload;    /* checksums of outgoing segments are completed below */
};

struct tcp_host_ops {
    /* The way from tuple->local to tuple->remote, as known now. */
    struct tcp_path (*path)(struct tcp_host *, const struct tcp_tuple *);
    /* Sends a segment. What cannot be sent is dropped and counted below; TCP recovers by itself. */
    void (*output)(struct tcp_host *, const struct tcp_outgoing *, uint64_t now_us);
    /* A connection's readiness (tcp_conn_readiness) may have changed. NULL: nobody asks. */
    void (*ready)(struct tcp_host *, struct tcp_conn *);
    /* A listener has a connection to accept, or a SYN to decide on. NULL: nobody asks. */
    void (*listener_ready)(struct tcp_host *, struct tcp_listener *);
    /*
     * In-order data for a connection whose application takes it directly (conn->has_sink): returns
     * how many of the bytes were taken, from the front; the rest is queued. `payload` lives only
     * during the call. The connection must not be closed from inside.
     */
    uint32_t (*sink)(struct tcp_host *, struct tcp_conn *, const struct gather *payload,
                     uint64_t now_us);
    /* Something notable; NULL: nobody watches. */
    void (*event)(struct tcp_host *, const struct tcp_event *);
    /* A segment was dropped for this reason; counted above. */
    void (*drop)(struct tcp_host *, enum drop_reason);
};

/* Everything that can be tuned, with the units in the names; tcp_config_default() fills it. */
struct tcp_config {
    /* opening */
    uint32_t syn_retries;       /* 7: SYN sent 8 times, then ETIMEDOUT after 247 s */
    uint32_t synack_retries;    /* 5 */
    uint64_t syn_first_wait_us; /* 1 s (RFC 6298 2.1), doubled each time */
    uint32_t syn_cache_max;     /* SYN-RECEIVED records on the whole host */
    uint32_t backlog_max;       /* upper limit of a listener's backlog */
    bool syn_cookies;           /* when the SYN cache or a backlog is full */
    /* what is offered */
    bool sack, timestamps, window_scaling;
    uint8_t window_shift;   /* offered shift; TCP_WINDOW_SHIFT_AUTO: from rcvbuf_bytes_max */
    uint16_t mss_bytes_max; /* upper limit of the MSS announced and used; 0: the path's */
    uint8_t ecn;            /* enum tcp_ecn_mode */
    /* buffers */
    uint32_t sndbuf_bytes;     /* send buffer limit of a connection */
    uint32_t rcvbuf_bytes;     /* receive buffer at first */
    uint32_t rcvbuf_bytes_max; /* and what it may grow to */
    /* retransmission and giving up */
    uint64_t rto_us_min;      /* floor of the variance term: RTO >= SRTT + this (200 ms) */
    uint64_t rto_us_max;      /* 120 s */
    uint64_t rto_us_initial;  /* 1 s */
    uint32_t r1_retries;      /* 3: report trouble to IP (RFC 9293 3.8.3) */
    uint32_t r2_retries;      /* 15: about 924.6 s with the defaults */
    uint64_t user_timeout_us; /* 0: R2 decides (RFC 9293 3.9.1, RFC 5482) */
    uint64_t persist_us_max;  /* 120 s */
    /* acknowledging */
    uint64_t delayed_ack_us; /* 40 ms; never above 500 ms (RFC 9293 MUST-40) */
    uint32_t quick_acks;     /* segments acknowledged at once at the start: 16 */
    /* keepalive: off by default (RFC 9293 MUST-25) */
    bool keepalive;
    uint64_t keepalive_idle_us;     /* 7200 s (RFC 9293 MUST-28) */
    uint64_t keepalive_interval_us; /* 75 s */
    uint32_t keepalive_probes;      /* 9 */
    /* closing */
    uint64_t time_wait_us;   /* 2MSL: 60 s */
    uint32_t time_wait_max;  /* records; the oldest gives way */
    bool time_wait_reuse;    /* RFC 6191 */
    uint64_t fin_wait_2_us;  /* 60 s once the application has closed */
    uint32_t orphan_retries; /* 8: retransmissions after the application has closed */
    /* sending */
    bool nagle;                     /* on by default (RFC 9293 SHLD-7) */
    uint32_t initial_cwnd_segments; /* 10 (RFC 6928) */
    const struct cc_ops *cc;        /* &cc_cubic */
    /* throttling */
    uint64_t
        challenge_interval_us;   /* 500 ms between challenge ACKs of one connection (RFC 5961 7) */
    uint32_t rst_per_second_max; /* RSTs to segments of no connection */
    /* limits */
    uint32_t conns_max;
    uint32_t chunks_max;                                /* buffer chunks of the whole host */
    uint16_t ephemeral_port_first, ephemeral_port_last; /* 49152 to 65535 (RFC 6056 2.1) */
};

#define TCP_WINDOW_SHIFT_AUTO 0xff

enum tcp_ecn_mode {
    TCP_ECN_OFF,
    TCP_ECN_ACCEPT, /* when the peer asks */
    TCP_ECN_ASK,    /* and ask ourselves */
};

struct tcp_counters {
    uint64_t segments_in, segments_out; /* of the wire: super-segments count as many */
    uint64_t bytes_in, bytes_out;       /* payload, retransmissions included */
    uint64_t retransmits, timeouts, fast_recoveries, spurious;
    uint64_t opened_active, opened_passive, refused, reset_in, reset_out;
    uint64_t cookies_sent, cookies_taken, challenges;
};

/* Places from which ephemeral ports are counted on (RFC 6056 3.3.4: TABLE_LENGTH). */
#define TCP_PORT_COUNTERS 256u

struct tcp_host {
    const struct tcp_host_ops *ops;
    struct tcp_config config;
    struct tcp_counters counters;
    struct wheel *wheel; /* the stack's */
    uint64_t now_us;     /* of the call being served, for the events it causes */
    struct tcp_table table;
    struct list listeners; /* of tcp_listener.link; looked up through the listener hash */
    struct tcp_listener **listener_hash; /* TCP_LISTENER_BUCKETS chains by port */
    struct pool conns, txs, rxs, records, chunks, ranges, syns, time_waits, listener_pool;
    struct list starved; /* of tcp_conn.starved: who waits for chunks, the longest first */
    uint64_t starved_not_before_us;
    struct list time_wait_order;      /* oldest first; see tcp_timewait.h */
    struct tcp_entry time_wait_clock; /* fires when the oldest ends; kind TCP_ENTRY_TIME_WAIT */
    uint32_t syn_count;
    uint64_t
        cookies_until_us; /* cookies are accepted until then: two minutes after the last sent */
    struct hash_key isn_key, port_key, cookie_key;
    uint32_t port_counters[TCP_PORT_COUNTERS]; /* see tcp_port.c */
    struct rng rng;         /* for what need not be secret: probe jitter, tests */
    uint64_t rst_tokens_us; /* token bucket of RSTs to nobody, in microseconds of credit */
    uint64_t rst_last_us;
};

/* The defaults named above. */
void tcp_config_default(struct tcp_config *config);
/* 0, or EINVAL for a configuration that cannot work or that breaks a MUST of RFC 9293. */
WARN_UNUSED int tcp_config_check(const struct tcp_config *config);

/*
 * Makes an empty host. `secret` (32 bytes, from a good random source; fixed in simulations) keys
 * initial sequence numbers, ports, time stamp offsets and cookies. Returns 0, EINVAL for a
 * configuration that cannot work, or ENOMEM.
 */
WARN_UNUSED int tcp_host_init(struct tcp_host *host, const struct tcp_host_ops *ops,
                              const struct tcp_config *config, struct wheel *wheel,
                              const uint8_t secret[32], uint64_t now_us);
/* Frees everything at once and silently: no segment leaves, no event is reported. */
void tcp_host_deinit(struct tcp_host *host);

/* A packet for TCP: `bytes` begins with the TCP header, whole in its first part. */
struct tcp_packet {
    struct ip_addr src, dst;
    uint16_t zone;
    uint8_t ecn; /* the two bits of the IP header (RFC 3168 5) */
    uint16_t segment_bytes;
    bool checksum_partial; /* do not verify: the sum was never completed, or was verified below */
    const struct gather *bytes;
};

/* Takes one packet, as it arrived at `now_us`; whatever it is, it is handled or dropped by name. */
void tcp_host_input(struct tcp_host *host, const struct tcp_packet *packet, uint64_t now_us);

/* An expired timer of a connection or record; `deadline_us` is when it was due. */
void tcp_host_timer(struct tcp_host *host, struct wheel_node *node, uint64_t deadline_us);

/* What an ICMP error says about a segment of ours (RFC 9293 3.9.2.2, RFC 5927). */
enum tcp_icmp_kind {
    TCP_ICMP_SOFT, /* net/host unreachable, time exceeded, source route failed */
    TCP_ICMP_HARD, /* protocol or port unreachable, administratively prohibited */
    TCP_ICMP_PACKET_TOO_BIG,
};
struct tcp_icmp {
    struct tcp_tuple tuple; /* of the quoted segment, local = its source */
    tcp_seq seq;            /* quoted */
    enum tcp_icmp_kind kind;
    int error;          /* errno for the application: EHOSTUNREACH, ENETUNREACH, ECONNREFUSED... */
    uint32_t mtu_bytes; /* PACKET_TOO_BIG */
};

/*
 * Takes an ICMP error. Returns whether the quoted sequence number fits something that we sent and
 * have not had acknowledged; only then may the caller believe a new path MTU.
 */
bool tcp_host_icmp(struct tcp_host *host, const struct tcp_icmp *icmp, uint64_t now_us);

/* The path of this connection changed (ops->path answers differently now): what is in flight in
 * segments that do not fit any more is sent again. */
void tcp_host_path_changed(struct tcp_host *host, const struct tcp_tuple *tuple, uint64_t now_us);

#endif
