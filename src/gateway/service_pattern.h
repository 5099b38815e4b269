/*
 * Endless text that repeats, copied out from any offset: what /bytes and chargen send.
 *
 * The text is worked out once. Its beginning stands behind it again, so that a run of
 * SERVICE_RUN_BYTES is one memcpy wherever it starts.
 */
#ifndef VITRO_GATEWAY_SERVICE_PATTERN_H
#define VITRO_GATEWAY_SERVICE_PATTERN_H

#include "base/assert.h"

/* Bytes that are copied at a time: a chunk of a send buffer. */
#define SERVICE_RUN_BYTES 16384

/* Of the two texts: 61 lines of 64 bytes, and 95 lines of 74 (RFC 864). */
#define SERVICE_BYTES_PERIOD   3904
#define SERVICE_CHARGEN_PERIOD 7030

struct service_pattern {
    uint32_t period_bytes;
    uint8_t text[SERVICE_CHARGEN_PERIOD + SERVICE_RUN_BYTES];
};

/*
 * The text of /bytes: byte i is, with k = i % 3904, a newline where k % 64 == 63, else the
 * character 33 + (k * k / 7) % 94. In Python:
 *
 *     bytes(10 if k % 64 == 63 else 33 + k * k // 7 % 94 for k in range(3904))
 */
void service_pattern_bytes(struct service_pattern *pattern);

/* The text of RFC 864: lines of 72 of the 95 printable characters, each line one further. */
void service_pattern_chargen(struct service_pattern *pattern);

/* Copies `len` bytes of the endless text, from `offset` on. */
void service_pattern_copy(const struct service_pattern *pattern, uint64_t offset, uint8_t *to,
                          size_t len);

#endif
