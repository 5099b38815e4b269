/*
 * Exact faults: what the language says, and which packets a rule strikes.
 */
#include "support.h"

#include "sim/sim_fault.h"

struct expected {
    const char *text;
    enum sim_fault fault;
    enum sim_kind kind;
    uint64_t first, last, step, delay_us;
    uint32_t ends;
};

#define BOTH 3u

static const struct expected rules[] = {
    {"drop data 2", SIM_FAULT_DROP, SIM_KIND_DATA, 2, 2, 1, 0, BOTH},
    {"drop the 2nd data segment", SIM_FAULT_DROP, SIM_KIND_DATA, 2, 2, 1, 0, BOTH},
    {"Drop every SYN-ACK", SIM_FAULT_DROP, SIM_KIND_SYN_ACK, 1, UINT64_MAX, 1, 0, BOTH},
    {"drop syn-ack", SIM_FAULT_DROP, SIM_KIND_SYN_ACK, 1, UINT64_MAX, 1, 0, BOTH},
    {"drop all acks", SIM_FAULT_DROP, SIM_KIND_ACK, 1, UINT64_MAX, 1, 0, BOTH},
    {"drop the 3rd packet", SIM_FAULT_DROP, SIM_KIND_PACKET, 3, 3, 1, 0, BOTH},
    {"corrupt first FIN from b", SIM_FAULT_CORRUPT, SIM_KIND_FIN, 1, 1, 1, 0, 2},
    {"duplicate rst from A", SIM_FAULT_DUPLICATE, SIM_KIND_RST, 1, UINT64_MAX, 1, 0, 1},
    {"delay 30ms packets 3-5", SIM_FAULT_DELAY, SIM_KIND_PACKET, 3, 5, 1, 30000, BOTH},
    {"delay 2s segment 4-", SIM_FAULT_DELAY, SIM_KIND_SEGMENT, 4, UINT64_MAX, 1, 2000000, BOTH},
    {"delay 250us icmp", SIM_FAULT_DELAY, SIM_KIND_ICMP, 1, UINT64_MAX, 1, 250, BOTH},
    {"reorder every 3rd data", SIM_FAULT_REORDER, SIM_KIND_DATA, 3, UINT64_MAX, 3, 0, BOTH},
    {"drop data every 10", SIM_FAULT_DROP, SIM_KIND_DATA, 10, UINT64_MAX, 10, 0, BOTH},
    {"drop  first\tfragment", SIM_FAULT_DROP, SIM_KIND_FRAGMENT, 1, 1, 1, 0, BOTH},
    {"drop arp 1", SIM_FAULT_DROP, SIM_KIND_ARP, 1, 1, 1, 0, BOTH},
    {"drop 11th udp packet", SIM_FAULT_DROP, SIM_KIND_UDP, 11, 11, 1, 0, BOTH},
};

static void rules_are_understood(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rules); i++) {
        const struct expected *expected = &rules[i];
        struct sim_rule rule;
        if (!sim_fault_parse(expected->text, &rule)) fail_msg("not understood: %s", expected->text);
        assert_int_equal(rule.fault, expected->fault);
        assert_int_equal(rule.kind, expected->kind);
        assert_true(rule.first == expected->first && rule.last == expected->last);
        assert_true(rule.step == expected->step && rule.delay_us == expected->delay_us);
        assert_int_equal(rule.ends, expected->ends);
        assert_string_equal(rule.text, expected->text);
    }
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "drop",
        "lose data 2",
        "drop data 0",
        "drop data x",
        "drop data 5-3",
        "drop data 2 3",
        "drop the",
        "drop 2nd",
        "drop datas 2 from c",
        "drop data 2 from",
        "drop data 2nth",
        "delay data 2",
        "delay 30 data 2",
        "delay 30min data 2",
        "drop every every data",
        "drop data 9999999999999",
        "a b c d e f g h i j k l m n",
        "drop the the the the the the the the the the the the data 2",
        "drop the very long rule that nobody could ever want to write down here 2",
    };
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct sim_rule rule = {.step = 77};
        if (sim_fault_parse(texts[i], &rule)) fail_msg("understood: %s", texts[i]);
        assert_int_equal(rule.step, 77);
    }
}

static void rules_strike_what_they_name(void **state)
{
    (void)state;
    struct sim_rule rule;
    assert_true(sim_fault_parse("drop every 3rd data from a", &rule));
    assert_false(sim_rule_strikes(&rule, SIM_A, 1));
    assert_true(sim_rule_strikes(&rule, SIM_A, 3));
    assert_false(sim_rule_strikes(&rule, SIM_A, 4));
    assert_true(sim_rule_strikes(&rule, SIM_A, 300));
    assert_false(sim_rule_strikes(&rule, SIM_B, 3));
    assert_true(sim_fault_parse("drop data 3-5", &rule));
    for (uint64_t n = 1; n < 9; n++) {
        assert_int_equal(sim_rule_strikes(&rule, SIM_B, n), n >= 3 && n <= 5);
    }
}

static void faults_are_named(void **state)
{
    (void)state;
    char out[SIM_RULE_TEXT_MAX];
    assert_int_equal(sim_faults_format(0, out, sizeof out), 0);
    assert_string_equal(out, "");
    (void)sim_faults_format(SIM_FAULT_BIT(CORRUPT) | SIM_FAULT_BIT(DELAY), out, sizeof out);
    assert_string_equal(out, "delayed, corrupted");
    assert_string_equal(sim_fault_text((enum sim_fault)99), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_understood),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(rules_strike_what_they_name),
        cmocka_unit_test(faults_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
