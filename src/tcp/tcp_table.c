/*
 * Linear hashing. Buckets 0 to `buckets` - 1 are in use. The hash, cut to `mask`, names one of
 * them, or one that does not exist yet: its entries are still in the bucket without the top bit.
 *
 *      mask = 7, buckets = 6:    hash & 7     0  1  2  3  4  5  6  7
 *                                bucket       0  1  2  3  4  5  2  3
 *
 * To grow by one, the entries of one bucket are divided between it and the new one: bucket 6 takes
 * those from bucket 2 whose hash has the bit 4. One insert makes two new buckets at most, moves a
 * few entries, and touches nothing else.
 *
 * Buckets live in segments which double in size, so that they never move. A large segment comes
 * from the system as pages of zeros that cost nothing until the table grows into them.
 *
 * The hash multiplies 64-bit words of the tuple, each added to a secret word, in pairs, and mixes
 * the sum: an NH hash over three pairs. Two tuples chosen without knowledge of the secret meet
 * before mixing by a chance of about 2^-64, and nothing of the hash is visible from outside that
 * would teach the secret. Three multiplications that do not wait for one another cost a third of
 * SipHash's chain; a lookup is done for each segment that arrives.
 *
 * What holds: 4 * entries <= 3 * buckets, if memory allows; mask / 2 < buckets - 1 <= mask; each
 * entry is in the bucket that bucket_of() names.
 *
 * References: Litwin, "Linear hashing" (1980). Black et al., "UMAC: fast and secure message
 * authentication" (1999), for NH.
 */
#include "tcp/tcp_table.h"

#include <errno.h>
#include <string.h>

#define SEGMENT_0_BUCKETS (1u << TCP_TABLE_SEGMENT_BITS)
#define BUCKETS_MAX       (1u << (TCP_TABLE_SEGMENT_BITS + TCP_TABLE_SEGMENTS - 1))

/* Eight bytes as a number, in the machine's own order: no hash leaves this table. */
static inline uint64_t word_at(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* The 128-bit product of two words, its halves folded into one. */
static inline uint64_t multiply_fold(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    const unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
    const uint64_t a_low = (uint32_t)a, a_high = a >> 32;
    const uint64_t b_low = (uint32_t)b, b_high = b >> 32;
    const uint64_t low = a_low * b_low;
    const uint64_t middle = a_high * b_low + (low >> 32);
    const uint64_t other = a_low * b_high + (uint32_t)middle;
    const uint64_t high = a_high * b_high + (middle >> 32) + (other >> 32);
    return (other << 32 | (uint32_t)low) ^ high;
#endif
}

static inline uint32_t tuple_hash(const struct tcp_table *table, const struct tcp_tuple *tuple)
{
    const uint64_t *secret = table->secret;
    const uint64_t ports =
        (uint64_t)tuple->zone << 32 | (uint32_t)tuple->local_port << 16 | tuple->remote_port;
    const uint64_t local = multiply_fold(word_at(tuple->local.bytes) + secret[0],
                                         word_at(tuple->local.bytes + 8) + secret[1]);
    const uint64_t remote = multiply_fold(word_at(tuple->remote.bytes) + secret[2],
                                          word_at(tuple->remote.bytes + 8) + secret[3]);
    return (uint32_t)hash_mix64(local + remote + multiply_fold(ports + secret[4], secret[5]));
}

/* The place of bucket `index`: segment 0 covers the first 2^8, segment s > 0 doubles what is before
 * it. */
static inline struct tcp_entry **bucket_at(const struct tcp_table *table, uint32_t index)
{
    const uint32_t top = 31u - (uint32_t)__builtin_clz(index | (SEGMENT_0_BUCKETS - 1));
    const uint32_t start = (1u << top) & ~(SEGMENT_0_BUCKETS - 1);
    return &table->segment[top - (TCP_TABLE_SEGMENT_BITS - 1)][index - start];
}

/* Which bucket is that of `tuple`. */
static inline uint32_t bucket_index(const struct tcp_table *table, const struct tcp_tuple *tuple)
{
    const uint32_t index = tuple_hash(table, tuple) & table->mask;
    return index < table->buckets ? index : index & table->mask >> 1;
}

static inline struct tcp_entry **bucket_of(const struct tcp_table *table,
                                           const struct tcp_tuple *tuple)
{
    return bucket_at(table, bucket_index(table, tuple));
}

int tcp_table_init(struct tcp_table *table, const struct hash_key *key)
{
    *table = (struct tcp_table){.buckets = SEGMENT_0_BUCKETS, .mask = SEGMENT_0_BUCKETS - 1};
    for (uint8_t i = 0; i < ARRAY_COUNT(table->secret); i++)
        table->secret[i] = hash_sip24(key, &i, sizeof i);
    table->secret[5] |= 1; /* a factor that must not be zero */
    table->segment[0] = mem_get(SEGMENT_0_BUCKETS * sizeof(*table->segment[0]));
    return table->segment[0] == NULL ? ENOMEM : 0;
}

void tcp_table_deinit(struct tcp_table *table)
{
    for (uint32_t i = 0; i < TCP_TABLE_SEGMENTS; i++) {
        mem_put(table->segment[i]);
        table->segment[i] = NULL;
    }
    table->entries = 0;
}

struct tcp_entry *tcp_table_find(const struct tcp_table *table, const struct tcp_tuple *tuple)
{
    struct tcp_entry *entry = *bucket_of(table, tuple);
    while (entry != NULL && !tcp_tuple_eq(&entry->tuple, tuple)) entry = entry->next;
    return entry;
}

/* Makes sure that bucket `index`, the one behind the last, has memory. */
static bool segment_need(struct tcp_table *table, uint32_t index)
{
    if (index >= BUCKETS_MAX) return false;
    if ((index & (index - 1)) != 0) return true; /* not the first of a segment */
    struct tcp_entry ***segment =
        &table->segment[(uint32_t)__builtin_ctz(index) - (TCP_TABLE_SEGMENT_BITS - 1)];
    if (*segment == NULL) *segment = mem_get(index * sizeof(**segment));
    return *segment != NULL;
}

/* Adds one bucket and moves into it what belongs there; false when there is no memory for it. */
static bool bucket_add(struct tcp_table *table)
{
    const uint32_t index = table->buckets;
    if (!segment_need(table, index)) return false;
    if (index > table->mask) table->mask = table->mask << 1 | 1;
    table->buckets++;
    struct tcp_entry **from = bucket_at(table, index & table->mask >> 1);
    struct tcp_entry **to = bucket_at(table, index);
    while (*from != NULL) {
        struct tcp_entry *entry = *from;
        if ((tuple_hash(table, &entry->tuple) & table->mask) == index) {
            *from = entry->next;
            *to = entry;
            to = &entry->next;
        } else {
            from = &entry->next;
        }
    }
    *to = NULL;
    return true;
}

void tcp_table_add(struct tcp_table *table, struct tcp_entry *entry)
{
    ASSERT(tcp_table_find(table, &entry->tuple) == NULL);
    struct tcp_entry **bucket = bucket_of(table, &entry->tuple);
    entry->next = *bucket;
    *bucket = entry;
    table->entries++;
    while ((uint64_t)table->entries * 4 > (uint64_t)table->buckets * 3 && bucket_add(table)) {}
}

/* The pointer that points to `entry`, which is in the table. */
static struct tcp_entry **link_of(const struct tcp_table *table, const struct tcp_entry *entry)
{
    struct tcp_entry **link = bucket_of(table, &entry->tuple);
    while (*link != entry) {
        ASSERT(*link != NULL);
        link = &(*link)->next;
    }
    return link;
}

void tcp_table_remove(struct tcp_table *table, struct tcp_entry *entry)
{
    *link_of(table, entry) = entry->next;
    entry->next = NULL;
    table->entries--;
}

void tcp_table_replace(struct tcp_table *table, struct tcp_entry *entry, struct tcp_entry *by)
{
    ASSERT(tcp_tuple_eq(&entry->tuple, &by->tuple));
    struct tcp_entry **link = link_of(table, entry);
    by->next = entry->next;
    *link = by;
    entry->next = NULL;
}

/* The first entry in the buckets from `index` on. */
static struct tcp_entry *entry_from(const struct tcp_table *table, uint32_t index)
{
    for (; index < table->buckets; index++) {
        struct tcp_entry *entry = *bucket_at(table, index);
        if (entry != NULL) return entry;
    }
    return NULL;
}

struct tcp_entry *tcp_table_first(const struct tcp_table *table) { return entry_from(table, 0); }

struct tcp_entry *tcp_table_next(const struct tcp_table *table, const struct tcp_entry *entry)
{
    if (entry->next != NULL) return entry->next;
    return entry_from(table, bucket_index(table, &entry->tuple) + 1);
}
