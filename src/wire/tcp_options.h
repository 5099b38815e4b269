/*
 * TCP options: one iterator for all readers, and the few options the stack acts on.
 *
 * tcp_option_iter_next() walks the option area and reports every option there is, known or not,
 * good or broken, without judging its content: a printer shows them all. tcp_options_parse() uses
 * it to pick out what the stack acts on, ignoring whatever is malformed.
 *
 *     +------+     +------+-----+----------------+
 *     | kind |     | kind | len | len - 2 bytes  |     END and NOP are a single byte.
 *     +------+     +------+-----+----------------+
 *
 * References: RFC 9293 3.1 and 3.2, RFC 7323 (window scale, timestamps), RFC 2018 (SACK).
 */
#ifndef VITRO_WIRE_TCP_OPTIONS_H
#define VITRO_WIRE_TCP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/span.h"

#define TCP_OPTIONS_BYTES_MAX 40
#define TCP_SACK_BLOCKS_MAX   4
#define TCP_WSCALE_MAX        14 /* RFC 7323 2.3 */

/* Registered kinds (IANA, "TCP Option Kind Numbers") that a reader may want to tell apart. */
enum tcp_option_kind {
    TCP_OPTION_END = 0,
    TCP_OPTION_NOP = 1,
    TCP_OPTION_MSS = 2,
    TCP_OPTION_WSCALE = 3,
    TCP_OPTION_SACK_PERMITTED = 4,
    TCP_OPTION_SACK = 5,
    TCP_OPTION_ECHO = 6,
    TCP_OPTION_ECHO_REPLY = 7,
    TCP_OPTION_TIMESTAMPS = 8,
    TCP_OPTION_CC = 11,
    TCP_OPTION_CC_NEW = 12,
    TCP_OPTION_CC_ECHO = 13,
    TCP_OPTION_MD5 = 19,
    TCP_OPTION_SCPS = 20,
    TCP_OPTION_USER_TIMEOUT = 28,
    TCP_OPTION_AO = 29,
    TCP_OPTION_MPTCP = 30,
    TCP_OPTION_FAST_OPEN = 34,
    TCP_OPTION_EXPERIMENT_1 = 253,
    TCP_OPTION_EXPERIMENT_2 = 254,
};

/* What is wrong with an option; after anything but NONE and UNEXPECTED the walk has ended. */
enum tcp_option_error {
    TCP_OPTION_ERROR_NONE,
    TCP_OPTION_ERROR_UNEXPECTED, /* not the length this kind has; data is what the length says */
    TCP_OPTION_ERROR_NO_LENGTH,  /* the area ends behind the kind */
    TCP_OPTION_ERROR_TOO_SHORT,  /* a length of 0 or 1 */
    TCP_OPTION_ERROR_TOO_LONG,   /* a length beyond the area */
    TCP_OPTION_ERROR_CUT,        /* the captured bytes end inside; data is what there is of it */
};

struct tcp_option {
    uint8_t kind;
    uint8_t len; /* the length byte; 1 for END and NOP, 0 if there is none to read */
    enum tcp_option_error error;
    uint32_t offset;  /* of the kind byte in the area */
    struct span data; /* behind kind and length */
};

/* A place in an option area. */
struct tcp_option_iter {
    struct span bytes;   /* what was captured of the area */
    uint32_t area_bytes; /* what the data offset says; more than `bytes` in a cut capture */
    uint32_t offset;     /* the next option; area_bytes at the end */
};

/*
 * Starts at the front of an area of `area_bytes`, of which `bytes` are at hand; the two agree
 * except when a capture was cut short. `bytes` beyond the area are not looked at.
 */
void tcp_option_iter_init(struct tcp_option_iter *iter, struct span bytes, uint32_t area_bytes);

/*
 * Gives the next option; false when none is left. END is given, and is the last. Each call that
 * returns true moves forward, so a walk makes at most area_bytes of them.
 */
bool tcp_option_iter_next(struct tcp_option_iter *iter, struct tcp_option *option);

/* Goes on at `offset`, for a reader that disagrees with a length byte; at most the area's end. */
void tcp_option_iter_seek(struct tcp_option_iter *iter, uint32_t offset);

/*
 * The length byte that options of this kind carry, 1 for END and NOP, 0 when it varies or the kind
 * is unknown.
 */
uint8_t tcp_option_len_expected(uint8_t kind);

struct tcp_sack_block {
    uint32_t start; /* sequence number of the first byte held */
    uint32_t end;   /* one past the last */
};

/* The options the stack acts on. */
struct tcp_options {
    uint16_t mss; /* bytes; 0: absent */
    bool has_wscale;
    bool has_sack_permitted;
    bool has_timestamps;
    uint8_t wscale; /* 0 to 14; 0 without has_wscale */
    uint8_t sack_count;
    uint32_t ts_val; /* 0 without has_timestamps, as ts_ecr */
    uint32_t ts_ecr;
    struct tcp_sack_block sack[TCP_SACK_BLOCKS_MAX]; /* the first sack_count are set */
};

/* Sets all to absent, without touching the SACK blocks. */
static inline void tcp_options_clear(struct tcp_options *options)
{
    options->mss = 0;
    options->has_wscale = false;
    options->has_sack_permitted = false;
    options->has_timestamps = false;
    options->wscale = 0;
    options->sack_count = 0;
    options->ts_val = 0;
    options->ts_ecr = 0;
}

/*
 * Reads the option area (header from byte 20 to the data offset). Takes any bytes: a malformed
 * option is left out, and what follows a length that cannot be believed is ignored. Of two options
 * of one kind the later counts. A window scale beyond 14 is taken as 14.
 */
void tcp_options_parse(struct tcp_options *options, struct span area);

/* SACK blocks that fit beside the other options, 0 to TCP_SACK_BLOCKS_MAX. */
uint32_t tcp_options_sack_room(const struct tcp_options *options);

/* Bytes tcp_options_emit() writes: a multiple of four, at most TCP_OPTIONS_BYTES_MAX. */
uint32_t tcp_options_emit_len(const struct tcp_options *options);

/*
 * Writes the options at the front of `out`, with room for tcp_options_emit_len(), in the order
 * Linux uses. SACK blocks that do not fit beside the rest are left out.
 */
void tcp_options_emit(const struct tcp_options *options, struct span_mut out);

#endif
