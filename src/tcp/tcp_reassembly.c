/*
 * Ranges beyond rcv.nxt, and the order in which they are reported.
 *
 * `recent` remembers a point of each of the ranges that changed last, newest first. A point rather
 * than the range itself: ranges grow and merge, but once a byte has arrived some range holds it,
 * until rcv.nxt passes it. Of several points in one range only the newest is kept, so each point
 * gives another block.
 *
 * RFC 2018 4 asks for as many distinct blocks as fit. When more ranges exist than points are
 * remembered, the lowest unreported ones fill the rest: their data is what rcv.nxt needs next.
 *
 * What holds: no two points in one range, every point in a range, all points and ranges beyond the
 * last `ready`; points are remembered for all ranges or for TCP_REASSEMBLY_RECENT, as long as no
 * merge has made several into one.
 *
 * References: RFC 2018 4 (what SACK blocks say), RFC 9293 SHLD-31 (segments out of order are kept).
 */
#include "tcp/tcp_reassembly.h"

#include <string.h>

void tcp_reassembly_init(struct tcp_reassembly *reassembly, struct pool *ranges)
{
    ranges_init(&reassembly->ranges, ranges, TCP_REASSEMBLY_RANGES_MAX);
    reassembly->recent_count = 0;
}

void tcp_reassembly_clear(struct tcp_reassembly *reassembly)
{
    ranges_clear(&reassembly->ranges);
    reassembly->recent_count = 0;
}

/* Forgets all points from `start` up to `end`; the order of the others stays. */
static void recent_forget(struct tcp_reassembly *reassembly, uint64_t start, uint64_t end)
{
    uint8_t kept = 0;
    for (uint8_t i = 0; i < reassembly->recent_count; i++) {
        const uint64_t point = reassembly->recent[i];
        if (point < start || point >= end) reassembly->recent[kept++] = point;
    }
    reassembly->recent_count = kept;
}

/* Puts `point` in front; the oldest gives way when there is no room. */
static void recent_push(struct tcp_reassembly *reassembly, uint64_t point)
{
    const uint8_t kept = reassembly->recent_count < TCP_REASSEMBLY_RECENT
                             ? reassembly->recent_count
                             : (uint8_t)(TCP_REASSEMBLY_RECENT - 1);
    memmove(reassembly->recent + 1, reassembly->recent, kept * sizeof(reassembly->recent[0]));
    reassembly->recent[0] = point;
    reassembly->recent_count = (uint8_t)(kept + 1);
}

bool tcp_reassembly_add(struct tcp_reassembly *reassembly, uint64_t start, uint64_t end)
{
    ASSERT(start < end);
    if (!ranges_add(&reassembly->ranges, start, end)) return false;
    const struct range *range = ranges_find(&reassembly->ranges, start);
    recent_forget(reassembly, range->start, range->end);
    recent_push(reassembly, start);
    return true;
}

uint64_t tcp_reassembly_advance(struct tcp_reassembly *reassembly, uint64_t ready)
{
    struct ranges *ranges = &reassembly->ranges;
    if (ranges_is_empty(ranges)) return ready;
    ranges_remove_below(ranges, ready);
    const struct range *first = ranges_first(ranges);
    if (first != NULL && first->start <= ready) {
        ready = first->end;
        ranges_remove_below(ranges, ready);
    }
    recent_forget(reassembly, 0, ready);
    return ready;
}

bool tcp_reassembly_overlap(struct tcp_reassembly *reassembly, uint64_t start, uint64_t end,
                            uint64_t *from, uint64_t *to)
{
    const struct range *range = ranges_seek(&reassembly->ranges, start);
    if (range == NULL || range->start >= end) return false;
    *from = u64_max(range->start, start);
    *to = u64_min(range->end, end);
    return true;
}

/* Whether one of the remembered points lies in `range`. */
static bool recent_has(const struct tcp_reassembly *reassembly, const struct range *range)
{
    for (uint8_t i = 0; i < reassembly->recent_count; i++) {
        const uint64_t point = reassembly->recent[i];
        if (point >= range->start && point < range->end) return true;
    }
    return false;
}

uint8_t tcp_reassembly_blocks(struct tcp_reassembly *reassembly, tcp_seq nxt, uint64_t ready,
                              struct tcp_sack_block *blocks, uint8_t max)
{
    const uint32_t base = nxt.value - (uint32_t)ready; /* sequence number of stream offset 0 */
    uint8_t count = 0;
    for (uint8_t i = 0; i < reassembly->recent_count && count < max; i++) {
        const struct range *range = ranges_find(&reassembly->ranges, reassembly->recent[i]);
        blocks[count++] = (struct tcp_sack_block){.start = base + (uint32_t)range->start,
                                                  .end = base + (uint32_t)range->end};
    }
    const struct range *range = ranges_first(&reassembly->ranges);
    for (; range != NULL && count < max; range = ranges_next(range)) {
        if (recent_has(reassembly, range)) continue;
        blocks[count++] = (struct tcp_sack_block){.start = base + (uint32_t)range->start,
                                                  .end = base + (uint32_t)range->end};
    }
    return count;
}
