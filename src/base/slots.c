/*
 * The handle table: blocks of slots, a directory of blocks, a list of free slots.
 *
 * A handle is `generation << 32 | index`. Generations begin at 1, so no handle is 0. A slot that
 * is free has no object; its generation is already the one its next owner will get, so an old
 * handle fails on the generation even before the slot is used again. A generation comes round
 * after 2^32 - 1 owners of the same slot.
 *
 * Blocks never move, and a full table grows by one block (the directory, an 8000th of it, doubles)
 * so no single call pays for all objects there are.
 */
#include "base/slots.h"

#include "base/pool.h"

#define SLOTS_BLOCK_BITS    12
#define SLOTS_BLOCK_SLOTS   (1u << SLOTS_BLOCK_BITS)
#define SLOTS_DIRECTORY_MIN 4u

struct slot {
    void *object; /* NULL: free */
    uint32_t generation;
    uint32_t free_next; /* index + 1 of the next free slot, 0 at the end */
};

struct slots_block {
    struct slot slot[SLOTS_BLOCK_SLOTS];
};

static struct slot *slot_at(const struct slots *s, uint32_t index)
{
    return &s->blocks[index >> SLOTS_BLOCK_BITS]->slot[index & (SLOTS_BLOCK_SLOTS - 1)];
}

/* The slot a handle means, NULL when it means none any more. */
static struct slot *slot_of(const struct slots *s, uint64_t handle)
{
    uint32_t index = (uint32_t)handle;
    if (index >= s->used) return NULL;
    struct slot *slot = slot_at(s, index);
    return slot->object != NULL && slot->generation == handle >> 32 ? slot : NULL;
}

void slots_init(struct slots *s, uint32_t count_max)
{
    *s = (struct slots){.count_max = count_max};
}

void slots_deinit(struct slots *s)
{
    for (uint32_t i = 0; i < s->blocks_made; i++) mem_put(s->blocks[i]);
    mem_put(s->blocks);
    slots_init(s, s->count_max);
}

/* Makes room for one more block in the directory. */
static bool directory_grow(struct slots *s)
{
    if (s->blocks_made < s->blocks_room) return true;
    uint32_t room = u32_max(s->blocks_room * 2, SLOTS_DIRECTORY_MIN);
    size_t entry_bytes = sizeof(s->blocks[0]);
    void *grown = mem_grow(s->blocks, s->blocks_room * entry_bytes, room * entry_bytes);
    if (grown == NULL) return false;
    s->blocks = grown;
    s->blocks_room = room;
    return true;
}

/* Makes sure that slot number `used` exists. */
static bool block_add(struct slots *s)
{
    if (s->used >> SLOTS_BLOCK_BITS < s->blocks_made) return true;
    if (!directory_grow(s)) return false;
    struct slots_block *block = mem_get(sizeof(*block));
    if (block == NULL) return false;
    s->blocks[s->blocks_made++] = block;
    return true;
}

uint64_t slots_add(struct slots *s, void *object)
{
    ASSERT(object != NULL);
    if (s->count == s->count_max) return 0;
    uint32_t index;
    if (s->free != 0) {
        index = s->free - 1;
        s->free = slot_at(s, index)->free_next;
    } else {
        if (!block_add(s)) return 0;
        index = s->used++;
        slot_at(s, index)->generation = 1;
    }
    struct slot *slot = slot_at(s, index);
    slot->object = object;
    s->count++;
    return (uint64_t)slot->generation << 32 | index;
}

void *slots_get(const struct slots *s, uint64_t handle)
{
    const struct slot *slot = slot_of(s, handle);
    return slot == NULL ? NULL : slot->object;
}

void *slots_remove(struct slots *s, uint64_t handle)
{
    struct slot *slot = slot_of(s, handle);
    if (slot == NULL) return NULL;
    void *object = slot->object;
    slot->object = NULL;
    slot->generation = slot->generation == UINT32_MAX ? 1 : slot->generation + 1;
    slot->free_next = s->free;
    s->free = (uint32_t)handle + 1;
    s->count--;
    return object;
}

void *slots_next(const struct slots *s, uint32_t *cursor)
{
    while (*cursor < s->used) {
        void *object = slot_at(s, (*cursor)++)->object;
        if (object != NULL) return object;
    }
    return NULL;
}
