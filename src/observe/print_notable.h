/*
 * What `--print notable` shows of a stream of packets, and what it folds into counted lines.
 *
 *     for each packet:
 *         verdict = track_input(...)
 *         is_shown = notable_decide(&notable, &packet, &verdict, now_us)
 *         while (notable_take(&notable, &fold)) print a line for `fold`
 *         if (is_shown) print the packet
 *     when notable_next_deadline() has come:
 *         notable_due(&notable, now_us), and take as above
 *     at the end: notable_flush(&notable), and take
 *
 * Shown: what is not IP; opens, closes and everything unusual (enum track_bit), but of duplicate
 * ACKs only the first three in a row; ICMP errors; what the caller marks; and the first segments of
 * a conversation, of what follows a pause, and of what follows a FIN. The rest is quiet bulk and is
 * counted into the fold of its conversation. A fold ends, and is to be taken, when a packet of its
 * conversation is shown, after NOTABLE_QUIET_US without one, and at the latest NOTABLE_FOLD_US
 * after it began, so that a long transfer shows that it lives.
 *
 * Memory: an object for each conversation that the table has, and no more: whoever owns the table
 * must call notable_forget() from its `evict`. Folds lost for want of memory are shown as packets.
 */
#ifndef VITRO_OBSERVE_PRINT_NOTABLE_H
#define VITRO_OBSERVE_PRINT_NOTABLE_H

#include "base/text.h"
#include "observe/track.h"

#define NOTABLE_FIRST_SEGMENTS 16 /* of a conversation that are shown, or until ... */
#define NOTABLE_FIRST_DATA     8  /* ... as many with data */
#define NOTABLE_AGAIN_SEGMENTS 6  /* the same after a pause, and after the first FIN */
#define NOTABLE_AGAIN_DATA     3
#define NOTABLE_DUPLICATE_ACKS 3 /* in a row that are shown */
#define NOTABLE_QUIET_US       1000000
#define NOTABLE_FOLD_US        10000000

/* A run of packets of one conversation that were not shown. [0] counts what `from` sent to `to`,
 * [1] what came back; `from` is the end that sent more bytes. */
struct notable_fold {
    uint64_t conversation; /* its number */
    uint8_t protocol;
    struct track_end from, to;
    uint64_t segments[2];      /* packets */
    uint64_t wire_segments[2]; /* what they are on the wire: more if there are super-segments */
    uint64_t bytes[2];         /* payload */
    uint64_t first_us, last_us;
};

/*
 * The words of a fold's line; which one depends on what came back: packets with payload, without,
 * or nothing. They have places in braces:
 * {count} {unit} {super} {from} {to} {bytes} {back} {back_bytes} {time}. {super} becomes `super`,
 * where {wire} is the number of wire segments, if there were super-segments, else nothing. What is
 * no place, or has no end, stands as it is.
 */
struct notable_words {
    const char *line;
    const char *line_back_empty;
    const char *line_one_way;
    const char *super;
    const char *segment, *segments;   /* TCP: one, many */
    const char *datagram, *datagrams; /* UDP */
    const char *packet, *packets;     /* other IP */
};

/* Fields are private. */
struct notable {
    struct pool pool;
    struct list quiet; /* folds that have begun, by their last packet */
    struct list begun; /* the same by their first */
    struct list ready; /* folds to be taken */
    uint64_t now_us;
};

/* Makes ready for the conversations of a table of `conversations_max`. Cannot fail. */
void notable_init(struct notable *notable, uint32_t conversations_max);

/* Frees everything. The table's conversations must not be used with it any more. */
void notable_deinit(struct notable *notable);

/* Whether the packet is to be shown; if not, it has been counted. Folds may be ready afterwards,
 * which belong before it. */
bool notable_decide(struct notable *notable, const struct track_packet *packet,
                    const struct track_verdict *verdict, uint64_t now_us);

/* Takes the next fold that is ready; false when there is none. */
bool notable_take(struct notable *notable, struct notable_fold *fold);

/* Makes the folds ready that have ended by `now_us`. */
void notable_due(struct notable *notable, uint64_t now_us);

/* When notable_due() has something to do; TIME_NEVER: not at all. */
uint64_t notable_next_deadline(const struct notable *notable);

/* Makes all folds ready. */
void notable_flush(struct notable *notable);

/* A conversation leaves the table; its fold becomes ready. Fits track_options.evict, with the
 * notable as context. */
void notable_forget(void *notable, struct track_conversation *conversation);

/* The words in English. */
extern const struct notable_words notable_words_english;

#define NOTABLE_INDENT 16 /* as wide as a time stamp and a space */

/* Appends the fold's line to `out`, without a line end: NOTABLE_INDENT spaces and the words. */
void notable_format(const struct notable_fold *fold, const struct notable_words *words,
                    struct text *out);

#endif
