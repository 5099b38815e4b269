/*
 * Conversations are settled when the wire has shown their end, in order, or after a while.
 */
#include "cli/run_talks.h"

#include <string.h>
#include <unistd.h>

#include "run_fixture.h"

struct scene {
    struct track track;
    struct run_talks talks;
    int json;
};

static void setup(struct scene *scene)
{
    const struct track_options options = {.conversations_max = 16};
    scene->json = run_file();
    assert_true(track_init(&scene->track, &options));
    assert_true(run_talks_init(&scene->talks, &scene->track, scene->json, 0));
}

static void teardown(struct scene *scene)
{
    assert_int_equal(run_talks_deinit(&scene->talks), 0);
    track_deinit(&scene->track);
    close(scene->json);
}

static uint32_t lines_of(const struct scene *scene)
{
    uint32_t n = 0;
    for (const char *at = run_file_text(scene->json); *at != '\0'; at++) n += *at == '\n';
    return n;
}

/* A SYN passes, and nothing more. */
static void a_syn_passes(struct scene *scene, uint64_t now_us)
{
    const struct track_packet packet = {
        .kind = TRACK_KIND_TCP,
        .protocol = 6,
        .src.bytes = {[10] = 0xff, [11] = 0xff, [12] = 10, [14] = 2, [15] = 100},
        .dst.bytes = {[10] = 0xff, [11] = 0xff, [12] = 10, [14] = 2, [15] = 4},
        .src_port = 4711,
        .dst_port = 80,
        .wire_segments = 1,
        .flags = 2,
    };
    (void)track_input(&scene->track, &packet, now_us);
}

static void what_the_wire_does_not_know_is_settled_at_once(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    const struct talk talk = run_talk_closed(1000, 2000);
    run_talks_add(&scene.talks, &talk);
    run_talks_settle(&scene.talks, 2000);
    assert_int_equal(lines_of(&scene), 1);
    assert_true(run_talks_deadline(&scene.talks) == TIME_NEVER);
    teardown(&scene);
}

static void an_open_close_is_waited_for_but_not_for_ever(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    a_syn_passes(&scene, 1000);
    const struct talk talk = run_talk_closed(1000, 2000);
    struct talk dns = talk;
    dns.kind = TALK_DNS;
    run_talks_add(&scene.talks, &talk);
    run_talks_add(&scene.talks, &dns);
    run_talks_settle(&scene.talks, 3000);
    assert_int_equal(lines_of(&scene), 0); /* the second waits for the first */
    assert_int_equal(run_talks_deadline(&scene.talks), 2000 + RUN_TALKS_SETTLE_US);
    run_talks_settle(&scene.talks, 2000 + RUN_TALKS_SETTLE_US);
    assert_int_equal(lines_of(&scene), 2);
    const char *text = run_file_text(scene.json);
    assert_true(strstr(text, "\"type\":\"tcp\"") < strstr(text, "\"type\":\"dns\""));
    teardown(&scene);
}

static void sums_go_beyond_the_rows(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    const struct talk talk = run_talk_closed(1000, 2000);
    for (uint32_t i = 0; i < RUN_TALKS_MAX + 10; i++) run_talks_add(&scene.talks, &talk);
    run_talks_settle(&scene.talks, TIME_NEVER);
    assert_int_equal(scene.talks.row_count, RUN_TALKS_MAX);
    assert_int_equal(scene.talks.ended[TALK_TCP], RUN_TALKS_MAX + 10);
    assert_int_equal(scene.talks.bytes_out, (RUN_TALKS_MAX + 10) * talk.bytes_out);
    teardown(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_wire_does_not_know_is_settled_at_once),
        cmocka_unit_test(an_open_close_is_waited_for_but_not_for_ever),
        cmocka_unit_test(sums_go_beyond_the_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
