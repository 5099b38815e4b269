/*
 * The gateway's event loop: descriptors, timers, and one wait for all of them (epoll).
 *
 * Descriptors are watched edge-triggered for everything at once, so that nothing has to be changed
 * afterwards: who is told that a descriptor is readable goes on until EAGAIN, or remembers. Of a
 * stream, a read that leaves room has emptied it too, but for what POLL_ENDING announces.
 *
 * A descriptor may be closed while others of the same wait are still to be told: its object is kept
 * until they all have been (poll_close() takes a function that frees it).
 */
#ifndef VITRO_GATEWAY_POLL_H
#define VITRO_GATEWAY_POLL_H

#include "base/list.h"
#include "base/wheel.h"

/* Or-ed together; what epoll calls them. */
enum poll_bits {
    POLL_READABLE = 1, /* data, end of the stream, or an error */
    POLL_WRITABLE = 2,
    POLL_HANGUP = 4, /* both directions are done, or an error is pending */
    POLL_ENDING = 8, /* more than data is to be read: the stream's end, an error, an urgent mark */
};

/* A watched descriptor; a field of what it is for (CONTAINER_OF). */
struct poll_fd {
    int fd; /* -1: closed */
    void (*ready)(struct poll_fd *self, uint32_t bits, uint64_t now_us);
    void (*free)(struct poll_fd *self); /* after poll_close(); may be NULL */
    struct list dead;
};

/* A timer; a field of what it is for. All zero but `due` is not armed. */
struct poll_timer {
    struct wheel_node node;
    void (*due)(struct poll_timer *self, uint64_t now_us);
};

struct poll {
    int epoll_fd;
    struct wheel wheel;
    struct list dead;
};

/* Makes an empty loop. 0 or an errno value. */
WARN_UNUSED int poll_init(struct poll *poll, uint64_t now_us);

/* Frees what was closed and closes the loop; descriptors still watched are their owners'. */
void poll_deinit(struct poll *poll);

/* Watches an open, non-blocking descriptor; self->fd, ready and free are set. 0 or an errno value:
 * ENOSPC and ENOMEM. */
WARN_UNUSED int poll_add(struct poll *poll, struct poll_fd *self);

/* Closes the descriptor and, when no more can be said about it, calls self->free. Twice does no
 * harm. */
void poll_close(struct poll *poll, struct poll_fd *self);

/* Frees what was closed since the last round: for owners that end now, outside of poll_run(). */
void poll_flush(struct poll *poll);

/* Arms a timer, armed before or not. TIME_NEVER cancels. */
void poll_timer_arm(struct poll *poll, struct poll_timer *timer, uint64_t deadline_us);

/* Takes a timer out, if it is armed. */
void poll_timer_cancel(struct poll *poll, struct poll_timer *timer);

/*
 * Waits until something is ready, a timer is due, or `until_us`, and tells those concerned: timers
 * first. `until_us` in the past: does not wait. Returns the time, as it was after the wait.
 */
uint64_t poll_run(struct poll *poll, uint64_t until_us);

/* The time of the loop: CLOCK_MONOTONIC in microseconds. */
uint64_t poll_now_us(void);

#endif
