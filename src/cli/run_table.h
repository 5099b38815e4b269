/*
 * The table of conversations at the end of a run.
 *
 *     -- 1 connection, 11 packets, 0 retransmitted, 0.1 s -----------------------------------
 *      #  PROTO  PEER           STATE    OUT      IN     RTT  RETR    TIME  PATH  ENDED BY
 *      1  tcp    demo.vitro:80  closed  78 B  2.7 kB  0.1 ms     0  3.2 ms  -     program (FIN)
 */
#ifndef VITRO_CLI_RUN_TABLE_H
#define VITRO_CLI_RUN_TABLE_H

#include "cli/run_out.h"
#include "cli/run_talks.h"

/* Writes the table: RUN_TABLE_ROWS, and how many more there are. `columns`: of the terminal that it
 * is to fit into, if it can; 0: as wide as it needs to be. */
void run_table(const struct run_talks *talks, enum lang lang, unsigned columns,
               struct run_out *out);

/* Writes "2.7 kB": three digits at most, or a whole number of bytes. */
void run_format_bytes(uint64_t bytes, char out[16]);

/* Writes "<0.01 ms", "0.1 ms", "12 ms", "3.25 s"; "-" for 0. */
void run_format_time(uint64_t us, char out[16]);

#endif
