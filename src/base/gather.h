/*
 * Bytes that lie in several places, seen as one run: a packet as headers plus payload spans.
 *
 * A gather owns nothing; whoever owns the bytes must keep them while it is in use. Parts are never
 * empty, and `len_bytes` is always the sum of their lengths.
 */
#ifndef VITRO_BASE_GATHER_H
#define VITRO_BASE_GATHER_H

#include "base/assert.h"
#include "base/span.h"

/* Enough for headers and 64 KiB of payload in segments of 1448 bytes, joined on arrival. */
#define GATHER_PARTS_MAX 48

struct gather {
    uint32_t parts;
    uint32_t len_bytes;
    struct span part[GATHER_PARTS_MAX]; /* only the first `parts` are set */
};

/* Makes `g` empty. */
static inline void gather_init(struct gather *g)
{
    g->parts = 0;
    g->len_bytes = 0;
}

/* Appends `s`. An empty span is skipped. False, and nothing changed, when all parts are taken or
 * the whole would be longer than UINT32_MAX. */
WARN_UNUSED static inline bool gather_add(struct gather *g, struct span s)
{
    if (s.len == 0) return true;
    if (g->parts == GATHER_PARTS_MAX || s.len > UINT32_MAX - g->len_bytes) return false;
    g->part[g->parts++] = s;
    g->len_bytes += (uint32_t)s.len;
    return true;
}

/* Sets `out` to the `len` bytes of `from` that begin at `offset`, as many of them as there are.
 * `out` must not be `from`. */
void gather_slice(const struct gather *from, uint32_t offset, uint32_t len, struct gather *out);

/* Copies the `len` bytes at `offset` to `to`, as many of them as there are, and says how many. */
uint32_t gather_copy(const struct gather *g, uint32_t offset, void *to, uint32_t len);

/* Takes the first `len` bytes away; all of them when there are fewer. */
void gather_drop_front(struct gather *g, uint32_t len);

/* Keeps only the first `len` bytes; all of them when there are fewer. */
void gather_keep_front(struct gather *g, uint32_t len);

#endif
