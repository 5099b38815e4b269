/*
 * The capture of a run: every packet of the program's interface, as pcapng.
 *
 * `outbound` is what the program sent. Blocks are written whole, so that a file is good up to its
 * last block whatever happens; what has been gathered is written whenever the gateway has nothing
 * else to do.
 */
#ifndef VITRO_CLI_RUN_CAPTURE_H
#define VITRO_CLI_RUN_CAPTURE_H

#include "cli/run_out.h"
#include "gateway/gateway.h"

struct run_capture {
    struct run_out out;
    uint64_t first_us, last_us; /* since 1970 */
    uint64_t packets;
};

/* Begins a capture into `fd`, -1: none, with the command line as the section's comment. False: no
 * memory. */
WARN_UNUSED bool run_capture_init(struct run_capture *capture, int fd, const char *comment);

/* Adds a packet. `real_us`: microseconds since 1970. */
void run_capture_frame(struct run_capture *capture, enum gateway_way way,
                       const struct vitro_frame *frame, uint64_t real_us);

/* Names an address, for who reads the capture. */
void run_capture_name(struct run_capture *capture, const struct vitro_ip *ip, const char *name);

/* Ends the capture: the interface's statistics, and all that was gathered. Returns the first errno
 * value that writing met with, 0: none. */
int run_capture_deinit(struct run_capture *capture);

#endif
