/*
 * The name server by TCP.
 */
#include "support.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "dns_fixture.h"
#include "gateway/dns_tcp.h"
#include "socket/socket.h"

struct stage {
    struct dns_fixture *f;
    vitro_socket socket; /* the program's connection */
    int host;            /* the resolver's end of one; -1: none yet */
    uint8_t message[2 + 65535];
    char brief[64];
};

static int setup(void **state)
{
    struct stage *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->f = dns_setup(2);
    s->host = -1;
    s->socket = fixture_connect(&s->f->fixture, "10.0.2.3", DNS_PORT, NULL);
    assert_int_not_equal(s->socket, VITRO_SOCKET_NONE);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct stage *s = *state;
    if (s->host >= 0) close(s->host);
    dns_teardown(s->f);
    free(s);
    return 0;
}

static void ask(struct stage *s, const char *name, uint16_t type, uint16_t id)
{
    const size_t len = dns_query(s->message + 2, 512, name, type, id);
    put_be16(s->message, (uint16_t)len);
    fixture_send_all(&s->f->fixture, s->socket, s->message, len + 2);
}

/* The next answer in brief; its ID must be `id`. */
static const char *hear(struct stage *s, uint16_t id)
{
    int error = 0;
    assert_int_equal(fixture_receive(&s->f->fixture, s->socket, s->message, 2, &error), 2);
    const size_t len = get_be16(s->message);
    assert_int_equal(fixture_receive(&s->f->fixture, s->socket, s->message + 2, len, &error), len);
    const struct span answer = span_of(s->message + 2, len);
    assert_int_equal(dns_id_of(answer), id);
    dns_brief(answer, s->brief, sizeof s->brief);
    return s->brief;
}

/* A resolver reads so many bytes. */
static void host_read(struct stage *s, uint8_t *to, size_t len)
{
    const uint64_t until_us = poll_now_us() + FIXTURE_PATIENCE_US;
    while (len > 0) {
        const ssize_t n = recv(s->host, to, len, 0);
        if (n > 0) {
            to += n;
            len -= (size_t)n;
            continue;
        }
        if (n == 0 || errno != EAGAIN || poll_now_us() > until_us) fail_msg("no question came");
        fixture_step(&s->f->fixture);
    }
}

/* A resolver gets the question, by a new connection if there is none. */
static void host_hears(struct stage *s, uint32_t which)
{
    uint8_t length[2];
    if (s->host < 0) s->host = fixture_host_accept(&s->f->fixture, s->f->tcp[which]);
    host_read(s, length, sizeof length);
    s->f->query_len = get_be16(length);
    assert_true(s->f->query_len <= sizeof s->f->query);
    host_read(s, s->f->query, s->f->query_len);
}

static void host_says(struct stage *s, enum dns_code code)
{
    uint8_t answer[2 + 512];
    const size_t len = dns_answer_to(s->f, code, answer + 2, sizeof answer - 2);
    put_be16(answer, (uint16_t)len);
    for (size_t i = 0; i < len + 2; i++) { /* one byte at a time */
        assert_int_equal(send(s->host, answer + i, 1, MSG_NOSIGNAL), 1);
        if (i % 8 == 0) fixture_step(&s->f->fixture);
    }
}

static void host_closes(struct stage *s)
{
    close(s->host);
    s->host = -1;
}

static void test_local_name(void **state)
{
    struct stage *s = *state;
    ask(s, "demo.vitro", DNS_TYPE_A, 5);
    assert_string_equal(hear(s, 5), "A 10.0.2.4");
    assert_int_equal(s->f->fixture.talk_count, 1);
    assert_string_equal(s->f->fixture.talks[0].name, "demo.vitro");
}

static void test_resolver_is_asked_by_tcp(void **state)
{
    struct stage *s = *state;
    ask(s, "example.org", DNS_TYPE_A, 6);
    host_hears(s, 0);
    host_says(s, DNS_NOERROR);
    assert_string_equal(hear(s, 6), "A 192.0.2.7");
    ask(s, "example.net", DNS_TYPE_A, 7); /* by the same connection */
    host_hears(s, 0);
    host_says(s, DNS_NXDOMAIN);
    assert_string_equal(hear(s, 7), "NXDOMAIN");
    assert_false(dns_resolver_hears(s->f, 0, 0)); /* nothing by UDP */
    assert_int_equal(s->f->fixture.talk_count, 2);
    assert_int_equal(s->f->fixture.talks[0].end, TALK_ANSWERED);
}

/* Others have all the buffers just now: the answer waits until one of them comes back. */
static void test_answer_waits_for_memory(void **state)
{
    struct stage *s = *state;
    struct pool *chunks = &s->f->fixture.gateway->stack->stack.tcp.chunks;
    chunks->objects_max = 1;
    ask(s, "example.org", DNS_TYPE_A, 6);
    host_hears(s, 0);
    void *other = pool_get(chunks);
    assert_non_null(other);
    host_says(s, DNS_NOERROR);
    fixture_for(&s->f->fixture, 20000);
    pool_put(chunks, other);
    assert_string_equal(hear(s, 6), "A 192.0.2.7");
}

static void test_questions_sent_ahead_wait(void **state)
{
    struct stage *s = *state;
    ask(s, "example.org", DNS_TYPE_A, 6);
    ask(s, "gateway.vitro", DNS_TYPE_A, 7);
    host_hears(s, 0);
    host_says(s, DNS_NOERROR);
    assert_string_equal(hear(s, 6), "A 192.0.2.7");
    assert_string_equal(hear(s, 7), "A 10.0.2.2");
}

static void test_closed_idle_connection_is_made_again(void **state)
{
    struct stage *s = *state;
    ask(s, "example.org", DNS_TYPE_A, 6);
    host_hears(s, 0);
    host_says(s, DNS_NOERROR);
    assert_string_equal(hear(s, 6), "A 192.0.2.7");
    host_closes(s);
    ask(s, "example.org", DNS_TYPE_A, 7);
    host_hears(s, 0);
    host_says(s, DNS_NOERROR);
    assert_string_equal(hear(s, 7), "A 192.0.2.7");
}

/* A kept connection may have been forgotten on the way, or by a resolver that answers one question
 * only: silence on it says nothing of the resolver. */
static void test_silent_kept_connection_is_made_again(void **state)
{
    struct stage *s = *state;
    ask(s, "example.org", DNS_TYPE_A, 6);
    host_hears(s, 0);
    host_says(s, DNS_NOERROR);
    assert_string_equal(hear(s, 6), "A 192.0.2.7");
    ask(s, "example.org", DNS_TYPE_A, 7);
    host_hears(s, 0);
    const uint64_t later_us = poll_now_us() + DNS_TCP_PATIENCE_US + 1000000;
    struct wheel_node *node = wheel_expire(&s->f->fixture.gateway->poll.wheel, later_us);
    assert_non_null(node);
    struct poll_timer *timer = CONTAINER_OF(node, struct poll_timer, node);
    timer->due(timer, later_us);
    host_closes(s);
    host_hears(s, 0);
    host_says(s, DNS_NOERROR);
    assert_string_equal(hear(s, 7), "A 192.0.2.7");
}

static void test_next_resolver_after_a_lost_one(void **state)
{
    struct stage *s = *state;
    ask(s, "example.org", DNS_TYPE_A, 6);
    host_hears(s, 0);
    host_closes(s);
    host_hears(s, 1);
    host_says(s, DNS_NOERROR);
    assert_string_equal(hear(s, 6), "A 192.0.2.7");
}

static void test_next_resolver_after_an_excuse(void **state)
{
    struct stage *s = *state;
    ask(s, "example.org", DNS_TYPE_A, 6);
    host_hears(s, 0);
    host_says(s, DNS_REFUSED);
    host_closes(s);
    host_hears(s, 1);
    host_says(s, DNS_SERVFAIL); /* the last one's counts */
    assert_string_equal(hear(s, 6), "SERVFAIL");
    assert_int_equal(s->f->fixture.talks[0].end, TALK_ANSWERED);
}

static void test_all_refuse(void **state)
{
    struct stage *s = *state;
    for (int i = 0; i < 2; i++) {
        close(s->f->tcp[i]);
        s->f->tcp[i] = -1;
    }
    ask(s, "example.org", DNS_TYPE_A, 6);
    assert_string_equal(hear(s, 6), "SERVFAIL");
    assert_int_equal(s->f->fixture.talks[0].end, TALK_REFUSED);
    ask(s, "dns.vitro", DNS_TYPE_A, 7);
    assert_string_equal(hear(s, 7), "A 10.0.2.3");
}

static void test_more_messages_of_one_answer(void **state)
{
    struct stage *s = *state;
    ask(s, "example.org", 252, 6);
    host_hears(s, 0);
    host_says(s, DNS_NOERROR);
    host_says(s, DNS_NOERROR);
    assert_string_equal(hear(s, 6), "AXFR none");
    assert_string_equal(hear(s, 6), "AXFR none");
    assert_int_equal(s->f->fixture.talk_count, 1);
}

static void test_longest_answer_passes(void **state)
{
    struct stage *s = *state;
    static uint8_t answer[2 + 65535];
    ask(s, "example.org", DNS_TYPE_A, 6);
    host_hears(s, 0);
    memset(answer, 0x5a, sizeof answer);
    (void)dns_answer_to(s->f, DNS_NOERROR, answer + 2, 512);
    put_be16(answer, 65535);
    for (size_t at = 0; at < sizeof answer;) {
        const ssize_t n = send(s->host, answer + at, sizeof answer - at, MSG_NOSIGNAL);
        if (n > 0) at += (size_t)n;
        fixture_step(&s->f->fixture);
    }
    assert_string_equal(hear(s, 6), "A 192.0.2.7");
    assert_memory_equal(s->message, answer, sizeof answer);
}

static void test_half_close_still_gets_the_answer(void **state)
{
    struct stage *s = *state;
    int error = 0;
    uint8_t more[1];
    ask(s, "example.org", DNS_TYPE_A, 6);
    (void)vitro_tcp_shutdown(s->f->fixture.program, s->socket, VITRO_SHUT_SEND, poll_now_us());
    host_hears(s, 0);
    host_says(s, DNS_NOERROR);
    assert_string_equal(hear(s, 6), "A 192.0.2.7");
    assert_int_equal(fixture_receive(&s->f->fixture, s->socket, more, 1, &error), 0);
    assert_int_equal(error, 0); /* the end, in order */
}

static void test_what_is_no_question(void **state)
{
    struct stage *s = *state;
    static const uint8_t two_questions[] = {0, 12, 0, 9, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0};
    static const uint8_t no_header[] = {0, 3, 1, 2, 3};
    int error = 0;
    fixture_send_all(&s->f->fixture, s->socket, two_questions, sizeof two_questions);
    assert_string_equal(hear(s, 9), "FORMERR");
    fixture_send_all(&s->f->fixture, s->socket, no_header, sizeof no_header);
    assert_int_equal(fixture_receive(&s->f->fixture, s->socket, s->message, 1, &error), 0);
    assert_int_equal(error, ECONNRESET);
}

static void test_program_leaves_before_the_answer(void **state)
{
    struct stage *s = *state;
    ask(s, "example.org", DNS_TYPE_A, 6);
    host_hears(s, 0);
    (void)vitro_tcp_abort(s->f->fixture.program, s->socket, poll_now_us());
    fixture_for(&s->f->fixture, 50000);
    assert_int_equal(s->f->fixture.talk_count, 1);
    assert_int_equal(s->f->fixture.talks[0].ended_by, TALK_PROGRAM);
    uint8_t byte;
    assert_int_equal(recv(s->host, &byte, 1, 0), 0); /* the resolver is let go, too */
}

static void test_too_many_connections_are_reset(void **state)
{
    struct stage *s = *state;
    int error = 0;
    for (int i = 1; i < DNS_TCP_MAX; i++) {
        assert_int_not_equal(fixture_connect(&s->f->fixture, "10.0.2.3", DNS_PORT, &error), 0);
    }
    assert_int_equal(s->f->fixture.gateway->stats.refused_by_limit, 0);
    const vitro_socket last = fixture_connect(&s->f->fixture, "10.0.2.3", DNS_PORT, &error);
    if (last != VITRO_SOCKET_NONE) {
        (void)fixture_receive(&s->f->fixture, last, s->message, 1, &error);
    }
    assert_int_equal(error, ECONNRESET);
    assert_int_equal(s->f->fixture.gateway->stats.refused_by_limit, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_local_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_resolver_is_asked_by_tcp, setup, teardown),
        cmocka_unit_test_setup_teardown(test_answer_waits_for_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_questions_sent_ahead_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(test_closed_idle_connection_is_made_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_silent_kept_connection_is_made_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_next_resolver_after_a_lost_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_next_resolver_after_an_excuse, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_refuse, setup, teardown),
        cmocka_unit_test_setup_teardown(test_more_messages_of_one_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_longest_answer_passes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_half_close_still_gets_the_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_no_question, setup, teardown),
        cmocka_unit_test_setup_teardown(test_program_leaves_before_the_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many_connections_are_reset, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
