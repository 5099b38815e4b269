/*
 * Walking, picking and writing TCP options.
 *
 * How it works: the iterator is the only code that reads kinds and lengths. Where a length cannot
 * be believed it reports the option with its error and moves to the end, for nothing behind it has
 * a known place. tcp_options_parse() then has no lengths left to check.
 *
 * Written options keep the order of Linux, which half the Internet sends, so that no middlebox
 * meets a layout for the first time:
 *
 *     mss | sackOK TS        | nop wscale            SYN with time stamps
 *     mss | nop nop sackOK   | nop wscale            SYN without
 *     nop nop TS | nop nop sack...                   everything else
 *
 * References: RFC 9293 3.1 and 3.2, RFC 7323 2.2, 2.3, 3.2 and appendix A, RFC 2018 2 and 3.
 */
#include "wire/tcp_options.h"

#include <string.h>

#include "base/bytes.h"

#define MSS_BYTES            4
#define WSCALE_BYTES         3
#define SACK_PERMITTED_BYTES 2
#define TIMESTAMPS_BYTES     10
#define SACK_HEAD_BYTES      2
#define SACK_BLOCK_BYTES     8
#define NOP_NOP              (UINT32_C(0x0101) << 16)

uint8_t tcp_option_len_expected(uint8_t kind)
{
    switch (kind) {
    case TCP_OPTION_END:
    case TCP_OPTION_NOP: return 1;
    case TCP_OPTION_MSS: return MSS_BYTES;
    case TCP_OPTION_WSCALE: return WSCALE_BYTES;
    case TCP_OPTION_SACK_PERMITTED: return SACK_PERMITTED_BYTES;
    case TCP_OPTION_ECHO:
    case TCP_OPTION_ECHO_REPLY:
    case TCP_OPTION_CC:
    case TCP_OPTION_CC_NEW:
    case TCP_OPTION_CC_ECHO: return 6;
    case TCP_OPTION_TIMESTAMPS: return TIMESTAMPS_BYTES;
    case TCP_OPTION_MD5: return 18;
    case TCP_OPTION_SCPS:
    case TCP_OPTION_USER_TIMEOUT: return 4;
    default: return 0;
    }
}

void tcp_option_iter_init(struct tcp_option_iter *iter, struct span bytes, uint32_t area_bytes)
{
    iter->bytes = span_slice(bytes, 0, area_bytes);
    iter->area_bytes = area_bytes;
    iter->offset = 0;
}

void tcp_option_iter_seek(struct tcp_option_iter *iter, uint32_t offset)
{
    iter->offset = u32_min(offset, iter->area_bytes);
}

/* Reports an option behind which nothing can be found. */
static bool end_with_error(struct tcp_option_iter *iter, struct tcp_option *option,
                           enum tcp_option_error error)
{
    option->error = error;
    iter->offset = iter->area_bytes;
    return true;
}

/* Reads the length byte and data of the option whose kind has been read. */
static bool read_body(struct tcp_option_iter *iter, struct tcp_option *option)
{
    const uint32_t left = iter->area_bytes - option->offset;
    const struct span rest = span_from(iter->bytes, option->offset);
    if (left < 2) return end_with_error(iter, option, TCP_OPTION_ERROR_NO_LENGTH);
    if (rest.len < 2) return end_with_error(iter, option, TCP_OPTION_ERROR_CUT);
    option->len = rest.data[1];
    if (option->len < 2) return end_with_error(iter, option, TCP_OPTION_ERROR_TOO_SHORT);
    option->data = span_slice(rest, 2, option->len - 2u);
    if (option->len > left) return end_with_error(iter, option, TCP_OPTION_ERROR_TOO_LONG);
    if (option->len > rest.len) return end_with_error(iter, option, TCP_OPTION_ERROR_CUT);
    const uint8_t expected = tcp_option_len_expected(option->kind);
    if (expected != 0 && expected != option->len) option->error = TCP_OPTION_ERROR_UNEXPECTED;
    iter->offset += option->len;
    return true;
}

bool tcp_option_iter_next(struct tcp_option_iter *iter, struct tcp_option *option)
{
    if (iter->offset >= iter->area_bytes) return false;
    option->kind = TCP_OPTION_END;
    option->len = 0;
    option->error = TCP_OPTION_ERROR_NONE;
    option->offset = iter->offset;
    option->data = span_of(NULL, 0);
    if (iter->offset >= iter->bytes.len) {
        return end_with_error(iter, option, TCP_OPTION_ERROR_CUT);
    }
    option->kind = iter->bytes.data[iter->offset];
    /* Options begin at any octet (RFC 9293 MUST-64), so there is nothing to align to. */
    if (option->kind == TCP_OPTION_END || option->kind == TCP_OPTION_NOP) {
        option->len = 1;
        iter->offset = option->kind == TCP_OPTION_NOP ? iter->offset + 1 : iter->area_bytes;
        return true;
    }
    return read_body(iter, option);
}

/* Reads the blocks of a SACK option; a length that is no whole number of blocks voids it. */
static void take_sack(struct tcp_options *options, struct span data)
{
    if (data.len % SACK_BLOCK_BYTES != 0) return;
    const size_t count = size_min(data.len / SACK_BLOCK_BYTES, TCP_SACK_BLOCKS_MAX);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *block = data.data + i * SACK_BLOCK_BYTES;
        options->sack[i].start = get_be32(block);
        options->sack[i].end = get_be32(block + 4);
    }
    options->sack_count = (uint8_t)count;
}

/*
 * Takes over one well-formed option, in whatever segment it came (RFC 9293 MUST-5); those of no
 * interest pass without a word (RFC 9293 MUST-6).
 */
static void take_option(struct tcp_options *options, const struct tcp_option *option)
{
    const uint8_t *data = option->data.data;
    switch (option->kind) {
    case TCP_OPTION_MSS: options->mss = get_be16(data); break; /* RFC 9293 MUST-4 */
    case TCP_OPTION_WSCALE:
        options->has_wscale = true;
        options->wscale = (uint8_t)u32_min(data[0], TCP_WSCALE_MAX);
        break;
    case TCP_OPTION_SACK_PERMITTED: options->has_sack_permitted = true; break;
    case TCP_OPTION_TIMESTAMPS:
        options->has_timestamps = true;
        options->ts_val = get_be32(data);
        options->ts_ecr = get_be32(data + 4);
        break;
    case TCP_OPTION_SACK: take_sack(options, option->data); break;
    default: break;
    }
}

void tcp_options_parse(struct tcp_options *options, struct span area)
{
    struct tcp_option_iter iter;
    struct tcp_option option;
    tcp_options_clear(options);
    tcp_option_iter_init(&iter, area, (uint32_t)area.len);
    while (tcp_option_iter_next(&iter, &option)) {
        /* RFC 9293 MUST-7: an illegal length must not harm; the option is as if not there. */
        if (option.error == TCP_OPTION_ERROR_NONE) take_option(options, &option);
    }
}

/* Bytes of all options but SACK blocks, each with the padding it is written with. */
static uint32_t plain_bytes(const struct tcp_options *options)
{
    uint32_t bytes = options->mss != 0 ? MSS_BYTES : 0;
    if (options->has_timestamps) {
        bytes += 2 + TIMESTAMPS_BYTES; /* the first two are NOPs, or SACK-permitted */
    } else if (options->has_sack_permitted) {
        bytes += 2 + SACK_PERMITTED_BYTES;
    }
    return bytes + (options->has_wscale ? 1 + WSCALE_BYTES : 0);
}

uint32_t tcp_options_sack_room(const struct tcp_options *options)
{
    const uint32_t used = plain_bytes(options) + 2 + SACK_HEAD_BYTES;
    if (used > TCP_OPTIONS_BYTES_MAX) return 0;
    return u32_min((TCP_OPTIONS_BYTES_MAX - used) / SACK_BLOCK_BYTES, TCP_SACK_BLOCKS_MAX);
}

/* SACK blocks that are written: all, or as many as there is room for. */
static uint32_t sack_count(const struct tcp_options *options)
{
    if (options->sack_count == 0) return 0;
    return u32_min(options->sack_count, tcp_options_sack_room(options));
}

uint32_t tcp_options_emit_len(const struct tcp_options *options)
{
    const uint32_t blocks = sack_count(options);
    const uint32_t sack_bytes = blocks > 0 ? 2 + SACK_HEAD_BYTES + blocks * SACK_BLOCK_BYTES : 0;
    return plain_bytes(options) + sack_bytes;
}

/* A word of two bytes `before`, often NOPs, then kind and length. */
static uint32_t head_word(uint32_t before, uint32_t kind, uint32_t len)
{
    return before | kind << 8 | len;
}

static uint8_t *emit_timestamps(const struct tcp_options *options, uint8_t *at)
{
    const uint32_t sack_permitted =
        UINT32_C(0x10000) * (TCP_OPTION_SACK_PERMITTED << 8 | SACK_PERMITTED_BYTES);
    const uint32_t before = options->has_sack_permitted ? sack_permitted : NOP_NOP;
    put_be32(at, head_word(before, TCP_OPTION_TIMESTAMPS, TIMESTAMPS_BYTES));
    put_be32(at + 4, options->ts_val);
    put_be32(at + 8, options->ts_ecr);
    return at + 12;
}

static void emit_sack(const struct tcp_options *options, uint32_t blocks, uint8_t *at)
{
    put_be32(at, head_word(NOP_NOP, TCP_OPTION_SACK, SACK_HEAD_BYTES + blocks * SACK_BLOCK_BYTES));
    at += 4;
    for (uint32_t i = 0; i < blocks; i++, at += SACK_BLOCK_BYTES) {
        put_be32(at, options->sack[i].start);
        put_be32(at + 4, options->sack[i].end);
    }
}

/* RFC 9293 MUST-68: all but NOP carry their length; RFC 9293 MUST-69: NOPs in front fill the words,
 * so that there is no end of the list and nothing behind it to be padded. */
void tcp_options_emit(const struct tcp_options *options, struct span_mut out)
{
    ASSERT(out.len >= tcp_options_emit_len(options));
    ASSERT(options->wscale <= TCP_WSCALE_MAX);
    uint8_t *at = out.data;
    if (options->mss != 0) {
        put_be32(at, (TCP_OPTION_MSS << 8 | MSS_BYTES) << 16 | options->mss);
        at += 4;
    }
    if (options->has_timestamps) {
        at = emit_timestamps(options, at);
    } else if (options->has_sack_permitted) {
        put_be32(at, head_word(NOP_NOP, TCP_OPTION_SACK_PERMITTED, SACK_PERMITTED_BYTES));
        at += 4;
    }
    if (options->has_wscale) {
        const uint32_t nop = (uint32_t)TCP_OPTION_NOP << 24;
        put_be32(at, nop | TCP_OPTION_WSCALE << 16 | WSCALE_BYTES << 8 | options->wscale);
        at += 4;
    }
    const uint32_t blocks = sack_count(options);
    if (blocks > 0) emit_sack(options, blocks, at);
}
