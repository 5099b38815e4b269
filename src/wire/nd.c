/*
 * Neighbour discovery messages.
 *
 *     RS  | ICMPv6 4 | reserved 4                                                     | options
 *     RA  | ICMPv6 4 | hop limit, flags, lifetime | reachable 4 | retransmit 4        | options
 *     NS  | ICMPv6 4 | reserved 4                 | target 16                         | options
 *     NA  | ICMPv6 4 | flags 4                    | target 16                         | options
 *
 * How it works: fixed_bytes() gives where the options begin, and is the only check the fixed fields
 * need. Options carry their length in units of eight bytes; one of length 0 would hold up the walk
 * for ever, and RFC 4861 has the whole message dropped for it.
 *
 * References: RFC 4861 4.1 to 4.6, 6.1.1, 6.1.2, 7.1.1, 7.1.2, RFC 2464 6 (link-layer addresses).
 */
#include "wire/nd.h"

#include "base/bytes.h"
#include "wire/checksum.h"
#include "wire/ip_proto.h"

#define NA_FLAG_ROUTER         0x80
#define NA_FLAG_SOLICITED      0x40
#define NA_FLAG_OVERRIDE       0x20
#define RA_FLAG_MANAGED        0x80
#define RA_FLAG_OTHER          0x40
#define PREFIX_FLAG_ON_LINK    0x80
#define PREFIX_FLAG_AUTONOMOUS 0x40

#define LLADDR_OPTION_BYTES 8
#define MTU_OPTION_BYTES    8
#define PREFIX_OPTION_BYTES 32

/* Where the options of a type begin; 0 for types that are not ours. */
static uint32_t fixed_bytes(uint8_t type)
{
    switch (type) {
    case ICMP6_ROUTER_SOLICITATION: return 8;
    case ICMP6_ROUTER_ADVERTISEMENT: return 16;
    case ICMP6_NEIGHBOR_SOLICITATION:
    case ICMP6_NEIGHBOR_ADVERTISEMENT: return 24;
    default: return 0;
    }
}

static bool has_target(uint8_t type)
{
    return type == ICMP6_NEIGHBOR_SOLICITATION || type == ICMP6_NEIGHBOR_ADVERTISEMENT;
}

bool nd_option_next(struct span *options, struct nd_option *option)
{
    if (options->len < 2) return false;
    const uint32_t len = options->data[1] * 8u;
    if (len == 0 || len > options->len) return false;
    option->kind = options->data[0];
    option->data = span_of(options->data + 2, len - 2);
    *options = span_of(options->data + len, options->len - len);
    return true;
}

struct ip_addr nd_solicited_node(const struct ip_addr *target)
{
    struct ip_addr group = {{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff}};
    memcpy(group.bytes + 13, target->bytes + 13, 3);
    return group;
}

/* Reads a prefix information option; one that says more than 128 bits is ignored. */
static void take_prefix(struct nd_options *options, const uint8_t *data)
{
    if (options->prefix_count == ND_PREFIXES_MAX || data[0] > 128) return;
    struct nd_prefix *prefix = &options->prefix[options->prefix_count++];
    prefix->prefix.bits = data[0];
    prefix->is_on_link = (data[1] & PREFIX_FLAG_ON_LINK) != 0;
    prefix->is_autonomous = (data[1] & PREFIX_FLAG_AUTONOMOUS) != 0;
    prefix->valid_s = get_be32(data + 2);
    prefix->preferred_s = get_be32(data + 6);
    prefix->prefix.addr = ip_addr_from_v6(data + 14);
}

/* Takes over one option; unknown ones, and known ones of a strange length, pass. */
static void take_option(struct nd_options *options, const struct nd_option *option)
{
    const size_t bytes = option->data.len + 2;
    const uint8_t *data = option->data.data;
    switch (option->kind) {
    case ND_OPTION_SOURCE_LLADDR:
        if (bytes != LLADDR_OPTION_BYTES) break;
        options->has_source_lladdr = true;
        options->source_lladdr = eth_addr_from(data);
        break;
    case ND_OPTION_TARGET_LLADDR:
        if (bytes != LLADDR_OPTION_BYTES) break;
        options->has_target_lladdr = true;
        options->target_lladdr = eth_addr_from(data);
        break;
    case ND_OPTION_MTU:
        if (bytes == MTU_OPTION_BYTES) options->mtu_bytes = get_be32(data + 2);
        break;
    case ND_OPTION_PREFIX:
        if (bytes == PREFIX_OPTION_BYTES) take_prefix(options, data);
        break;
    default: break;
    }
}

static enum wire_status take_options(struct nd_options *options, struct span rest)
{
    struct nd_option option;
    while (nd_option_next(&rest, &option)) {
        take_option(options, &option);
    }
    return rest.len == 0 ? WIRE_OK : WIRE_BAD_LENGTH;
}

static void take_router_advertisement(struct nd_repr *repr, const uint8_t *h)
{
    repr->hop_limit = h[4];
    repr->is_managed = (h[5] & RA_FLAG_MANAGED) != 0;
    repr->is_other = (h[5] & RA_FLAG_OTHER) != 0;
    repr->lifetime_s = get_be16(h + 6);
    repr->reachable_ms = get_be32(h + 8);
    repr->retrans_ms = get_be32(h + 12);
}

static void take_neighbor_advertisement(struct nd_repr *repr, const uint8_t *h)
{
    repr->is_router = (h[4] & NA_FLAG_ROUTER) != 0;
    repr->is_solicited = (h[4] & NA_FLAG_SOLICITED) != 0;
    repr->is_override = (h[4] & NA_FLAG_OVERRIDE) != 0;
}

enum wire_status nd_parse(struct nd_repr *repr, struct span message)
{
    const uint8_t *h = message.data;
    if (message.len < ICMP6_HEADER_BYTES) return WIRE_TRUNCATED;
    const uint8_t type = icmp6_header_type(h);
    const uint32_t fixed = fixed_bytes(type);
    if (fixed == 0) return WIRE_UNSUPPORTED;
    if (message.len < fixed) return WIRE_TRUNCATED;
    if (icmp6_header_code(h) != 0) return WIRE_BAD_VALUE;
    *repr = (struct nd_repr){.type = type};
    if (has_target(type)) {
        repr->target = ip_addr_from_v6(h + 8);
        if (ip_addr_is_multicast(&repr->target)) return WIRE_BAD_VALUE;
    }
    if (type == ICMP6_ROUTER_ADVERTISEMENT) take_router_advertisement(repr, h);
    if (type == ICMP6_NEIGHBOR_ADVERTISEMENT) take_neighbor_advertisement(repr, h);
    return take_options(&repr->options, span_from(message, fixed));
}

/* RFC 4861 7.1.1: a probe for a duplicate address comes from nowhere and goes to the group. */
static bool check_solicitation(const struct nd_repr *repr, const struct ip_addr *src,
                               const struct ip_addr *dst)
{
    if (!ip_addr_is_unspecified(src)) return true;
    const struct ip_addr group = nd_solicited_node(&repr->target);
    return ip_addr_eq(dst, &group) && !repr->options.has_source_lladdr;
}

bool nd_check(const struct nd_repr *repr, const struct ip_addr *src, const struct ip_addr *dst,
              uint8_t hop_limit)
{
    if (hop_limit != ND_HOP_LIMIT) return false;
    switch (repr->type) {
    case ICMP6_ROUTER_SOLICITATION:
        return !(ip_addr_is_unspecified(src) && repr->options.has_source_lladdr);
    case ICMP6_ROUTER_ADVERTISEMENT: return ip_addr_is_link_local(src);
    case ICMP6_NEIGHBOR_SOLICITATION: return check_solicitation(repr, src, dst);
    default: return !(ip_addr_is_multicast(dst) && repr->is_solicited);
    }
}

uint32_t nd_emit_len(const struct nd_repr *repr)
{
    const struct nd_options *options = &repr->options;
    const uint32_t lladdrs = options->has_source_lladdr + options->has_target_lladdr;
    return fixed_bytes(repr->type) + lladdrs * LLADDR_OPTION_BYTES +
           (options->mtu_bytes != 0 ? MTU_OPTION_BYTES : 0) +
           options->prefix_count * (uint32_t)PREFIX_OPTION_BYTES;
}

/* Writes kind and length of an option and clears the rest; returns where the next one goes. */
static uint8_t *emit_option(uint8_t *at, enum nd_option_kind kind, uint32_t len)
{
    memset(at, 0, len);
    at[0] = (uint8_t)kind;
    at[1] = (uint8_t)(len / 8);
    return at + len;
}

static uint8_t *emit_prefix(uint8_t *at, const struct nd_prefix *prefix)
{
    uint8_t *end = emit_option(at, ND_OPTION_PREFIX, PREFIX_OPTION_BYTES);
    at[2] = prefix->prefix.bits;
    at[3] = (uint8_t)((prefix->is_on_link ? PREFIX_FLAG_ON_LINK : 0) |
                      (prefix->is_autonomous ? PREFIX_FLAG_AUTONOMOUS : 0));
    put_be32(at + 4, prefix->valid_s);
    put_be32(at + 8, prefix->preferred_s);
    memcpy(at + 16, prefix->prefix.addr.bytes, sizeof prefix->prefix.addr.bytes);
    return end;
}

static uint8_t *emit_lladdr(uint8_t *at, enum nd_option_kind kind, const struct eth_addr *addr)
{
    uint8_t *end = emit_option(at, kind, LLADDR_OPTION_BYTES);
    memcpy(at + 2, addr->bytes, ETH_ADDR_BYTES);
    return end;
}

static uint8_t *emit_mtu(uint8_t *at, uint32_t mtu_bytes)
{
    uint8_t *end = emit_option(at, ND_OPTION_MTU, MTU_OPTION_BYTES);
    put_be32(at + 4, mtu_bytes);
    return end;
}

static void emit_options(const struct nd_options *options, uint8_t *at)
{
    if (options->has_source_lladdr) {
        at = emit_lladdr(at, ND_OPTION_SOURCE_LLADDR, &options->source_lladdr);
    }
    if (options->has_target_lladdr) {
        at = emit_lladdr(at, ND_OPTION_TARGET_LLADDR, &options->target_lladdr);
    }
    if (options->mtu_bytes != 0) at = emit_mtu(at, options->mtu_bytes);
    for (uint32_t i = 0; i < options->prefix_count; i++) {
        at = emit_prefix(at, &options->prefix[i]);
    }
}

static void emit_fixed(const struct nd_repr *repr, uint8_t *h)
{
    memset(h, 0, fixed_bytes(repr->type));
    h[0] = repr->type;
    if (repr->type == ICMP6_ROUTER_ADVERTISEMENT) {
        h[4] = repr->hop_limit;
        h[5] = (uint8_t)((repr->is_managed ? RA_FLAG_MANAGED : 0) |
                         (repr->is_other ? RA_FLAG_OTHER : 0));
        put_be16(h + 6, repr->lifetime_s);
        put_be32(h + 8, repr->reachable_ms);
        put_be32(h + 12, repr->retrans_ms);
    }
    if (repr->type == ICMP6_NEIGHBOR_ADVERTISEMENT) {
        h[4] = (uint8_t)((repr->is_router ? NA_FLAG_ROUTER : 0) |
                         (repr->is_solicited ? NA_FLAG_SOLICITED : 0) |
                         (repr->is_override ? NA_FLAG_OVERRIDE : 0));
    }
    if (has_target(repr->type)) memcpy(h + 8, repr->target.bytes, sizeof repr->target.bytes);
}

void nd_emit(const struct nd_repr *repr, struct span_mut out, const struct ip_addr *src,
             const struct ip_addr *dst)
{
    const uint32_t len = nd_emit_len(repr);
    const uint32_t fixed = fixed_bytes(repr->type);
    ASSERT(fixed != 0 && out.len >= len && repr->options.prefix_count <= ND_PREFIXES_MAX);
    uint8_t *h = out.data;
    emit_fixed(repr, h);
    emit_options(&repr->options, h + fixed);
    const uint32_t sum = checksum_pseudo(src, dst, IP_PROTO_ICMP6, len);
    put_be16(h + 2, checksum_finish(checksum_add(sum, span_of(h, len))));
}
