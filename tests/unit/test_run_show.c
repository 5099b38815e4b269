/*
 * What is shown of a run's packets, with each kind of --print.
 */
#define _GNU_SOURCE

#include "cli/run_show.h"

#include <string.h>
#include <unistd.h>

#include "run_fixture.h"
#include "wire/tcp.h"

#define US 1000000u

/* A connection with `middle` quiet segments between opening and close; returns what was shown. */
static const char *play(enum run_print print, uint32_t middle, bool has_table, int json_fd)
{
    static struct run_show show;
    const int fd = run_file();
    const struct run_show_config config = {.print = print,
                                           .has_table = has_table,
                                           .text_fd = fd,
                                           .capture_fd = -1,
                                           .json_fd = json_fd,
                                           .command = "vitro run -- true"};
    assert_true(run_show_init(&show, &config));
    const struct gateway_watcher watcher = run_show_watcher(&show);
    uint64_t now_us = poll_now_us();
    const uint64_t begun_us = now_us;
    uint32_t seq = 101;
    const struct run_segment opening[] = {
        {.flags = TCP_FLAG_SYN, .seq = 100},
        {.is_back = true, .flags = TCP_FLAG_SYN | TCP_FLAG_ACK, .seq = 900, .ack = 101},
        {.flags = TCP_FLAG_ACK, .seq = 101, .ack = 901}};
    for (size_t i = 0; i < ARRAY_COUNT(opening); i++) {
        run_show_segment(&watcher, &opening[i], now_us += 100);
    }
    for (uint32_t i = 0; i < middle; i++) {
        run_show_segment(&watcher,
                         &(struct run_segment){.flags = TCP_FLAG_ACK,
                                               .seq = seq,
                                               .ack = 901,
                                               .len_bytes = 2896,
                                               .segment_bytes = 1448},
                         now_us += 100);
        seq += 2896;
        run_show_segment(
            &watcher,
            &(struct run_segment){.is_back = true, .flags = TCP_FLAG_ACK, .seq = 901, .ack = seq},
            now_us += 100);
    }
    const struct run_segment closing[] = {
        {.flags = TCP_FLAG_FIN | TCP_FLAG_ACK, .seq = seq, .ack = 901},
        {.is_back = true, .flags = TCP_FLAG_FIN | TCP_FLAG_ACK, .seq = 901, .ack = seq + 1},
        {.flags = TCP_FLAG_ACK, .seq = seq + 1, .ack = 902}};
    for (size_t i = 0; i < ARRAY_COUNT(closing); i++) {
        run_show_segment(&watcher, &closing[i], now_us += 100);
    }
    const struct talk talk = run_talk_closed(begun_us, now_us);
    watcher.talk(watcher.owner, &talk);
    watcher.idle(watcher.owner, now_us);
    const struct gateway_stats stats = {.talks = {1}};
    assert_true(run_show_end(&show, &stats));
    const char *text = run_file_text(fd);
    close(fd);
    return text;
}

static uint32_t count(const char *text, const char *what)
{
    uint32_t n = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at++) n++;
    return n;
}

static void all_shows_each_segment(void **state)
{
    (void)state;
    const char *text = play(RUN_PRINT_ALL, 100, false, -1);
    assert_int_equal(count(text, "Flags ["), 206);
    assert_int_equal(count(text, "    # 2 x 1448\n"), 100);
    assert_non_null(strstr(text, " IP 10.0.2.100.4711 > 10.0.2.4.80: Flags [S], seq 100, "));
}

static void notable_folds_the_quiet_middle(void **state)
{
    (void)state;
    const char *text = play(RUN_PRINT_NOTABLE, 100, false, -1);
    assert_int_equal(count(text, "Flags [S]"), 1);
    assert_int_equal(count(text, "Flags [F.]"), 2);
    assert_in_range(count(text, "Flags ["), 10, 40);
    assert_int_equal(count(text, "... "), 1);
    assert_null(strstr(text, "PEER"));
}

static void none_shows_only_the_table(void **state)
{
    (void)state;
    const char *text = play(RUN_PRINT_NONE, 10, true, -1);
    assert_int_equal(count(text, "Flags ["), 0);
    assert_int_equal(count(text, "\n"), 3);
    assert_non_null(strstr(text, "demo.vitro:80"));
    assert_non_null(strstr(text, "program (FIN), 3-segment close"));
    assert_non_null(strstr(text, "-- 1 connection, 26 packets, 0 retransmitted, "));
}

static void a_conversation_is_an_object_of_json_with_what_the_wire_showed(void **state)
{
    (void)state;
    const int json = run_file();
    (void)play(RUN_PRINT_NONE, 10, false, json);
    const char *text = run_file_text(json);
    assert_int_equal(count(text, "\n"), 2);
    assert_non_null(strstr(text, "{\"type\":\"tcp\",\"number\":1,"));
    assert_non_null(strstr(text, "\"close\":\"three_segments\""));
    assert_non_null(strstr(text, "\"packets_out\":14,\"packets_in\":12"));
    assert_non_null(strstr(text, "{\"type\":\"summary\","));
    close(json);
}

static void who_finds_the_host_closed_is_told_of_the_option(void **state)
{
    (void)state;
    const struct vitro_ip gateway[2] = {vitro_ip_v4(10, 0, 2, 2)};
    for (int is_closed = 0; is_closed < 2; is_closed++) {
        struct run_show show;
        const int fd = run_file();
        const struct run_show_config config = {.print = RUN_PRINT_NONE,
                                               .has_table = true,
                                               .text_fd = fd,
                                               .capture_fd = -1,
                                               .json_fd = -1,
                                               .command = "vitro run -- true",
                                               .closed = is_closed ? gateway : NULL};
        assert_true(run_show_init(&show, &config));
        struct talk talk = run_talk_closed(1, 2);
        talk.peer.ip = gateway[0];
        talk.end = TALK_REFUSED;
        talk.ended_by = TALK_GATEWAY;
        const struct gateway_watcher watcher = run_show_watcher(&show);
        watcher.talk(watcher.owner, &talk);
        const struct gateway_stats stats = {.talks = {1}};
        assert_true(run_show_end(&show, &stats));
        assert_int_equal(count(run_file_text(fd), "--host-loopback"), (uint32_t)is_closed);
        close(fd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_shows_each_segment),
        cmocka_unit_test(notable_folds_the_quiet_middle),
        cmocka_unit_test(none_shows_only_the_table),
        cmocka_unit_test(who_finds_the_host_closed_is_told_of_the_option),
        cmocka_unit_test(a_conversation_is_an_object_of_json_with_what_the_wire_showed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
