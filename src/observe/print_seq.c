/*
 * A hash table with chains over an array of flows that is filled once and then reused in a ring.
 *
 * What holds: flows 0 to count - 1 are each in exactly one chain. The flow found last is tried
 * first, for segments of one connection come in trains.
 */
#include "observe/print_seq.h"

#include <string.h>

#include "base/pool.h"

static uint32_t power_of_two_from(uint32_t n)
{
    uint32_t power = 1;
    while (power < n && power < UINT32_C(1) << 31) {
        power <<= 1;
    }
    return power;
}

bool print_seq_init(struct print_seq *table, uint32_t flows_max, struct hash_key key)
{
    ASSERT(flows_max > 0);
    *table = (struct print_seq){.key = key, .flows_max = flows_max};
    const uint32_t buckets = power_of_two_from(flows_max);
    table->mask = buckets - 1;
    table->bucket = mem_get(buckets * sizeof *table->bucket);
    table->flow = mem_get(flows_max * sizeof *table->flow);
    if (table->bucket != NULL && table->flow != NULL) return true;
    print_seq_deinit(table);
    return false;
}

void print_seq_deinit(struct print_seq *table)
{
    mem_put(table->bucket);
    mem_put(table->flow);
    table->bucket = NULL;
    table->flow = NULL;
}

void print_seq_clear(struct print_seq *table)
{
    memset(table->bucket, 0, ((size_t)table->mask + 1) * sizeof *table->bucket);
    table->count = 0;
    table->oldest = 0;
    table->recent = 0;
}

static bool same_key(const struct print_seq_key *a, const struct print_seq_key *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static uint32_t *bucket_of(struct print_seq *table, const struct print_seq_key *key)
{
    return &table->bucket[hash_sip13(&table->key, key, sizeof *key) & table->mask];
}

/* Takes the flow that was entered first out of its chain. */
static uint32_t evict_oldest(struct print_seq *table)
{
    const uint32_t index = table->oldest;
    table->oldest = index + 1 == table->flows_max ? 0 : index + 1;
    uint32_t *link = bucket_of(table, &table->flow[index].key);
    while (*link != index + 1) {
        link = &table->flow[*link - 1].next;
    }
    *link = table->flow[index].next;
    return index;
}

/* The flow of `key`; `*is_new` when it had to be entered. */
static struct print_seq_flow *find_or_enter(struct print_seq *table,
                                            const struct print_seq_key *key, bool *is_new)
{
    *is_new = false;
    if (table->recent != 0 && same_key(&table->flow[table->recent - 1].key, key)) {
        return &table->flow[table->recent - 1];
    }
    uint32_t *bucket = bucket_of(table, key);
    for (uint32_t at = *bucket; at != 0; at = table->flow[at - 1].next) {
        if (!same_key(&table->flow[at - 1].key, key)) continue;
        table->recent = at;
        return &table->flow[at - 1];
    }
    *is_new = true;
    const uint32_t index = table->count < table->flows_max ? table->count++ : evict_oldest(table);
    struct print_seq_flow *flow = &table->flow[index];
    flow->key = *key;
    flow->next = *bucket;
    *bucket = index + 1;
    table->recent = index + 1;
    return flow;
}

struct print_seq_bases print_seq_update(struct print_seq *table, uint32_t version,
                                        const uint8_t *src, const uint8_t *dst, uint16_t src_port,
                                        uint16_t dst_port, uint32_t seq, uint32_t ack, bool has_syn)
{
    const size_t address_bytes = version == 4 ? 4 : 16;
    const bool is_reverse =
        src_port > dst_port || (src_port == dst_port && memcmp(src, dst, address_bytes) > 0);
    struct print_seq_key key = {.version = version};
    memcpy(key.address[is_reverse], src, address_bytes);
    memcpy(key.address[!is_reverse], dst, address_bytes);
    key.port[is_reverse] = src_port;
    key.port[!is_reverse] = dst_port;

    bool is_new;
    struct print_seq_flow *flow = find_or_enter(table, &key, &is_new);
    uint32_t *own = &flow->base[is_reverse];
    uint32_t *other = &flow->base[!is_reverse];
    if (is_new || has_syn) {
        *own = seq;
        *other = ack - 1;
        return (struct print_seq_bases){.sack = *other};
    }
    return (struct print_seq_bases){.seq = *own, .ack = *other, .sack = *other};
}
