/*
 * A set of numbers kept as sorted ranges [start, end): what arrived, what was acknowledged.
 *
 * Ranges never overlap or touch: what touches is merged. The nodes come from a pool that many sets
 * may share. Work is counted in ranges stepped over from the nearest of both ends and the range
 * used last, so data that arrives in order costs O(1), and the limit bounds the worst case.
 */
#ifndef VITRO_BASE_RANGES_H
#define VITRO_BASE_RANGES_H

#include "base/assert.h"
#include "base/pool.h"

/* One range; read it freely, change it never. */
struct range {
    struct range *prev, *next; /* in order; NULL at the ends */
    uint64_t start, end;       /* start < end; end is the first number not in it */
};

struct ranges {
    struct range *first, *last;
    struct range *recent; /* where the last search ended; NULL when empty */
    struct pool *pool;    /* of objects of sizeof(struct range) */
    uint32_t count;
    uint32_t limit;
};

/* Makes an empty set of at most `limit` ranges with nodes from `pool`, which must outlive it. */
void ranges_init(struct ranges *set, struct pool *pool, uint32_t limit);

/* Takes all numbers out and gives the nodes back; the set can be used on. */
void ranges_clear(struct ranges *set);

/* Puts the numbers of [start, end) in; start <= end. False, and nothing changed, when that would
 * need one more range and the limit or the pool does not allow it. */
WARN_UNUSED bool ranges_add(struct ranges *set, uint64_t start, uint64_t end);

/* Takes all numbers below `point` out. */
void ranges_remove_below(struct ranges *set, uint64_t point);

/* The range that holds `point`, NULL when none does. */
struct range *ranges_find(struct ranges *set, uint64_t point);

/* The range that holds `point` or else the first one above it, NULL when there is neither. */
struct range *ranges_seek(struct ranges *set, uint64_t point);

/* Whether every number of [start, end) is in the set. */
bool ranges_contains(struct ranges *set, uint64_t start, uint64_t end);

/* The lowest range, NULL when the set is empty. */
static inline struct range *ranges_first(const struct ranges *set) { return set->first; }

/* The highest range, NULL when the set is empty. */
static inline struct range *ranges_last(const struct ranges *set) { return set->last; }

/* The range above `range`, NULL after the highest. */
static inline struct range *ranges_next(const struct range *range) { return range->next; }

/* Whether the set is empty. */
static inline bool ranges_is_empty(const struct ranges *set) { return set->first == NULL; }

#endif
