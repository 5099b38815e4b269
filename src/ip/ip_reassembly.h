/*
 * Reassembly: fragments in, whole packets out.
 *
 * Each datagram under way owns one buffer in which its fragments are put at their places, so a
 * packet comes out contiguous, with its header as if it had never been cut, and goes through the
 * ordinary input once more. What is hostile costs little: a fragment that overlaps another ends the
 * whole datagram, and datagrams, bytes and holes are bounded.
 *
 *     buffer:  [ room | header of the first fragment | 0 ........ data ........ end ]
 *
 * References: RFC 791 3.2, RFC 1122 3.3.2, RFC 8200 4.5, RFC 5722 (overlaps), RFC 6946 (atomic
 * fragments), RFC 7112 (whole header chain in the first fragment), RFC 3168 5.3 (ECN).
 */
#ifndef VITRO_IP_REASSEMBLY_H
#define VITRO_IP_REASSEMBLY_H

#include "base/base.h"
#include "base/drop.h"
#include "base/gather.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/pool.h"
#include "base/ranges.h"
#include "ip/ip_timer.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ip6_ext.h"

#define IP_REASSEMBLY_BUCKETS      64  /* a power of two */
#define IP_REASSEMBLY_HEADER_BYTES 512 /* room for the headers before the fragmented part */
#define IP_REASSEMBLY_DATA_BYTES   65535

struct ip_reassembly_config {
    uint32_t datagrams_max; /* 64 under way at once: 4 MiB; the oldest gives way */
    uint32_t bytes_max;     /* 3 MiB of fragments held; the oldest datagrams give way */
    uint32_t ranges_max;    /* 64 separate runs of bytes in one datagram */
    uint64_t timeout_v4_us; /* 30 s (RFC 1122 3.3.2 asks for 60 to 120, hosts agree on 30) */
    uint64_t timeout_v6_us; /* 60 s (RFC 8200 4.5) */
};

/* A datagram under way. Its fields are ip_reassembly.c's. */
struct ip_datagram {
    struct list link;  /* in its bucket */
    struct list order; /* in ip_reassembly.order: oldest first */
    struct ip_timer timer;
    struct ip_addr src, dst;
    uint32_t id;
    uint8_t protocol;                /* part of the key of IPv4; 0 for IPv6 */
    uint8_t ecn_seen;                /* bit per ECN value */
    bool has_first;                  /* the fragment with offset 0 is here, and its header saved */
    bool is_complete;                /* handed out, waits for ip_reassembly_release() */
    uint32_t header_bytes;           /* length of the saved header */
    uint32_t first_bytes;            /* data bytes of the first fragment, for the quote */
    uint32_t fragment_header_offset; /* IPv6: in the saved header */
    uint32_t total_bytes;            /* of data; 0: the last fragment is not here */
    uint32_t end_bytes;              /* the highest byte seen */
    uint32_t held_bytes;             /* data bytes here */
    uint32_t fragments;              /* packets held, for counting them when they are dropped */
    struct ranges ranges;
    uint8_t buffer[IP_REASSEMBLY_HEADER_BYTES + IP_REASSEMBLY_DATA_BYTES];
};

struct ip_reassembly {
    struct ip_reassembly_config config;
    struct wheel *wheel;
    struct hash_key key;
    struct list bucket[IP_REASSEMBLY_BUCKETS];
    struct list order;
    uint32_t held_bytes;
    struct pool datagrams, range_nodes;
};

enum ip_reassembly_verdict {
    IP_REASSEMBLY_HELD,     /* kept; nothing to do */
    IP_REASSEMBLY_COMPLETE, /* `packet` is whole: take it in, then release `datagram` */
    IP_REASSEMBLY_DROPPED,  /* dropped for `drop` */
    IP_REASSEMBLY_PROBLEM,  /* dropped for `drop`; send an ICMPv6 parameter problem about it */
};

struct ip_reassembly_result {
    enum ip_reassembly_verdict verdict;
    enum drop_reason drop;
    uint32_t drop_packets;    /* how many packets go with `drop`: this one, and others it spoils */
    uint32_t evicted_packets; /* packets of other datagrams dropped to make room: FRAGMENT_LIMIT */
    struct span_mut packet;   /* COMPLETE: a whole IP packet, good until released */
    struct ip_datagram *datagram; /* COMPLETE */
    uint8_t problem_code;         /* PROBLEM: ICMPv6 code and pointer */
    uint32_t problem_pointer;
};

/* Fills in the values named above. */
void ip_reassembly_config_default(struct ip_reassembly_config *config);

/* Makes an empty reassembly; takes no memory for datagrams yet. EINVAL for a limit of 0. */
WARN_UNUSED int ip_reassembly_init(struct ip_reassembly *r,
                                   const struct ip_reassembly_config *config, struct wheel *wheel,
                                   const struct hash_key *key);

/* Frees everything and disarms the timers. */
void ip_reassembly_deinit(struct ip_reassembly *r);

/*
 * Takes an IPv4 fragment. `packet` begins with the IPv4 header that ip4_parse() read into `ip` and
 * may end in link padding; its first part holds the whole header.
 */
void ip_reassembly_input4(struct ip_reassembly *r, const struct ip4_repr *ip,
                          const struct gather *packet, struct ip_reassembly_result *result,
                          uint64_t now_us);

/*
 * Takes an IPv6 fragment, as ip6_ext_walk() found it (ext->has_fragment, whatever the verdict). An
 * atomic fragment is complete by itself and touches no other (RFC 6946). `packet` begins with the
 * IPv6 header; its first part holds all headers up to the fragment header.
 */
void ip_reassembly_input6(struct ip_reassembly *r, const struct ip6_repr *ip,
                          const struct ip6_ext *ext, const struct gather *packet,
                          struct ip_reassembly_result *result, uint64_t now_us);

/* Gives a complete datagram back. */
void ip_reassembly_release(struct ip_reassembly *r, struct ip_datagram *datagram);

/*
 * An expired timer of kind IP_TIMER_REASSEMBLY. Returns the datagram, of which
 * `datagram->fragments` packets are to be counted as FRAGMENT_TIMEOUT. `*quote` is the front of its
 * first fragment as it arrived, to be quoted in an ICMP time exceeded (code 1); empty when that
 * fragment never came, and then nothing is to be sent (RFC 792; RFC 8200 4.5). Release the datagram
 * when done.
 */
struct ip_datagram *ip_reassembly_timer(struct ip_reassembly *r, struct ip_timer *timer,
                                        struct span *quote);

#endif
