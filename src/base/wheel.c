/*
 * The timer wheel: a number line cut 64 ways, again and again, around one point of focus.
 *
 * HOW IT WORKS. A deadline is a number of eleven digits in base 64. Compare it with the focus,
 * itself a point in time: the highest digit in which the two differ gives the level, the
 * deadline's digit there the slot. So level 0 tells the 64 microseconds around the focus apart,
 * level 1 the 64 spans of 64 us around those, and so on up to all 64 bits:
 *
 *      level 2   |----|----|-f--|----|----| ...      each slot 64^2 us; the slot of the focus `f`
 *      level 1             /      \                  is empty: what would be in it is told apart
 *                        |-|-|f|-|-| ...             further down
 *      level 0                / \
 *                           |||f|||| ...             each slot 1 us: all its timers are equal
 *
 * The slots are in order: read down the levels the slots before the focus, then up the levels
 * those after it. A bit per slot tells which hold timers, so the earliest such slot is a matter
 * of a few bit operations, and arming and cancelling is linking and unlinking.
 *
 * Other wheels tie the focus to the present and move timers down as time passes, ready or not.
 * Here it is only a view: any deadline has its slot wherever the focus is, earlier or later than
 * it, so the past needs no rule of its own and nothing lies beyond a horizon.
 *
 * FINDING THE EARLIEST. In a slot above level 0 timers stand in the order of arming, and the
 * earliest is found by looking at all of them. When they are many, the focus moves to the
 * earliest of them instead, which spreads that slot over the levels below; a connection that
 * re-arms its timer with every packet then meets short slots. A timer is spread once per level as
 * it gets near, so arming it has paid for it. What is known of the earliest is kept until that
 * timer leaves.
 *
 * Moving the focus up and away gives up an order already made: the timers of all levels below
 * must be spread again when the focus comes back. It is done only once looking at long slots has
 * cost as much (`scanned`), so that two crowds taking turns cannot make it happen each time.
 *
 * What holds:
 *  - An armed node is in the slot that its deadline and the focus give, and in no other.
 *  - Hence timers of equal deadline are always in the same slot, where they keep the order of
 *    arming: new ones go to the end, and slots are moved from front to back.
 *  - The slot of the focus is empty at every level above 0.
 *
 * References: Varghese and Lauck, "Hashed and hierarchical timing wheels" (scheme 7), for the
 * wheels; Ahuja et al., "Faster algorithms for the shortest path problem" (radix heaps), for
 * spreading only around the minimum.
 */
#include "base/wheel.h"

/* A slot with no more timers than this is looked through, whatever else. */
#define WHEEL_SCAN_MAX 8u

static inline unsigned digit_of(uint64_t time_us, unsigned level)
{
    return (unsigned)(time_us >> (level * WHEEL_SLOT_BITS)) & (WHEEL_SLOTS - 1);
}

/* The slot, counted over all levels, where a deadline belongs. */
static inline unsigned slot_of(const struct wheel *w, uint64_t deadline_us)
{
    uint64_t differing = (deadline_us ^ w->focus_us) | 1; /* | 1: equal is level 0, too */
    unsigned level = (63u - (unsigned)__builtin_clzll(differing)) / WHEEL_SLOT_BITS;
    return level * WHEEL_SLOTS + digit_of(deadline_us, level);
}

static inline struct wheel_node *node_of(struct list *link)
{
    return CONTAINER_OF(link, struct wheel_node, link);
}

static inline void slot_mark_used(struct wheel *w, unsigned slot)
{
    unsigned level = slot / WHEEL_SLOTS;
    w->level_slots[level] |= (uint64_t)1 << slot % WHEEL_SLOTS;
    w->levels_used |= 1u << level;
}

static inline void slot_mark_empty(struct wheel *w, unsigned slot)
{
    unsigned level = slot / WHEEL_SLOTS;
    w->level_slots[level] &= ~((uint64_t)1 << slot % WHEEL_SLOTS);
    if (w->level_slots[level] == 0) w->levels_used &= ~(1u << level);
}

/* Puts a node that is in no slot at the end of its slot. */
static inline void node_link(struct wheel *w, struct wheel_node *node)
{
    unsigned slot = slot_of(w, node->deadline_us);
    list_push_back(&w->slot[slot], &node->link);
    w->level_armed[slot / WHEEL_SLOTS]++;
    slot_mark_used(w, slot);
}

/* Takes a node out of the slot it is in. */
static inline void node_unlink(struct wheel *w, struct wheel_node *node)
{
    unsigned slot = slot_of(w, node->deadline_us);
    list_remove(&node->link);
    w->level_armed[slot / WHEEL_SLOTS]--;
    if (list_is_empty(&w->slot[slot])) slot_mark_empty(w, slot);
}

void wheel_init(struct wheel *w, uint64_t now_us)
{
    *w = (struct wheel){.first_known = true, .first_us = TIME_NEVER, .focus_us = now_us};
    for (unsigned i = 0; i < ARRAY_COUNT(w->slot); i++) list_init(&w->slot[i]);
}

/* Gives an armed node another deadline. */
static void node_move(struct wheel *w, struct wheel_node *node, uint64_t deadline_us)
{
    unsigned slot = slot_of(w, node->deadline_us);
    if (slot != slot_of(w, deadline_us)) {
        node_unlink(w, node);
        node->deadline_us = deadline_us;
        node_link(w, node);
        return;
    }
    /* The common case, a deadline put off by one packet: only its place among equals changes. */
    node->deadline_us = deadline_us;
    struct list *head = &w->slot[slot];
    if (head->prev == &node->link) return;
    list_remove(&node->link);
    list_push_back(head, &node->link);
}

void wheel_arm(struct wheel *w, struct wheel_node *node, uint64_t deadline_us)
{
    if (deadline_us == TIME_NEVER) {
        wheel_cancel(w, node);
        return;
    }
    if (!wheel_node_is_armed(node)) {
        node->deadline_us = deadline_us;
        node_link(w, node);
        w->armed++;
    } else if (node->deadline_us != deadline_us) {
        node_move(w, node, deadline_us);
    } else {
        return;
    }
    if (!w->first_known) return;
    if (deadline_us < w->first_us || w->armed == 1) {
        w->first = node;
        w->first_us = deadline_us;
    } else if (w->first == node) {
        w->first_known = false;
    }
}

void wheel_cancel(struct wheel *w, struct wheel_node *node)
{
    if (!wheel_node_is_armed(node)) return;
    node_unlink(w, node);
    node->link = (struct list){.prev = NULL, .next = NULL};
    w->armed--;
    if (w->armed == 0) {
        w->first_known = true;
        w->first = NULL;
        w->first_us = TIME_NEVER;
    } else if (w->first == node) {
        w->first = NULL;
        w->first_known = false;
    }
}

/* The earliest slot that holds a timer; there is one. */
static unsigned slot_first(const struct wheel *w)
{
    /* Down the levels, the slots before the focus. */
    for (uint32_t levels = w->levels_used; levels != 0;) {
        unsigned level = 31u - (unsigned)__builtin_clz(levels);
        levels &= ~(1u << level);
        uint64_t before = ((uint64_t)1 << digit_of(w->focus_us, level)) - 1;
        uint64_t used = w->level_slots[level] & before;
        if (used != 0) return level * WHEEL_SLOTS + (unsigned)__builtin_ctzll(used);
    }
    /* Up the levels, those from it on: all that are left. The first level that has any decides. */
    unsigned level = (unsigned)__builtin_ctz(w->levels_used);
    return level * WHEEL_SLOTS + (unsigned)__builtin_ctzll(w->level_slots[level]);
}

/* The earliest node of a slot, of equals the one armed first. Says how many it looked at. */
static struct wheel_node *slot_scan(const struct wheel *w, unsigned slot, uint32_t *looked_at)
{
    const struct list *head = &w->slot[slot];
    struct wheel_node *best = node_of(head->next);
    *looked_at = 1;
    if (slot < WHEEL_SLOTS) return best; /* level 0: all equal */
    for (struct list *at = best->link.next; at != head; at = at->next) {
        struct wheel_node *node = node_of(at);
        if (node->deadline_us < best->deadline_us) best = node;
        ++*looked_at;
    }
    return best;
}

/* Puts all timers of the levels below `level` back into the one slot of it that they came from. */
static void levels_below_gather(struct wheel *w, unsigned level)
{
    unsigned to = level * WHEEL_SLOTS + digit_of(w->focus_us, level);
    for (unsigned l = 0; l < level; l++) {
        for (uint64_t used = w->level_slots[l]; used != 0; used &= used - 1) {
            unsigned from = l * WHEEL_SLOTS + (unsigned)__builtin_ctzll(used);
            list_splice_back(&w->slot[to], &w->slot[from]);
        }
        w->level_armed[level] += w->level_armed[l];
        w->level_armed[l] = 0;
        w->level_slots[l] = 0;
        w->levels_used &= ~(1u << l);
    }
    if (!list_is_empty(&w->slot[to])) slot_mark_used(w, to);
}

/* Moves the focus to a time in `slot`, which is spread over the levels below it. */
static void focus_move(struct wheel *w, unsigned slot, uint64_t focus_us)
{
    unsigned level = slot / WHEEL_SLOTS;
    levels_below_gather(w, level);
    w->focus_us = focus_us;
    w->scanned = 0;
    struct list crowd;
    list_init(&crowd);
    list_splice_back(&crowd, &w->slot[slot]);
    slot_mark_empty(w, slot);
    for (struct list *link = list_pop_front(&crowd); link != NULL; link = list_pop_front(&crowd)) {
        w->level_armed[level]--;
        node_link(w, node_of(link));
    }
}

void wheel_find_first(struct wheel *w)
{
    if (w->armed == 0) return;
    unsigned slot = slot_first(w);
    uint32_t looked_at;
    struct wheel_node *first = slot_scan(w, slot, &looked_at);
    w->first = first;
    w->first_us = first->deadline_us;
    w->first_known = true;
    if (looked_at <= WHEEL_SCAN_MAX) return;
    uint64_t below = 0;
    for (unsigned level = 0; level < slot / WHEEL_SLOTS; level++) below += w->level_armed[level];
    w->scanned += looked_at;
    if (w->scanned >= below) focus_move(w, slot, first->deadline_us);
}

struct wheel_node *wheel_expire(struct wheel *w, uint64_t now_us)
{
    if (wheel_next_deadline(w) > now_us || w->armed == 0) return NULL;
    struct wheel_node *node = w->first;
    wheel_cancel(w, node);
    return node;
}
