/* ip/ip_arp: who gets an answer, and who gets into the cache. */
#include "ip_cache.h"

#include "ip/ip_arp.h"

static struct cache_setup s;

static struct ip_arp_result input(uint16_t op, const char *sender, const char *target)
{
    const struct arp_repr arp = {.op = op,
                                 .sender_eth = mac_of(9),
                                 .target_eth = our_mac(),
                                 .sender_ip = addr_of(sender),
                                 .target_ip = addr_of(target)};
    struct ip_arp_result result;
    ip_arp_input(&s.iface, &s.cache, &arp, &result, 0);
    return result;
}

static int start(void **state)
{
    (void)state;
    cache_start(&s);
    return 0;
}

static int end(void **state)
{
    (void)state;
    ip_neighbours_deinit(&s.cache);
    return 0;
}

static void a_request_for_us_is_answered_and_remembered(void **state)
{
    (void)state;
    const struct ip_arp_result result = input(ARP_REQUEST, "10.0.0.2", "10.0.0.1");
    assert_int_equal(result.drop, DROP_NONE);
    assert_true(result.has_reply);
    assert_int_equal(result.reply.op, ARP_REPLY);
    assert_addr(&result.reply.sender_ip, "10.0.0.1");
    assert_addr(&result.reply.target_ip, "10.0.0.2");
    assert_int_equal(result.reply.target_eth.bytes[5], 9);
    assert_int_equal(cache_state(&s, "10.0.0.2"), IP_NEIGHBOUR_STALE);
}

static void what_is_not_for_us_makes_no_entry(void **state)
{
    (void)state;
    assert_int_equal(input(ARP_REQUEST, "10.0.0.2", "10.0.0.3").drop, DROP_IP_NOT_FOR_US);
    assert_int_equal(input(ARP_REPLY, "10.0.0.2", "10.0.0.1").drop, DROP_IP_NOT_FOR_US);
    assert_int_equal(input(ARP_REQUEST, "10.0.0.2", "10.0.0.2").drop, DROP_IP_NOT_FOR_US);
    assert_int_equal(cache_state(&s, "10.0.0.2"), -1);
}

static void an_answer_to_our_question_is_taken(void **state)
{
    (void)state;
    cache_ask(&s, "10.0.0.2");
    const struct ip_arp_result result = input(ARP_REPLY, "10.0.0.2", "10.0.0.1");
    assert_int_equal(result.action, IP_NEIGHBOUR_SEND);
    assert_int_equal(cache_state(&s, "10.0.0.2"), IP_NEIGHBOUR_REACHABLE);
    assert_int_equal(result.neighbour->link_addr.bytes[5], 9);
}

static void an_announcement_updates_what_is_known(void **state)
{
    (void)state;
    const struct eth_addr old = mac_of(5);
    const struct ip_addr addr = addr_of("10.0.0.2");
    struct ip_neighbour *neighbour;
    assert_int_equal(ip_neighbour_heard(&s.cache, 1, &addr, &old, &neighbour, 0),
                     IP_NEIGHBOUR_SEND);
    assert_int_equal(input(ARP_REQUEST, "10.0.0.2", "10.0.0.2").drop, DROP_NONE);
    assert_int_equal(neighbour->link_addr.bytes[5], 9);
    assert_int_equal(neighbour->state, IP_NEIGHBOUR_STALE);
}

static void probes_are_answered_only_for_our_own(void **state)
{
    (void)state;
    s.iface.accepts_any = true;
    assert_true(input(ARP_REQUEST, "0.0.0.0", "10.0.0.1").has_reply);
    assert_false(input(ARP_REQUEST, "0.0.0.0", "10.0.0.100").has_reply);
    assert_false(input(ARP_REQUEST, "10.0.0.100", "10.0.0.100").has_reply);
    assert_true(input(ARP_REQUEST, "10.0.0.100", "10.0.0.3").has_reply); /* a gateway does */
}

static void our_own_address_from_elsewhere_is_a_conflict(void **state)
{
    (void)state;
    const struct ip_arp_result result = input(ARP_REQUEST, "10.0.0.1", "10.0.0.1");
    assert_true(result.is_conflict);
    assert_int_equal(result.drop, DROP_IP_BAD_SOURCE);
    assert_false(result.has_reply);
    assert_int_equal(input(ARP_REQUEST, "10.0.0.255", "10.0.0.1").drop, DROP_IP_BAD_SOURCE);
}

static void questions_of_our_own(void **state)
{
    (void)state;
    struct arp_repr request;
    struct ip_addr target = addr_of("10.0.0.2");
    assert_true(ip_arp_request(&s.iface, &target, &request));
    assert_addr(&request.sender_ip, "10.0.0.1");
    assert_addr(&request.target_ip, "10.0.0.2");
    ip_arp_announcement(&s.iface, &target, &request);
    assert_true(ip_addr_eq(&request.sender_ip, &request.target_ip));
    target = addr_of("10.0.0.1");
    assert_int_equal(ip_if_addr_remove(&s.iface, &target), 0);
    assert_false(ip_arp_request(&s.iface, &target, &request));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_for_us_is_answered_and_remembered, start, end),
        cmocka_unit_test_setup_teardown(what_is_not_for_us_makes_no_entry, start, end),
        cmocka_unit_test_setup_teardown(an_answer_to_our_question_is_taken, start, end),
        cmocka_unit_test_setup_teardown(an_announcement_updates_what_is_known, start, end),
        cmocka_unit_test_setup_teardown(probes_are_answered_only_for_our_own, start, end),
        cmocka_unit_test_setup_teardown(our_own_address_from_elsewhere_is_a_conflict, start, end),
        cmocka_unit_test_setup_teardown(questions_of_our_own, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
