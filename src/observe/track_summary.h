/*
 * A conversation in a few words: who began, in which state each end is, who closed and how.
 *
 * All of it is inferred from what passed by. A segment that was seen need not have arrived: the
 * state of an end is the one it must be in to have sent what it has sent, moved on by what the
 * other end has acknowledged or answered.
 *
 * References: RFC 9293 3.3.2 (states), RFC 9293 3.6 (closing).
 */
#ifndef VITRO_OBSERVE_TRACK_SUMMARY_H
#define VITRO_OBSERVE_TRACK_SUMMARY_H

#include "observe/track.h"

enum track_state {
    TRACK_STATE_CLOSED,
    TRACK_STATE_LISTEN, /* the far end of a SYN nobody has answered, as far as one can know */
    TRACK_STATE_SYN_SENT,
    TRACK_STATE_SYN_RECEIVED,
    TRACK_STATE_ESTABLISHED,
    TRACK_STATE_FIN_WAIT_1,
    TRACK_STATE_FIN_WAIT_2,
    TRACK_STATE_CLOSE_WAIT,
    TRACK_STATE_CLOSING,
    TRACK_STATE_LAST_ACK,
    TRACK_STATE_TIME_WAIT,
};

enum track_close {
    TRACK_CLOSE_NONE,         /* not closed, as far as seen */
    TRACK_CLOSE_HALF,         /* one end has sent FIN, the other has not */
    TRACK_CLOSE_UNFINISHED,   /* both FINs were seen, not both acknowledged */
    TRACK_CLOSE_THREE,        /* FIN, FIN that acknowledges it, ACK */
    TRACK_CLOSE_FOUR,         /* FIN, ACK, FIN, ACK */
    TRACK_CLOSE_SIMULTANEOUS, /* two FINs that crossed, two ACKs */
    TRACK_CLOSE_RESET,        /* a RST */
    TRACK_CLOSE_REFUSED,      /* a RST instead of a SYN-ACK */
};

struct track_summary {
    enum track_state state[2]; /* of each end; TCP only */
    enum track_close close;
    bool is_closed_by_known;     /* the next one counts */
    uint8_t closed_by;           /* who sent the first FIN, or the first RST */
    bool has_reset_after_close;  /* a RST came after both FINs */
    bool is_simultaneous_open;   /* two SYNs crossed */
    bool has_handshake;          /* the next two count */
    uint64_t handshake_rtt_us;   /* from the last SYN to the ACK that completed: both halves */
    uint64_t answer_us;          /* of it from the SYN to the SYN-ACK; from here to the far end */
    uint64_t open_us;            /* from the first SYN to the same: with all waiting; 0: not done */
    uint64_t duration_us;        /* from the first packet to the last */
    uint64_t bytes[2];           /* payload, each byte once */
    uint32_t retransmissions[2]; /* segments */
};

/* Looks at `c` as it is now. */
void track_summarize(const struct track_conversation *c, struct track_summary *out);

/* TCP's own name, "TIME-WAIT"; not to be translated. */
const char *track_state_text(enum track_state state);

/* A word for machines, such as "four_segments"; see enum track_close. */
const char *track_close_code(enum track_close close);

#endif
