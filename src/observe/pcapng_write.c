/*
 * pcapng blocks.
 *
 * Blocks other than packets are put together in one go by a writer that notes when the room is
 * spent and is asked once, at the end. A packet's block is cut around its payload; the length in
 * front of it is computed from the same packet that its trailer is written from.
 */
#include "observe/pcapng_write.h"

#include <string.h>

#include "base/bytes.h"

#define BLOCK_SECTION    UINT32_C(0x0a0d0d0a)
#define BLOCK_INTERFACE  1
#define BLOCK_NAMES      4
#define BLOCK_STATISTICS 5
#define BLOCK_PACKET     6

#define BYTE_ORDER_MAGIC UINT32_C(0x1a2b3c4d)
#define VERSION_MAJOR    1
#define VERSION_MINOR    0

#define OPTION_BYTES     4 /* code and length */
#define RECORD_BYTES     4 /* type and length */
#define TRAILER_BYTES    4
#define RECORD_BYTES_MAX (RECORD_BYTES + 16 + PCAPNG_TEXT_BYTES_MAX + 4)

/* Options of any block, then those of each kind. */
enum option {
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    SECTION_HARDWARE = 2,
    SECTION_SYSTEM = 3,
    SECTION_APPLICATION = 4,
    INTERFACE_NAME = 2,
    INTERFACE_DESCRIPTION = 3,
    INTERFACE_TIME_UNIT = 9,
    PACKET_FLAGS = 2,
    PACKET_DROPS = 4,
    PACKET_ID = 5,
    STATISTICS_FIRST = 2,
    STATISTICS_LAST = 3,
    STATISTICS_RECEIVED = 4,
    STATISTICS_DROPPED = 5,
    STATISTICS_DELIVERED = 8,
};

enum record {
    RECORD_END = 0,
    RECORD_IP4 = 1,
    RECORD_IP6 = 2,
};

#define TIME_UNIT_US 6 /* ten to the power of minus six seconds */

struct writer {
    struct span_mut out;
    size_t len;
    bool is_full;
};

static uint32_t padding_of(size_t len) { return (uint32_t)(-len & 3); }

/* Room for `len` more bytes; NULL, once and for all, if there is none. */
static uint8_t *take(struct writer *w, size_t len)
{
    if (w->is_full || w->out.len - w->len < len) {
        w->is_full = true;
        return NULL;
    }
    uint8_t *at = w->out.data + w->len;
    w->len += len;
    return at;
}

static void put_u16(struct writer *w, uint16_t value)
{
    uint8_t *at = take(w, sizeof value);
    if (at != NULL) put_le16(at, value);
}

static void put_u32(struct writer *w, uint32_t value)
{
    uint8_t *at = take(w, sizeof value);
    if (at != NULL) put_le32(at, value);
}

static void put_bytes(struct writer *w, const void *bytes, size_t len)
{
    uint8_t *at = take(w, len);
    if (at != NULL && len > 0) memcpy(at, bytes, len);
}

static void put_padding(struct writer *w, size_t len)
{
    static const uint8_t zeros[3];
    put_bytes(w, zeros, padding_of(len));
}

/* How much of a string is written: all, or whole characters up to the limit. */
static size_t text_len(const char *text)
{
    const char *end = memchr(text, '\0', PCAPNG_TEXT_BYTES_MAX + 1);
    if (end != NULL) return (size_t)(end - text);
    size_t len = PCAPNG_TEXT_BYTES_MAX;
    while (len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80) {
        len--;
    }
    return len;
}

static void put_option(struct writer *w, uint16_t code, const void *value, size_t len)
{
    put_u16(w, code);
    put_u16(w, (uint16_t)len);
    put_bytes(w, value, len);
    put_padding(w, len);
}

/* The bytes of the letter of UTF-8 that begins a text of `len` bytes; 0: none does. */
static size_t letter_len(const uint8_t *text, size_t len)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000}; /* by length */
    const uint8_t lead = text[0];
    if (lead < 0x80) return 1;
    const size_t want = lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf8 ? 4 : 0;
    if (want == 0 || want > len) return 0;
    uint32_t letter = lead & (0x7fu >> want);
    for (size_t i = 1; i < want; i++) {
        if ((text[i] & 0xc0) != 0x80) return 0;
        letter = letter << 6 | (text[i] & 0x3f);
    }
    const bool is_half_pair = letter >= 0xd800 && letter < 0xe000;
    return letter < least[want] || letter > 0x10ffff || is_half_pair ? 0 : want;
}

static void put_option_text(struct writer *w, uint16_t code, const char *text)
{
    if (text == NULL) return;
    const size_t len = text_len(text);
    put_option(w, code, text, len);
    if (w->is_full) return;
    uint8_t *at = w->out.data + w->len - padding_of(len) - len;
    for (size_t i = 0; i < len;) {
        const size_t letter = letter_len(at + i, len - i);
        if (letter == 0) at[i] = '?'; /* the file is UTF-8, whatever was typed */
        i += letter > 0 ? letter : 1;
    }
}

static void put_option_u64(struct writer *w, uint16_t code, uint64_t value)
{
    uint8_t bytes[8];
    put_le64(bytes, value);
    put_option(w, code, bytes, sizeof bytes);
}

/* Times are written in two halves, the high one first. */
static void put_option_time(struct writer *w, uint16_t code, uint64_t time_us)
{
    uint8_t bytes[8];
    put_le32(bytes, (uint32_t)(time_us >> 32));
    put_le32(bytes + 4, (uint32_t)time_us);
    put_option(w, code, bytes, sizeof bytes);
}

/* Begins a block; its length is put in when it ends. */
static struct writer block_begin(struct span_mut out, uint32_t type)
{
    struct writer w = {.out = out};
    put_u32(&w, type);
    put_u32(&w, 0);
    return w;
}

/* Ends it behind the end of options; its length, or 0 if it does not fit. */
static size_t block_end(struct writer *w)
{
    put_option(w, OPTION_END, NULL, 0);
    put_u32(w, (uint32_t)(w->len + TRAILER_BYTES));
    if (w->is_full) return 0;
    put_le32(w->out.data + 4, (uint32_t)w->len);
    return w->len;
}

size_t pcapng_write_section(struct span_mut out, const struct pcapng_section *section)
{
    struct writer w = block_begin(out, BLOCK_SECTION);
    put_u32(&w, BYTE_ORDER_MAGIC);
    put_u16(&w, VERSION_MAJOR);
    put_u16(&w, VERSION_MINOR);
    put_u32(&w, UINT32_MAX); /* of unknown length: up to the end of the file */
    put_u32(&w, UINT32_MAX);
    put_option_text(&w, SECTION_HARDWARE, section->hardware);
    put_option_text(&w, SECTION_SYSTEM, section->system);
    put_option_text(&w, SECTION_APPLICATION, section->application);
    put_option_text(&w, OPTION_COMMENT, section->comment);
    return block_end(&w);
}

size_t pcapng_write_interface(struct span_mut out, const struct pcapng_interface *interface)
{
    static const uint8_t time_unit = TIME_UNIT_US;
    struct writer w = block_begin(out, BLOCK_INTERFACE);
    put_u16(&w, interface->link_type);
    put_u16(&w, 0);
    put_u32(&w, interface->snapshot_bytes);
    put_option_text(&w, INTERFACE_NAME, interface->name);
    put_option_text(&w, INTERFACE_DESCRIPTION, interface->description);
    put_option(&w, INTERFACE_TIME_UNIT, &time_unit, 1);
    return block_end(&w);
}

/* The options of a packet with its end of options; no bytes at all if there are none. */
static void put_packet_options(struct writer *w, const struct pcapng_packet *packet)
{
    if (packet->way != PCAPNG_WAY_UNKNOWN) {
        uint8_t flags[4]; /* bits 0 and 1: the direction */
        put_le32(flags, packet->way == PCAPNG_WAY_INBOUND ? 1 : 2);
        put_option(w, PACKET_FLAGS, flags, sizeof flags);
    }
    if (packet->drops != 0) put_option_u64(w, PACKET_DROPS, packet->drops);
    if (packet->packet_id != 0) put_option_u64(w, PACKET_ID, packet->packet_id);
    put_option_text(w, OPTION_COMMENT, packet->comment);
    if (w->len > 0) put_option(w, OPTION_END, NULL, 0);
}

/* What put_packet_options() writes. */
static uint32_t packet_options_bytes(const struct pcapng_packet *packet)
{
    uint32_t bytes = 0;
    if (packet->way != PCAPNG_WAY_UNKNOWN) bytes += OPTION_BYTES + 4;
    if (packet->drops != 0) bytes += OPTION_BYTES + 8;
    if (packet->packet_id != 0) bytes += OPTION_BYTES + 8;
    if (packet->comment != NULL) {
        const uint32_t len = (uint32_t)text_len(packet->comment);
        bytes += OPTION_BYTES + len + padding_of(len);
    }
    return bytes > 0 ? bytes + OPTION_BYTES : 0;
}

/* The length of a packet's whole block. */
static uint32_t packet_block_bytes(const struct pcapng_packet *packet)
{
    const uint32_t captured_bytes = packet->captured_bytes;
    return PCAPNG_PACKET_HEADER_BYTES + captured_bytes + padding_of(captured_bytes) +
           packet_options_bytes(packet) + TRAILER_BYTES;
}

void pcapng_write_packet_header(uint8_t out[PCAPNG_PACKET_HEADER_BYTES],
                                const struct pcapng_packet *packet)
{
    ASSERT(packet->captured_bytes <= packet->wire_bytes);
    put_le32(out, BLOCK_PACKET);
    put_le32(out + 4, packet_block_bytes(packet));
    put_le32(out + 8, packet->interface);
    put_le32(out + 12, (uint32_t)(packet->time_us >> 32));
    put_le32(out + 16, (uint32_t)packet->time_us);
    put_le32(out + 20, packet->captured_bytes);
    put_le32(out + 24, packet->wire_bytes);
}

size_t pcapng_write_packet_trailer(struct span_mut out, const struct pcapng_packet *packet)
{
    struct writer padding = {.out = out};
    put_padding(&padding, packet->captured_bytes);
    if (padding.is_full) return 0;
    struct writer w = {.out = span_mut_slice(out, padding.len, SIZE_MAX)};
    put_packet_options(&w, packet);
    put_u32(&w, packet_block_bytes(packet));
    return w.is_full ? 0 : padding.len + w.len;
}

/* One record of a name: the address, and the name with its zero. */
static void put_name(struct writer *w, const struct pcapng_name *name)
{
    const bool is_ip4 = ip_addr_is_v4(&name->addr);
    const size_t address_bytes = is_ip4 ? 4 : 16;
    const size_t name_bytes = text_len(name->name);
    const size_t len = address_bytes + name_bytes + 1;
    put_u16(w, is_ip4 ? RECORD_IP4 : RECORD_IP6);
    put_u16(w, (uint16_t)len);
    put_bytes(w, name->addr.bytes + (16 - address_bytes), address_bytes);
    put_bytes(w, name->name, name_bytes);
    put_bytes(w, "", 1);
    put_padding(w, len);
}

size_t pcapng_write_names(struct span_mut out, const struct pcapng_name *names, uint32_t count,
                          uint32_t *taken)
{
    const size_t end_bytes = RECORD_BYTES + OPTION_BYTES + TRAILER_BYTES;
    struct writer w = block_begin(out, BLOCK_NAMES);
    for (*taken = 0; *taken < count; ++*taken) {
        if (out.len < w.len + RECORD_BYTES_MAX + end_bytes) break;
        put_name(&w, &names[*taken]);
    }
    put_u16(&w, RECORD_END);
    put_u16(&w, 0);
    return *taken == 0 && count > 0 ? 0 : block_end(&w);
}

size_t pcapng_write_statistics(struct span_mut out, const struct pcapng_statistics *statistics)
{
    struct writer w = block_begin(out, BLOCK_STATISTICS);
    put_u32(&w, statistics->interface);
    put_u32(&w, (uint32_t)(statistics->last_us >> 32));
    put_u32(&w, (uint32_t)statistics->last_us);
    put_option_time(&w, STATISTICS_FIRST, statistics->first_us);
    put_option_time(&w, STATISTICS_LAST, statistics->last_us);
    put_option_u64(&w, STATISTICS_RECEIVED, statistics->received);
    put_option_u64(&w, STATISTICS_DROPPED, statistics->dropped);
    put_option_u64(&w, STATISTICS_DELIVERED, statistics->delivered);
    return block_end(&w);
}
