/* ip/ip_dest: hits, generations, bounded sets, and path MTUs that outlive their way. */
#include "ip_text.h"

#include "ip/ip_dest.h"

static struct ip_dests *make(uint32_t entries)
{
    static struct ip_dests dests;
    const struct hash_key key = {1, 2};
    assert_int_equal(ip_dests_init(&dests, entries, &key), 0);
    return &dests;
}

static void found_until_the_generation_is_raised(void **state)
{
    (void)state;
    struct ip_dests *dests = make(64);
    const struct ip_addr remote = addr_of("fe80::9");
    const struct eth_addr mac = mac_of(9);
    assert_null(ip_dest_find(dests, &remote, 1));
    struct ip_dest *dest = ip_dest_put(dests, &remote, 1, 7, &remote);
    assert_false(dest->has_link);
    ip_dest_set_link(dest, &mac);
    assert_ptr_equal(ip_dest_find(dests, &remote, 1), dest);
    assert_true(dest->has_link);
    assert_null(ip_dest_find(dests, &remote, 2)); /* another zone, another host */
    ip_dests_invalidate(dests);
    assert_null(ip_dest_find(dests, &remote, 1));
    assert_ptr_equal(ip_dest_put(dests, &remote, 1, 8, &remote), dest);
    assert_false(dest->has_link);
    assert_int_equal(dest->if_index, 8);
    ip_dests_deinit(dests);
}

static void generation_is_never_zero(void **state)
{
    (void)state;
    uint32_t generation = UINT32_MAX;
    ip_generation_raise(&generation);
    assert_int_equal(generation, 1);
}

static void the_unused_give_way_first(void **state)
{
    (void)state;
    struct ip_dests *dests = make(IP_DEST_WAYS); /* one set */
    struct ip_addr remote[IP_DEST_WAYS + 1];
    for (uint32_t i = 0; i <= IP_DEST_WAYS; i++) remote[i] = ip_addr_from_v4(0x0a000001 + i);
    for (uint32_t i = 0; i < IP_DEST_WAYS; i++) ip_dest_put(dests, &remote[i], 0, 1, &remote[i]);
    assert_int_equal(ip_dest_learn_mtu(dests, &remote[1], 0, 1400, 1500, 1500, 0), 1400);
    assert_non_null(ip_dest_find(dests, &remote[0], 0)); /* now 1 is the oldest, but has an MTU */
    ip_dest_put(dests, &remote[IP_DEST_WAYS], 0, 1, &remote[IP_DEST_WAYS]);
    assert_non_null(ip_dest_find(dests, &remote[0], 0));
    assert_non_null(ip_dest_find(dests, &remote[1], 0));
    assert_null(ip_dest_find(dests, &remote[2], 0));
    ip_dests_deinit(dests);
}

static void path_mtu_is_learned_kept_and_ends(void **state)
{
    (void)state;
    struct ip_dests *dests = make(64);
    const struct ip_addr remote = addr_of("10.0.0.9");
    assert_int_equal(ip_dest_learn_mtu(dests, &remote, 0, 1400, 1500, 1500, 5000000), 1400);
    assert_null(ip_dest_find(dests, &remote, 0)); /* known, but not the way to it */
    struct ip_dest *dest = ip_dest_put(dests, &remote, 0, 1, &remote);
    assert_int_equal(ip_dest_mtu(dest, 1500, 5000000), 1400);
    assert_int_equal(ip_dest_mtu(dest, 1300, 5000000), 1300);
    assert_int_equal(ip_dest_learn_mtu(dests, &remote, 0, 0, 1400, 1500, 6000000), 1006);
    assert_int_equal(ip_dest_learn_mtu(dests, &remote, 0, 1400, 1500, 1500, 7000000), 1006);
    ip_dests_invalidate(dests);
    dest = ip_dest_put(dests, &remote, 0, 1, &remote);
    assert_int_equal(ip_dest_mtu(dest, 1500, 605000000), 1006);
    assert_int_equal(ip_dest_mtu(dest, 1500, 606000000), 1500);
    ip_dests_deinit(dests);
}

static void identifications_follow_each_other(void **state)
{
    (void)state;
    struct ip_dests *dests = make(64);
    const struct ip_addr remote = addr_of("10.0.0.9");
    struct ip_dest *dest = ip_dest_put(dests, &remote, 0, 1, &remote);
    const uint16_t first = ip_dest_take_ids(dest, 44);
    assert_int_equal(ip_dest_take_ids(dest, 1), (uint16_t)(first + 44));
    ip_dests_deinit(dests);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_until_the_generation_is_raised),
        cmocka_unit_test(generation_is_never_zero),
        cmocka_unit_test(the_unused_give_way_first),
        cmocka_unit_test(path_mtu_is_learned_kept_and_ends),
        cmocka_unit_test(identifications_follow_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
