/*
 * Sorted disjoint ranges as a doubly linked list.
 *
 * A list, not a tree: what arrives on a connection lands next to what arrived before it, so a
 * search begins at the range used last (or at an end, when the number lies outside of all ranges)
 * and as a rule ends there. A sender who hops about on purpose makes a search walk the whole list;
 * the limit given at init is what that may cost.
 *
 * What holds: for neighbours a, b: a.start < a.end < b.start. `count` is their number, at most
 * `limit`. `recent` is one of them, NULL only when there is none.
 */
#include "base/ranges.h"

void ranges_init(struct ranges *set, struct pool *pool, uint32_t limit)
{
    *set = (struct ranges){.pool = pool, .limit = limit};
}

/* Takes `range` out of the list and gives its node back. */
static void range_drop(struct ranges *set, struct range *range)
{
    *(range->prev != NULL ? &range->prev->next : &set->first) = range->next;
    *(range->next != NULL ? &range->next->prev : &set->last) = range->prev;
    if (set->recent == range) set->recent = range->next != NULL ? range->next : range->prev;
    set->count--;
    pool_put(set->pool, range);
}

/* Puts a new range before `next`, or at the end when that is NULL. */
static bool range_insert(struct ranges *set, struct range *next, uint64_t start, uint64_t end)
{
    if (set->count == set->limit) return false;
    struct range *range = pool_get(set->pool);
    if (range == NULL) return false;
    struct range *prev = next != NULL ? next->prev : set->last;
    *range = (struct range){.prev = prev, .next = next, .start = start, .end = end};
    *(prev != NULL ? &prev->next : &set->first) = range;
    *(next != NULL ? &next->prev : &set->last) = range;
    set->recent = range;
    set->count++;
    return true;
}

void ranges_clear(struct ranges *set)
{
    while (set->first != NULL) range_drop(set, set->first);
}

/* The lowest range with an end at or above `point`, NULL when there is none. */
static struct range *range_reaching(struct ranges *set, uint64_t point)
{
    if (set->last == NULL || point > set->last->end) return NULL;
    struct range *range = set->recent;
    if (point <= set->first->end) range = set->first;
    if (point >= set->last->start) range = set->last;
    while (range->end < point) range = range->next;
    while (range->prev != NULL && range->prev->end >= point) range = range->prev;
    set->recent = range;
    return range;
}

bool ranges_add(struct ranges *set, uint64_t start, uint64_t end)
{
    ASSERT(start <= end);
    if (start == end) return true;
    struct range *range = range_reaching(set, start);
    if (range == NULL || range->start > end) return range_insert(set, range, start, end);
    /* It overlaps or touches `range`, which takes it in with all that it overlaps or touches. */
    range->start = u64_min(range->start, start);
    range->end = u64_max(range->end, end);
    while (range->next != NULL && range->next->start <= range->end) {
        range->end = u64_max(range->end, range->next->end);
        range_drop(set, range->next);
    }
    set->recent = range;
    return true;
}

void ranges_remove_below(struct ranges *set, uint64_t point)
{
    while (set->first != NULL && set->first->end <= point) range_drop(set, set->first);
    if (set->first != NULL && set->first->start < point) set->first->start = point;
}

struct range *ranges_seek(struct ranges *set, uint64_t point)
{
    struct range *range = range_reaching(set, point);
    return range != NULL && range->end == point ? range->next : range;
}

struct range *ranges_find(struct ranges *set, uint64_t point)
{
    struct range *range = ranges_seek(set, point);
    return range != NULL && range->start <= point ? range : NULL;
}

bool ranges_contains(struct ranges *set, uint64_t start, uint64_t end)
{
    ASSERT(start <= end);
    if (start == end) return true;
    const struct range *range = ranges_find(set, start);
    return range != NULL && end <= range->end;
}
