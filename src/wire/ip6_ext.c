/*
 * The walk along IPv6 extension headers.
 *
 *     IPv6 | hop-by-hop | destination | routing | fragment | destination | TCP ...
 *          ^ at: the header to read, named by the byte at `protocol_offset`
 *
 * How it works: `ext->protocol` and `ext->offset` always say what comes next and where, so the walk
 * can stop anywhere and the result is right. Each step function reads one header and returns
 * whether to go on; one that stops for trouble has set the verdict.
 *
 * What holds: the walk reads only bytes inside both the span and the packet, passes at most
 * IP6_EXT_HEADERS_MAX headers, and options are counted over the whole packet (RFC 8504 5.3). Order
 * is not enforced beyond what RFC 8200 4.1 says a receiver must do: hop-by-hop stands first or is
 * an error.
 *
 * References: RFC 8200 4.1 to 4.6, RFC 5095 (routing type 0 is dead), RFC 6946 (atomic fragments),
 * RFC 7112, RFC 2711 (router alert).
 */
#include "wire/ip6_ext.h"

#include "wire/icmp6.h"

#define OPTION_PAD_1        0
#define OPTION_PAD_N        1
#define OPTION_ROUTER_ALERT 5

/* The walk and what it may read. */
struct walk {
    struct ip6_ext *ext;
    struct span packet; /* cut to the packet's true end */
    uint32_t packet_bytes;
    uint32_t options;
};

static bool stop(struct walk *walk, enum ip6_ext_verdict verdict)
{
    walk->ext->verdict = verdict;
    return false;
}

static bool stop_with_problem(struct walk *walk, enum ip6_ext_verdict verdict, uint8_t code,
                              uint32_t pointer)
{
    walk->ext->problem_code = code;
    walk->ext->problem_pointer = pointer;
    return stop(walk, verdict);
}

/* What the two top bits of an option type ask of those who do not know it (RFC 8200 4.2). */
static bool take_unknown_option(struct walk *walk, uint8_t type, uint32_t offset)
{
    switch (type >> 6) {
    case 0: return true;
    case 1: return stop(walk, IP6_EXT_DISCARD);
    case 2: return stop_with_problem(walk, IP6_EXT_PROBLEM, ICMP6_BAD_OPTION, offset);
    default: return stop_with_problem(walk, IP6_EXT_PROBLEM_UCAST, ICMP6_BAD_OPTION, offset);
    }
}

/* Reads the options between `offset` and `end`, which lie inside the packet. */
static bool take_options(struct walk *walk, uint32_t offset, uint32_t end)
{
    while (offset < end) {
        const uint8_t *option = walk->packet.data + offset;
        if (option[0] == OPTION_PAD_1) {
            offset++;
            continue;
        }
        if (end - offset < 2 || option[1] > end - offset - 2) {
            const uint32_t pointer = end - offset < 2 ? offset : offset + 1;
            return stop_with_problem(walk, IP6_EXT_PROBLEM, ICMP6_BAD_FIELD, pointer);
        }
        if (option[0] == OPTION_ROUTER_ALERT) walk->ext->has_router_alert = true;
        if (option[0] != OPTION_PAD_N) {
            if (++walk->options > IP6_EXT_OPTIONS_MAX) return stop(walk, IP6_EXT_LIMIT);
            const bool is_known = option[0] == OPTION_ROUTER_ALERT;
            if (!is_known && !take_unknown_option(walk, option[0], offset)) return false;
        }
        offset += 2u + option[1];
    }
    return true;
}

/* Moves behind a header of `len` bytes, whose first byte names the next one. */
static void pass_header(struct walk *walk, uint32_t len)
{
    struct ip6_ext *ext = walk->ext;
    ext->protocol = walk->packet.data[ext->offset];
    ext->protocol_offset = ext->offset;
    ext->offset += len;
}

/* The length of the header at hand by its second byte; 0 when it is not whole. */
static uint32_t whole_header_len(const struct walk *walk)
{
    const uint32_t offset = walk->ext->offset;
    const size_t left = walk->packet.len - offset;
    if (left < 8) return 0;
    const uint32_t len = (walk->packet.data[offset + 1] + 1u) * 8;
    return len <= left ? len : 0;
}

static bool take_options_header(struct walk *walk)
{
    const uint32_t offset = walk->ext->offset;
    const uint32_t len = whole_header_len(walk);
    if (len == 0) return stop(walk, IP6_EXT_TRUNCATED);
    if (!take_options(walk, offset + 2, offset + len)) return false;
    pass_header(walk, len);
    return true;
}

/*
 * A routing header asks something of us only while segments are left, and then it asks for
 * forwarding, which no type makes us do: RFC 8200 4.4 wants a complaint about the type.
 */
static bool take_routing_header(struct walk *walk)
{
    const uint32_t offset = walk->ext->offset;
    const uint32_t len = whole_header_len(walk);
    if (len == 0) return stop(walk, IP6_EXT_TRUNCATED);
    if (walk->packet.data[offset + 3] != 0) {
        return stop_with_problem(walk, IP6_EXT_PROBLEM, ICMP6_BAD_FIELD, offset + 2);
    }
    pass_header(walk, len);
    return true;
}

/* Reads the fragment header; the walk goes on only inside a first fragment. */
static bool take_fragment_header(struct walk *walk)
{
    struct ip6_ext *ext = walk->ext;
    const uint32_t header_offset = ext->offset;
    if (walk->packet.len - header_offset < IP6_FRAGMENT_BYTES) return stop(walk, IP6_EXT_TRUNCATED);
    /* A fragment of a fragment is nothing a sender makes. */
    if (ext->has_fragment) return stop(walk, IP6_EXT_DISCARD);
    const uint8_t *h = walk->packet.data + header_offset;
    ext->has_fragment = true;
    ext->has_more_fragments = ip6_fragment_has_more(h);
    ext->fragment_id = ip6_fragment_id(h);
    ext->fragment_offset_bytes = ip6_fragment_offset(h);
    ext->fragment_header_offset = header_offset;
    pass_header(walk, IP6_FRAGMENT_BYTES);
    const uint32_t data_bytes = walk->packet_bytes - ext->offset;
    const uint32_t payload_length_field = 4;
    if (ext->has_more_fragments && data_bytes % 8 != 0) {
        return stop_with_problem(walk, IP6_EXT_PROBLEM, ICMP6_BAD_FIELD, payload_length_field);
    }
    const uint32_t before_bytes = header_offset - IP6_HEADER_BYTES;
    if (before_bytes + ext->fragment_offset_bytes + data_bytes > UINT16_MAX) {
        return stop_with_problem(walk, IP6_EXT_PROBLEM, ICMP6_BAD_FIELD, header_offset + 2);
    }
    return ext->fragment_offset_bytes == 0;
}

/* Reads the header at hand; false when the walk has ended. */
static bool take_header(struct walk *walk)
{
    struct ip6_ext *ext = walk->ext;
    switch (ext->protocol) {
    case IP_PROTO_HOP_BY_HOP:
        if (ext->offset != IP6_HEADER_BYTES) {
            return stop_with_problem(walk, IP6_EXT_PROBLEM, ICMP6_BAD_NEXT_HEADER,
                                     ext->protocol_offset);
        }
        return take_options_header(walk);
    case IP_PROTO_DESTINATION: return take_options_header(walk);
    case IP_PROTO_ROUTING: return take_routing_header(walk);
    case IP_PROTO_FRAGMENT: return take_fragment_header(walk);
    default: return false;
    }
}

void ip6_ext_walk(struct ip6_ext *ext, struct span packet, uint32_t packet_bytes)
{
    ASSERT(packet.len >= IP6_HEADER_BYTES && packet_bytes >= IP6_HEADER_BYTES);
    ext->verdict = IP6_EXT_ACCEPT;
    ext->protocol = ip6_header_next(packet.data);
    ext->offset = IP6_HEADER_BYTES;
    ext->protocol_offset = 6;
    ext->has_fragment = false;
    ext->has_more_fragments = false;
    ext->fragment_offset_bytes = 0;
    ext->has_router_alert = false;
    struct walk walk = {
        .ext = ext,
        .packet = span_slice(packet, 0, packet_bytes),
        .packet_bytes = packet_bytes,
    };
    uint32_t headers = 0;
    while (take_header(&walk)) {
        if (++headers > IP6_EXT_HEADERS_MAX) {
            ext->verdict = IP6_EXT_LIMIT;
            return;
        }
    }
    const bool is_first = ext->has_more_fragments && ext->fragment_offset_bytes == 0;
    if (ext->verdict == IP6_EXT_TRUNCATED && is_first && packet.len >= packet_bytes) {
        /* All of the packet is here, so the chain goes on in the next fragment: RFC 7112 5. */
        (void)stop_with_problem(&walk, IP6_EXT_PROBLEM, ICMP6_INCOMPLETE_CHAIN, 0);
    }
}

void ip6_fragment_emit(struct span_mut out, uint8_t next_header, uint32_t offset_bytes,
                       bool has_more, uint32_t id)
{
    ASSERT(out.len >= IP6_FRAGMENT_BYTES);
    ASSERT(offset_bytes % 8 == 0 && offset_bytes <= 0xfff8);
    out.data[0] = next_header;
    out.data[1] = 0;
    put_be16(out.data + 2, (uint16_t)(offset_bytes | (has_more ? 1u : 0u)));
    put_be32(out.data + 4, id);
}
