/*
 * Bases of relative sequence numbers.
 */
#include "observe/print_seq.h"
#include "support.h"

static const uint8_t low[4] = {10, 0, 0, 1};
static const uint8_t high[4] = {10, 0, 0, 2};

static struct print_seq_bases seen(struct print_seq *table, bool is_reply, uint16_t port,
                                   uint32_t seq, uint32_t ack, bool has_syn)
{
    return is_reply ? print_seq_update(table, 4, high, low, 80, port, seq, ack, has_syn)
                    : print_seq_update(table, 4, low, high, port, 80, seq, ack, has_syn);
}

static void check(struct print_seq_bases got, uint32_t seq, uint32_t ack, uint32_t sack)
{
    assert_int_equal(got.seq, seq);
    assert_int_equal(got.ack, ack);
    assert_int_equal(got.sack, sack);
}

static void syn_ack_sets_the_bases(void **state)
{
    (void)state;
    struct print_seq table;
    assert_true(print_seq_init(&table, 4, (struct hash_key){1, 2}));
    check(seen(&table, true, 4000, 5000, 1001, true), 0, 0, 1000);
    check(seen(&table, false, 4000, 1001, 5001, false), 1000, 5000, 5000);
    check(seen(&table, true, 4000, 5001, 1001, false), 5000, 1000, 1000);
    print_seq_deinit(&table);
}

static void first_segment_seen_sets_the_bases(void **state)
{
    (void)state;
    struct print_seq table;
    assert_true(print_seq_init(&table, 4, (struct hash_key){1, 2}));
    check(seen(&table, false, 4000, 700, 900, false), 0, 0, 899);
    check(seen(&table, false, 4000, 710, 900, false), 700, 899, 899);
    check(seen(&table, true, 4000, 900, 710, false), 899, 700, 700);
    print_seq_clear(&table);
    check(seen(&table, false, 4000, 720, 900, false), 0, 0, 899);
    print_seq_deinit(&table);
}

static void equal_ports_are_told_apart_by_address(void **state)
{
    (void)state;
    struct print_seq table;
    assert_true(print_seq_init(&table, 4, (struct hash_key){1, 2}));
    check(seen(&table, true, 80, 5000, 1001, true), 0, 0, 1000);
    check(seen(&table, false, 80, 1001, 5001, false), 1000, 5000, 5000);
    print_seq_deinit(&table);
}

/* Against the rule itself: a flow is known as long as fewer than flows_max came after it. */
static void oldest_flow_makes_room(void **state)
{
    (void)state;
    enum { FLOWS = 5, ROUNDS = 200 };
    struct print_seq table;
    assert_true(print_seq_init(&table, FLOWS, (struct hash_key){1, 2}));
    for (uint16_t i = 0; i < ROUNDS; i++) {
        const uint16_t port = (uint16_t)(1000 + i);
        check(seen(&table, false, port, i, 1, false), 0, 0, 0);
        const uint16_t kept = i >= FLOWS - 1 ? (uint16_t)(i - FLOWS + 1) : 0;
        check(seen(&table, false, (uint16_t)(1000 + kept), 9999, 1, false), kept, 0, 0);
    }
    print_seq_deinit(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syn_ack_sets_the_bases),
        cmocka_unit_test(first_segment_seen_sets_the_bases),
        cmocka_unit_test(equal_ports_are_told_apart_by_address),
        cmocka_unit_test(oldest_flow_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
