/*
 * Follows conversations from their packets, as someone on the wire sees them.
 *
 *     track_init(&track, &options)
 *     for each packet, in order:
 *         track_packet_read(&packet, link type, bytes, ...)
 *         verdict = track_input(&track, &packet, now_us)     what is special about this one
 *     for (c = track_next(&track, NULL); c != NULL; c = track_next(&track, c))
 *         track_summarize(c, &summary)                       see track_summary.h
 *
 * A conversation is one incarnation of a TCP connection; a SYN with another number on the same
 * four-tuple begins a new one. UDP flows and other IP protocols between two addresses (ports 0) are
 * conversations too, of which only the counts and times are kept.
 *
 * Memory is bounded: when the table is full, the conversation that has been closed the longest
 * makes room, else the one that has been quiet the longest; `evict` is told. A conversation that
 * was joined in its middle is followed from there on, as far as that goes.
 *
 * The words are those people know from Wireshark (tcp.analysis); where our rule is another one,
 * the comment at the bit says so.
 *
 * References: RFC 9293 3.3.2 (states), RFC 5681 2 (duplicate ACK), RFC 2018, RFC 2883, RFC 3168.
 */
#ifndef VITRO_OBSERVE_TRACK_H
#define VITRO_OBSERVE_TRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/pool.h"
#include "observe/track_packet.h"

#define TRACK_CONVERSATIONS_MAX 65536 /* unless asked otherwise */
#define TRACK_HOLES_MAX         4     /* of a direction; beyond them the lowest is forgotten */

/* What is special about a packet; nothing is about a quiet segment of a known conversation. */
enum track_bit {
    TRACK_NEW = 1u << 0,    /* the first packet of its conversation */
    TRACK_REUSED = 1u << 1, /* with TRACK_NEW: the four-tuple was another conversation before */
    /* No conversation was known and no SYN begins one. It is joined in the middle (TRACK_NEW), or,
     * after a RST, stays unknown. */
    TRACK_ORPHAN = 1u << 2,
    TRACK_SYN = 1u << 3, /* SYN, SYN-ACK */
    TRACK_SYN_RETRANSMITTED = 1u << 4,
    TRACK_HANDSHAKE_DONE = 1u << 5, /* the ACK with which both have heard each other */
    TRACK_FIN = 1u << 6,            /* also a FIN that is sent again (TRACK_RETRANSMISSION) */
    TRACK_RST = 1u << 7,
    TRACK_CLOSE_DONE = 1u << 8, /* both FINs are acknowledged now, or the first RST */
    TRACK_FIRST_DATA = 1u << 9, /* the first data of its direction */
    /* Bytes (or a SYN, a FIN) that were seen before; or bytes not seen, but later than a handshake
     * RTT after those behind them. Wireshark calls bytes it has seen out-of-order, if they come
     * soon. */
    TRACK_RETRANSMISSION = 1u << 10,
    TRACK_FAST = 1u << 11,     /* with it: three duplicate ACKs, or SACK, asked for it just now */
    TRACK_SPURIOUS = 1u << 12, /* with it: all of it had been acknowledged already */
    TRACK_OUT_OF_ORDER = 1u << 13, /* fills a gap, within a handshake RTT (3 ms if unknown) */
    TRACK_GAP = 1u << 14, /* begins behind what was seen: "previous segment not captured" */
    TRACK_ACKED_UNSEEN = 1u << 15, /* acknowledges what was not seen */
    /* An ACK that says nothing new while data is outstanding; `duplicate_acks` counts them. */
    TRACK_DUPLICATE_ACK = 1u << 16,
    TRACK_SACK = 1u << 17,
    TRACK_DSACK = 1u << 18,         /* the first block tells of bytes that arrived twice */
    TRACK_ZERO_WINDOW = 1u << 19,   /* every segment that says so, not SYN, FIN, RST */
    TRACK_WINDOW_OPEN = 1u << 20,   /* the first that no longer does */
    TRACK_WINDOW_UPDATE = 1u << 21, /* an ACK that changes nothing but the window */
    TRACK_WINDOW_FULL = 1u << 22,   /* data up to the very end of the peer's window */
    /* At most one byte that was acknowledged before. A lone byte that is still outstanding is a
     * retransmission here, a keep-alive in Wireshark. */
    TRACK_KEEPALIVE = 1u << 23,
    TRACK_KEEPALIVE_ACK = 1u << 24,
    /* Anything sent into a window of zero, also without data, also again, to hear whether it has
     * opened. Wireshark wants exactly one new byte. */
    TRACK_PROBE = 1u << 25,
    TRACK_PROBE_ACK = 1u << 26,
    TRACK_ECE = 1u << 27, /* the first of a run of segments with it, not on SYN */
    TRACK_CWR = 1u << 28, /* not on SYN */
    TRACK_CE = 1u << 29,  /* marked by a router; the first of a run */
    TRACK_URGENT = 1u << 30,
};

/* One of the two ends. */
struct track_end {
    struct ip_addr addr;
    uint16_t port;
};

/* Sequence numbers that were passed over. */
struct track_hole {
    uint32_t start, end;
    uint64_t since_us;
};

/* What one end sent. Times are those given to track_input(); they count only where has_* says so or
 * the count beside them is not 0. */
struct track_way {
    uint64_t segments;       /* packets; a super-segment is one */
    uint64_t wire_segments;  /* what they are on the wire */
    uint64_t bytes;          /* of payload, sent again or not */
    uint64_t bytes_again;    /* of them those that were seen before */
    uint64_t first_us;       /* first packet */
    uint64_t last_us;        /* last packet */
    uint64_t first_data_us;  /* first packet with payload */
    uint64_t last_data_us;   /* last packet with payload */
    uint64_t fin_us;         /* first FIN */
    uint64_t next_us;        /* when `next` last rose */
    uint64_t zero_window_us; /* time the window was shut, all together, without the present one */
    uint64_t zero_since_us;  /* when it was shut last */
    uint32_t data_segments;
    uint32_t retransmissions; /* segments, SYN and FIN too */
    uint32_t fast_retransmissions;
    uint32_t spurious_retransmissions;
    uint32_t out_of_order;
    uint32_t gaps;
    uint32_t duplicate_acks;
    uint32_t duplicate_run; /* in a row, up to now */
    uint32_t sacks;
    uint32_t zero_windows; /* times the window was shut */
    uint32_t probes;
    uint32_t keepalives;
    uint32_t syns, fins, rsts;

    /* The sequence space. */
    uint32_t isn;        /* of the SYN, or one less than the first number seen */
    uint32_t next;       /* behind the highest byte (SYN, FIN) seen */
    uint32_t fin_seq;    /* the FIN's own number */
    uint32_t ack;        /* highest acknowledgment sent */
    uint32_t probe_end;  /* behind the last probe's bytes, which `next` does not count */
    uint32_t sack_end;   /* highest edge of a SACK block since `ack` rose */
    uint32_t window;     /* last one announced, in bytes: scaled once that is known */
    uint32_t window_max; /* largest */
    uint16_t mss;        /* offered on SYN; 0: none */
    uint8_t wscale;      /* offered on SYN */
    uint8_t hole_count;
    struct track_hole hole[TRACK_HOLES_MAX]; /* ascending */

    bool has_seq;            /* isn and next are set */
    bool has_syn;            /* its SYN was seen: isn is the true one */
    bool has_ack;            /* ack is set */
    bool has_window;         /* window is set */
    bool is_window_shut;     /* it is 0, and not from a SYN */
    bool has_wscale;         /* the SYN offered scaling */
    bool has_sack_permitted; /* the SYN offered SACK */
    bool has_fin;
    bool has_rst;
    bool has_fin_after_peer;  /* its first FIN acknowledged the other end's */
    bool has_acked_fin;       /* acknowledged the other end's FIN ... */
    bool has_acked_fin_alone; /* ... at first without a FIN of its own */
    bool is_ece;              /* its last segment had ECE */
    bool is_ce;               /* its last packet had been marked */
    bool was_keepalive;       /* its last segment was one */
    bool was_probe;
};

struct track_conversation {
    uint64_t number;         /* from 1, in the order they began */
    struct track_end end[2]; /* [0] began; guessed if is_joined */
    struct track_way way[2]; /* [i]: what end[i] sent */
    uint64_t begun_us, last_us;
    uint64_t syn_us;       /* last SYN of end 0 before the other answered */
    uint64_t syn_ack_us;   /* first SYN of end 1 */
    uint64_t handshake_us; /* when the handshake was done */
    uint64_t closed_us;    /* both FINs acknowledged, or first RST */
    void *user;            /* NULL at first; for who uses the table (print_notable does) */
    /* The one on the same four-tuple that this one replaced; NULL: none, or forgotten. */
    struct track_conversation *before;
    uint8_t protocol;
    bool is_joined;         /* its beginning was not seen */
    bool is_crossed_open;   /* two SYNs met: simultaneous open */
    bool is_replaced;       /* its four-tuple belongs to a later conversation */
    bool is_handshake_done; /* handshake_us is set */
    bool is_closed;         /* closed_us is set */
    uint8_t fin_first;      /* who sent the first FIN, if anyone */
    uint8_t rst_first;      /* who sent the first RST, if anyone */

    /* Private to track.c. */
    struct list order;                /* all, in the order they began */
    struct list age;                  /* open or closed ones, quiet the longest first */
    struct track_conversation *chain; /* the next in its bucket */
    struct track_conversation *after; /* the one that replaced it */
    uint64_t hash;
};

/* All zero is good. */
struct track_options {
    uint32_t conversations_max; /* 0: TRACK_CONVERSATIONS_MAX */
    struct hash_key key;        /* secret where packets come from strangers */
    /* A conversation is about to be forgotten. NULL: nobody wants to know. */
    void (*evict)(void *context, struct track_conversation *conversation);
    void *context;
};

/* Fields are private, but for the counts. */
struct track {
    struct track_options options;
    uint64_t conversations; /* ever begun */
    uint64_t evicted;       /* forgotten to make room */
    struct pool pool;
    struct list order, open, closed;
    struct track_conversation *recent; /* the one found last */
    struct track_conversation **bucket;
    uint32_t mask; /* of buckets */
};

struct track_verdict {
    uint32_t bits;           /* enum track_bit */
    uint32_t wire_segments;  /* more than 1: a super-segment of known size */
    uint32_t duplicate_acks; /* with TRACK_DUPLICATE_ACK: its number in the run, from 1 */
    uint32_t bytes_again;    /* with TRACK_RETRANSMISSION: payload bytes that were seen before */
    uint8_t from;            /* which end sent it: 0 or 1 */
    bool is_marked;          /* for the caller to set: notable whatever it is (a fault, a drop) */
    /* Valid until the next track_input(). NULL: no IP, an unknown RST, or no memory. */
    struct track_conversation *conversation;
    /* With TRACK_REUSED: the one before on the same four-tuple. Else NULL. */
    struct track_conversation *replaced;
};

/* Makes ready with a copy of `options`. False without memory: then nothing is to be freed. */
WARN_UNUSED bool track_init(struct track *track, const struct track_options *options);

/* Frees what track_init() took. `evict` is not called. All zero is left alone. */
void track_deinit(struct track *track);

/* Takes the next packet. Times ought not to go back; where they do, differences count as 0. */
struct track_verdict track_input(struct track *track, const struct track_packet *packet,
                                 uint64_t now_us);

/* The conversation that began after `after` (NULL: the first), or NULL. */
struct track_conversation *track_next(const struct track *track,
                                      const struct track_conversation *after);

/* The latest conversation of this protocol between two ends, in whatever order, or NULL. */
struct track_conversation *track_find(struct track *track, uint8_t protocol,
                                      const struct track_end *one, const struct track_end *other);

/* Forgets a conversation; `evict` is not called. */
void track_forget(struct track *track, struct track_conversation *conversation);

#endif
