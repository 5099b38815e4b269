/*
 * Virtual time: a number that only goes forward, and the events that wait for it.
 *
 * Nothing here sleeps or asks a real clock. Events run in the order of their times, and those of
 * one time in the order in which they were set, so the same calls always give the same run.
 */
#ifndef VITRO_SIM_CLOCK_H
#define VITRO_SIM_CLOCK_H

#include "base/assert.h"
#include "base/wheel.h"

/* Something that happens at a time; a field of what it is for (see CONTAINER_OF). */
struct sim_event {
    struct wheel_node node;
    void (*run)(struct sim_event *event, uint64_t now_us);
};

struct sim_clock {
    uint64_t now_us;
    uint64_t events_run;
    struct wheel wheel;
};

/* Starts a clock at `now_us`. It must stay where it is. */
void sim_clock_init(struct sim_clock *clock, uint64_t now_us);

/* Makes an event that is not set and calls `run` when its time has come. */
void sim_event_init(struct sim_event *event, void (*run)(struct sim_event *event, uint64_t now_us));

/* Whether the event waits for its time. */
static inline bool sim_event_is_set(const struct sim_event *event)
{
    return wheel_node_is_armed(&event->node);
}

/* Sets the event for `at_us`, whether it was set before or not; a time past means now. */
void sim_clock_set(struct sim_clock *clock, struct sim_event *event, uint64_t at_us);

/* Takes the event out, if it is set. */
void sim_clock_cancel(struct sim_clock *clock, struct sim_event *event);

/* When the next event is due; TIME_NEVER if none is set. */
uint64_t sim_clock_next(struct sim_clock *clock);

/* Goes forward to `to_us`, at most to the next event; never back. */
void sim_clock_advance(struct sim_clock *clock, uint64_t to_us);

/* Runs the first of the events that are due now. False: none is. */
bool sim_clock_run_one(struct sim_clock *clock);

#endif
