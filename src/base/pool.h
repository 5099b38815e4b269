/*
 * Memory: pools of objects of one size, and plain blocks for tables. The only caller of malloc.
 *
 * A pool takes slabs of about 64 KiB from the system, packs objects into them without gaps or
 * headers, and keeps the list of free ones inside the free ones themselves, so getting and putting
 * an object is a few instructions. It grows slab by slab up to its limit and gives memory back
 * only in pool_deinit: what was once needed will be needed again.
 *
 * Objects begin at multiples of 8 bytes, and at multiples of 16 when their size is a multiple of
 * 16. Under AddressSanitizer a free object is poisoned, so use after pool_put is reported.
 */
#ifndef VITRO_BASE_POOL_H
#define VITRO_BASE_POOL_H

#include "base/assert.h"

#if defined(__SANITIZE_ADDRESS__)
#define POOL_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_SANITIZED 1
#endif
#endif

#ifdef POOL_SANITIZED
#include <sanitizer/asan_interface.h>
#define POOL_HIDE(p, bytes) ASAN_POISON_MEMORY_REGION((p), (bytes))
#define POOL_SHOW(p, bytes) ASAN_UNPOISON_MEMORY_REGION((p), (bytes))
#else
#define POOL_HIDE(p, bytes) ((void)(p), (void)(bytes))
#define POOL_SHOW(p, bytes) ((void)(p), (void)(bytes))
#endif

/* What a free object holds. */
struct pool_free {
    struct pool_free *next;
};

struct pool_slab;

struct pool {
    struct pool_free *free;  /* given back, newest first */
    uint32_t object_bytes;   /* rounded up to a multiple of 8 */
    uint32_t in_use;         /* objects now with the caller */
    uint32_t peak;           /* the most there ever were at once */
    uint32_t objects_max;    /* the limit */
    uint32_t objects_made;   /* room in all slabs */
    uint32_t fresh_count;    /* objects of the newest slab never handed out yet */
    uint8_t *fresh;          /* the first of those */
    uint64_t failures;       /* gets that were refused */
    struct pool_slab *slabs; /* newest first */
    const char *name;
};

/* Makes an empty pool of objects of `object_bytes` (> 0), at most `objects_max` at a time. Takes no
 * memory yet. `name` is kept, not copied; it is for reports. */
void pool_init(struct pool *pool, const char *name, uint32_t object_bytes, uint32_t objects_max);

/* Gives all memory back. Objects still in use are gone with it. */
void pool_deinit(struct pool *pool);

/* The part of pool_get for an empty free list: an object never used before, or NULL. */
WARN_UNUSED void *pool_get_fresh(struct pool *pool);

/* Gets an object, not zeroed. NULL at the pool's limit or when the system has no memory; both count
 * as a failure. */
WARN_UNUSED static inline void *pool_get(struct pool *pool)
{
    struct pool_free *object = pool->free;
    if (__builtin_expect(object == NULL, 0)) return pool_get_fresh(pool);
    POOL_SHOW(object, pool->object_bytes);
    pool->free = object->next;
    pool->in_use++;
    if (pool->in_use > pool->peak) pool->peak = pool->in_use;
    return object;
}

/* Gives back an object that came from this pool. NULL is ignored. */
static inline void pool_put(struct pool *pool, void *object)
{
    if (object == NULL) return;
    ASSERT(pool->in_use > 0);
    struct pool_free *freed = object;
    freed->next = pool->free;
    pool->free = freed;
    pool->in_use--;
    POOL_HIDE(object, pool->object_bytes);
}

/* How many more objects the limit leaves room for. */
static inline uint32_t pool_room(const struct pool *pool)
{
    return pool->objects_max - pool->in_use;
}

/* A zeroed block of `bytes` for a table that lives long. NULL when the system has no memory. Give
 * it back with mem_put. */
WARN_UNUSED void *mem_get(size_t bytes);

/* Makes a block from mem_get larger: the same content, zeros behind it, perhaps another place.
 * `block` NULL with `bytes_old` 0 is a new block. NULL when the system has no memory; `block` is
 * then untouched and still the caller's. */
WARN_UNUSED void *mem_grow(void *block, size_t bytes_old, size_t bytes_new);

/* Gives a block back. NULL is ignored. */
void mem_put(void *block);

#endif
