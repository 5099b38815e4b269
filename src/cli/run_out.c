/*
 * A buffer before write(2).
 */
#define _POSIX_C_SOURCE 200809L

#include "cli/run_out.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/pool.h"

bool run_out_init(struct run_out *out, int fd, size_t cap)
{
    *out = (struct run_out){.fd = fd, .cap = cap};
    if (fd < 0) return true;
    out->bytes = mem_get(cap);
    return out->bytes != NULL;
}

void run_out_deinit(struct run_out *out)
{
    if (out->bytes == NULL) return;
    run_out_flush(out);
    mem_put(out->bytes);
    *out = (struct run_out){.fd = -1, .error = out->error};
}

/* Writes everything or fails. A descriptor that somebody has set not to block is waited for. */
static void write_all(struct run_out *out, const uint8_t *bytes, size_t len)
{
    while (len > 0 && out->error == 0) {
        const ssize_t n = write(out->fd, bytes, len);
        if (n >= 0) {
            bytes += n;
            len -= (size_t)n;
        } else if (errno == EAGAIN) {
            struct pollfd wait = {.fd = out->fd, .events = POLLOUT};
            if (poll(&wait, 1, -1) < 0 && errno != EINTR) out->error = errno;
        } else if (errno != EINTR) {
            out->error = errno;
        }
    }
}

void run_out_flush(struct run_out *out)
{
    write_all(out, out->bytes, out->len);
    out->len = 0;
}

void run_out_make_room(struct run_out *out, size_t len)
{
    if (out->fd >= 0 && len > out->cap - out->len) run_out_flush(out);
}

void run_out_add(struct run_out *out, const void *bytes, size_t len)
{
    if (out->fd < 0 || out->error != 0) return;
    if (len > out->cap - out->len) run_out_flush(out);
    if (len > out->cap) {
        write_all(out, bytes, len);
        return;
    }
    memcpy(out->bytes + out->len, bytes, len);
    out->len += len;
}
