/*
 * Reassembly; see ip_reassembly.h.
 *
 * Both versions come down to one `struct piece`: which datagram, where in it, which bytes. The
 * buffer holds the fragmented part from a fixed place on and the first fragment's header right in
 * front of it, so a completed packet needs no copy but the header's.
 *
 * A fragment that carries again exactly what is here already is a duplicate of the network and only
 * ignored (RFC 8200 4.5 allows it); any other overlap is an attack or a fault and ends the datagram
 * (RFC 5722 4). For IPv4 no RFC asks for that, but no honest sender overlaps.
 */
#include "ip/ip_reassembly.h"

#include <errno.h>

#include "wire/icmp6.h"
#include "wire/tcp.h"
#include "wire/udp.h"

/* One fragment, whatever its version. */
struct piece {
    struct ip_addr src, dst;
    uint32_t id;
    uint8_t protocol; /* 0 for IPv6 */
    uint8_t ecn;
    bool has_more;
    bool is_atomic;
    uint32_t start, end;             /* in the fragmented part */
    uint32_t data_offset;            /* of its data in the packet; what precedes is its header */
    uint32_t fragment_header_offset; /* IPv6 */
    const struct gather *packet;
};

void ip_reassembly_config_default(struct ip_reassembly_config *config)
{
    *config = (struct ip_reassembly_config){
        .datagrams_max = 64,
        .bytes_max = 3u << 20,
        .ranges_max = 64,
        .timeout_v4_us = 30000000,
        .timeout_v6_us = 60000000,
    };
}

int ip_reassembly_init(struct ip_reassembly *r, const struct ip_reassembly_config *config,
                       struct wheel *wheel, const struct hash_key *key)
{
    const uint64_t ranges_max = (uint64_t)config->datagrams_max * config->ranges_max;
    if (ranges_max == 0 || ranges_max > UINT32_MAX || config->bytes_max == 0) return EINVAL;
    r->config = *config;
    r->wheel = wheel;
    r->key = *key;
    r->held_bytes = 0;
    list_init(&r->order);
    for (uint32_t i = 0; i < IP_REASSEMBLY_BUCKETS; i++) list_init(&r->bucket[i]);
    pool_init(&r->datagrams, "datagrams in pieces", sizeof(struct ip_datagram),
              config->datagrams_max);
    pool_init(&r->range_nodes, "ranges of fragments", sizeof(struct range), (uint32_t)ranges_max);
    return 0;
}

/* Takes a datagram out of tables and timers; it keeps its buffer. */
static void unlink_datagram(struct ip_reassembly *r, struct ip_datagram *d)
{
    list_remove(&d->link);
    list_remove(&d->order);
    wheel_cancel(r->wheel, &d->timer.node);
    r->held_bytes -= d->held_bytes;
}

void ip_reassembly_release(struct ip_reassembly *r, struct ip_datagram *datagram)
{
    ranges_clear(&datagram->ranges);
    pool_put(&r->datagrams, datagram);
}

void ip_reassembly_deinit(struct ip_reassembly *r)
{
    struct list *order;
    while ((order = list_first(&r->order)) != NULL) {
        struct ip_datagram *d = CONTAINER_OF(order, struct ip_datagram, order);
        unlink_datagram(r, d);
        ip_reassembly_release(r, d);
    }
    pool_deinit(&r->datagrams);
    pool_deinit(&r->range_nodes);
}

/* Drops a datagram with all that is held of it; says how many packets that were. */
static uint32_t discard(struct ip_reassembly *r, struct ip_datagram *d)
{
    const uint32_t fragments = d->fragments;
    unlink_datagram(r, d);
    ip_reassembly_release(r, d);
    return fragments;
}

/* The verdict on a fragment that is not kept and spoils nothing else. */
static void refuse(struct ip_reassembly_result *result, enum drop_reason reason)
{
    result->verdict = IP_REASSEMBLY_DROPPED;
    result->drop = reason;
    result->drop_packets = 1;
}

/* The verdict on a fragment that spoils its datagram. */
static void spoil(struct ip_reassembly *r, struct ip_datagram *d, enum drop_reason reason,
                  struct ip_reassembly_result *result)
{
    refuse(result, reason);
    result->drop_packets += discard(r, d);
}

/* The verdict on a fragment whose sender is to be told. */
static void complain(struct ip_reassembly_result *result, uint8_t code, uint32_t pointer)
{
    refuse(result, DROP_FRAGMENT_MALFORMED);
    result->verdict = IP_REASSEMBLY_PROBLEM;
    result->problem_code = code;
    result->problem_pointer = pointer;
}

/* Makes room by dropping the oldest datagram under way. False when there is none but `keep`. */
static bool evict_oldest(struct ip_reassembly *r, const struct ip_datagram *keep,
                         struct ip_reassembly_result *result)
{
    struct list *order = list_first(&r->order);
    if (order != NULL && keep != NULL && order == &keep->order) order = list_next(&r->order, order);
    if (order == NULL) return false;
    result->evicted_packets += discard(r, CONTAINER_OF(order, struct ip_datagram, order));
    return true;
}

/* Where the datagram of a fragment is to be found. */
static struct list *bucket_of(struct ip_reassembly *r, const struct piece *piece)
{
    uint8_t name[37];
    memcpy(name, piece->src.bytes, 16);
    memcpy(name + 16, piece->dst.bytes, 16);
    put_be32(name + 32, piece->id);
    name[36] = piece->protocol;
    return &r->bucket[hash_sip13(&r->key, name, sizeof name) % IP_REASSEMBLY_BUCKETS];
}

/* The datagram a fragment belongs to, NULL when it is the first to come. */
static struct ip_datagram *find(const struct list *bucket, const struct piece *piece)
{
    for (struct list *at = list_first(bucket); at != NULL; at = list_next(bucket, at)) {
        struct ip_datagram *d = CONTAINER_OF(at, struct ip_datagram, link);
        if (d->id == piece->id && d->protocol == piece->protocol &&
            ip_addr_eq(&d->src, &piece->src) && ip_addr_eq(&d->dst, &piece->dst)) {
            return d;
        }
    }
    return NULL;
}

/* Sets all fields but the buffer, which is large and written as fragments come. */
static void datagram_init(struct ip_reassembly *r, struct ip_datagram *d, const struct piece *piece)
{
    memset(d, 0, offsetof(struct ip_datagram, buffer));
    list_init(&d->link);
    list_init(&d->order);
    ip_timer_init(&d->timer, IP_TIMER_REASSEMBLY);
    ranges_init(&d->ranges, &r->range_nodes, r->config.ranges_max);
    d->src = piece->src;
    d->dst = piece->dst;
    d->id = piece->id;
    d->protocol = piece->protocol;
}

/* Starts a datagram; NULL when there is no memory even after the oldest has gone. */
static struct ip_datagram *start(struct ip_reassembly *r, struct list *bucket,
                                 const struct piece *piece, struct ip_reassembly_result *result,
                                 uint64_t now_us)
{
    if (pool_room(&r->datagrams) == 0 && !evict_oldest(r, NULL, result)) return NULL;
    struct ip_datagram *d = pool_get(&r->datagrams);
    if (d == NULL) return NULL;
    datagram_init(r, d, piece);
    if (piece->is_atomic) return d; /* a stranger to all others (RFC 6946 4) */
    list_push_back(bucket, &d->link);
    list_push_back(&r->order, &d->order);
    const bool is_v4 = ip_addr_is_v4(&piece->src);
    wheel_arm(r->wheel, &d->timer.node,
              now_us + (is_v4 ? r->config.timeout_v4_us : r->config.timeout_v6_us));
    return d;
}

/* Where the fragmented part begins in the buffer. */
static uint8_t *data_of(struct ip_datagram *d) { return d->buffer + IP_REASSEMBLY_HEADER_BYTES; }

/* Whether a fragment carries exactly what is already here. */
static bool is_duplicate(struct ip_datagram *d, const struct piece *piece)
{
    if (!ranges_contains(&d->ranges, piece->start, piece->end)) return false;
    if (!piece->has_more && d->total_bytes != piece->end) return false;
    struct gather data;
    gather_slice(piece->packet, piece->data_offset, piece->end - piece->start, &data);
    const uint8_t *held = data_of(d) + piece->start;
    for (uint32_t i = 0; i < data.parts; i++) {
        if (memcmp(held, data.part[i].data, data.part[i].len) != 0) return false;
        held += data.part[i].len;
    }
    return true;
}

/* Whether the place of a fragment contradicts what is known of the datagram's end. */
static bool contradicts_end(const struct ip_datagram *d, const struct piece *piece)
{
    if (d->total_bytes != 0 && piece->end > d->total_bytes) return true;
    if (piece->has_more) return false;
    return piece->end < d->end_bytes || (d->total_bytes != 0 && d->total_bytes != piece->end);
}

/* Copies a fragment to its place. */
static void store(struct ip_reassembly *r, struct ip_datagram *d, const struct piece *piece)
{
    const uint32_t len = piece->end - piece->start;
    gather_copy(piece->packet, piece->data_offset, data_of(d) + piece->start, len);
    if (!piece->has_more) d->total_bytes = piece->end;
    d->end_bytes = u32_max(d->end_bytes, piece->end);
    d->ecn_seen |= (uint8_t)(1u << piece->ecn);
    d->fragments++;
    d->held_bytes += len;
    r->held_bytes += len;
    if (piece->start != 0) return;
    d->has_first = true;
    d->header_bytes = piece->data_offset;
    d->first_bytes = len;
    d->fragment_header_offset = piece->fragment_header_offset;
    gather_copy(piece->packet, 0, data_of(d) - d->header_bytes, d->header_bytes);
}

/* Makes the IPv4 header one of the whole packet. False when that would be too long. */
static bool finish_header4(struct ip_datagram *d, bool is_ce)
{
    uint8_t *h = data_of(d) - d->header_bytes;
    const uint32_t total = d->header_bytes + d->total_bytes;
    if (total > IP4_PACKET_BYTES_MAX) return false;
    put_be16(h + 2, (uint16_t)total);
    put_be16(h + 6, 0);
    if (is_ce) h[1] |= IP_ECN_CE;
    put_be16(h + 10, ip4_header_checksum_compute(h, d->header_bytes));
    return true;
}

/* Where in the headers of `h` the byte stands that names the fragment header at `offset`. The walk
 * that found the fragment header has been over this ground. */
static uint32_t find_naming_byte(const uint8_t *h, uint32_t offset)
{
    uint32_t naming = 6; /* the IPv6 header's own */
    uint32_t at = IP6_HEADER_BYTES;
    while (at < offset) {
        naming = at;
        at += ((uint32_t)h[at + 1] + 1) * 8;
    }
    return naming;
}

/* The same for IPv6: the fragment header goes, what stood before it closes up. */
static bool finish_header6(struct ip_datagram *d, bool is_ce)
{
    uint8_t *old = data_of(d) - d->header_bytes;
    const uint32_t before = d->fragment_header_offset;
    const uint32_t payload = before - IP6_HEADER_BYTES + d->total_bytes;
    if (payload > UINT16_MAX) return false;
    const uint8_t next_header = ip6_fragment_next(old + before);
    uint8_t *h = old + IP6_FRAGMENT_BYTES;
    memmove(h, old, before);
    h[find_naming_byte(h, before)] = next_header;
    put_be16(h + 4, (uint16_t)payload);
    if (is_ce) h[1] |= (uint8_t)(IP_ECN_CE << 4);
    d->header_bytes = before;
    return true;
}

/* All is here: hands the packet out, or drops it when it cannot be one. */
static void finish(struct ip_reassembly *r, struct ip_datagram *d,
                   struct ip_reassembly_result *result)
{
    const bool is_ce = (d->ecn_seen >> IP_ECN_CE & 1) != 0;
    const bool is_not_ect = (d->ecn_seen >> IP_ECN_NOT_ECT & 1) != 0;
    unlink_datagram(r, d);
    const bool is_v4 = ip_addr_is_v4(&d->src);
    /* RFC 3168 5.3: congestion marks beside fragments that could not carry one are no honest mark.
     */
    if ((is_ce && is_not_ect) || !(is_v4 ? finish_header4(d, is_ce) : finish_header6(d, is_ce))) {
        refuse(result, DROP_FRAGMENT_MALFORMED);
        result->drop_packets = d->fragments;
        ip_reassembly_release(r, d);
        return;
    }
    d->is_complete = true;
    result->verdict = IP_REASSEMBLY_COMPLETE;
    result->datagram = d;
    result->packet =
        span_mut_of(data_of(d) - d->header_bytes, (size_t)d->header_bytes + d->total_bytes);
}

/* Takes a fragment whose own form is right. */
static void take(struct ip_reassembly *r, const struct piece *piece,
                 struct ip_reassembly_result *result, uint64_t now_us)
{
    struct list *bucket = bucket_of(r, piece);
    struct ip_datagram *d = piece->is_atomic ? NULL : find(bucket, piece);
    if (d == NULL) d = start(r, bucket, piece, result, now_us);
    if (d == NULL) {
        refuse(result, DROP_NO_MEMORY);
        return;
    }
    const struct range *above = ranges_seek(&d->ranges, piece->start);
    if (above != NULL && above->start < piece->end) {
        if (is_duplicate(d, piece)) {
            refuse(result, DROP_FRAGMENT_OVERLAP);
        } else {
            spoil(r, d, DROP_FRAGMENT_OVERLAP, result);
        }
        return;
    }
    if (contradicts_end(d, piece)) {
        spoil(r, d, DROP_FRAGMENT_MALFORMED, result);
        return;
    }
    const uint32_t len = piece->end - piece->start;
    while (r->held_bytes + len > r->config.bytes_max && evict_oldest(r, d, result)) continue;
    if (r->held_bytes + len > r->config.bytes_max ||
        !ranges_add(&d->ranges, piece->start, piece->end)) {
        spoil(r, d, DROP_FRAGMENT_LIMIT, result);
        return;
    }
    store(r, d, piece);
    if (d->total_bytes == 0 || d->held_bytes != d->total_bytes) return; /* HELD */
    finish(r, d, result);
}

void ip_reassembly_input4(struct ip_reassembly *r, const struct ip4_repr *ip,
                          const struct gather *packet, struct ip_reassembly_result *result,
                          uint64_t now_us)
{
    *result = (struct ip_reassembly_result){.verdict = IP_REASSEMBLY_HELD};
    const uint32_t header_bytes = ip4_header_len(packet->part[0].data);
    const struct piece piece = {
        .src = ip->src,
        .dst = ip->dst,
        .id = ip->id,
        .protocol = ip->protocol,
        .ecn = ip->ecn,
        .has_more = ip->has_more_fragments,
        .start = ip->fragment_offset_bytes,
        .end = (uint32_t)ip->fragment_offset_bytes + ip->payload_bytes,
        .data_offset = header_bytes,
        .packet = packet,
    };
    if (piece.end == piece.start || piece.end > IP_REASSEMBLY_DATA_BYTES ||
        (piece.has_more && ip->payload_bytes % 8 != 0) ||
        packet->len_bytes < header_bytes + ip->payload_bytes) {
        refuse(result, DROP_FRAGMENT_MALFORMED);
        return;
    }
    take(r, &piece, result, now_us);
}

/* Whether the first fragment holds the whole header chain (RFC 7112 5), the transport's too. */
static bool has_whole_chain(const struct ip6_ext *ext, uint32_t packet_bytes)
{
    if (ext->verdict == IP6_EXT_TRUNCATED) return false;
    if (ext->verdict != IP6_EXT_ACCEPT) return true; /* the whole packet will be refused for it */
    const uint32_t there = packet_bytes - ext->offset;
    switch (ext->protocol) {
    case IP_PROTO_TCP: return there >= TCP_HEADER_BYTES;
    case IP_PROTO_UDP: return there >= UDP_HEADER_BYTES;
    case IP_PROTO_ICMP6: return there >= 8;
    default: return true;
    }
}

/*
 * Whether the walk found what makes the fragment itself wrong: its length or place (RFC 8200 4.5),
 * or a chain that does not end in it. What it says of options is for the whole packet to answer.
 */
static bool is_problem_of_fragment(const struct ip6_ext *ext)
{
    return ext->verdict == IP6_EXT_PROBLEM && ext->problem_code != ICMP6_BAD_OPTION;
}

void ip_reassembly_input6(struct ip_reassembly *r, const struct ip6_repr *ip,
                          const struct ip6_ext *ext, const struct gather *packet,
                          struct ip_reassembly_result *result, uint64_t now_us)
{
    *result = (struct ip_reassembly_result){.verdict = IP_REASSEMBLY_HELD};
    const uint32_t packet_bytes = IP6_HEADER_BYTES + (uint32_t)ip->payload_bytes;
    const uint32_t data_offset = ext->fragment_header_offset + IP6_FRAGMENT_BYTES;
    if (data_offset > packet_bytes || packet->len_bytes < packet_bytes ||
        data_offset > IP_REASSEMBLY_HEADER_BYTES || packet->part[0].len < data_offset) {
        refuse(result, DROP_FRAGMENT_MALFORMED);
        return;
    }
    const uint32_t len = packet_bytes - data_offset;
    const struct piece piece = {
        .src = ip->src,
        .dst = ip->dst,
        .id = ext->fragment_id,
        .ecn = ip->ecn,
        .has_more = ext->has_more_fragments,
        .is_atomic = ext->fragment_offset_bytes == 0 && !ext->has_more_fragments,
        .start = ext->fragment_offset_bytes,
        .end = ext->fragment_offset_bytes + len,
        .data_offset = data_offset,
        .fragment_header_offset = ext->fragment_header_offset,
        .packet = packet,
    };
    if (is_problem_of_fragment(ext)) {
        complain(result, ext->problem_code, ext->problem_pointer);
    } else if (ext->verdict == IP6_EXT_DISCARD || ext->verdict == IP6_EXT_LIMIT) {
        /* Above all a fragment inside a fragment: what is handed out holds no other. */
        refuse(result, DROP_FRAGMENT_MALFORMED);
    } else if (len == 0 || piece.end > IP_REASSEMBLY_DATA_BYTES ||
               (piece.has_more && len % 8 != 0)) {
        refuse(result, DROP_FRAGMENT_MALFORMED);
    } else if (piece.start == 0 && !has_whole_chain(ext, packet_bytes)) {
        complain(result, ICMP6_INCOMPLETE_CHAIN, 0);
    } else {
        take(r, &piece, result, now_us);
    }
}

struct ip_datagram *ip_reassembly_timer(struct ip_reassembly *r, struct ip_timer *timer,
                                        struct span *quote)
{
    struct ip_datagram *d = CONTAINER_OF(timer, struct ip_datagram, timer);
    unlink_datagram(r, d);
    *quote = span_of(NULL, 0);
    if (d->has_first) {
        *quote = span_of(data_of(d) - d->header_bytes, (size_t)d->header_bytes + d->first_bytes);
    }
    return d;
}
