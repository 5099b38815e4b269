/* ip/ip_id: identifications that do not repeat, labels that stay. */
#include "ip_text.h"

#include "ip/ip_id.h"

static const struct hash_key key = {0x0123456789abcdef, 0xfedcba9876543210};

static void identifications_of_one_flow_do_not_repeat(void **state)
{
    (void)state;
    static struct ip_ids ids;
    static bool seen[65536];
    ip_ids_init(&ids, &key);
    const struct ip_addr src = addr_of("10.0.0.1");
    const struct ip_addr dst = addr_of("10.0.0.2");
    for (uint32_t i = 0; i < 65536; i++) {
        const uint16_t id = (uint16_t)ip_id_next(&ids, &src, &dst, 17);
        assert_false(seen[id]);
        seen[id] = true;
    }
}

static void flows_and_keys_differ(void **state)
{
    (void)state;
    static struct ip_ids ids, other;
    const struct hash_key other_key = {1, 2};
    ip_ids_init(&ids, &key);
    ip_ids_init(&other, &other_key);
    const struct ip_addr src = addr_of("fd00::1");
    const struct ip_addr dst = addr_of("fd00::2");
    const struct ip_addr dst_3 = addr_of("fd00::3");
    const uint32_t first = ip_id_next(&ids, &src, &dst, 17);
    assert_int_not_equal(first + 1, ip_id_next(&ids, &src, &dst_3, 17));
    assert_int_not_equal(first, ip_id_next(&other, &src, &dst, 17));
}

static void a_flow_keeps_its_label(void **state)
{
    (void)state;
    const struct ip_addr src = addr_of("fd00::1");
    const struct ip_addr dst = addr_of("fd00::2");
    uint32_t changes = 0;
    for (uint32_t port = 1; port < 1000; port++) {
        const uint32_t label = ip_flow_label(&key, &src, &dst, (uint16_t)port, 80, 6);
        assert_in_range(label, 1, 0xfffff);
        assert_int_equal(label, ip_flow_label(&key, &src, &dst, (uint16_t)port, 80, 6));
        if (label != ip_flow_label(&key, &src, &dst, (uint16_t)port, 81, 6)) changes++;
    }
    assert_true(changes > 990);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identifications_of_one_flow_do_not_repeat),
        cmocka_unit_test(flows_and_keys_differ),
        cmocka_unit_test(a_flow_keeps_its_label),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
