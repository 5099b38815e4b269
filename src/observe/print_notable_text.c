/*
 * The line of a fold.
 *
 * A line is a sentence with places in braces, filled in one pass; only {super} has places of its
 * own. It begins with as many spaces as a time stamp is wide, so it cannot be taken for a packet.
 */
#include "observe/print_notable.h"

#include <string.h>

#include "wire/ip_proto.h"

#define GROUP      1000 /* digits are set in groups of three, sizes in powers of it */
#define US_PER_MS  1000
#define US_PER_10S 10000000

const struct notable_words notable_words_english = {
    .line = "... {count} {unit}{super} {from} > {to}, {bytes}, and {back} back, {back_bytes} "
            "({time})",
    .line_back_empty = "... {count} {unit}{super} {from} > {to}, {bytes}, and {back} back "
                       "({time})",
    .line_one_way = "... {count} {unit}{super} {from} > {to}, {bytes} ({time})",
    .super = " ({wire} on the wire)",
    .segment = "segment",
    .segments = "segments",
    .datagram = "datagram",
    .datagrams = "datagrams",
    .packet = "packet",
    .packets = "packets",
};

/* Appends 1,234,567. */
static void add_count(struct text *out, uint64_t value)
{
    uint64_t unit = 1;
    while (value / unit >= GROUP) {
        unit *= GROUP;
    }
    text_addf(out, "%llu", (unsigned long long)(value / unit));
    for (unit /= GROUP; unit > 0; unit /= GROUP) {
        text_addf(out, ",%03llu", (unsigned long long)(value / unit % GROUP));
    }
}

/* Appends 812 B, 1.7 MB, 23 GB, rounded: at least two digits. */
static void add_bytes(struct text *out, uint64_t bytes)
{
    static const char *const names[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    uint32_t name = 0;
    uint64_t unit = 1;
    while (bytes / unit >= GROUP || (unit > 1 && bytes / (unit / 2) >= 2 * GROUP - 1)) {
        unit *= GROUP;
        name++;
    }
    const uint64_t half = unit / 2, rest = bytes % unit;
    const uint64_t tenths = bytes / unit * 10 + (rest * 10 + half) / unit;
    if (unit == 1) {
        text_addf(out, "%llu B", (unsigned long long)bytes);
    } else if (tenths < 100) {
        text_addf(out, "%llu.%llu %s", (unsigned long long)(tenths / 10),
                  (unsigned long long)(tenths % 10), names[name]);
    } else {
        const uint64_t whole = bytes / unit + (rest >= half ? 1 : 0);
        text_addf(out, "%llu %s", (unsigned long long)whole, names[name]);
    }
}

/* Appends 14 us, 2.4 ms, 31 ms, 1.25 s, 83 s. */
static void add_time(struct text *out, uint64_t us)
{
    const unsigned long long ms = us / US_PER_MS;
    if (ms == 0) {
        text_addf(out, "%llu us", (unsigned long long)us);
    } else if (ms < 10) {
        text_addf(out, "%llu.%llu ms", ms, (unsigned long long)(us % US_PER_MS / 100));
    } else if (ms < GROUP) {
        text_addf(out, "%llu ms", ms);
    } else if (us < US_PER_10S) {
        text_addf(out, "%llu.%02llu s", ms / GROUP, ms % GROUP / 10);
    } else {
        text_addf(out, "%llu s", ms / GROUP);
    }
}

/* Appends ADDRESS.PORT as tcpdump does, or the address alone where there are no ports. */
static void add_end(struct text *out, const struct notable_fold *fold, const struct track_end *end)
{
    char address[IP_ADDR_TEXT_MAX];
    ip_addr_format(&end->addr, address);
    text_add(out, address);
    if (fold->protocol != IP_PROTO_TCP && fold->protocol != IP_PROTO_UDP) return;
    text_addf(out, ".%u", end->port);
}

static const char *unit_of(const struct notable_fold *fold, const struct notable_words *words)
{
    const bool is_one = fold->segments[0] == 1;
    if (fold->protocol == IP_PROTO_TCP) return is_one ? words->segment : words->segments;
    if (fold->protocol == IP_PROTO_UDP) return is_one ? words->datagram : words->datagrams;
    return is_one ? words->packet : words->packets;
}

/* Appends what belongs in a place; false if there is no such place. */
static bool add_place(struct text *out, const struct notable_fold *fold,
                      const struct notable_words *words, struct span name)
{
#define IS(literal) (name.len == sizeof(literal) - 1 && memcmp(name.data, literal, name.len) == 0)
    if (IS("count")) {
        add_count(out, fold->segments[0]);
    } else if (IS("unit")) {
        text_add(out, unit_of(fold, words));
    } else if (IS("wire")) {
        add_count(out, fold->wire_segments[0]);
    } else if (IS("from")) {
        add_end(out, fold, &fold->from);
    } else if (IS("to")) {
        add_end(out, fold, &fold->to);
    } else if (IS("bytes")) {
        add_bytes(out, fold->bytes[0]);
    } else if (IS("back")) {
        add_count(out, fold->segments[1]);
    } else if (IS("back_bytes")) {
        add_bytes(out, fold->bytes[1]);
    } else if (IS("time")) {
        add_time(out, fold->last_us > fold->first_us ? fold->last_us - fold->first_us : 0);
    } else {
        return false;
    }
#undef IS
    return true;
}

/* The place that begins at `at`: its name, and what follows it; false if there is none. */
static bool find_place(const char *at, struct span *name, const char **behind)
{
    const char *end = *at == '{' ? strchr(at, '}') : NULL;
    if (end == NULL) return false;
    *name = span_of(at + 1, (size_t)(end - at) - 1);
    *behind = end + 1;
    return true;
}

/* Fills a sentence without {super}. */
static void fill(struct text *out, const struct notable_fold *fold,
                 const struct notable_words *words, const char *sentence)
{
    while (*sentence != '\0') {
        struct span name;
        const char *behind;
        if (find_place(sentence, &name, &behind) && add_place(out, fold, words, name)) {
            sentence = behind;
        } else {
            text_add_char(out, *sentence++);
        }
    }
}

void notable_format(const struct notable_fold *fold, const struct notable_words *words,
                    struct text *out)
{
    static const char place[] = "{super}";
    const char *sentence = words->line;
    if (fold->bytes[1] == 0) sentence = words->line_back_empty;
    if (fold->segments[1] == 0) sentence = words->line_one_way;
    for (uint32_t i = 0; i < NOTABLE_INDENT; i++) text_add_char(out, ' ');
    while (*sentence != '\0') {
        struct span name;
        const char *behind;
        if (strncmp(sentence, place, sizeof place - 1) == 0) {
            if (fold->wire_segments[0] > fold->segments[0]) fill(out, fold, words, words->super);
            sentence += sizeof place - 1;
        } else if (find_place(sentence, &name, &behind) && add_place(out, fold, words, name)) {
            sentence = behind;
        } else {
            text_add_char(out, *sentence++);
        }
    }
}
