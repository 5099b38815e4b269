/*
 * What `vitro run` shows while the program runs, and at the end: lines of packets, the capture, the
 * table of conversations, the objects of --json. It is the gateway's watcher, in its process.
 */
#ifndef VITRO_CLI_RUN_SHOW_H
#define VITRO_CLI_RUN_SHOW_H

#include "cli/run_capture.h"
#include "cli/run_out.h"
#include "cli/run_talks.h"
#include "cli/words.h"
#include "gateway/gateway.h"
#include "observe/print.h"
#include "observe/print_notable.h"
#include "observe/track.h"

enum run_print {
    RUN_PRINT_NOTABLE,
    RUN_PRINT_ALL,
    RUN_PRINT_NONE,
};

/* What the user asked for. Descriptors stay the caller's; -1: none. */
struct run_show_config {
    enum lang lang;
    enum run_print print;
    uint8_t verbosity;
    bool has_table;
    int text_fd; /* lines and the table */
    int capture_fd, json_fd;
    const char *command;           /* the command line, in one piece */
    const struct vitro_ip *closed; /* two addresses that lead nowhere without --host-loopback */
    struct hash_key key;           /* secret */
};

struct run_show {
    struct run_show_config config;
    struct run_out text;
    struct run_capture capture;
    struct run_talks talks;
    struct print print;
    struct track track;
    struct notable notable;
    uint64_t epoch_us; /* from the loop's time to microseconds since 1970 */
    char *line;        /* PRINT_TEXT_BYTES */
    uint8_t *packet;   /* a frame in one piece */
};

/* Makes ready; false: no memory. Reads the time zone, so it comes before the jail. */
WARN_UNUSED bool run_show_init(struct run_show *show, const struct run_show_config *config);

/* The watcher that the gateway is given. */
struct gateway_watcher run_show_watcher(struct run_show *show);

/* Says everything that is said at the end and frees what run_show_init() took. `stats`: what the
 * gateway and its link have counted. False: something could not be written, and that was said. */
bool run_show_end(struct run_show *show, const struct gateway_stats *stats);

#endif
