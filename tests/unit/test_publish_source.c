/*
 * Clients of the host as the program sees them.
 */
#include "gateway/publish_source.h"
#include "support.h"

static void check(bool has_ip6, const char *client, const char *local, const char *remote)
{
    struct policy policy = {.opens_loopback = false};
    const struct vitro_ip network = vitro_ip_v4(10, 0, 2, 0);
    struct vitro_endpoint from;
    struct vitro_flow inside;
    char text[VITRO_ENDPOINT_TEXT_MAX];
    policy_addresses_init(&policy.addresses, &network, has_ip6);
    assert_int_equal(vitro_endpoint_parse(client, &from), 0);
    publish_source(&policy, &from, &inside);
    vitro_endpoint_format(&inside.local, text);
    assert_string_equal(text, local);
    vitro_endpoint_format(&inside.remote, text);
    assert_string_equal(text, remote);
}

static void test_clients_of_the_world_keep_their_address(void **state)
{
    (void)state;
    check(true, "192.0.2.7:5000", "192.0.2.7:5000", "10.0.2.100:0");
    check(true, "[2001:db8::7]:5000", "[2001:db8::7]:5000", "[fd76:6974:726f::100]:0");
}

static void test_others_become_the_gateway(void **state)
{
    (void)state;
    check(true, "127.0.0.1:5000", "10.0.2.2:0", "10.0.2.100:0");
    check(true, "10.0.2.9:5000", "10.0.2.2:0", "10.0.2.100:0");
    check(true, "[::1]:5000", "[fd76:6974:726f::2]:0", "[fd76:6974:726f::100]:0");
    check(true, "[fe80::1]:5000", "[fd76:6974:726f::2]:0", "[fd76:6974:726f::100]:0");
}

static void test_without_ip6_all_come_over_ip4(void **state)
{
    (void)state;
    check(false, "[2001:db8::7]:5000", "10.0.2.2:0", "10.0.2.100:0");
    check(false, "[::1]:5000", "10.0.2.2:0", "10.0.2.100:0");
    check(false, "192.0.2.7:5000", "192.0.2.7:5000", "10.0.2.100:0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clients_of_the_world_keep_their_address),
        cmocka_unit_test(test_others_become_the_gateway),
        cmocka_unit_test(test_without_ip6_all_come_over_ip4),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
