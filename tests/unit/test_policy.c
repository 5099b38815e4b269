/*
 * Where destinations are, for a network 10.0.2.0/24 and its IPv6 twin.
 */
#include "gateway/policy.h"
#include "support.h"

static struct policy make(bool opens_loopback, bool has_ip6)
{
    struct policy policy = {.opens_loopback = opens_loopback};
    const struct vitro_ip network = vitro_ip_v4(10, 0, 2, 0);
    policy_addresses_init(&policy.addresses, &network, has_ip6);
    return policy;
}

/* The place of ip:port, and in `target` where the host would connect to. */
static enum policy_place place(const struct policy *policy, const char *asked, char *target)
{
    struct vitro_endpoint endpoint;
    struct vitro_endpoint there = {.port = 0};
    assert_int_equal(vitro_endpoint_parse(asked, &endpoint), 0);
    const enum policy_place found = policy_place(policy, &endpoint, &there);
    if (target != NULL) (void)vitro_endpoint_format(&there, target);
    return found;
}

static void addresses_are_those_of_the_manual(void **state)
{
    (void)state;
    const struct policy policy = make(false, true);
    static const char *const want[][2] = {{"10.0.2.100", "fd76:6974:726f::100"},
                                          {"10.0.2.2", "fd76:6974:726f::2"},
                                          {"10.0.2.3", "fd76:6974:726f::3"},
                                          {"10.0.2.4", "fd76:6974:726f::4"}};
    const struct vitro_ip *pairs[] = {policy.addresses.program, policy.addresses.gateway,
                                      policy.addresses.dns, policy.addresses.demo};
    for (size_t i = 0; i < ARRAY_COUNT(want); i++) {
        for (int v = 0; v < 2; v++) {
            char text[VITRO_IP_TEXT_MAX];
            (void)vitro_ip_format(&pairs[i][v], text);
            assert_string_equal(text, want[i][v]);
        }
    }
}

static void the_world_is_reached_as_asked(void **state)
{
    (void)state;
    const struct policy policy = make(false, true);
    static const char *const world[] = {"192.0.2.7:443", "10.0.3.2:80", "169.254.169.254:80",
                                        "[2001:db8::1]:443", "[fd00::1]:53"};
    for (size_t i = 0; i < ARRAY_COUNT(world); i++) {
        char target[VITRO_ENDPOINT_TEXT_MAX];
        assert_int_equal(place(&policy, world[i], target), POLICY_WORLD);
        assert_string_equal(target, world[i]);
    }
}

static void loopback_and_its_disguises_are_forbidden(void **state)
{
    (void)state;
    static const char *const forbidden[] = {
        "127.0.0.1:22",     "127.255.0.9:1",      "0.0.0.0:22",      "0.1.2.3:22",
        "[::]:22",          "[::1]:22",           "[::7f00:1]:22",   "[::2]:22",
        "224.0.0.251:5353", "255.255.255.255:67", "[ff02::fb]:5353", "[fe80::1]:22"};
    for (int opens = 0; opens < 2; opens++) {
        const struct policy policy = make(opens == 1, true);
        for (size_t i = 0; i < ARRAY_COUNT(forbidden); i++) {
            assert_int_equal(place(&policy, forbidden[i], NULL), POLICY_FORBIDDEN);
        }
    }
}

/* In an IPv6 packet: the one form stands for both (vitro/address.h). */
static void a_mapped_loopback_is_forbidden(void **state)
{
    (void)state;
    const struct policy policy = make(true, true);
    struct vitro_ip ip;
    struct vitro_endpoint target;
    assert_int_equal(vitro_ip_parse("::ffff:127.0.0.1", &ip), 0);
    const struct vitro_endpoint asked = vitro_endpoint_of(ip, 22);
    assert_int_equal(policy_place(&policy, &asked, &target), POLICY_FORBIDDEN);
}

static void the_gateways_address_is_the_hosts_loopback_where_it_is_opened(void **state)
{
    (void)state;
    const struct policy open = make(true, true);
    char target[VITRO_ENDPOINT_TEXT_MAX];
    assert_int_equal(place(&open, "10.0.2.2:8080", target), POLICY_LOOPBACK);
    assert_string_equal(target, "127.0.0.1:8080");
    assert_int_equal(place(&open, "[fd76:6974:726f::2]:8080", target), POLICY_LOOPBACK);
    assert_string_equal(target, "[::1]:8080");
    const struct policy closed = make(false, true);
    assert_int_equal(place(&closed, "10.0.2.2:8080", NULL), POLICY_CLOSED);
    assert_int_equal(place(&closed, "[fd76:6974:726f::2]:8080", NULL), POLICY_CLOSED);
}

static void only_port_53_of_the_name_server_is_one(void **state)
{
    (void)state;
    const struct policy policy = make(true, true);
    assert_int_equal(place(&policy, "10.0.2.3:53", NULL), POLICY_DNS);
    assert_int_equal(place(&policy, "[fd76:6974:726f::3]:53", NULL), POLICY_DNS);
    assert_int_equal(place(&policy, "10.0.2.3:54", NULL), POLICY_CLOSED);
    assert_int_equal(place(&policy, "10.0.2.2:53", NULL), POLICY_LOOPBACK);
}

static void nobody_else_is_in_the_subnet(void **state)
{
    (void)state;
    const struct policy policy = make(true, true);
    assert_int_equal(place(&policy, "10.0.2.4:81", NULL), POLICY_CLOSED);
    assert_int_equal(place(&policy, "10.0.2.5:80", NULL), POLICY_NOWHERE);
    assert_int_equal(place(&policy, "10.0.2.255:80", NULL), POLICY_NOWHERE);
    assert_int_equal(place(&policy, "[fd76:6974:726f::9]:80", NULL), POLICY_NOWHERE);
}

static void without_ip6_its_addresses_are_not_ours(void **state)
{
    (void)state;
    const struct policy policy = make(true, false);
    assert_int_equal(place(&policy, "[fd76:6974:726f::2]:80", NULL), POLICY_WORLD);
    assert_int_equal(place(&policy, "[::]:80", NULL), POLICY_FORBIDDEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_those_of_the_manual),
        cmocka_unit_test(the_world_is_reached_as_asked),
        cmocka_unit_test(loopback_and_its_disguises_are_forbidden),
        cmocka_unit_test(a_mapped_loopback_is_forbidden),
        cmocka_unit_test(the_gateways_address_is_the_hosts_loopback_where_it_is_opened),
        cmocka_unit_test(only_port_53_of_the_name_server_is_one),
        cmocka_unit_test(nobody_else_is_in_the_subnet),
        cmocka_unit_test(without_ip6_its_addresses_are_not_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
