/*
 * Memory: slabs for pools, zeroed blocks for tables.
 *
 * A slab is one block from malloc: its header, then objects side by side. Objects of a new slab
 * are handed out in the order of their addresses and only then touched, so a slab costs real
 * memory page by page. An object given back goes to the free list and is the next to leave: it is
 * the one most likely still in the cache.
 *
 * What holds: in_use + length of the free list + fresh_count = objects_made <= objects_max.
 */
#include "base/pool.h"

#include <stdlib.h>
#include <string.h>

/* What a slab aims at: 64 KiB less its own header and malloc's. */
#define POOL_SLAB_BYTES (64u * 1024u - 64u)

/* The fewest objects in a slab, whatever their size. */
#define POOL_SLAB_OBJECTS_MIN 8u

#define POOL_OBJECT_ALIGN 8u

struct pool_slab {
    struct pool_slab *next;
    _Alignas(16) uint8_t objects[]; /* malloc's blocks begin at a multiple of 16, too */
};

void pool_init(struct pool *pool, const char *name, uint32_t object_bytes, uint32_t objects_max)
{
    ASSERT(object_bytes > 0 && object_bytes <= UINT32_MAX / 2 / POOL_SLAB_OBJECTS_MIN);
    uint32_t rounded = (object_bytes + POOL_OBJECT_ALIGN - 1) & ~(POOL_OBJECT_ALIGN - 1);
    *pool = (struct pool){.object_bytes = rounded, .objects_max = objects_max, .name = name};
}

void pool_deinit(struct pool *pool)
{
    struct pool_slab *slab = pool->slabs;
    while (slab != NULL) {
        struct pool_slab *next = slab->next;
        free(slab);
        slab = next;
    }
    pool_init(pool, pool->name, pool->object_bytes, pool->objects_max);
}

/* Makes room for at least one object; false at the limit or when there is no memory. */
static bool slab_add(struct pool *pool)
{
    uint32_t objects = u32_max(POOL_SLAB_BYTES / pool->object_bytes, POOL_SLAB_OBJECTS_MIN);
    objects = u32_min(objects, pool->objects_max - pool->objects_made);
    if (objects == 0) return false;
    size_t objects_bytes = (size_t)objects * pool->object_bytes;
    struct pool_slab *slab = malloc(sizeof(*slab) + objects_bytes);
    if (slab == NULL) return false;
    slab->next = pool->slabs;
    pool->slabs = slab;
    pool->objects_made += objects;
    pool->fresh = slab->objects;
    pool->fresh_count = objects;
    POOL_HIDE(slab->objects, objects_bytes);
    return true;
}

void *pool_get_fresh(struct pool *pool)
{
    if (pool->fresh_count == 0 && !slab_add(pool)) {
        pool->failures++;
        return NULL;
    }
    void *object = pool->fresh;
    pool->fresh += pool->object_bytes;
    pool->fresh_count--;
    pool->in_use++;
    pool->peak = u32_max(pool->peak, pool->in_use);
    POOL_SHOW(object, pool->object_bytes);
    return object;
}

void *mem_get(size_t bytes) { return calloc(1, bytes > 0 ? bytes : 1); }

void *mem_grow(void *block, size_t bytes_old, size_t bytes_new)
{
    ASSERT(bytes_new >= bytes_old);
    uint8_t *grown = realloc(block, bytes_new > 0 ? bytes_new : 1);
    if (grown != NULL) memset(grown + bytes_old, 0, bytes_new - bytes_old);
    return grown;
}

void mem_put(void *block) { free(block); }
