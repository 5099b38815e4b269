/*
 * The capture of a run, read back with tests/support/pcapng_read.
 */
#define _GNU_SOURCE

#include "cli/run_capture.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/bytes.h"
#include "pcapng_read.h"
#include "run_fixture.h"

/* draft-ietf-opsawg-pcapng 4 */
#define BLOCK_NAMES        4
#define BLOCK_STATISTICS   5
#define BLOCK_PACKET       6
#define PACKET_FIXED_BYTES 20
#define OPTION_FLAGS       2

static void watch(void *owner, enum gateway_way way, const struct vitro_frame *frame,
                  uint64_t now_us)
{
    run_capture_frame(owner, way, frame, now_us);
}

static void every_packet_is_there_with_its_direction(void **state)
{
    (void)state;
    struct run_capture capture;
    const int fd = run_file();
    assert_true(run_capture_init(&capture, fd, "vitro run -- true"));
    const struct gateway_watcher watcher = {.owner = &capture, .frame = watch};
    run_show_segment(&watcher, &(struct run_segment){.flags = 2, .seq = 1}, 1000000);
    run_show_segment(&watcher,
                     &(struct run_segment){
                         .is_back = true, .flags = 0x10, .len_bytes = 4001, .segment_bytes = 1448},
                     1000007);
    const struct vitro_ip ip = vitro_ip_v4(10, 0, 2, 4);
    run_capture_name(&capture, &ip, "demo.vitro");
    assert_int_equal(run_capture_deinit(&capture), 0);

    static uint8_t bytes[65536];
    const ssize_t len = pread(fd, bytes, sizeof bytes, 0);
    assert_true(len > 4000);
    struct span file = span_of(bytes, (size_t)len);
    struct pcapng_block block;
    uint32_t packets = 0, names = 0, statistics = 0;
    while (pcapng_read_block(&file, &block)) {
        names += block.type == BLOCK_NAMES;
        statistics += block.type == BLOCK_STATISTICS;
        if (block.type != BLOCK_PACKET) continue;
        const uint32_t captured = get_le32(block.body.data + 12);
        const size_t options = PACKET_FIXED_BYTES + (captured + 3) / 4 * 4;
        const struct span flags =
            pcapng_read_find(span_slice(block.body, options, block.body.len), OPTION_FLAGS);
        assert_int_equal(get_le32(block.body.data + 8), packets == 0 ? 1000000 : 1000007);
        assert_int_equal(captured, packets == 0 ? 54 : 4055);
        assert_int_equal(get_le32(flags.data) & 3, packets == 0 ? 2 : 1); /* out, in */
        packets++;
    }
    assert_int_equal(packets, 2);
    assert_int_equal(names, 1);
    assert_int_equal(statistics, 1);
    close(fd);
}

static void a_full_disk_is_told_at_the_end(void **state)
{
    (void)state;
    struct run_capture capture;
    const int fd = open("/dev/full", O_WRONLY);
    if (fd < 0) skip();
    assert_true(run_capture_init(&capture, fd, NULL));
    const struct gateway_watcher watcher = {.owner = &capture, .frame = watch};
    run_show_segment(&watcher, &(struct run_segment){.flags = 2}, 1000000);
    assert_int_equal(run_capture_deinit(&capture), ENOSPC);
    close(fd);
}

static void without_a_file_nothing_happens(void **state)
{
    (void)state;
    struct run_capture capture;
    assert_true(run_capture_init(&capture, -1, NULL));
    const struct gateway_watcher watcher = {.owner = &capture, .frame = watch};
    run_show_segment(&watcher, &(struct run_segment){.flags = 2}, 1000000);
    assert_int_equal(capture.packets, 0);
    assert_int_equal(run_capture_deinit(&capture), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_packet_is_there_with_its_direction),
        cmocka_unit_test(a_full_disk_is_told_at_the_end),
        cmocka_unit_test(without_a_file_nothing_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
