/*
 * ARP packets, read and written whole.
 *
 * RFC 826 defines ARP for any pair of hardware and protocol; the header says which, and only
 * Ethernet with IPv4 is read here. A sender that claims a group address as its own is refused: to
 * believe it would turn unicast traffic into broadcast (RFC 1812 3.3.2).
 *
 * References: RFC 826, RFC 1812 3.3.2, RFC 5227.
 */
#include "wire/arp.h"

#define ARP_FIXED_BYTES       8 /* up to the first address */
#define ARP_HARDWARE_ETHERNET 1
#define ARP_IP4_BYTES         4

enum wire_status arp_parse(struct arp_repr *repr, struct span packet)
{
    const uint8_t *h = packet.data;
    if (packet.len < ARP_FIXED_BYTES) return WIRE_TRUNCATED;
    if (arp_header_hardware(h) != ARP_HARDWARE_ETHERNET) return WIRE_UNSUPPORTED;
    if (arp_header_protocol(h) != ETH_TYPE_IP4) return WIRE_UNSUPPORTED;
    if (arp_header_hardware_bytes(h) != ETH_ADDR_BYTES) return WIRE_BAD_LENGTH;
    if (arp_header_protocol_bytes(h) != ARP_IP4_BYTES) return WIRE_BAD_LENGTH;
    if (arp_header_op(h) != ARP_REQUEST && arp_header_op(h) != ARP_REPLY) return WIRE_UNSUPPORTED;
    if (packet.len < ARP_BYTES) return WIRE_TRUNCATED;
    const struct eth_addr sender = arp_header_sender_eth(h);
    if (eth_addr_is_multicast(&sender)) return WIRE_BAD_VALUE;
    *repr = (struct arp_repr){
        .op = arp_header_op(h),
        .sender_eth = sender,
        .target_eth = arp_header_target_eth(h),
        .sender_ip = arp_header_sender_ip(h),
        .target_ip = arp_header_target_ip(h),
    };
    return WIRE_OK;
}

void arp_emit(const struct arp_repr *repr, struct span_mut out)
{
    ASSERT(out.len >= ARP_BYTES);
    ASSERT(ip_addr_is_v4(&repr->sender_ip) && ip_addr_is_v4(&repr->target_ip));
    put_be16(out.data, ARP_HARDWARE_ETHERNET);
    put_be16(out.data + 2, ETH_TYPE_IP4);
    out.data[4] = ETH_ADDR_BYTES;
    out.data[5] = ARP_IP4_BYTES;
    put_be16(out.data + 6, repr->op);
    memcpy(out.data + 8, repr->sender_eth.bytes, ETH_ADDR_BYTES);
    put_be32(out.data + 14, ip_addr_v4(&repr->sender_ip));
    memcpy(out.data + 18, repr->target_eth.bytes, ETH_ADDR_BYTES);
    put_be32(out.data + 24, ip_addr_v4(&repr->target_ip));
}
