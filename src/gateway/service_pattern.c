/*
 * Endless text.
 *
 * Lines of 64 bytes in a period that is no power of two: whoever looks sees text, and bytes that
 * come to lie elsewhere by a multiple of a buffer's or a segment's size do not go unnoticed.
 *
 * References: RFC 864.
 */
#include "gateway/service_pattern.h"

#include <string.h>

/* Repeats the first period up to the end of the text. */
static void repeat(struct service_pattern *pattern, uint32_t period_bytes)
{
    pattern->period_bytes = period_bytes;
    for (size_t i = period_bytes; i < sizeof pattern->text; i++) {
        pattern->text[i] = pattern->text[i - period_bytes];
    }
}

void service_pattern_bytes(struct service_pattern *pattern)
{
    for (uint32_t k = 0; k < SERVICE_BYTES_PERIOD; k++) {
        pattern->text[k] = k % 64 == 63 ? '\n' : (uint8_t)(33 + k * k / 7 % 94);
    }
    repeat(pattern, SERVICE_BYTES_PERIOD);
}

void service_pattern_chargen(struct service_pattern *pattern)
{
    uint8_t *to = pattern->text;
    for (uint32_t line = 0; line < 95; line++) {
        for (uint32_t column = 0; column < 72; column++) {
            *to++ = (uint8_t)(' ' + (line + column) % 95);
        }
        *to++ = '\r';
        *to++ = '\n';
    }
    repeat(pattern, SERVICE_CHARGEN_PERIOD);
}

void service_pattern_copy(const struct service_pattern *pattern, uint64_t offset, uint8_t *to,
                          size_t len)
{
    while (len > 0) {
        const size_t run = size_min(len, SERVICE_RUN_BYTES);
        memcpy(to, pattern->text + offset % pattern->period_bytes, run);
        offset += run;
        to += run;
        len -= run;
    }
}
