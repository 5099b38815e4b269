/*
 * Objects of --json, read back by the library that other programs might use.
 */
#include "cli/run_json.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "run_fixture.h"

/* Writes a conversation and reads it back. */
static json_t *object_of(const struct run_talk *row)
{
    struct run_out out;
    const int fd = run_file();
    run_json_begin();
    assert_true(run_out_init(&out, fd, 4096));
    run_json_talk(&out, row, 1000000);
    run_out_deinit(&out);
    json_t *object = json_loads(run_file_text(fd), 0, NULL);
    close(fd);
    assert_non_null(object);
    return object;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static void a_conversation_has_its_facts(void **state)
{
    (void)state;
    struct run_talk row = {.talk = run_talk_closed(500000, 503200), .number = 7};
    row.has_wire = true;
    row.wire.close = TRACK_CLOSE_FOUR;
    row.talk.has_path = true;
    row.talk.path_rtt_us = 12300;
    json_t *object = object_of(&row);
    assert_string_equal(text_of(object, "type"), "tcp");
    assert_string_equal(text_of(object, "program"), "10.0.2.100:4711");
    assert_string_equal(text_of(object, "peer"), "10.0.2.4:80");
    assert_string_equal(text_of(object, "name"), "demo.vitro");
    assert_string_equal(text_of(object, "state"), "closed");
    assert_string_equal(text_of(object, "ended_by"), "program");
    assert_string_equal(text_of(object, "close"), "four_segments");
    assert_int_equal(json_integer_value(json_object_get(object, "number")), 7);
    assert_int_equal(json_integer_value(json_object_get(object, "bytes_in")), 2700);
    assert_int_equal(json_integer_value(json_object_get(object, "duration_us")), 3200);
    assert_true(json_real_value(json_object_get(object, "begin")) == 1.5);
    const json_t *path = json_object_get(object, "path");
    assert_int_equal(json_integer_value(json_object_get(path, "rtt_us")), 12300);
    json_decref(object);
}

/* A double has the microseconds, and behind them nothing that means anything. */
static void times_have_microseconds(void **state)
{
    (void)state;
    struct run_talk row = {.talk = run_talk_closed(1, 2)};
    struct run_out out;
    const int fd = run_file();
    run_json_begin();
    assert_true(run_out_init(&out, fd, 4096));
    run_json_talk(&out, &row, 1795254933240034 - 1);
    run_out_deinit(&out);
    assert_non_null(strstr(run_file_text(fd), "\"begin\":1795254933.240034,"));
    close(fd);
}

static void what_is_not_known_is_left_out(void **state)
{
    (void)state;
    struct run_talk row = {.talk = run_talk_closed(1, 2)};
    row.talk.kind = TALK_UDP;
    row.talk.name[0] = '\0';
    row.talk.error = ECONNREFUSED;
    json_t *object = object_of(&row);
    assert_null(json_object_get(object, "name"));
    assert_null(json_object_get(object, "path"));
    assert_null(json_object_get(object, "close"));
    assert_null(json_object_get(object, "handshake_us"));
    assert_string_equal(text_of(object, "error"), "Connection refused");
    json_decref(object);
}

/* Names come from the network: whatever they hold, a line is one object. */
static void hostile_names_are_quoted(void **state)
{
    (void)state;
    struct run_talk row = {.talk = run_talk_closed(1, 2)};
    (void)snprintf(row.talk.name, sizeof row.talk.name, "a\"b\\c\n\x01");
    json_t *object = object_of(&row);
    assert_string_equal(text_of(object, "name"), "a\"b\\c\n\x01");
    json_decref(object);
}

static void every_kind_and_end_has_a_code(void **state)
{
    (void)state;
    for (int kind = TALK_TCP; kind <= TALK_PING; kind++) {
        assert_non_null(run_code_kind((enum talk_kind)kind));
    }
    for (int end = TALK_OPEN; end <= TALK_FAILED; end++) {
        assert_non_null(run_code_end((enum talk_end)end));
    }
    for (int party = TALK_NOBODY; party <= TALK_GATEWAY; party++) {
        assert_non_null(run_code_party((enum talk_party)party));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_conversation_has_its_facts),  cmocka_unit_test(times_have_microseconds),
        cmocka_unit_test(what_is_not_known_is_left_out), cmocka_unit_test(hostile_names_are_quoted),
        cmocka_unit_test(every_kind_and_end_has_a_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
