/*
 * Cutting and copying bytes that lie in several places.
 *
 * All work is in parts, of which there are at most GATHER_PARTS_MAX. Ranges that reach past the
 * end are cut to what is there, so that a length taken from a packet can do no harm.
 */
#include "base/gather.h"

#include <string.h>

void gather_slice(const struct gather *from, uint32_t offset, uint32_t len, struct gather *out)
{
    ASSERT(from != out);
    gather_init(out);
    size_t skip = offset;
    size_t left = len;
    for (uint32_t i = 0; i < from->parts && left > 0; i++) {
        struct span part = from->part[i];
        if (skip >= part.len) {
            skip -= part.len;
            continue;
        }
        struct span piece = span_slice(part, skip, left);
        skip = 0;
        left -= piece.len;
        out->part[out->parts++] = piece;
        out->len_bytes += (uint32_t)piece.len;
    }
}

uint32_t gather_copy(const struct gather *g, uint32_t offset, void *to, uint32_t len)
{
    uint8_t *at = to;
    size_t skip = offset;
    size_t left = len;
    for (uint32_t i = 0; i < g->parts && left > 0; i++) {
        struct span part = g->part[i];
        if (skip >= part.len) {
            skip -= part.len;
            continue;
        }
        struct span piece = span_slice(part, skip, left);
        memcpy(at, piece.data, piece.len);
        at += piece.len;
        left -= piece.len;
        skip = 0;
    }
    return len - (uint32_t)left;
}

void gather_drop_front(struct gather *g, uint32_t len)
{
    size_t left = u32_min(len, g->len_bytes);
    g->len_bytes -= (uint32_t)left;
    uint32_t gone = 0;
    while (gone < g->parts && left >= g->part[gone].len) {
        left -= g->part[gone].len;
        gone++;
    }
    g->parts -= gone;
    if (gone > 0) memmove(g->part, g->part + gone, g->parts * sizeof(g->part[0]));
    if (left > 0) g->part[0] = span_from(g->part[0], left);
}

void gather_keep_front(struct gather *g, uint32_t len)
{
    if (len >= g->len_bytes) return;
    size_t left = len;
    uint32_t kept = 0;
    while (left > 0) {
        struct span *part = &g->part[kept++];
        part->len = size_min(part->len, left);
        left -= part->len;
    }
    g->parts = kept;
    g->len_bytes = len;
}
