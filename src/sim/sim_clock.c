/*
 * Virtual time: the timer wheel of base/, driven by hand.
 *
 * The wheel gives events out by time, and in the order of arming where times are equal: that is all
 * the determinism the simulation needs.
 */
#include "sim/sim_clock.h"

void sim_clock_init(struct sim_clock *clock, uint64_t now_us)
{
    clock->now_us = now_us;
    clock->events_run = 0;
    wheel_init(&clock->wheel, now_us);
}

void sim_event_init(struct sim_event *event, void (*run)(struct sim_event *event, uint64_t now_us))
{
    wheel_node_init(&event->node);
    event->run = run;
}

void sim_clock_set(struct sim_clock *clock, struct sim_event *event, uint64_t at_us)
{
    wheel_arm(&clock->wheel, &event->node, u64_max(at_us, clock->now_us));
}

void sim_clock_cancel(struct sim_clock *clock, struct sim_event *event)
{
    wheel_cancel(&clock->wheel, &event->node);
}

uint64_t sim_clock_next(struct sim_clock *clock) { return wheel_next_deadline(&clock->wheel); }

void sim_clock_advance(struct sim_clock *clock, uint64_t to_us)
{
    const uint64_t until_us = u64_min(to_us, sim_clock_next(clock));
    clock->now_us = u64_max(clock->now_us, until_us);
}

bool sim_clock_run_one(struct sim_clock *clock)
{
    struct wheel_node *node = wheel_expire(&clock->wheel, clock->now_us);
    if (node == NULL) return false;
    struct sim_event *event = CONTAINER_OF(node, struct sim_event, node);
    clock->events_run++;
    event->run(event, clock->now_us);
    return true;
}
