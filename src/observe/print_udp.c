/*
 * UDP: addresses and ports, then DNS where a port says so, else the length.
 *
 * tcpdump knows many protocols on UDP; of those we do not print, the length is said, which is true
 * of all of them.
 *
 * References: RFC 768, RFC 8200 8.1.
 */
#include "observe/print_layer.h"
#include "wire/ip_proto.h"
#include "wire/udp.h"

#define PORT_DNS  53
#define PORT_MDNS 5353

/* With -v what the checksum is worth: over IPv4 only from -vv on. */
static void print_checksum(struct print *p, const struct print_ip *ip, const uint8_t *h,
                           uint32_t at, uint32_t len)
{
    if (ip->version == 4 && p->options.verbosity < 2) return;
    const uint16_t found = udp_header_checksum(h);
    if (found == 0) {
        PRINT(p, "[no cksum] ");
        return;
    }
    if (!print_has(p, at, len)) return;
    const uint16_t wanted = print_checksum_wanted(p, ip, IP_PROTO_UDP, at, len, found);
    print_checksum_verdict(p, "udp", found, wanted);
}

static void print_length(struct print *p, const struct print_ip *ip, uint32_t claimed,
                         uint32_t actual)
{
    if (claimed > actual && !ip->is_fragment) {
        PRINT(p, "UDP, bad length ");
        print_u32(p, claimed);
        PRINT(p, " > ");
        print_u32(p, actual);
        return;
    }
    PRINT(p, "UDP, length ");
    print_u32(p, claimed);
}

/* Prints what a header of believable length announces. */
static void print_datagram(struct print *p, const struct print_ip *ip, const uint8_t *h,
                           uint32_t at, uint32_t len)
{
    const uint16_t src_port = udp_header_src_port(h);
    const uint16_t dst_port = udp_header_dst_port(h);
    const uint32_t claimed = udp_header_len(h) - UDP_HEADER_BYTES;
    const uint32_t data_bytes = u32_min(claimed, len - UDP_HEADER_BYTES);
    const uint32_t data = at + UDP_HEADER_BYTES;
    const bool checks = p->options.verbosity > 0 && !p->options.has_no_checksums;
    if (checks && !ip->is_fragment) {
        print_checksum(p, ip, h, at, data_bytes + UDP_HEADER_BYTES);
    }
    if (p->options.quiet > 0) {
        print_length(p, ip, claimed, data_bytes);
    } else if (src_port == PORT_DNS || dst_port == PORT_DNS) {
        print_dns(p, data, data_bytes, false, false);
    } else if (src_port == PORT_MDNS || dst_port == PORT_MDNS) {
        print_dns(p, data, data_bytes, false, true);
    } else {
        print_length(p, ip, claimed, data_bytes);
    }
}

void print_udp(struct print *p, const struct print_ip *ip, uint32_t at, uint32_t len)
{
    p->proto = "udp";
    if (!print_has(p, at, 4)) {
        if (ip->next == IP_PROTO_UDP) {
            print_ip_addresses(p, ip);
            PRINT(p, ": ");
        }
        print_trunc(p);
        return;
    }
    const uint8_t *h = p->bytes + at;
    print_ip_ports(p, ip, IP_PROTO_UDP, udp_header_src_port(h), udp_header_dst_port(h));
    PRINT(p, ": ");
    if (len < UDP_HEADER_BYTES) {
        PRINT(p, "truncated-udp ");
        print_u32(p, len);
    } else if (!print_has(p, at, 6)) {
        print_trunc(p);
    } else if (udp_header_len(h) < UDP_HEADER_BYTES) {
        PRINT(p, "truncated-udplength ");
        print_u32(p, udp_header_len(h));
    } else if (!print_has(p, at, UDP_HEADER_BYTES)) {
        print_trunc(p);
    } else {
        print_datagram(p, ip, h, at, len);
    }
}
