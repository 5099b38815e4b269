/*
 * 4-tuple lookup: chained hash table keyed with a secret, which grows by one bucket at a time
 * without ever moving everything at once, so that lookup, insert and remove are O(1) at any size.
 *
 * The table links entries, it does not own them. On 64-bit machines it takes 10.7 bytes for each
 * entry that was in it at the peak.
 */
#ifndef VITRO_TCP_TABLE_H
#define VITRO_TCP_TABLE_H

#include "base/hash.h"
#include "tcp/tcp_tuple.h"

/* Segment 0 has 2^8 buckets, each other one as many as all before it: 2^28 buckets at most. */
#define TCP_TABLE_SEGMENT_BITS 8u
#define TCP_TABLE_SEGMENTS     21u

struct tcp_table {
    struct tcp_entry **segment[TCP_TABLE_SEGMENTS]; /* NULL until the table has grown into it */
    uint32_t buckets;                               /* in use */
    uint32_t mask; /* 2^n - 1, the smallest that covers the last bucket */
    uint32_t entries;
    uint64_t secret[6]; /* drawn from the key */
};

/* Makes an empty table; `key` must be secret, or peers can choose colliding ports. Returns 0 or
 * ENOMEM. */
WARN_UNUSED int tcp_table_init(struct tcp_table *table, const struct hash_key *key);

/* Gives the table's memory back; the entries are left alone. */
void tcp_table_deinit(struct tcp_table *table);

/* The record of this tuple, or NULL. */
struct tcp_entry *tcp_table_find(const struct tcp_table *table, const struct tcp_tuple *tuple);

/* Adds an entry whose tuple is not in the table. It never fails: without memory to grow, chains get
 * longer. */
void tcp_table_add(struct tcp_table *table, struct tcp_entry *entry);

/* Takes out an entry that is in the table. */
void tcp_table_remove(struct tcp_table *table, struct tcp_entry *entry);

/* Puts `by` in the place of `entry`, which is in the table; both have the same tuple. */
void tcp_table_replace(struct tcp_table *table, struct tcp_entry *entry, struct tcp_entry *by);

/* The first entry, in no particular order; NULL when there is none. */
struct tcp_entry *tcp_table_first(const struct tcp_table *table);

/* The entry after `entry`, NULL at the end. The table must not change in between, except that
 * `entry` may be removed once its successor is known. */
struct tcp_entry *tcp_table_next(const struct tcp_table *table, const struct tcp_entry *entry);

#endif
