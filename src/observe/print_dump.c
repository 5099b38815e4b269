/*
 * The bytes of a packet, in hexadecimal, with characters, or as characters alone.
 */
#include "observe/print_layer.h"

#define LINE_BYTES     16
#define HEX_COLUMN_MAX 40 /* eight groups of ` xxxx` */

static bool is_graphic(uint8_t byte) { return byte > ' ' && byte <= '~'; }

/* Appends up to sixteen bytes as groups of two; returns the columns that took. */
static uint32_t print_groups(struct print *p, const uint8_t *bytes, uint32_t len)
{
    for (uint32_t i = 0; i < len; i += 2) {
        PRINT(p, " ");
        print_hex_bytes(p, bytes + i, u32_min(2, len - i));
    }
    return len * 2 + (len + 1) / 2;
}

static void print_characters(struct print *p, const uint8_t *bytes, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        print_char(p, is_graphic(bytes[i]) ? (char)bytes[i] : '.');
    }
}

void print_dump_hex(struct print *p, const uint8_t *bytes, uint32_t len, const char *indent,
                    bool has_ascii)
{
    for (uint32_t at = 0; at < len; at += LINE_BYTES) {
        const uint32_t here = u32_min(LINE_BYTES, len - at);
        print_string(p, indent);
        PRINT(p, "0x");
        print_hex(p, at, 4);
        PRINT(p, ": ");
        uint32_t column = print_groups(p, bytes + at, here);
        if (!has_ascii) continue;
        for (; column < HEX_COLUMN_MAX + 2; column++) {
            PRINT(p, " ");
        }
        print_characters(p, bytes + at, here);
    }
}

/* Appends text as it is but for what a terminal would take amiss; of line ends only the LF. */
static void print_dump_ascii(struct print *p, const uint8_t *bytes, uint32_t len)
{
    PRINT(p, "\n");
    for (uint32_t i = 0; i < len; i++) {
        const uint8_t byte = bytes[i];
        if (byte == '\r') {
            /* Dropped before a LF; so near the end that tcpdump does not look, too. */
            if (len - i <= 2 || bytes[i + 1] == '\n') continue;
            PRINT(p, ".");
        } else if (is_graphic(byte) || byte == '\t' || byte == ' ' || byte == '\n') {
            print_char(p, (char)byte);
        } else {
            PRINT(p, ".");
        }
    }
}

void print_dump(struct print *p)
{
    if (p->options.dump == PRINT_DUMP_NONE) return;
    const uint32_t from = p->options.dumps_link ? 0 : u32_min(p->link_bytes, p->captured);
    const uint8_t *bytes = p->bytes + from;
    const uint32_t len = p->captured - from;
    if (len == 0) return;
    if (p->options.dump == PRINT_DUMP_ASCII) {
        print_dump_ascii(p, bytes, len);
        return;
    }
    print_dump_hex(p, bytes, len, "\n\t", p->options.dump == PRINT_DUMP_HEX_ASCII);
}

void print_unknown_data(struct print *p, uint32_t at, uint32_t len, const char *indent)
{
    const uint32_t here = u32_min(len, print_left(p, at));
    if (here > 0) print_dump_hex(p, p->bytes + at, here, indent, false);
}
