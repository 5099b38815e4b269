/*
 * The record of a conversation.
 */
#define _GNU_SOURCE

#include "gateway/talk.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/host_socket.h"
#include "gateway_fixture.h"

static void begins_with_everything_else_zero(void **state)
{
    (void)state;
    struct talk talk;
    memset(&talk, 0xff, sizeof talk);
    const struct vitro_endpoint program = vitro_endpoint_of(vitro_ip_v4(10, 0, 2, 100), 4711);
    const struct vitro_endpoint peer = vitro_endpoint_of(vitro_ip_v4(192, 0, 2, 7), 443);
    talk_begin(&talk, TALK_TCP, &program, &peer, 42);
    assert_int_equal(talk.kind, TALK_TCP);
    assert_int_equal(talk.program.port, 4711);
    assert_int_equal(talk.peer.port, 443);
    assert_int_equal(talk.begun_us, 42);
    assert_int_equal(talk.end, TALK_OPEN);
    assert_int_equal(talk.ended_by, TALK_NOBODY);
    assert_string_equal(talk.name, "");
    assert_int_equal(talk.bytes_in + talk.bytes_out, 0);
    assert_false(talk.has_path);
}

/* Two ends of the loopback: the host's kernel has measured a round trip in the handshake. */
static void the_path_is_what_the_host_knows(void **state)
{
    (void)state;
    struct talk talk = {.kind = TALK_TCP};
    uint16_t port = 0;
    const int listener = fixture_host_listen(&port);
    const struct vitro_endpoint to = vitro_endpoint_of(vitro_ip_v4(127, 0, 0, 1), port);
    const int fd = host_socket_open(&to, SOCK_STREAM);
    struct sockaddr_storage address;
    const socklen_t len = host_address(&to, &address);
    (void)connect(fd, (const struct sockaddr *)&address, len); /* to the loopback: done at once */
    assert_int_equal(host_socket_error(fd), 0);
    talk_path(&talk, fd);
    assert_true(talk.has_path);
    assert_true(talk.path_rtt_us > 0);
    assert_true(talk.path_rtt_us_min > 0);
    assert_true(talk.path_mss_bytes > 500);
    assert_int_equal(talk.path_retransmits, 0);
    close(fd);
    close(listener);
}

static void what_is_no_tcp_socket_has_no_path(void **state)
{
    (void)state;
    struct talk talk = {.kind = TALK_TCP};
    int pipe_ends[2];
    assert_int_equal(pipe(pipe_ends), 0);
    talk_path(&talk, pipe_ends[0]);
    assert_false(talk.has_path);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

static void an_error_says_how_it_ended(void **state)
{
    (void)state;
    assert_int_equal(talk_end_of_error(ECONNREFUSED), TALK_REFUSED);
    assert_int_equal(talk_end_of_error(ETIMEDOUT), TALK_TIMED_OUT);
    assert_int_equal(talk_end_of_error(ENETUNREACH), TALK_UNREACHABLE);
    assert_int_equal(talk_end_of_error(EACCES), TALK_UNREACHABLE);
    assert_int_equal(talk_end_of_error(EMFILE), TALK_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(begins_with_everything_else_zero),
        cmocka_unit_test(the_path_is_what_the_host_knows),
        cmocka_unit_test(what_is_no_tcp_socket_has_no_path),
        cmocka_unit_test(an_error_says_how_it_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
