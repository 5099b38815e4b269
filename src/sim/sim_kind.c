/*
 * Kinds of packets: looked up by the accessors of wire/, on bytes that may be anything.
 */
#include "sim/sim_kind.h"

#include "base/name_of.h"
#include <string.h>
#include <strings.h>

#include "base/name_of.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ip6_ext.h"
#include "wire/tcp.h"

#define BIT(kind) (1u << SIM_KIND_##kind)

const char *sim_kind_word(enum sim_kind kind)
{
    static const char *const texts[] = {SIM_KINDS(NAME_SECOND)};
    return name_of(texts, ARRAY_COUNT(texts), kind);
}

bool sim_kind_find(const char *word, size_t len, enum sim_kind *kind)
{
    for (int k = 0; k < SIM_KIND_COUNT; k++) {
        const char *known = sim_kind_word((enum sim_kind)k);
        if (strlen(known) != len || strncasecmp(known, word, len) != 0) continue;
        *kind = (enum sim_kind)k;
        return true;
    }
    return false;
}

size_t sim_ip_offset(struct span packet, enum frame_link link)
{
    if (link == FRAME_LINK_IP) return 0;
    if (packet.len < ETH_HEADER_BYTES) return packet.len;
    const struct eth_inner inner = eth_header_inner(packet);
    const bool is_ip = inner.ethertype == ETH_TYPE_IP4 || inner.ethertype == ETH_TYPE_IP6;
    return inner.is_whole && is_ip ? inner.header_bytes : packet.len;
}

static bool is_arp(struct span packet, enum frame_link link)
{
    if (link != FRAME_LINK_ETHERNET || packet.len < ETH_HEADER_BYTES) return false;
    const struct eth_inner inner = eth_header_inner(packet);
    return inner.is_whole && inner.ethertype == ETH_TYPE_ARP;
}

static uint32_t kinds_of_tcp(const uint8_t *header, uint32_t payload_bytes)
{
    const uint16_t flags = tcp_header_flags(header);
    uint32_t kinds = BIT(SEGMENT);
    if (payload_bytes > 0) kinds |= BIT(DATA);
    if ((flags & TCP_FLAG_FIN) != 0) kinds |= BIT(FIN);
    if ((flags & TCP_FLAG_RST) != 0) kinds |= BIT(RST);
    if ((flags & TCP_FLAG_SYN) != 0) {
        kinds |= (flags & TCP_FLAG_ACK) != 0 ? BIT(SYN_ACK) : BIT(SYN);
    }
    return kinds == BIT(SEGMENT) ? kinds | BIT(ACK) : kinds;
}

/* What frame_layout_find() does not know: ICMP, and pieces. */
static uint32_t kinds_of_other(struct span packet)
{
    if (packet.len >= IP4_HEADER_BYTES && ip4_header_version(packet.data) == 4) {
        if (ip4_header_is_fragment(packet.data)) return BIT(FRAGMENT);
        return ip4_header_protocol(packet.data) == IP_PROTO_ICMP4 ? BIT(ICMP) : 0;
    }
    if (packet.len < IP6_HEADER_BYTES || ip6_header_version(packet.data) != 6) return 0;
    struct ip6_ext ext;
    ip6_ext_walk(&ext, packet, (uint32_t)packet.len);
    if (ext.verdict == IP6_EXT_TRUNCATED || ext.verdict == IP6_EXT_LIMIT) return 0;
    if (ext.has_fragment) return BIT(FRAGMENT);
    return ext.protocol == IP_PROTO_ICMP6 ? BIT(ICMP) : 0;
}

uint32_t sim_kinds_of(struct span packet, enum frame_link link)
{
    struct frame frame;
    frame_init(&frame);
    if (!gather_add(&frame.bytes, packet)) return BIT(PACKET);
    struct frame_layout layout;
    if (frame_layout_find(&layout, &frame, link) != WIRE_OK) {
        if (is_arp(packet, link)) return BIT(PACKET) | BIT(ARP);
        return BIT(PACKET) | kinds_of_other(span_from(packet, sim_ip_offset(packet, link)));
    }
    if (layout.protocol != IP_PROTO_TCP) return BIT(PACKET) | BIT(UDP);
    const uint32_t payload_bytes = layout.end_offset - layout.payload_offset;
    return BIT(PACKET) | kinds_of_tcp(packet.data + layout.transport_offset, payload_bytes);
}
