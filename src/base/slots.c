/*
 * The handle table: blocks of slots, a directory of blocks, a list of free slots.
 *
 * A handle is `generation << 32 | index`, 56 bits in all. Generations begin at 1, so no handle is
 * 0. A slot that is free has no object; its generation is already the one its next owner will get,
 * so an old handle fails on the generation even before the slot is used again. A generation comes
 * round after 2^24 - 1 owners of the same slot.
 *
 * Slots are 12 bytes: objects and generations lie apart, and a free slot keeps the next free one
 * where the object was, marked by the lowest bit, which no object's address has.
 *
 * Blocks never move, and a full table grows by one block (the directory, an 8000th of it, doubles)
 * so no single call pays for all objects there are.
 */
#include "base/slots.h"

#include "base/pool.h"

#define SLOTS_BLOCK_BITS     12
#define SLOTS_BLOCK_SLOTS    (1u << SLOTS_BLOCK_BITS)
#define SLOTS_DIRECTORY_MIN  4u
#define SLOTS_GENERATION_MAX ((1u << SLOTS_GENERATION_BITS) - 1)

struct slots_block {
    uintptr_t object[SLOTS_BLOCK_SLOTS]; /* its address; or free: next free index + 1, and bit 0 */
    uint32_t generation[SLOTS_BLOCK_SLOTS];
};

static uintptr_t *object_at(const struct slots *s, uint32_t index)
{
    return &s->blocks[index >> SLOTS_BLOCK_BITS]->object[index & (SLOTS_BLOCK_SLOTS - 1)];
}

static uint32_t *generation_at(const struct slots *s, uint32_t index)
{
    return &s->blocks[index >> SLOTS_BLOCK_BITS]->generation[index & (SLOTS_BLOCK_SLOTS - 1)];
}

static bool is_free(uintptr_t object) { return (object & 1) != 0; }

/* Whether a handle means an object that is still there. */
static bool is_valid(const struct slots *s, uint64_t handle)
{
    const uint32_t index = (uint32_t)handle;
    if (index >= s->used || is_free(*object_at(s, index))) return false;
    return *generation_at(s, index) == handle >> 32;
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
    ASSERT(object != NULL && !is_free((uintptr_t)object));
    if (s->count == s->count_max) return 0;
    uint32_t index;
    if (s->free != 0) {
        index = s->free - 1;
        s->free = (uint32_t)(*object_at(s, index) >> 1);
    } else {
        if (!block_add(s)) return 0;
        index = s->used++;
        *generation_at(s, index) = 1;
    }
    *object_at(s, index) = (uintptr_t)object;
    s->count++;
    return (uint64_t)*generation_at(s, index) << 32 | index;
}

void *slots_get(const struct slots *s, uint64_t handle)
{
    return is_valid(s, handle) ? (void *)*object_at(s, (uint32_t)handle) : NULL;
}

void *slots_remove(struct slots *s, uint64_t handle)
{
    if (!is_valid(s, handle)) return NULL;
    const uint32_t index = (uint32_t)handle;
    uintptr_t *object = object_at(s, index);
    uint32_t *generation = generation_at(s, index);
    void *removed = (void *)*object;
    *object = (uintptr_t)s->free << 1 | 1;
    *generation = *generation == SLOTS_GENERATION_MAX ? 1 : *generation + 1;
    s->free = index + 1;
    s->count--;
    return removed;
}

void *slots_next(const struct slots *s, uint32_t *cursor)
{
    while (*cursor < s->used) {
        const uintptr_t object = *object_at(s, (*cursor)++);
        if (!is_free(object)) return (void *)object;
    }
    return NULL;
}
