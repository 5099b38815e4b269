/*
 * Conversations as JSON, an object a line, for other programs. The keys stay; new ones may come.
 *
 * Times are seconds since 1970 or durations in microseconds (names end in _us), bytes are payload.
 */
#ifndef VITRO_CLI_RUN_JSON_H
#define VITRO_CLI_RUN_JSON_H

#include "cli/run_out.h"
#include "cli/run_talks.h"

/* Lets the library take what it needs of the system now, before the jail. */
void run_json_begin(void);

/* Writes a conversation: {"type": "tcp" | "udp" | "dns" | "ping", ...}. */
void run_json_talk(struct run_out *out, const struct run_talk *row, uint64_t epoch_us);

/* Writes the sums: {"type": "summary", ...}. */
void run_json_summary(struct run_out *out, const struct run_talks *talks,
                      const struct gateway_stats *stats);

/* Words for machines: "tcp"; "closed", "reset"; "program", "peer"; static strings. */
const char *run_code_kind(enum talk_kind kind);
const char *run_code_end(enum talk_end end);
const char *run_code_party(enum talk_party party);

#endif
