/*
 * Configuration of a stack: fill it with vitro_config_default(), change what you like, set the
 * secret, and hand it to vitro_stack_create(). Everything in it is copied.
 *
 *     struct vitro_config config;
 *     vitro_config_default(&config);
 *     getrandom(config.secret, sizeof config.secret, 0);
 *
 * The defaults are in the comments. Times are microseconds. Limits bound memory: reaching one has a
 * defined answer (a closed window, a SYN cookie, a counted drop), never a failure of the whole.
 */
#ifndef VITRO_CONFIG_H
#define VITRO_CONFIG_H

#include "vitro/export.h"

VITRO_BEGIN

/* Explicit Congestion Notification (RFC 3168). */
enum vitro_ecn {
    VITRO_ECN_OFF,
    VITRO_ECN_ACCEPT, /* when the peer asks */
    VITRO_ECN_ASK,    /* and ask ourselves */
};

/* Chooses the smallest window scale that can announce the whole receive buffer (RFC 7323 2.2). */
#define VITRO_WINDOW_SHIFT_AUTO 0xff

struct vitro_tcp_config {
    /* opening */
    uint32_t syn_retries;       /* 7: then -ETIMEDOUT, after 247 s (RFC 9293 MUST-23) */
    uint32_t synack_retries;    /* 5 */
    uint64_t syn_first_wait_us; /* 1 s (RFC 6298 2.1), doubled each time */
    uint32_t syn_cache_max;     /* 65536 SYN-RECEIVED records, held ones too, of 96 bytes */
    uint32_t backlog_max;       /* 65536: upper limit of a listener's backlog, held SYNs too */
    bool syn_cookies;           /* true: when the SYN cache or a backlog is full (RFC 4987) */
    /* offered to the peer */
    bool sack;              /* true (RFC 2018) */
    bool timestamps;        /* true (RFC 7323) */
    bool window_scaling;    /* true (RFC 7323) */
    uint8_t window_shift;   /* VITRO_WINDOW_SHIFT_AUTO, or 0 to 14 */
    uint16_t mss_bytes_max; /* 0: what the path's MTU allows (RFC 6691) */
    enum vitro_ecn ecn;
    /* buffers of a connection: limits, not reservations; an idle connection owns no buffer */
    uint32_t sndbuf_bytes;
    uint32_t rcvbuf_bytes;     /* the receive window at first */
    uint32_t rcvbuf_bytes_max; /* and what it may grow to with the reader's speed */
    /* retransmission and giving up */
    uint64_t rto_us_initial;  /* 1 s (RFC 6298 2.1) */
    uint64_t rto_us_min;      /* 200 ms: RTO >= SRTT + this */
    uint64_t rto_us_max;      /* 120 s */
    uint32_t r1_retries;      /* 3 (RFC 9293 3.8.3) */
    uint32_t r2_retries;      /* 15: about 924.6 s */
    uint64_t user_timeout_us; /* 0: R2 decides (RFC 5482) */
    uint64_t persist_us_max;  /* 120 s: longest wait between window probes (RFC 9293 MUST-36) */
    /* acknowledging */
    uint64_t delayed_ack_us; /* 40 ms; at most 500 ms (RFC 9293 MUST-40) */
    uint32_t quick_acks;     /* 16 segments at the start are acknowledged at once */
    /* keepalive */
    bool keepalive;                 /* false (RFC 9293 MUST-25) */
    uint64_t keepalive_idle_us;     /* 7200 s (RFC 9293 MUST-28) */
    uint64_t keepalive_interval_us; /* 75 s */
    uint32_t keepalive_probes;      /* 9 */
    /* closing */
    uint64_t time_wait_us;   /* 60 s: 2MSL */
    uint32_t time_wait_max;  /* records; the oldest gives way */
    bool time_wait_reuse;    /* true (RFC 6191) */
    uint64_t fin_wait_2_us;  /* 60 s once the application has closed */
    uint32_t orphan_retries; /* 8 once the application has closed */
    /* sending */
    bool nagle;                     /* true (RFC 9293 SHLD-7) */
    uint32_t initial_cwnd_segments; /* 10 (RFC 6928) */
    const char *congestion_control; /* "cubic" (RFC 9438), or "reno" (RFC 5681) */
    /* throttling */
    uint64_t challenge_interval_us; /* 500 ms between challenge ACKs of one connection (RFC 5961) */
    uint32_t rst_per_second_max;    /* RSTs in answer to segments of no connection */
    /* limits */
    uint32_t conns_max;            /* 16777216; more SYNs get no answer, ACKs are dropped */
    uint32_t chunks_max;           /* 65536 buffer chunks of 16 KiB of the whole stack (1 GiB);
                                      both directions of all connections share them, a direction
                                      has none while it is idle. With none left, windows close,
                                      sending answers -ENOBUFS, and each side goes on when some
                                      come back */
    uint16_t ephemeral_port_first; /* 49152 (RFC 6056 3.2) */
    uint16_t ephemeral_port_last;  /* 65535 */
};

struct vitro_ip_config {
    uint8_t ttl;                          /* 64: of IPv4 and hop limit of IPv6 (RFC 1122 3.2.1.7) */
    bool echo_reply;                      /* true: answer pings (RFC 1122 3.2.2.6) */
    uint32_t icmp_errors_per_second;      /* 1000: sent, in sum; 0: no limit (RFC 4443 2.4 f) */
    uint32_t icmp_errors_per_destination; /* 10 a second to one address; 0: no limit */
    bool dad;                             /* false: duplicate address detection (RFC 4862 5.4) */
    bool accept_router_advertisements;    /* false: neither routers nor addresses (RFC 4861 6.3) */
    uint32_t neighbours_max;              /* 512 entries of the ARP and ND cache */
    uint32_t destinations_max;     /* 4096 entries of the destination cache: route, path MTU */
    uint32_t reassembly_max;       /* 64 datagrams whose fragments are not all here */
    uint32_t reassembly_bytes_max; /* 3 MiB of fragments waiting */
    uint64_t reassembly_us_v4;     /* 30 s (RFC 1122 3.3.2) */
    uint64_t reassembly_us_v6;     /* 60 s (RFC 8200 4.5) */
};

struct vitro_udp_config {
    uint32_t sockets_max;   /* 65536 */
    uint32_t rcvbuf_bytes;  /* 256 KiB waiting to be read, of one socket; at most 512 datagrams */
    uint32_t datagrams_max; /* 4096 waiting to be read, of all sockets, ping requests too; 2 KiB
                               each, and 4 KiB more for every 4 KiB beyond the first 2 */
};

struct vitro_config {
    /*
     * 32 bytes from a good random source. They key hash tables, initial sequence numbers (RFC
     * 6528), ports (RFC 6056), time stamp offsets and SYN cookies. In a simulation use
     * vitro_config_seed(): the same seed gives the same packets.
     */
    uint8_t secret[32];
    struct vitro_tcp_config tcp;
    struct vitro_ip_config ip;
    struct vitro_udp_config udp;
    uint32_t sockets_max; /* of all kinds */
};

/* Sets everything to its default, the secret to zeros. */
VITRO_API void vitro_config_default(struct vitro_config *config);

/* Fills the secret from a seed: for simulations and tests, where nobody attacks. */
VITRO_API void vitro_config_seed(struct vitro_config *config, uint64_t seed);

VITRO_END

#endif
