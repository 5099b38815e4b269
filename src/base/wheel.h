/*
 * Timers: a wheel of wheels in microseconds, for any number of them, O(1) each.
 *
 * The owner asks wheel_next_deadline how long to sleep and calls wheel_expire until it returns
 * NULL. Timers leave in the order of their deadlines, to the microsecond, and those of the same
 * deadline in the order in which they were armed: the same calls always give the same order.
 * The wheel reads no clock and allocates nothing. How it works is told in wheel.c.
 */
#ifndef VITRO_BASE_WHEEL_H
#define VITRO_BASE_WHEEL_H

#include "base/assert.h"
#include "base/list.h"

enum {
    WHEEL_SLOT_BITS = 6,
    WHEEL_SLOTS = 1 << WHEEL_SLOT_BITS, /* per level */
    WHEEL_LEVELS = 11                   /* 66 bits: every 64-bit deadline has its slot */
};

/* A timer; a field of what it is for (see CONTAINER_OF). All zero is a timer that is not armed.
 * It must stay where it is while it is armed. */
struct wheel_node {
    struct list link; /* next == NULL: not armed */
    uint64_t deadline_us;
};

struct wheel {
    bool first_known;                   /* else the two below must be found */
    struct wheel_node *first;           /* the next to leave, NULL when none is armed */
    uint64_t first_us;                  /* its deadline, TIME_NEVER when none is armed */
    uint64_t focus_us;                  /* the time around which the levels are divided */
    uint64_t scanned;                   /* nodes looked at since the focus was last moved */
    uint32_t armed;                     /* timers in the wheel */
    uint32_t levels_used;               /* bit per level: has a timer */
    uint32_t level_armed[WHEEL_LEVELS]; /* timers in each level */
    uint64_t level_slots[WHEEL_LEVELS]; /* bit per slot: has a timer */
    struct list slot[WHEEL_LEVELS * WHEEL_SLOTS];
};

/* Makes an empty wheel; `now_us` only tells where deadlines are expected soon. The wheel must stay
 * where it is in memory. */
void wheel_init(struct wheel *w, uint64_t now_us);

/* Makes `node` a timer that is not armed, as zeroing does. */
static inline void wheel_node_init(struct wheel_node *node)
{
    *node = (struct wheel_node){.deadline_us = TIME_NEVER};
}

/* Whether `node` waits in a wheel. */
static inline bool wheel_node_is_armed(const struct wheel_node *node)
{
    return node->link.next != NULL;
}

/* Arms `node` for `deadline_us`, whether it was armed before or not. A deadline in the past is due
 * at the next wheel_expire, in its order. The deadline it has already changes nothing (it keeps
 * its place among equals); TIME_NEVER cancels. */
void wheel_arm(struct wheel *w, struct wheel_node *node, uint64_t deadline_us);

/* Takes `node` out, if it is armed. */
void wheel_cancel(struct wheel *w, struct wheel_node *node);

/* Finds the earliest timer anew; the slow part of wheel_next_deadline. */
void wheel_find_first(struct wheel *w);

/* The earliest deadline of all armed timers, exactly; TIME_NEVER when none is armed. */
static inline uint64_t wheel_next_deadline(struct wheel *w)
{
    if (!w->first_known) wheel_find_first(w);
    return w->first_us;
}

/* Takes out the earliest timer with a deadline at or before `now_us` and returns it; NULL when
 * there is none. Timers may be armed and cancelled between two calls. */
struct wheel_node *wheel_expire(struct wheel *w, uint64_t now_us);

#endif
