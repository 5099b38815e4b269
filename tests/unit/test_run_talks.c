/*
 * Conversations are settled when the wire has shown their end, in order, or after a while.
 */
#define _POSIX_C_SOURCE 200809L /* off_t */

#include "cli/run_talks.h"

#include <string.h>
#include <unistd.h>

#include "run_fixture.h"
#include "wire/tcp.h"

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

/* A segment passes between the ends of run_talk_closed(). */
static void segment_passes(struct scene *scene, bool is_back, uint16_t flags, uint32_t seq,
                           uint32_t ack, uint64_t now_us)
{
    static const struct ip_addr addr[2] = {
        {{[10] = 0xff, [11] = 0xff, [12] = 10, [14] = 2, [15] = 100}},
        {{[10] = 0xff, [11] = 0xff, [12] = 10, [14] = 2, [15] = 4}},
    };
    const struct track_packet packet = {
        .kind = TRACK_KIND_TCP,
        .protocol = 6,
        .src = addr[is_back ? 1 : 0],
        .dst = addr[is_back ? 0 : 1],
        .src_port = is_back ? 80 : 4711,
        .dst_port = is_back ? 4711 : 80,
        .wire_segments = 1,
        .flags = flags,
        .seq = seq,
        .ack = ack,
    };
    (void)track_input(&scene->track, &packet, now_us);
}

/* A SYN passes, and nothing more. */
static void a_syn_passes(struct scene *scene, uint64_t now_us)
{
    segment_passes(scene, false, TCP_FLAG_SYN, 0, 0, now_us);
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

/* What the wire shows is what anyone can check in the capture. */
static void the_wire_knows_the_handshake_and_the_end(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    a_syn_passes(&scene, 1000);
    segment_passes(&scene, true, TCP_FLAG_SYN | TCP_FLAG_ACK, 500, 1, 1050);
    segment_passes(&scene, false, TCP_FLAG_ACK, 1, 501, 1090);
    const struct talk talk = run_talk_closed(1000, 2000);
    run_talks_add(&scene.talks, &talk);
    segment_passes(&scene, false, TCP_FLAG_FIN | TCP_FLAG_ACK, 1, 501, 1900);
    segment_passes(&scene, true, TCP_FLAG_FIN | TCP_FLAG_ACK, 501, 2, 1950);
    run_talks_settle(&scene.talks, 2000);
    assert_false(scene.talks.rows[0].is_settled);
    segment_passes(&scene, false, TCP_FLAG_ACK, 2, 502, 2700);
    run_talks_settle(&scene.talks, 2700);
    const struct run_talk *row = &scene.talks.rows[0];
    assert_true(row->is_settled && row->has_wire);
    assert_int_equal(row->wire.close, TRACK_CLOSE_THREE);
    assert_int_equal(row->talk.handshake_us, 90);
    assert_int_equal(row->talk.ended_us, 2700);
    assert_int_equal(row->segments[0], 4);
    teardown(&scene);
}

static void a_later_conversation_on_the_same_ports_is_another(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    const struct talk talk = run_talk_closed(1000, 2000);
    run_talks_add(&scene.talks, &talk);
    a_syn_passes(&scene, 2500);
    run_talks_settle(&scene.talks, 2500);
    assert_true(scene.talks.rows[0].is_settled);
    assert_false(scene.talks.rows[0].has_wire);
    teardown(&scene);
}

/* They may follow each other so fast that the second has begun when the first is told of. */
static void conversations_on_the_same_ports_are_told_apart(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    for (uint32_t i = 0; i < 3; i++) {
        const uint64_t now_us = 1000 + 1000 * i;
        segment_passes(&scene, false, TCP_FLAG_SYN, 100 * i, 0, now_us);
        segment_passes(&scene, true, TCP_FLAG_SYN | TCP_FLAG_ACK, 7, 100 * i + 1, now_us + 10 + i);
        segment_passes(&scene, false, TCP_FLAG_ACK, 100 * i + 1, 8, now_us + 20 + i);
        segment_passes(&scene, false, TCP_FLAG_RST, 100 * i + 1, 0, now_us + 500);
    }
    for (uint32_t i = 0; i < 3; i++) {
        const struct talk talk = run_talk_closed(1003 + 1000 * i, 5000);
        run_talks_add(&scene.talks, &talk);
    }
    run_talks_settle(&scene.talks, 5000);
    for (uint32_t i = 0; i < 3; i++) {
        const struct run_talk *row = &scene.talks.rows[i];
        assert_true(row->is_settled && row->has_wire);
        assert_int_equal(row->segments[0], 3);
        assert_int_equal(row->talk.handshake_us, 20 + i);
        assert_int_equal(row->talk.begun_us, 1000 + 1000 * i);
        assert_int_equal(row->talk.ended_us, 1500 + 1000 * i);
    }
    teardown(&scene);
}

static void beyond_the_rows_the_wire_is_waited_for_too(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    const struct talk talk = run_talk_closed(1000, 2000);
    struct talk dns = talk;
    dns.kind = TALK_DNS;
    for (uint32_t i = 0; i < 2 * RUN_TALKS_MAX; i++) {
        run_talks_add(&scene.talks, &dns);
        run_talks_settle(&scene.talks, 2000);
    }
    a_syn_passes(&scene, 1000);
    run_talks_add(&scene.talks, &talk);
    run_talks_settle(&scene.talks, 2000);
    assert_int_equal(run_talks_deadline(&scene.talks), 2000 + RUN_TALKS_SETTLE_US);
    run_talks_settle(&scene.talks, 2000 + RUN_TALKS_SETTLE_US);
    assert_true(run_talks_deadline(&scene.talks) == TIME_NEVER);
    assert_int_equal(scene.talks.segments, 1);
    teardown(&scene);
}

/* However many conversations there were with it. */
static void an_address_is_named_once(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    struct talk talk = run_talk_closed(1000, 2000);
    for (uint32_t i = 0; i < 10; i++) run_talks_add(&scene.talks, &talk);
    talk.peer.ip = vitro_ip_v4(10, 0, 2, 2);
    run_talks_add(&scene.talks, &talk);
    struct run_capture capture;
    const int fd = run_file();
    assert_true(run_capture_init(&capture, fd, NULL));
    const off_t before = lseek(fd, 0, SEEK_END);
    run_talks_names(&scene.talks, &capture);
    run_out_flush(&capture.out);
    const off_t after = lseek(fd, 0, SEEK_END);
    assert_in_range(after - before, 2 * 36, 2 * 44); /* two blocks of names */
    assert_int_equal(run_capture_deinit(&capture), 0);
    close(fd);
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
        cmocka_unit_test(the_wire_knows_the_handshake_and_the_end),
        cmocka_unit_test(a_later_conversation_on_the_same_ports_is_another),
        cmocka_unit_test(conversations_on_the_same_ports_are_told_apart),
        cmocka_unit_test(beyond_the_rows_the_wire_is_waited_for_too),
        cmocka_unit_test(an_address_is_named_once),
        cmocka_unit_test(sums_go_beyond_the_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
