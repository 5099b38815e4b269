/*
 * Any bytes as a TCP header with options.
 *
 * Properties: the option iterator ends and stays inside its area; what tcp_parse() accepts agrees
 * with the raw accessors; what it understood survives being written and read again; and the fast
 * path finds what the iterator finds.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/tcp.h"

#define REQUIRE(expr) ((expr) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Walks an area of which `captured` bytes are at hand, as a printer of a cut capture does. */
static void walk(struct span captured, uint32_t area_bytes)
{
    struct tcp_option_iter iter;
    struct tcp_option option;
    uint32_t steps = 0;
    uint32_t before = 0;
    tcp_option_iter_init(&iter, captured, area_bytes);
    while (tcp_option_iter_next(&iter, &option)) {
        REQUIRE(++steps <= area_bytes);
        REQUIRE(iter.offset > before && iter.offset <= area_bytes);
        REQUIRE(option.offset == before);
        if (option.data.len > 0) {
            REQUIRE(option.data.data == captured.data + option.offset + 2);
            REQUIRE(option.offset + 2 + option.data.len <= captured.len);
        }
        before = iter.offset;
    }
    REQUIRE(iter.offset == area_bytes);
}

static void require_same_options(const struct tcp_options *a, const struct tcp_options *b)
{
    REQUIRE(a->mss == b->mss);
    REQUIRE(a->has_wscale == b->has_wscale && a->wscale == b->wscale);
    REQUIRE(a->has_sack_permitted == b->has_sack_permitted);
    REQUIRE(a->has_timestamps == b->has_timestamps);
    REQUIRE(a->ts_val == b->ts_val && a->ts_ecr == b->ts_ecr);
    REQUIRE(a->sack_count == b->sack_count);
    const size_t bytes = a->sack_count * sizeof a->sack[0];
    REQUIRE(bytes == 0 || memcmp(a->sack, b->sack, bytes) == 0);
}

static void check_accessors(const struct tcp_repr *repr, const uint8_t *h, uint32_t header_len)
{
    REQUIRE(header_len == tcp_header_len(h));
    REQUIRE(repr->src_port == tcp_header_src_port(h) && repr->dst_port == tcp_header_dst_port(h));
    REQUIRE(repr->seq == tcp_header_seq(h) && repr->ack == tcp_header_ack(h));
    REQUIRE(repr->flags == tcp_header_flags(h));
    REQUIRE(repr->window == tcp_header_window(h) && repr->urgent == tcp_header_urgent(h));
    REQUIRE(repr->options.sack_count <= TCP_SACK_BLOCKS_MAX);
    REQUIRE(repr->options.wscale <= TCP_WSCALE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct span bytes = span_of(data, size);
    struct tcp_repr repr;
    uint32_t header_len = 0;
    const uint32_t area_bytes = size > 0 ? (data[0] & 15u) * 4 : 0;
    walk(bytes, area_bytes);

    const enum wire_status status = tcp_parse(&repr, bytes, &header_len);
    REQUIRE(status == tcp_header_check(bytes));
    if (status != WIRE_OK) return 0;
    check_accessors(&repr, data, header_len);
    const struct span area = span_slice(bytes, TCP_HEADER_BYTES, header_len - TCP_HEADER_BYTES);
    struct tcp_options slow;
    tcp_options_parse(&slow, area);
    require_same_options(&repr.options, &slow);
    walk(area, (uint32_t)area.len);

    uint8_t out[TCP_HEADER_BYTES_MAX];
    struct tcp_repr back;
    const uint32_t len = tcp_emit_len(&repr);
    REQUIRE(len % 4 == 0 && len <= sizeof out);
    /* Blocks beside options no segment has together may not fit; writing leaves them out. */
    repr.options.sack_count =
        (uint8_t)u32_min(repr.options.sack_count, tcp_options_sack_room(&repr.options));
    tcp_emit(&repr, span_mut_of(out, len));
    REQUIRE(tcp_parse(&back, span_of(out, len), &header_len) == WIRE_OK);
    check_accessors(&repr, out, header_len);
    require_same_options(&repr.options, &back.options);
    return 0;
}
