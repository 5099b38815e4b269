/*
 * Handles: numbers given out in place of pointers, which tell when what they meant is gone.
 *
 * A handle is the index of a slot and the generation the slot had when it was taken. Removing an
 * object raises the generation, so its old handle finds nothing even after the slot has a new
 * owner. Slots come in blocks that never move; the table grows a block at a time up to its limit.
 */
#ifndef VITRO_BASE_SLOTS_H
#define VITRO_BASE_SLOTS_H

#include "base/assert.h"

struct slots_block;

/* Bits of a handle's generation; below them are 32 of its index, above them none is set. */
#define SLOTS_GENERATION_BITS 24

struct slots {
    struct slots_block **blocks;
    uint32_t blocks_made;
    uint32_t blocks_room; /* entries of `blocks` */
    uint32_t count;       /* objects in the table */
    uint32_t count_max;
    uint32_t used; /* slots taken at least once: now in use or in the free list */
    uint32_t free; /* index + 1 of the slot freed last, 0 when there is none */
};

/* Makes an empty table for at most `count_max` objects. Takes no memory yet. */
void slots_init(struct slots *s, uint32_t count_max);

/* Gives all memory back; the objects are not touched. */
void slots_deinit(struct slots *s);

/* Puts `object` (not NULL, at an even address) in and returns its handle, never 0; 0 at the limit
 * or when the system has no memory. */
WARN_UNUSED uint64_t slots_add(struct slots *s, void *object);

/* The object a handle means; NULL when it was removed, for 0, and for what is no handle. */
void *slots_get(const struct slots *s, uint64_t handle);

/* Takes out and returns the object a handle means; NULL when there is none. */
void *slots_remove(struct slots *s, uint64_t handle);

/* Walks the table in order of slots: start with *cursor = 0; NULL at the end. Objects may be
 * removed during the walk; ones added during it may be missed. */
void *slots_next(const struct slots *s, uint32_t *cursor);

#endif
