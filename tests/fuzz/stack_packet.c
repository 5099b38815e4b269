/*
 * Building packets for the stack's fuzz target. The peer's Ethernet address is 02:00:00:00:00:02,
 * ours is 02:00:00:00:00:01.
 */
#include "fuzz/stack_packet.h"

#include <string.h>

#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/icmp6.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

#define FRAGMENT_HEADER_BYTES 8u

/* Where the checksum stands in the body; UINT32_MAX: in none that we know. */
static uint32_t checksum_offset(const struct packet *packet)
{
    switch (packet->protocol) {
    case IP_PROTO_TCP: return TCP_CHECKSUM_OFFSET;
    case IP_PROTO_UDP: return 6;
    case IP_PROTO_ICMP4:
    case IP_PROTO_ICMP6: return 2;
    default: return UINT32_MAX;
    }
}

static void put_ip(struct packet *packet, const struct packet_ip *ip, uint32_t body_bytes)
{
    const struct span_mut room = {packet->bytes + packet->ip_at, packet->body_at - packet->ip_at};
    if (packet->is_v4) {
        const struct ip4_repr repr = {.src = ip->src,
                                      .dst = ip->dst,
                                      .ecn = ip->ecn & 3,
                                      .ttl = ip->hop_limit,
                                      .protocol = ip->protocol,
                                      .id = (uint16_t)body_bytes,
                                      .payload_bytes = (uint16_t)body_bytes};
        ip4_emit(&repr, room);
    } else {
        const struct ip6_repr repr = {.src = ip->src,
                                      .dst = ip->dst,
                                      .ecn = ip->ecn & 3,
                                      .hop_limit = ip->hop_limit,
                                      .next_header = ip->protocol,
                                      .payload_bytes = (uint16_t)body_bytes};
        ip6_emit(&repr, room);
    }
}

void packet_begin(struct packet *packet, const struct packet_ip *ip)
{
    packet->is_v4 = ip_addr_is_v4(&ip->dst);
    packet->protocol = ip->protocol;
    packet->src = ip->src;
    packet->dst = ip->dst;
    packet->ip_at = 0;
    if (ip->has_ethernet) {
        const struct eth_repr eth = {.dst = {{2, 0, 0, 0, 0, 1}},
                                     .src = {{2, 0, 0, 0, 0, 2}},
                                     .ethertype = packet->is_v4 ? ETH_TYPE_IP4 : ETH_TYPE_IP6};
        eth_emit(&eth, (struct span_mut){packet->bytes, ETH_HEADER_BYTES});
        packet->ip_at = ETH_HEADER_BYTES;
    }
    packet->body_at = packet->ip_at + (packet->is_v4 ? IP4_HEADER_BYTES : IP6_HEADER_BYTES);
    put_ip(packet, ip, 0);
}

bool packet_fix(struct packet *packet)
{
    uint8_t *body = packet->bytes + packet->body_at;
    const uint32_t offset = checksum_offset(packet);
    const uint32_t body_bytes = packet->len - packet->body_at;
    if (packet->is_v4) {
        uint8_t *ip = packet->bytes + packet->ip_at;
        put_be16(ip + 10, ip4_header_checksum_compute(ip, IP4_HEADER_BYTES));
    }
    if (offset == UINT32_MAX || body_bytes < offset + 2) return false;
    put_be16(body + offset, 0);
    uint32_t sum = 0;
    if (packet->protocol != IP_PROTO_ICMP4) {
        sum = checksum_pseudo(&packet->src, &packet->dst, packet->protocol, body_bytes);
    }
    put_be16(body + offset, checksum_finish(checksum_add(sum, (struct span){body, body_bytes})));
    return true;
}

void packet_end(struct packet *packet, uint32_t body_bytes)
{
    uint8_t *ip = packet->bytes + packet->ip_at;
    packet->len = packet->body_at + body_bytes;
    if (packet->is_v4) {
        put_be16(ip + 2, (uint16_t)(packet->body_at - packet->ip_at + body_bytes));
    } else {
        put_be16(ip + 4, (uint16_t)body_bytes);
    }
    (void)packet_fix(packet);
}

void packet_tcp(struct packet *packet, const struct packet_ip *ip, const struct packet_tcp *tcp)
{
    packet_begin(packet, ip);
    uint8_t *header = packet->bytes + packet->body_at;
    const uint32_t plain_bytes = tcp_emit_len(&tcp->repr);
    tcp_emit(&tcp->repr, (struct span_mut){header, plain_bytes});
    uint32_t header_bytes = plain_bytes;
    const uint32_t raw_bytes = (uint32_t)tcp->raw_options.len;
    if (raw_bytes > 0 && plain_bytes + raw_bytes <= TCP_HEADER_BYTES_MAX) {
        header_bytes += raw_bytes;
        memmove(header + TCP_HEADER_BYTES + raw_bytes, header + TCP_HEADER_BYTES,
                plain_bytes - TCP_HEADER_BYTES);
        memcpy(header + TCP_HEADER_BYTES, tcp->raw_options.data, raw_bytes);
        header[12] = (uint8_t)((header_bytes / 4) << 4 | (header[12] & 0x0f));
    }
    const uint32_t ip_bytes = packet->body_at - packet->ip_at;
    const uint32_t room = UINT16_MAX - ip_bytes - header_bytes;
    const uint32_t payload_bytes = u32_min(tcp->payload_bytes, room);
    const uint32_t seq = tcp->repr.seq + ((tcp->repr.flags & TCP_FLAG_SYN) != 0 ? 1 : 0);
    for (uint32_t i = 0; i < payload_bytes; i++) {
        header[header_bytes + i] = packet_stream_byte(seq + i);
    }
    packet_end(packet, header_bytes + payload_bytes);
}

void packet_icmp_error(struct packet *packet, const struct packet_ip *ip, uint8_t type,
                       uint8_t code, uint32_t rest, struct span quote)
{
    packet_begin(packet, ip);
    uint8_t *body = packet->bytes + packet->body_at;
    body[0] = type;
    body[1] = code;
    put_be16(body + 2, 0);
    put_be32(body + 4, rest);
    if (quote.len > 0) memcpy(body + 8, quote.data, quote.len);
    packet_end(packet, 8 + (uint32_t)quote.len);
}

void packet_fragment(const struct packet *whole, uint32_t offset, uint32_t len, uint16_t id,
                     struct packet *out)
{
    const uint32_t body_bytes = whole->len - whole->body_at;
    const bool has_more = offset + len < body_bytes;
    memcpy(out->bytes, whole->bytes, whole->body_at);
    out->ip_at = whole->ip_at;
    out->body_at = whole->body_at;
    uint8_t *ip = out->bytes + out->ip_at;
    uint8_t *body = out->bytes + out->body_at;
    if (whole->is_v4) {
        put_be16(ip + 2, (uint16_t)(IP4_HEADER_BYTES + len));
        put_be16(ip + 4, id);
        put_be16(ip + 6, (uint16_t)((has_more ? IP4_FLAG_MF : 0) | offset / 8));
        put_be16(ip + 10, ip4_header_checksum_compute(ip, IP4_HEADER_BYTES));
    } else {
        body[0] = ip[6];
        body[1] = 0;
        put_be16(body + 2, (uint16_t)(offset | (has_more ? 1 : 0)));
        put_be32(body + 4, id);
        ip[6] = IP_PROTO_FRAGMENT;
        put_be16(ip + 4, (uint16_t)(FRAGMENT_HEADER_BYTES + len));
        body += FRAGMENT_HEADER_BYTES;
    }
    memcpy(body, whole->bytes + whole->body_at + offset, len);
    out->len = (uint32_t)(body - out->bytes) + len;
}
