/*
 * The store of packets in flight: sizes, copies, limits.
 */
#include "support.h"

#include "sim/sim_packet.h"

static void packets_of_every_size(void **state)
{
    (void)state;
    struct sim_store store;
    sim_store_init(&store, 100);
    static const uint32_t lengths[] = {0, 1, 128, 129, 1514, 1664, 9000, 9216, 9217, 65600};
    for (size_t i = 0; i < ARRAY_COUNT(lengths); i++) {
        struct sim_packet *packet = sim_packet_get(&store, lengths[i]);
        assert_non_null(packet);
        assert_int_equal(packet->len_bytes, lengths[i]);
        assert_true(packet->index == 0 && packet->rule == NULL && !packet->is_copy);
        memset(packet->bytes, 0x5a, lengths[i]); /* a sanitizer would tell */
        struct sim_packet *copy = sim_packet_copy(&store, packet);
        assert_non_null(copy);
        assert_memory_equal(copy->bytes, packet->bytes, lengths[i]);
        assert_int_equal(sim_store_in_use(&store), 2);
        sim_packet_put(&store, packet);
        sim_packet_put(&store, copy);
    }
    assert_null(sim_packet_get(&store, SIM_PACKET_BYTES_MAX + 1));
    sim_store_deinit(&store);
}

static void the_limit_is_kept(void **state)
{
    (void)state;
    struct sim_store store;
    sim_store_init(&store, 2);
    struct sim_packet *a = sim_packet_get(&store, 10);
    struct sim_packet *b = sim_packet_get(&store, 10);
    assert_true(a != NULL && b != NULL);
    assert_null(sim_packet_get(&store, 10));
    assert_null(sim_packet_copy(&store, a));
    sim_packet_put(&store, a);
    assert_non_null(sim_packet_get(&store, 10));
    sim_store_deinit(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_of_every_size),
        cmocka_unit_test(the_limit_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
