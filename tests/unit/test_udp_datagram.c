/* udp/udp_datagram: any length comes back as it was, and exhausted pools leave nothing behind. */
#include "support.h"

#include "udp/udp_datagram.h"

static uint8_t bytes[UDP_PAYLOAD_BYTES_MAX];
static uint8_t again[UDP_PAYLOAD_BYTES_MAX];

static struct udp_datagram *make(struct pool *datagrams, struct pool *chunks, uint32_t len)
{
    struct gather payload;
    gather_init(&payload);
    assert_true(gather_add(&payload, span_of(bytes, len / 2)));
    assert_true(gather_add(&payload, span_of(bytes + len / 2, len - len / 2)));
    return udp_datagram_make(datagrams, chunks, &payload);
}

static void every_length_comes_back(void **state)
{
    (void)state;
    static const uint32_t lens[] = {0, 1, 1952, 1953, 1952 + 4088, 1952 + 4089, 65507, 65527};
    struct pool datagrams, chunks;
    pool_init(&datagrams, "datagrams", sizeof(struct udp_datagram), 10);
    pool_init(&chunks, "chunks", sizeof(struct udp_chunk), 100);
    for (uint32_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i + (i >> 8));
    for (size_t i = 0; i < ARRAY_COUNT(lens); i++) {
        struct udp_datagram *datagram = make(&datagrams, &chunks, lens[i]);
        assert_non_null(datagram);
        struct gather found;
        udp_datagram_bytes(datagram, &found);
        assert_int_equal(found.len_bytes, lens[i]);
        assert_int_equal(gather_copy(&found, 0, again, sizeof again), lens[i]);
        assert_memory_equal(again, bytes, lens[i]);
        udp_datagram_free(&datagrams, &chunks, datagram);
    }
    assert_int_equal(datagrams.in_use + chunks.in_use, 0);
    pool_deinit(&datagrams);
    pool_deinit(&chunks);
}

static void exhausted_pools_leave_nothing_behind(void **state)
{
    (void)state;
    struct pool datagrams, chunks;
    pool_init(&datagrams, "datagrams", sizeof(struct udp_datagram), 1);
    pool_init(&chunks, "chunks", sizeof(struct udp_chunk), 3);
    assert_null(make(&datagrams, &chunks, 65507));
    assert_int_equal(datagrams.in_use + chunks.in_use, 0);
    struct udp_datagram *datagram = make(&datagrams, &chunks, 10);
    assert_null(make(&datagrams, &chunks, 10));
    udp_datagram_free(&datagrams, &chunks, datagram);
    pool_deinit(&datagrams);
    pool_deinit(&chunks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_comes_back),
        cmocka_unit_test(exhausted_pools_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
