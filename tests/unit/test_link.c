/* link/link: frames through a pair of message sockets, which keep borders as a device does. */
#define _GNU_SOURCE /* socketpair, SOCK_CLOEXEC */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link/link.h"
#include "link/link_header.h"
#include "wire/eth.h"

/* A link and the socket at its other end. */
struct ends {
    struct link link;
    int far;
};

static void ends_open(struct ends *ends, enum link_kind kind)
{
    int pair[2];
    const int room_bytes = 4 << 20;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &room_bytes, sizeof room_bytes), 0);
    assert_int_equal(link_init(&ends->link, kind, pair[0]), 0);
    ends->far = pair[1];
}

static void ends_close(struct ends *ends)
{
    close(ends->far);
    link_deinit(&ends->link);
    assert_int_equal(ends->link.fd, -1);
    link_deinit(&ends->link); /* does no harm */
}

/* Sends a frame of zeros and `mark` after a header of zeros to the link. */
static void say(const struct ends *ends, size_t frame_bytes, uint8_t mark)
{
    static uint8_t bytes[LINK_FRAME_BYTES_MAX];
    memset(bytes, 0, sizeof bytes);
    bytes[LINK_HEADER_BYTES + ETH_HEADER_BYTES] = mark;
    const ssize_t len = (ssize_t)(LINK_HEADER_BYTES + frame_bytes);
    assert_int_equal(send(ends->far, bytes, (size_t)len, 0), len);
}

static const enum link_kind kinds[] = {LINK_TAP, LINK_PACKET};

static void test_frames_come_in_batches_and_stay(void **state)
{
    (void)state;
    struct ends ends;
    struct vitro_frame frames[LINK_BATCH];
    for (uint32_t k = 0; k < ARRAY_COUNT(kinds); k++) {
        ends_open(&ends, kinds[k]);
        for (uint8_t i = 0; i < 3; i++) say(&ends, 60u + i, (uint8_t)(i + 1));
        assert_int_equal(link_receive(&ends.link, frames, LINK_BATCH), 3);
        assert_true(ends.link.is_drained);
        for (uint8_t i = 0; i < 3; i++) {
            assert_int_equal(frames[i].len_bytes, 60 + i);
            assert_int_equal(frames[i].span_count, 1);
            assert_int_equal(frames[i].spans[0].len, 60 + i);
            assert_int_equal(frames[i].spans[0].data[ETH_HEADER_BYTES], i + 1);
            assert_int_equal(((uintptr_t)frames[i].spans[0].data + ETH_HEADER_BYTES) % 8, 0);
        }
        assert_int_equal(link_receive(&ends.link, frames, LINK_BATCH), 0);
        assert_true(ends.link.is_drained);
        assert_int_equal(ends.link.stats.frames_in, 3);
        ends_close(&ends);
    }
}

static void test_no_more_than_asked_for(void **state)
{
    (void)state;
    struct ends ends;
    struct vitro_frame frames[LINK_BATCH];
    for (uint32_t k = 0; k < ARRAY_COUNT(kinds); k++) {
        ends_open(&ends, kinds[k]);
        for (uint8_t i = 0; i < 5; i++) say(&ends, 60, i);
        assert_int_equal(link_receive(&ends.link, frames, 2), 2);
        assert_false(ends.link.is_drained);
        assert_int_equal(link_receive(&ends.link, frames, 100), 3);
        assert_int_equal(frames[0].spans[0].data[ETH_HEADER_BYTES], 2);
        ends_close(&ends);
    }
}

static void test_large_frames_do_not_overlap(void **state)
{
    (void)state;
    struct ends ends;
    struct vitro_frame frames[LINK_BATCH];
    for (uint32_t k = 0; k < ARRAY_COUNT(kinds); k++) {
        ends_open(&ends, kinds[k]);
        for (uint8_t i = 0; i < 12; i++) say(&ends, LINK_FRAME_BYTES_MAX - LINK_HEADER_BYTES, i);
        uint32_t seen = 0;
        while (seen < 12) {
            const int count = link_receive(&ends.link, frames, LINK_BATCH);
            assert_true(count > 0);
            for (int i = 0; i < count; i++, seen++) {
                const uint8_t *frame = frames[i].spans[0].data;
                assert_int_equal(frames[i].len_bytes, LINK_FRAME_BYTES_MAX - LINK_HEADER_BYTES);
                assert_int_equal(frame[ETH_HEADER_BYTES], seen);
                assert_int_equal(frame[frames[i].len_bytes - 1], 0);
                assert_true(frame + frames[i].len_bytes <=
                            ends.link.buffer + (size_t)LINK_BATCH * (LINK_FRAME_BYTES_MAX + 64));
            }
        }
        ends_close(&ends);
    }
}

static void test_malformed_frames_are_passed_over(void **state)
{
    (void)state;
    struct ends ends;
    struct vitro_frame frames[LINK_BATCH];
    for (uint32_t k = 0; k < ARRAY_COUNT(kinds); k++) {
        ends_open(&ends, kinds[k]);
        for (uint32_t i = 0; i < 20; i++) say(&ends, i < 10 ? 0 : ETH_HEADER_BYTES - 1, 0);
        say(&ends, ETH_HEADER_BYTES + 1, 9);
        assert_int_equal(link_receive(&ends.link, frames, LINK_BATCH), 1);
        assert_int_equal(frames[0].spans[0].data[ETH_HEADER_BYTES], 9);
        assert_int_equal(ends.link.stats.malformed_in, 20);
        for (uint32_t i = 0; i < 600; i++) say(&ends, 0, 0);
        assert_int_equal(link_receive(&ends.link, frames, LINK_BATCH), 0);
        assert_false(ends.link.is_drained); /* one call does not go on for ever */
        ends_close(&ends);
    }
}

static void test_a_frame_leaves_in_one_message(void **state)
{
    (void)state;
    struct ends ends;
    uint8_t got[64];
    const struct vitro_span spans[] = {{(const uint8_t *)"dddddd"
                                                         "ssssss"
                                                         "tt",
                                        14},
                                       {(const uint8_t *)"one", 3},
                                       {(const uint8_t *)"two", 3}};
    const struct vitro_frame frame = {.spans = spans, .span_count = 3, .len_bytes = 20};
    ends_open(&ends, LINK_TAP);
    link_send(&ends.link, &frame);
    assert_int_equal(recv(ends.far, got, sizeof got, 0), LINK_HEADER_BYTES + 20);
    assert_memory_equal(got + LINK_HEADER_BYTES, "ddddddssssssttonetwo", 20);
    assert_int_equal(ends.link.stats.frames_out, 1);
    ends_close(&ends);
}

static void test_what_the_device_refuses_is_counted(void **state)
{
    (void)state;
    struct ends ends;
    static const uint8_t bytes[1000];
    const struct vitro_span span = {bytes, sizeof bytes};
    const struct vitro_frame frame = {.spans = &span, .span_count = 1, .len_bytes = sizeof bytes};
    ends_open(&ends, LINK_TAP);
    for (int i = 0; i < 5000; i++) link_send(&ends.link, &frame);
    assert_true(ends.link.stats.refused_out > 0);
    assert_int_equal(ends.link.stats.refused_out + ends.link.stats.frames_out, 5000);
    ends_close(&ends);
}

static void test_a_descriptor_that_is_none(void **state)
{
    (void)state;
    struct link link;
    assert_int_equal(link_init(&link, LINK_TAP, -1), EBADF);
    link_deinit(&link);
}

static void test_the_device_is_gone(void **state)
{
    (void)state;
    struct ends ends;
    struct vitro_frame frames[LINK_BATCH];
    for (uint32_t k = 0; k < ARRAY_COUNT(kinds); k++) {
        ends_open(&ends, kinds[k]);
        const int file = open("/dev/null", O_WRONLY | O_CLOEXEC);
        assert_true(file >= 0 && dup2(file, ends.link.fd) == ends.link.fd);
        close(file);
        assert_int_equal(link_receive(&ends.link, frames, LINK_BATCH),
                         kinds[k] == LINK_TAP ? -EBADF : -ENOTSOCK);
        ends_close(&ends);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_come_in_batches_and_stay),
        cmocka_unit_test(test_no_more_than_asked_for),
        cmocka_unit_test(test_large_frames_do_not_overlap),
        cmocka_unit_test(test_malformed_frames_are_passed_over),
        cmocka_unit_test(test_a_frame_leaves_in_one_message),
        cmocka_unit_test(test_what_the_device_refuses_is_counted),
        cmocka_unit_test(test_a_descriptor_that_is_none),
        cmocka_unit_test(test_the_device_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
