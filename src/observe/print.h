/*
 * Packets as lines of text, byte for byte as tcpdump 4.99.3 prints them with -n.
 *
 *     struct print print;
 *     print_init(&print, &options)
 *     print_packet(&print, &info, bytes, &text)      once for each packet, in order
 *     print_deinit(&print)
 *
 * A `struct print` remembers from packet to packet only what tcpdump remembers: the bases of
 * relative sequence numbers (bounded, see print_seq.h), and the times of the first and of the last
 * packet. Printing allocates nothing, reads no clock and asks no name service; what depends on the
 * machine (time zone, interface names) comes from the caller.
 *
 * The packet is hostile: any bytes give some text. Lengths a packet claims are held against the
 * bytes that were captured; the first read beyond those ends the packet with ` [|proto]`.
 */
#ifndef VITRO_OBSERVE_PRINT_H
#define VITRO_OBSERVE_PRINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/span.h"
#include "base/text.h"
#include "observe/print_seq.h"

/* Room that holds the text of nearly every packet; where it is too small the text is cut. */
#define PRINT_TEXT_BYTES 65536

/* Largest packet that is believed; beyond it the capture file is broken. */
#define PRINT_PACKET_BYTES_MAX 262144

/* How the packet begins: link types as capture files number them (LINKTYPE_*). */
enum print_link_type {
    PRINT_LINK_NULL = 0, /* address family in the byte order of the machine that captured */
    PRINT_LINK_ETHERNET = 1,
    PRINT_LINK_RAW_OLD = 12, /* raw IP as some systems number it */
    PRINT_LINK_RAW = 101,
    PRINT_LINK_LOOP = 108, /* address family in network order */
    PRINT_LINK_SLL = 113,
    PRINT_LINK_IP4 = 228,
    PRINT_LINK_IP6 = 229,
    PRINT_LINK_SLL2 = 276,
};

enum print_time_mode {
    PRINT_TIME_OF_DAY,      /* 18:02:11.402113 */
    PRINT_TIME_NONE,        /* -t */
    PRINT_TIME_EPOCH,       /* -tt: seconds since 1970 */
    PRINT_TIME_SINCE_LAST,  /* -ttt */
    PRINT_TIME_DATE,        /* -tttt */
    PRINT_TIME_SINCE_FIRST, /* -ttttt */
};

enum print_dump_mode {
    PRINT_DUMP_NONE,
    PRINT_DUMP_HEX,       /* -x */
    PRINT_DUMP_HEX_ASCII, /* -X */
    PRINT_DUMP_ASCII,     /* -A */
};

/* All zero is `tcpdump -n`. */
struct print_options {
    uint8_t verbosity; /* how many -v */
    uint8_t quiet;     /* how many -q */
    enum print_time_mode time;
    enum print_dump_mode dump;
    bool has_nanoseconds;  /* --nano: nine digits behind the point, otherwise six */
    bool has_number;       /* -#: each line begins with the packet's number */
    bool has_link;         /* -e: the link header too */
    bool has_absolute_seq; /* -S */
    bool has_no_checksums; /* -K: checksums are not looked at */
    bool dumps_link;       /* -xx, -XX, -AA: dump from the link header on */
    uint32_t flows_max;    /* connections with relative numbers; 0: PRINT_SEQ_FLOWS_MAX */
    struct hash_key key;   /* of their table: secret where captures come from strangers */

    /* Seconds local time is ahead of UTC at `time_s`. NULL: UTC. */
    int32_t (*utc_offset_s)(void *context, uint64_t time_s);
    /* Name of interface `index` for Linux cooked captures, or NULL if it has none. NULL: none. */
    const char *(*interface_name)(void *context, uint32_t index);
    void *context; /* for both */
};

/* What is known of a packet beside its bytes. */
struct print_packet_info {
    uint16_t link_type;  /* enum print_link_type */
    uint32_t wire_bytes; /* length on the wire; that of the bytes at hand, or more */
    uint64_t time_s;     /* since 1970 */
    uint32_t time_ns;    /* behind the second */
};

/* A packet inside the packet, to be printed when the printer around it has returned. */
struct print_next {
    uint8_t kind; /* enum print_layer_kind */
    uint32_t at;  /* offset in the packet */
    uint32_t len; /* what is claimed to be there */
};

/* Fields are private to observe/. */
struct print {
    struct print_options options;
    struct print_seq seq;
    uint32_t packets;
    uint64_t reference_s; /* what -ttt and -ttttt count from; zero: not set */
    uint32_t reference_frac;
    uint64_t clock_s; /* the second whose time of day stands in clock_text */
    bool has_clock;
    char clock_text[8];

    /* The packet being printed. */
    struct text *out;
    const uint8_t *bytes;
    uint32_t end;        /* reads stop here: captured, and inside the innermost length */
    uint32_t captured;   /* all bytes at hand */
    uint32_t link_bytes; /* offset at which dumps begin */
    const char *proto;   /* who is reading */
    bool is_cut;         /* something was read that was not captured: */
    size_t cut_len;      /* how long the text was by then */
    const char *cut_proto;
    struct print_next next;
};

/* Makes ready with a copy of `options`. False without memory: then nothing is to be freed. */
WARN_UNUSED bool print_init(struct print *p, const struct print_options *options);

/* Frees what print_init() took. */
void print_deinit(struct print *p);

/*
 * Appends the packet's text to `out`: one line, more with -v or a dump, each ended by a newline.
 * `bytes` is what was captured. Text that does not fit is cut and `out->truncated` set.
 */
void print_packet(struct print *p, const struct print_packet_info *info, struct span bytes,
                  struct text *out);

#endif
