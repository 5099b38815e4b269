/*
 * The connection table against a list of what is in it: 200,000 tuples, random additions, lookups,
 * removals, replacements and walks while it grows; how evenly tuples spread that a peer may choose.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "tcp/tcp_table.h"

#define TUPLES 200000u

struct fixture {
    struct tcp_table table;
    struct rng rng;
    struct tcp_entry *entries; /* two for each tuple, so that one can replace the other */
    uint8_t *which;            /* 0: not in the table, else 1 + which of the two */
    uint32_t count;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    const struct hash_key key = {.k0 = 0x0123456789abcdefu, .k1 = 42};
    assert_int_equal(tcp_table_init(&f->table, &key), 0);
    f->entries = calloc(2 * (size_t)TUPLES, sizeof(*f->entries));
    f->which = calloc(TUPLES, 1);
    rng_seed(&f->rng, 4);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    tcp_table_deinit(&f->table);
    free(f->entries);
    free(f->which);
    free(f);
    return 0;
}

/* Tuple `i`, each its own: random IPv6, one peer's ports, many IPv4 peers, two zones. */
static struct tcp_tuple tuple_of(uint32_t i)
{
    struct tcp_tuple tuple = {
        .local = ip_addr_from_v4(0x0a000202), .local_port = 443, .remote_port = (uint16_t)i};
    switch (i % 4) {
    case 0: {
        const uint64_t mixed[2] = {hash_mix64(i), hash_mix64(~(uint64_t)i)};
        memcpy(tuple.remote.bytes, mixed, sizeof mixed);
        tuple.local = tuple.remote;
        tuple.local.bytes[0] ^= 1;
        break;
    }
    case 1: tuple.remote = ip_addr_from_v4(0x0a000001 + (i >> 16)); break;
    case 2:
        tuple.remote = ip_addr_from_v4(0xc0000000 + i);
        tuple.remote_port = 50000;
        break;
    default:
        tuple.remote.bytes[0] = 0xfe;
        tuple.remote.bytes[1] = 0x80;
        tuple.remote_port = (uint16_t)(i >> 3);
        tuple.local_port = (uint16_t)(i >> 19);
        tuple.zone = (uint16_t)(i >> 2 & 1);
        break;
    }
    return tuple;
}

static struct tcp_entry *entry_of(struct fixture *f, uint32_t i, uint32_t which)
{
    struct tcp_entry *entry = &f->entries[2 * (size_t)i + which];
    entry->tuple = tuple_of(i);
    return entry;
}

static void check_find(struct fixture *f, uint32_t i)
{
    const struct tcp_tuple tuple = tuple_of(i);
    const struct tcp_entry *expected =
        f->which[i] == 0 ? NULL : &f->entries[2 * (size_t)i + f->which[i] - 1];
    assert_ptr_equal(tcp_table_find(&f->table, &tuple), expected);
}

static void add(struct fixture *f, uint32_t i)
{
    const uint32_t buckets = f->table.buckets;
    tcp_table_add(&f->table, entry_of(f, i, 0));
    assert_true(f->table.buckets - buckets <= 2); /* no insert does more than a little work */
    f->which[i] = 1;
    f->count++;
}

static void remove_one(struct fixture *f, uint32_t i)
{
    tcp_table_remove(&f->table, &f->entries[2 * (size_t)i + f->which[i] - 1]);
    f->which[i] = 0;
    f->count--;
}

static void replace(struct fixture *f, uint32_t i)
{
    const uint32_t old = f->which[i] - 1u;
    tcp_table_replace(&f->table, entry_of(f, i, old), entry_of(f, i, 1 - old));
    f->which[i] = (uint8_t)(2 - old);
}

/* Walks the table; each entry must come once, and no other. */
static void check_walk(struct fixture *f)
{
    uint32_t seen = 0;
    for (const struct tcp_entry *entry = tcp_table_first(&f->table); entry != NULL;
         entry = tcp_table_next(&f->table, entry)) {
        const size_t at = (size_t)(entry - f->entries);
        assert_int_equal(f->which[at / 2], 1 + at % 2);
        f->which[at / 2] |= 4; /* a second visit would not be equal */
        seen++;
    }
    assert_int_equal(seen, f->count);
    assert_int_equal(f->table.entries, f->count);
    for (uint32_t i = 0; i < TUPLES; i++) f->which[i] &= 3;
}

static void random_steps(struct fixture *f, uint32_t steps, uint32_t add_ppm)
{
    for (uint32_t n = 0; n < steps; n++) {
        const uint32_t i = (uint32_t)rng_below(&f->rng, TUPLES);
        if (f->which[i] == 0) {
            if (rng_chance_ppm(&f->rng, add_ppm)) add(f, i);
        } else if (rng_chance_ppm(&f->rng, 200000)) {
            replace(f, i);
        } else if (rng_chance_ppm(&f->rng, 1000000 - add_ppm)) {
            remove_one(f, i);
        }
        check_find(f, i);
        check_find(f, (uint32_t)rng_below(&f->rng, TUPLES));
    }
}

static void test_random_operations_match_a_list(void **state)
{
    struct fixture *f = *state;
    check_walk(f);
    for (uint32_t round = 0; round < 20; round++) {
        random_steps(f, 30000, 950000);
        check_walk(f);
    }
    random_steps(f, 400000, 100000);
    check_walk(f);
    for (uint32_t i = 0; i < TUPLES; i++)
        if (f->which[i] == 0) add(f, i);
    for (uint32_t i = 0; i < TUPLES; i++) check_find(f, i);
    check_walk(f);
    /* Buckets keep pace: four for three entries. */
    assert_true((uint64_t)f->table.buckets * 3 >= (uint64_t)TUPLES * 4);
    assert_true((uint64_t)f->table.buckets * 3 <= (uint64_t)TUPLES * 4 + 3);
}

static void test_entries_may_be_removed_on_the_way(void **state)
{
    struct fixture *f = *state;
    for (uint32_t i = 0; i < 5000; i++) add(f, i);
    struct tcp_entry *entry = tcp_table_first(&f->table);
    while (entry != NULL) {
        struct tcp_entry *next = tcp_table_next(&f->table, entry);
        tcp_table_remove(&f->table, entry);
        entry = next;
    }
    assert_int_equal(f->table.entries, 0);
    assert_null(tcp_table_first(&f->table));
}

/* How many entries a lookup looks at, on average, and the longest chain. */
static void chains_measure(const struct tcp_table *table, double *average, uint32_t *longest)
{
    uint32_t chain = 0;
    uint64_t looks = 0;
    *longest = 0;
    const struct tcp_entry *before = NULL;
    for (const struct tcp_entry *entry = tcp_table_first(table); entry != NULL;
         entry = tcp_table_next(table, entry)) {
        chain = before != NULL && before->next == entry ? chain + 1 : 1;
        looks += chain;
        *longest = u32_max(*longest, chain);
        before = entry;
    }
    *average = (double)looks / table->entries;
}

/* Families of tuples that differ in a few bits only spread like random ones, under many keys. */
static void test_regular_tuples_spread_evenly(void **state)
{
    struct fixture *f = *state;
    for (uint64_t k = 0; k < 64; k++) {
        const struct hash_key key = {.k0 = k, .k1 = 0};
        struct tcp_table table;
        assert_int_equal(tcp_table_init(&table, &key), 0);
        for (uint32_t i = 0; i < 6000; i++) {
            struct tcp_entry *entry = &f->entries[i];
            entry->tuple = (struct tcp_tuple){.local = ip_addr_from_v4(0x0a000202),
                                              .remote = ip_addr_from_v4(0x0a000264),
                                              .local_port = 80,
                                              .remote_port = 50000};
            switch (k % 4) {
            case 0: entry->tuple.remote_port = (uint16_t)i; break;
            case 1: entry->tuple.local_port = (uint16_t)i; break;
            case 2: entry->tuple.remote = ip_addr_from_v4(i << 16); break;
            default: /* the same addresses in the other order, too */
                entry->tuple.remote = ip_addr_from_v4(0x0a000000 + i % 77);
                entry->tuple.local = ip_addr_from_v4(0x0a000000 + i / 77);
                break;
            }
            tcp_table_add(&table, entry);
        }
        double average;
        uint32_t longest;
        chains_measure(&table, &average, &longest);
        assert_true(average < 1.5); /* 1 + load / 2, a little more where buckets wait to be split */
        assert_true(longest <= 10);
        tcp_table_deinit(&table);
    }
}

static void test_every_part_of_the_tuple_counts(void **state)
{
    struct fixture *f = *state;
    add(f, 0);
    const struct tcp_tuple tuple = tuple_of(0);
    for (uint32_t i = 0; i < 16; i++) {
        struct tcp_tuple other = tuple;
        other.local.bytes[i] ^= 0x10;
        assert_null(tcp_table_find(&f->table, &other));
        other = tuple;
        other.remote.bytes[i] ^= 0x10;
        assert_null(tcp_table_find(&f->table, &other));
    }
    struct tcp_tuple other = tuple;
    other.zone ^= 1;
    assert_null(tcp_table_find(&f->table, &other));
    other = tuple;
    other.local_port ^= 1;
    assert_null(tcp_table_find(&f->table, &other));
    other = tuple;
    other.remote_port ^= 1;
    assert_null(tcp_table_find(&f->table, &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_random_operations_match_a_list, setup, teardown),
        cmocka_unit_test_setup_teardown(test_entries_may_be_removed_on_the_way, setup, teardown),
        cmocka_unit_test_setup_teardown(test_regular_tuples_spread_evenly, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_part_of_the_tuple_counts, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
