/*
 * Bytes on their way to a descriptor, gathered so that a busy time costs few system calls.
 *
 * The first error (a full disk, a reader that is gone) ends it: from then on everything is thrown
 * away, and `error` tells.
 */
#ifndef VITRO_CLI_RUN_OUT_H
#define VITRO_CLI_RUN_OUT_H

#include "base/assert.h"
#include "base/span.h"

struct run_out {
    int fd; /* -1: nowhere */
    int error;
    size_t len, cap;
    uint8_t *bytes;
};

/* Begins to write to `fd`, which stays the caller's; -1: to nowhere. False: no memory. */
WARN_UNUSED bool run_out_init(struct run_out *out, int fd, size_t cap);

/* Writes what is left and frees the room. All zero is left alone. */
void run_out_deinit(struct run_out *out);

/* Flushes if `len` bytes would not fit beside what waits: so what belongs together is written
 * together, and a file is whole however the process ends. */
void run_out_make_room(struct run_out *out, size_t len);

/* Adds bytes, which are copied, or written if they do not fit. */
void run_out_add(struct run_out *out, const void *bytes, size_t len);

/* Writes all that was added. */
void run_out_flush(struct run_out *out);

#endif
