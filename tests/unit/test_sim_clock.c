/*
 * Virtual time: order of events, and a clock that only goes forward and never past an event.
 */
#include "support.h"

#include "sim/sim_clock.h"

struct note {
    struct sim_event event;
    struct sim_clock *clock;
    char name;
    char *log; /* where the names of events that ran are written */
    uint64_t ran_us;
    struct note *sets; /* set by this one when it runs, or NULL */
};

static void note_run(struct sim_event *event, uint64_t now_us)
{
    struct note *note = CONTAINER_OF(event, struct note, event);
    note->ran_us = now_us;
    note->log[strlen(note->log)] = note->name;
    if (note->sets != NULL) sim_clock_set(note->clock, &note->sets->event, now_us);
}

static void run_all(struct sim_clock *clock)
{
    while (sim_clock_next(clock) != TIME_NEVER) {
        sim_clock_advance(clock, TIME_NEVER);
        assert_true(sim_clock_run_one(clock));
    }
}

static void notes_init(struct note *notes, uint32_t count, struct sim_clock *clock, char *log)
{
    for (uint32_t i = 0; i < count; i++) {
        notes[i] = (struct note){.clock = clock, .name = (char)('a' + (int)i), .log = log};
        sim_event_init(&notes[i].event, note_run);
    }
}

static void events_run_in_order(void **state)
{
    (void)state;
    struct sim_clock clock;
    struct note notes[5];
    char log[16] = "";
    sim_clock_init(&clock, 100);
    notes_init(notes, 5, &clock, log);
    sim_clock_set(&clock, &notes[0].event, 300);
    sim_clock_set(&clock, &notes[1].event, 200);
    sim_clock_set(&clock, &notes[2].event, 300);
    sim_clock_set(&clock, &notes[3].event, 5); /* past: now */
    sim_clock_set(&clock, &notes[4].event, 250);
    sim_clock_cancel(&clock, &notes[4].event);
    assert_false(sim_event_is_set(&notes[4].event));
    run_all(&clock);
    assert_string_equal(log, "dbac");
    assert_int_equal(notes[3].ran_us, 100);
    assert_int_equal(clock.now_us, 300);
    assert_int_equal(clock.events_run, 4);
}

static void an_event_may_set_another(void **state)
{
    (void)state;
    struct sim_clock clock;
    struct note notes[3];
    char log[16] = "";
    sim_clock_init(&clock, 0);
    notes_init(notes, 3, &clock, log);
    notes[0].sets = &notes[2];
    sim_clock_set(&clock, &notes[0].event, 10);
    sim_clock_set(&clock, &notes[1].event, 10);
    run_all(&clock);
    assert_string_equal(log, "abc");
    assert_int_equal(notes[2].ran_us, 10);
}

static void time_stops_at_events_and_never_goes_back(void **state)
{
    (void)state;
    struct sim_clock clock;
    struct note note;
    char log[16] = "";
    sim_clock_init(&clock, 50);
    notes_init(&note, 1, &clock, log);
    sim_clock_set(&clock, &note.event, 80);
    assert_false(sim_clock_run_one(&clock));
    sim_clock_advance(&clock, 40);
    assert_int_equal(clock.now_us, 50);
    sim_clock_advance(&clock, 1000);
    assert_int_equal(clock.now_us, 80);
    assert_true(sim_clock_run_one(&clock));
    sim_clock_advance(&clock, 1000);
    assert_int_equal(clock.now_us, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_run_in_order),
        cmocka_unit_test(an_event_may_set_another),
        cmocka_unit_test(time_stops_at_events_and_never_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
