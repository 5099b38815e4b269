/*
 * TCP headers.
 *
 * How it works: in a running connection every segment carries the same option layout, two NOPs and
 * a time stamp, or none. tcp_parse() knows both by one comparison each and leaves the iterator to
 * the rest (RFC 7323 appendix A recommends just this). No structure is cleared: of the SACK blocks
 * only the first `sack_count` are ever set or read.
 *
 * References: RFC 9293 3.1, RFC 7323 3.2 and appendix A.
 */
#include "wire/tcp.h"

/* NOP, NOP, and kind and length of a time stamp option: the first word of the usual options. */
#define TIMESTAMPS_ONLY_WORD  UINT32_C(0x0101080a)
#define TIMESTAMPS_ONLY_BYTES 32

enum wire_status tcp_header_check(struct span header_and_more)
{
    if (header_and_more.len < TCP_HEADER_BYTES) return WIRE_TRUNCATED;
    const uint32_t len = tcp_header_len(header_and_more.data);
    if (len < TCP_HEADER_BYTES) return WIRE_BAD_LENGTH;
    return len <= header_and_more.len ? WIRE_OK : WIRE_TRUNCATED;
}

static void parse_options(struct tcp_options *options, const uint8_t *h, uint32_t len)
{
    const uint8_t *area = h + TCP_HEADER_BYTES;
    if (len == TCP_HEADER_BYTES) {
        tcp_options_clear(options);
    } else if (len == TIMESTAMPS_ONLY_BYTES && get_be32(area) == TIMESTAMPS_ONLY_WORD) {
        tcp_options_clear(options);
        options->has_timestamps = true;
        options->ts_val = get_be32(area + 4);
        options->ts_ecr = get_be32(area + 8);
    } else {
        tcp_options_parse(options, span_of(area, len - TCP_HEADER_BYTES));
    }
}

enum wire_status tcp_parse(struct tcp_repr *repr, struct span header_and_more, uint32_t *header_len)
{
    const enum wire_status status = tcp_header_check(header_and_more);
    if (status != WIRE_OK) return status;
    const uint8_t *h = header_and_more.data;
    const uint32_t len = tcp_header_len(h);
    repr->src_port = tcp_header_src_port(h);
    repr->dst_port = tcp_header_dst_port(h);
    repr->seq = tcp_header_seq(h);
    repr->ack = tcp_header_ack(h);
    repr->flags = tcp_header_flags(h);
    repr->window = tcp_header_window(h);
    repr->urgent = tcp_header_urgent(h);
    parse_options(&repr->options, h, len);
    *header_len = len;
    return WIRE_OK;
}

uint32_t tcp_emit_len(const struct tcp_repr *repr)
{
    return TCP_HEADER_BYTES + tcp_options_emit_len(&repr->options);
}

void tcp_emit(const struct tcp_repr *repr, struct span_mut out)
{
    const uint32_t len = tcp_emit_len(repr);
    uint8_t *h = out.data;
    ASSERT(out.len >= len);
    put_be16(h, repr->src_port);
    put_be16(h + 2, repr->dst_port);
    put_be32(h + 4, repr->seq);
    put_be32(h + 8, repr->ack);
    put_be16(h + 12, (uint16_t)(len / 4 << 12 | (repr->flags & 0x1ffu)));
    put_be16(h + 14, repr->window);
    put_be16(h + TCP_CHECKSUM_OFFSET, 0);
    put_be16(h + 18, repr->urgent);
    if (len > TCP_HEADER_BYTES) {
        tcp_options_emit(&repr->options, span_mut_of(h + TCP_HEADER_BYTES, len - TCP_HEADER_BYTES));
    }
}
