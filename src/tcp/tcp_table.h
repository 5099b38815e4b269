/*
 * 4-tuple lookup: chained hash table keyed with a secret, which grows by doubling without ever
 * moving everything at once, so that lookup, insert and remove are O(1) at any size.
 */
#ifndef VITRO_TCP_TABLE_H
#define VITRO_TCP_TABLE_H

#include "base/hash.h"
#include "tcp/tcp_tuple.h"

struct tcp_table {
    struct tcp_entry **buckets; /* in segments; see tcp_table.c */
    uint32_t bucket_mask;
    uint32_t split;
    uint32_t entries;
    struct hash_key key;
};

/* Returns 0 or ENOMEM. */
WARN_UNUSED int tcp_table_init(struct tcp_table *table, const struct hash_key *key);
void tcp_table_deinit(struct tcp_table *table);
/* The record of this tuple, or NULL. */
struct tcp_entry *tcp_table_find(const struct tcp_table *table, const struct tcp_tuple *tuple);
/* Adds an entry whose tuple is not in the table. */
void tcp_table_add(struct tcp_table *table, struct tcp_entry *entry);
void tcp_table_remove(struct tcp_table *table, struct tcp_entry *entry);
/* Puts `by` in the place of `entry`; both have the same tuple. */
void tcp_table_replace(struct tcp_table *table, struct tcp_entry *entry, struct tcp_entry *by);
/* Calls in no particular order: the first entry, and the one after `entry` (NULL: the end). The
 * table must not change in between, except that `entry` may be removed after its successor is known. */
struct tcp_entry *tcp_table_first(const struct tcp_table *table);
struct tcp_entry *tcp_table_next(const struct tcp_table *table, const struct tcp_entry *entry);

#endif
