/*
 * TCP: flags, numbers, window, options, and the data's first word where a port explains it.
 *
 * The order of steps is tcpdump's and it matters: the sequence table is updated before the header
 * length is judged, but after the header was found to be captured.
 *
 * References: RFC 9293 3.1.
 */
#include "observe/print_layer.h"
#include "wire/ip_proto.h"
#include "wire/tcp.h"

#define FLAGS_MASK     0xff
#define RESET_TEXT_MAX 30

/* The flags' letters, in tcpdump's order. */
static const struct {
    uint8_t flag;
    char letter;
} flag_letters[] = {
    {TCP_FLAG_FIN, 'F'}, {TCP_FLAG_SYN, 'S'}, {TCP_FLAG_RST, 'R'}, {TCP_FLAG_PSH, 'P'},
    {TCP_FLAG_ACK, '.'}, {TCP_FLAG_URG, 'U'}, {TCP_FLAG_ECE, 'E'}, {TCP_FLAG_CWR, 'W'},
};

static void print_flags(struct print *p, uint8_t flags)
{
    char letters[ARRAY_COUNT(flag_letters)];
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_COUNT(flag_letters); i++) {
        if (flags & flag_letters[i].flag) letters[count++] = flag_letters[i].letter;
    }
    PRINT(p, "Flags [");
    if (count == 0) PRINT(p, "none");
    print_bytes(p, letters, count);
    PRINT(p, "]");
}

static void print_too_long(struct print *p, uint32_t hlen, uint32_t len)
{
    PRINT(p, " [bad hdr length ");
    print_u32(p, hlen);
    PRINT(p, " - too long, > ");
    print_u32(p, len);
    PRINT(p, "]");
}

static void print_too_short(struct print *p, uint32_t hlen, uint32_t len)
{
    PRINT(p, " tcp ");
    print_u32(p, len - hlen);
    PRINT(p, " [bad hdr length ");
    print_u32(p, hlen);
    PRINT(p, " - too short, < 20]");
}

static void print_checksum(struct print *p, const struct print_ip *ip, uint16_t found, uint32_t at,
                           uint32_t len)
{
    const uint16_t wanted = print_checksum_wanted(p, ip, IP_PROTO_TCP, at, len, found);
    PRINT(p, ", cksum 0x");
    print_hex(p, found, 4);
    if (wanted == found) {
        PRINT(p, " (correct)");
        return;
    }
    PRINT(p, " (incorrect -> 0x");
    print_hex(p, wanted, 4);
    PRINT(p, ")");
}

/* The text that some stacks put into a reset to say why. */
static void print_reset_text(struct print *p, uint32_t at, uint32_t len)
{
    print_string(p, print_has(p, at, len) ? " [RST" : " [!RST");
    if (len > RESET_TEXT_MAX) PRINT(p, "+");
    PRINT(p, " ");
    const uint32_t shown = u32_min(u32_min(len, RESET_TEXT_MAX), print_left(p, at));
    for (uint32_t i = 0; i < shown; i++) {
        print_visible(p, p->bytes[at + i]);
    }
    PRINT(p, "]");
}

/* Sequence number to urgent pointer, behind the flags. */
static void print_numbers(struct print *p, const uint8_t *h, struct print_seq_bases bases,
                          uint32_t data_bytes)
{
    const uint8_t flags = (uint8_t)tcp_header_flags(h);
    const bool has_seq = p->options.verbosity > 1 || data_bytes > 0 ||
                         (flags & (TCP_FLAG_SYN | TCP_FLAG_FIN | TCP_FLAG_RST)) != 0;
    if (has_seq) {
        const uint32_t seq = tcp_header_seq(h) - bases.seq;
        PRINT(p, ", seq ");
        print_u32(p, seq);
        if (data_bytes > 0) {
            PRINT(p, ":");
            print_u32(p, seq + data_bytes);
        }
    }
    if (flags & TCP_FLAG_ACK) {
        PRINT(p, ", ack ");
        print_u32(p, tcp_header_ack(h) - bases.ack);
    }
    PRINT(p, ", win ");
    print_u32(p, tcp_header_window(h));
    if (flags & TCP_FLAG_URG) {
        PRINT(p, ", urg ");
        print_u32(p, tcp_header_urgent(h));
    }
}

/* What follows the ports in a segment whose fixed header was captured. */
static void print_body(struct print *p, const struct print_ip *ip, const uint8_t *h, uint32_t at,
                       uint32_t len)
{
    const uint32_t hlen = tcp_header_len(h);
    const uint8_t flags = (uint8_t)tcp_header_flags(h);
    const uint16_t src_port = tcp_header_src_port(h);
    const uint16_t dst_port = tcp_header_dst_port(h);
    struct print_seq_bases bases = {0, 0, 0};
    print_flags(p, flags);
    if (!p->options.has_absolute_seq && (flags & TCP_FLAG_ACK)) {
        bases = print_seq_update(&p->seq, ip->version, ip->src, ip->dst, src_port, dst_port,
                                 tcp_header_seq(h), tcp_header_ack(h), (flags & TCP_FLAG_SYN) != 0);
    }
    if (hlen > len) {
        print_too_long(p, hlen, len);
        return;
    }
    const bool checks = p->options.verbosity > 0 && !p->options.has_no_checksums;
    if (checks && !ip->is_fragment && print_has(p, at, len)) {
        print_checksum(p, ip, tcp_header_checksum(h), at, len);
    }
    const uint32_t data_bytes = len - hlen;
    print_numbers(p, h, bases, data_bytes);
    if (hlen > TCP_HEADER_BYTES) {
        const uint32_t options_bytes = hlen - TCP_HEADER_BYTES;
        const enum print_tcp_options_end end = print_tcp_options(
            p, at + TCP_HEADER_BYTES, options_bytes, flags, bases.sack, print_has(p, at, len));
        if (end != PRINT_TCP_OPTIONS_DONE || print_is_cut(p)) return;
    }
    PRINT(p, ", length ");
    print_u32(p, data_bytes);
    if (data_bytes == 0) return;
    if (!print_has(p, at, hlen)) {
        print_header_missing(p, print_left(p, at), hlen);
    } else if ((flags & TCP_FLAG_RST) && p->options.verbosity > 0) {
        print_reset_text(p, at + hlen, data_bytes);
    } else {
        print_tcp_data(p, src_port, dst_port, at + hlen, data_bytes);
    }
}

void print_tcp(struct print *p, const struct print_ip *ip, uint32_t at, uint32_t len)
{
    p->proto = "tcp";
    if (!print_has(p, at, 4)) {
        print_ip_addresses(p, ip);
        PRINT(p, ":");
        print_trunc(p);
        return;
    }
    print_ip_ports(p, ip, IP_PROTO_TCP, get_be16(p->bytes + at), get_be16(p->bytes + at + 2));
    PRINT(p, ": ");
    if (!print_has(p, at, TCP_HEADER_BYTES)) {
        print_trunc(p);
        return;
    }
    const uint8_t *h = p->bytes + at;
    const uint32_t hlen = tcp_header_len(h);
    if (hlen < TCP_HEADER_BYTES) {
        print_too_short(p, hlen, len);
    } else if (p->options.quiet > 0) {
        PRINT(p, "tcp ");
        print_u32(p, len - hlen);
        if (hlen > len) print_too_long(p, hlen, len);
    } else {
        print_body(p, ip, h, at, len);
    }
}
