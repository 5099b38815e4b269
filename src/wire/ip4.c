/*
 * IPv4 headers and their options.
 *
 * How it works: ip4_header_check() settles every length, so that all reads behind it are inside the
 * header; ip4_parse() adds the checksum, whose sum over an intact header is all ones. Nearly every
 * header has no options, so the sum over 20 bytes is written out.
 *
 * References: RFC 791 3.1, RFC 1122 3.2.1.1 (version), 3.2.1.2 (checksum), RFC 1071.
 */
#include "wire/ip4.h"

#include "wire/checksum.h"

/* A sum of a few 32-bit words as a sum of 16-bit words. */
static uint32_t fold_words(uint64_t sum)
{
    return (uint32_t)((sum >> 32) + (sum >> 16 & 0xffff) + (sum & 0xffff));
}

static uint32_t sum_header(const uint8_t *h, uint32_t len)
{
    if (len != IP4_HEADER_BYTES) return checksum_add(0, span_of(h, len));
    return fold_words((uint64_t)get_be32(h) + get_be32(h + 4) + get_be32(h + 8) + get_be32(h + 12) +
                      get_be32(h + 16));
}

uint16_t ip4_header_checksum_compute(const uint8_t *h, uint32_t len)
{
    /* Adding the complement of a word takes it out of the sum again. */
    const uint32_t without_field = (uint16_t)~ip4_header_checksum(h);
    return checksum_finish(sum_header(h, len) + without_field);
}

enum wire_status ip4_header_check(struct span header, uint32_t packet_bytes)
{
    const uint8_t *h = header.data;
    if (header.len < IP4_HEADER_BYTES) return WIRE_TRUNCATED;
    if (ip4_header_version(h) != 4) return WIRE_BAD_VERSION;
    const uint32_t header_len = ip4_header_len(h);
    const uint32_t total_bytes = ip4_header_total_bytes(h);
    if (header_len < IP4_HEADER_BYTES || total_bytes < header_len) return WIRE_BAD_LENGTH;
    if (header_len > header.len || total_bytes > packet_bytes) return WIRE_TRUNCATED;
    return WIRE_OK;
}

enum wire_status ip4_parse(struct ip4_repr *repr, struct span header, uint32_t packet_bytes,
                           uint32_t *header_len)
{
    const enum wire_status status = ip4_header_check(header, packet_bytes);
    if (status != WIRE_OK) return status;
    const uint8_t *h = header.data;
    const uint32_t len = ip4_header_len(h);
    const uint32_t payload_bytes = ip4_header_total_bytes(h) - len;
    const uint32_t fragment_offset = ip4_header_fragment_offset(h);
    if (!checksum_is_good(sum_header(h, len))) return WIRE_BAD_CHECKSUM;
    if (fragment_offset + payload_bytes > IP4_PACKET_BYTES_MAX - len) return WIRE_BAD_VALUE;
    const uint16_t fragment_field = ip4_header_fragment_field(h);
    repr->src = ip4_header_src(h);
    repr->dst = ip4_header_dst(h);
    repr->dscp = ip4_header_dscp(h);
    repr->ecn = ip4_header_ecn(h);
    repr->ttl = ip4_header_ttl(h);
    repr->protocol = ip4_header_protocol(h);
    repr->id = ip4_header_id(h);
    repr->fragment_offset_bytes = (uint16_t)fragment_offset;
    repr->has_dont_fragment = (fragment_field & IP4_FLAG_DF) != 0;
    repr->has_more_fragments = (fragment_field & IP4_FLAG_MF) != 0;
    repr->payload_bytes = (uint16_t)payload_bytes;
    repr->options = span_of(h + IP4_HEADER_BYTES, len - IP4_HEADER_BYTES);
    *header_len = len;
    return WIRE_OK;
}

uint32_t ip4_emit_len(const struct ip4_repr *repr)
{
    ASSERT(repr->options.len <= IP4_OPTIONS_BYTES_MAX);
    return IP4_HEADER_BYTES + (((uint32_t)repr->options.len + 3) & ~3u);
}

/* Writes the options, padded with END, behind the fixed header; returns their sum. */
static uint32_t emit_options(struct span options, uint8_t *h, uint32_t len)
{
    put_be32(h + len - 4, 0);
    memcpy(h + IP4_HEADER_BYTES, options.data, options.len);
    return checksum_add(0, span_of(h + IP4_HEADER_BYTES, len - IP4_HEADER_BYTES));
}

void ip4_emit(const struct ip4_repr *repr, struct span_mut out)
{
    const uint32_t len = ip4_emit_len(repr);
    uint8_t *h = out.data;
    ASSERT(out.len >= len);
    ASSERT(repr->payload_bytes <= IP4_PACKET_BYTES_MAX - len);
    ASSERT(repr->dscp < 64 && repr->ecn < 4 && repr->fragment_offset_bytes % 8 == 0);
    ASSERT(ip_addr_is_v4(&repr->src) && ip_addr_is_v4(&repr->dst));
    /* The header is summed as it is made: reading it back would wait for the small stores. */
    const uint32_t flags = (repr->has_dont_fragment ? IP4_FLAG_DF : 0u) |
                           (repr->has_more_fragments ? IP4_FLAG_MF : 0u);
    const uint32_t first = (4u << 4 | len / 4) << 24 | (uint32_t)repr->dscp << 18 |
                           (uint32_t)repr->ecn << 16 | (len + repr->payload_bytes);
    const uint32_t second = (uint32_t)repr->id << 16 | flags | repr->fragment_offset_bytes / 8u;
    const uint32_t third = (uint32_t)repr->ttl << 24 | (uint32_t)repr->protocol << 16;
    const uint32_t src = ip_addr_v4(&repr->src);
    const uint32_t dst = ip_addr_v4(&repr->dst);
    uint32_t sum = fold_words((uint64_t)first + second + third + src + dst);
    if (len > IP4_HEADER_BYTES) sum += emit_options(repr->options, h, len);
    put_be32(h, first);
    put_be32(h + 4, second);
    put_be32(h + 8, third | checksum_finish(sum));
    put_be32(h + 12, src);
    put_be32(h + 16, dst);
}

bool ip4_option_next(struct span *options, struct ip4_option *option)
{
    if (options->len == 0) return false;
    const uint8_t *at = options->data;
    const size_t left = options->len;
    *option = (struct ip4_option){.kind = at[0]};
    if (at[0] == IP4_OPTION_END) {
        *options = span_of(at + 1, 0);
        return true;
    }
    if (at[0] == IP4_OPTION_NOP) {
        *options = span_from(*options, 1);
        return true;
    }
    if (left < 2 || at[1] < 2 || at[1] > left) {
        option->is_bad = true;
        option->data = span_from(*options, 2);
        *options = span_of(at + left, 0);
        return true;
    }
    option->data = span_of(at + 2, (size_t)at[1] - 2);
    *options = span_from(*options, at[1]);
    return true;
}
