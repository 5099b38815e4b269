/* ip/ip_nd: solicitations and advertisements that arrive, and questions we ask. */
#include "ip_discovery.h"

static struct discovery_setup s;

static int start(void **state)
{
    (void)state;
    discovery_start(&s, 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    discovery_end(&s);
    return 0;
}

static struct nd_repr solicitation(const char *target, bool with_lladdr)
{
    return (struct nd_repr){
        .type = ICMP6_NEIGHBOR_SOLICITATION,
        .target = addr_of(target),
        .options = {.has_source_lladdr = with_lladdr, .source_lladdr = mac_of(9)}};
}

static struct nd_repr advertisement(const char *target, bool solicited)
{
    return (struct nd_repr){.type = ICMP6_NEIGHBOR_ADVERTISEMENT,
                            .target = addr_of(target),
                            .is_solicited = solicited,
                            .is_override = true,
                            .options = {.has_target_lladdr = true, .target_lladdr = mac_of(9)}};
}

static struct ip_if_addr *ours(const char *text)
{
    const struct ip_addr addr = addr_of(text);
    return ip_if_addr_find(&s.base.iface, &addr);
}

static void a_question_about_us_is_answered(void **state)
{
    (void)state;
    const struct nd_repr ns = solicitation("fd00::1", true);
    const struct ip_nd_result result = discovery_input(&s, &ns, "fd00::2", "ff02::1:ff00:1", 0);
    assert_int_equal(result.drop, DROP_NONE);
    assert_true(result.has_reply);
    assert_addr(&result.reply.src, "fd00::1");
    assert_addr(&result.reply.dst, "fd00::2");
    assert_int_equal(result.reply.link_dst.bytes[5], 9);
    assert_true(result.reply.repr.is_solicited && result.reply.repr.is_override);
    assert_int_equal(result.reply.repr.options.target_lladdr.bytes[5], 1);
    assert_int_equal(cache_state(&s.base, "fd00::2"), IP_NEIGHBOUR_STALE);
}

static void hop_limit_below_255_is_refused(void **state)
{
    (void)state;
    const struct nd_repr ns = solicitation("fd00::1", true);
    const struct ip_addr src = addr_of("fd00::2");
    const struct ip_addr dst = addr_of("fd00::1");
    struct ip_nd_result result;
    ip_nd_input(&s.nd, &ns, &src, &dst, 254, &result, 0);
    assert_int_equal(result.drop, DROP_ICMP_MALFORMED);
    assert_false(result.has_reply);
}

static void questions_about_others_are_not(void **state)
{
    (void)state;
    struct nd_repr ns = solicitation("fd00::7", true);
    assert_int_equal(discovery_input(&s, &ns, "fd00::2", "ff02::1:ff00:7", 0).drop,
                     DROP_IP_NOT_FOR_US);
    assert_int_equal(cache_state(&s.base, "fd00::2"), -1);
    s.base.iface.accepts_any = true; /* but by a gateway, without override */
    const struct ip_nd_result result = discovery_input(&s, &ns, "fd00::2", "ff02::1:ff00:7", 0);
    assert_true(result.has_reply);
    assert_false(result.reply.repr.is_override);
    ns.options.has_source_lladdr = false; /* except to those who probe for their own address */
    assert_false(discovery_input(&s, &ns, "::", "ff02::1:ff00:7", 0).has_reply);
}

static void a_probe_for_our_address_is_answered_to_all(void **state)
{
    (void)state;
    const struct nd_repr ns = solicitation("fd00::1", false);
    const struct ip_nd_result result = discovery_input(&s, &ns, "::", "ff02::1:ff00:1", 0);
    assert_true(result.has_reply);
    assert_addr(&result.reply.dst, "ff02::1");
    assert_false(result.reply.repr.is_solicited);
    assert_int_equal(result.reply.link_dst.bytes[0], 0x33);
}

static void a_tentative_address_falls_to_probe_or_advertisement(void **state)
{
    (void)state;
    ours("fd00::1")->state = IP_IF_ADDR_TENTATIVE;
    struct nd_repr nd = solicitation("fd00::1", true);
    assert_false(discovery_input(&s, &nd, "fd00::2", "ff02::1:ff00:1", 0).has_reply);
    assert_int_equal(ours("fd00::1")->state, IP_IF_ADDR_TENTATIVE);
    nd = solicitation("fd00::1", false);
    const struct ip_nd_result result = discovery_input(&s, &nd, "::", "ff02::1:ff00:1", 0);
    assert_true(result.has_duplicate);
    assert_addr(&result.duplicate, "fd00::1");
    assert_int_equal(ours("fd00::1")->state, IP_IF_ADDR_DUPLICATE);

    ours("fe80::1")->state = IP_IF_ADDR_TENTATIVE;
    nd = advertisement("fe80::1", false);
    assert_true(discovery_input(&s, &nd, "fe80::1", "ff02::1", 0).has_duplicate);
    assert_int_equal(ours("fe80::1")->state, IP_IF_ADDR_DUPLICATE);
}

static void answers_are_taken_only_when_asked(void **state)
{
    (void)state;
    const struct nd_repr na = advertisement("fd00::2", true);
    assert_int_equal(discovery_input(&s, &na, "fd00::2", "fd00::1", 0).drop, DROP_ICMP_UNSOLICITED);
    assert_int_equal(cache_state(&s.base, "fd00::2"), -1);
    cache_ask(&s.base, "fd00::2");
    assert_int_equal(discovery_input(&s, &na, "fd00::2", "fd00::1", 0).action, IP_NEIGHBOUR_SEND);
    assert_int_equal(cache_state(&s.base, "fd00::2"), IP_NEIGHBOUR_REACHABLE);
}

static void questions_of_our_own(void **state)
{
    (void)state;
    struct ip_nd_message message;
    const struct ip_addr target = addr_of("fd00::2");
    const struct eth_addr mac = mac_of(9);
    assert_true(ip_nd_solicitation(&s.base.iface, &target, NULL, &message));
    assert_addr(&message.src, "fd00::1");
    assert_addr(&message.dst, "ff02::1:ff00:2");
    assert_int_equal(message.link_dst.bytes[0], 0x33);
    assert_true(message.repr.options.has_source_lladdr);
    assert_true(ip_nd_solicitation(&s.base.iface, &target, &mac, &message));
    assert_addr(&message.dst, "fd00::2");
    assert_int_equal(message.link_dst.bytes[5], 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_question_about_us_is_answered, start, end),
        cmocka_unit_test_setup_teardown(hop_limit_below_255_is_refused, start, end),
        cmocka_unit_test_setup_teardown(questions_about_others_are_not, start, end),
        cmocka_unit_test_setup_teardown(a_probe_for_our_address_is_answered_to_all, start, end),
        cmocka_unit_test_setup_teardown(a_tentative_address_falls_to_probe_or_advertisement, start,
                                        end),
        cmocka_unit_test_setup_teardown(answers_are_taken_only_when_asked, start, end),
        cmocka_unit_test_setup_teardown(questions_of_our_own, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
