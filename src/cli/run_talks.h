/*
 * The conversations of a run: remembered for the table at the end, written as JSON when they are
 * over.
 *
 * The gateway tells of a conversation's end when its own part is done; the last segments of the
 * close pass a moment later. So a TCP conversation is kept until the tracker has seen it closed, or
 * for RUN_TALKS_SETTLE_US: then it is settled, its object is written, its row is final.
 *
 * The first RUN_TABLE_ROWS are kept to the end, for the table; the others take turns in what is
 * left of the rows.
 */
#ifndef VITRO_CLI_RUN_TALKS_H
#define VITRO_CLI_RUN_TALKS_H

#include "cli/run_capture.h"
#include "cli/run_out.h"
#include "cli/words.h"
#include "gateway/gateway.h"
#include "observe/track.h"
#include "observe/track_summary.h"

/* Rows of the table at most; of the conversations beyond only --json tells. */
#define RUN_TABLE_ROWS 100

/* Conversations that are remembered: those, and the last ones. */
#define RUN_TALKS_MAX 4096

#define RUN_TALKS_SETTLE_US 1000000u

/* A conversation and what the wire showed of it. */
struct run_talk {
    struct talk talk;
    uint64_t number; /* of its end, from 1 */
    uint64_t due_us; /* settled at the latest then */
    bool is_settled;
    bool has_wire; /* the next ones count */
    struct track_summary wire;
    uint64_t segments[2]; /* packets seen, from the program and to it */
};

struct run_talks {
    struct track *track;
    struct run_out json;
    uint64_t epoch_us;
    struct run_talk *rows; /* RUN_TALKS_MAX */
    uint32_t row_count;    /* of them in use */
    uint64_t count;        /* conversations that have ended */
    uint64_t settled;      /* so many of them, the first, are settled */
    uint64_t ended[4];     /* by enum talk_kind */
    uint64_t bytes_out, bytes_in;
    uint64_t retransmits;
    uint64_t segments; /* of the conversations in the table */
    uint64_t began_us;
};

/* Begins, with the tracker that sees the packets, and the descriptor of --json, -1: none. False: no
 * memory. */
WARN_UNUSED bool run_talks_init(struct run_talks *talks, struct track *track, int json_fd,
                                uint64_t epoch_us);

/* Frees everything. Returns the first errno value that writing JSON met with, 0: none. */
int run_talks_deinit(struct run_talks *talks);

/* A conversation has ended. */
void run_talks_add(struct run_talks *talks, const struct talk *talk);

/* Settles those that are over, or waited for long enough by `now_us`. */
void run_talks_settle(struct run_talks *talks, uint64_t now_us);

/* When run_talks_settle() has something to do at the latest; TIME_NEVER: not at all. */
uint64_t run_talks_deadline(const struct run_talks *talks);

/* Tells the capture what addresses are called. */
void run_talks_names(const struct run_talks *talks, struct run_capture *capture);

/* Writes the last object of --json, with the sums. */
void run_talks_summary(struct run_talks *talks, const struct gateway_stats *stats);

#endif
