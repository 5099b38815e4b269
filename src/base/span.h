/*
 * A run of bytes owned by someone else: where it begins and how long it is.
 *
 * Spans are passed by value. A span of length 0 may hold any pointer, NULL included.
 */
#ifndef VITRO_BASE_SPAN_H
#define VITRO_BASE_SPAN_H

#include "base/assert.h"

/* Bytes to read. */
struct span {
    const uint8_t *data;
    size_t len;
};

/* Bytes to write. */
struct span_mut {
    uint8_t *data;
    size_t len;
};

/* The `len` bytes at `data`. */
static inline struct span span_of(const void *data, size_t len)
{
    return (struct span){.data = data, .len = len};
}

/* The `len` writable bytes at `data`. */
static inline struct span_mut span_mut_of(void *data, size_t len)
{
    return (struct span_mut){.data = data, .len = len};
}

/* The same bytes, to be read only. */
static inline struct span span_from_mut(struct span_mut s)
{
    return (struct span){.data = s.data, .len = s.len};
}

/* The `len` bytes of `s` that begin at `from`; as many of them as there are. */
static inline struct span span_slice(struct span s, size_t from, size_t len)
{
    if (from >= s.len) return (struct span){.data = NULL, .len = 0};
    return (struct span){.data = s.data + from, .len = size_min(len, s.len - from)};
}

/* The same for writable bytes. */
static inline struct span_mut span_mut_slice(struct span_mut s, size_t from, size_t len)
{
    if (from >= s.len) return (struct span_mut){.data = NULL, .len = 0};
    return (struct span_mut){.data = s.data + from, .len = size_min(len, s.len - from)};
}

/* All of `s` from `from` on; empty when there is nothing. */
static inline struct span span_from(struct span s, size_t from)
{
    return span_slice(s, from, SIZE_MAX);
}

#endif
