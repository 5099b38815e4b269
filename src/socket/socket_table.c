/*
 * The socket table: blocks of sockets that never move, and a list of the free ones. A full table
 * grows by one block, so no single call pays for all sockets there are.
 */
#include "socket/socket_table.h"

#define DIRECTORY_MIN 4u

void socket_table_init(struct socket_table *table, uint32_t count_max)
{
    _Static_assert(sizeof(struct socket) <= 32, "a million of them are 32 MB");
    *table = (struct socket_table){.count_max = count_max};
}

void socket_table_deinit(struct socket_table *table)
{
    for (uint32_t i = 0; i < table->blocks_made; i++) mem_put(table->blocks[i]);
    mem_put(table->blocks);
    socket_table_init(table, table->count_max);
}

/* Makes sure that the record at index `used` exists. */
static bool grow(struct socket_table *table)
{
    if (table->used >> SOCKET_BLOCK_BITS < table->blocks_made) return true;
    if (table->blocks_made == table->blocks_room) {
        const uint32_t room = u32_max(table->blocks_room * 2, DIRECTORY_MIN);
        const size_t entry_bytes = sizeof table->blocks[0];
        void *grown = mem_grow(table->blocks, table->blocks_room * entry_bytes, room * entry_bytes);
        if (grown == NULL) return false;
        table->blocks = grown;
        table->blocks_room = room;
    }
    struct socket *block = mem_get(SOCKET_BLOCK_SIZE * sizeof *block);
    if (block == NULL) return false;
    table->blocks[table->blocks_made++] = block;
    return true;
}

/* A record off the free list, or one never used before. */
static struct socket *record_take(struct socket_table *table)
{
    if (table->free != 0) {
        struct socket *s = socket_table_at(table, table->free - 1);
        table->free = s->next;
        return s;
    }
    if (!grow(table)) return NULL;
    struct socket *s = socket_table_at(table, table->used);
    s->index = table->used++ & (SOCKETS_MAX - 1);
    s->generation = 1;
    return s;
}

struct socket *socket_table_take(struct socket_table *table, enum socket_kind kind)
{
    if (table->count == table->count_max) return NULL;
    struct socket *s = record_take(table);
    if (s == NULL) return NULL;
    table->count++;
    s->kind = (uint32_t)kind & 15u;
    s->is_ready = 0;
    s->prev = s->next = 0;
    s->user = 0;
    s->conn = NULL;
    return s;
}

/* Takes a socket out of the ready queue, if it is in it. */
static void unlink_ready(struct socket_table *table, struct socket *s)
{
    if (!s->is_ready) return;
    if (s->prev != 0) {
        socket_table_at(table, s->prev - 1)->next = s->next;
    } else {
        table->ready_first = s->next;
    }
    if (s->next != 0) {
        socket_table_at(table, s->next - 1)->prev = s->prev;
    } else {
        table->ready_last = s->prev;
    }
    s->is_ready = 0;
    s->prev = s->next = 0;
}

void socket_table_give(struct socket_table *table, struct socket *s)
{
    ASSERT(s->kind != SOCKET_FREE);
    unlink_ready(table, s);
    s->kind = SOCKET_FREE;
    s->conn = NULL;
    if (++s->generation == 0) s->generation = 1;
    s->next = table->free;
    table->free = s->index + 1u;
    table->count--;
}

void socket_table_mark(struct socket_table *table, struct socket *s)
{
    if (s->is_ready) return;
    s->is_ready = 1;
    s->prev = table->ready_last;
    s->next = 0;
    if (table->ready_last != 0) {
        socket_table_at(table, table->ready_last - 1)->next = s->index + 1u;
    } else {
        table->ready_first = s->index + 1u;
    }
    table->ready_last = s->index + 1u;
}

struct socket *socket_table_next_ready(struct socket_table *table)
{
    if (table->ready_first == 0) return NULL;
    struct socket *s = socket_table_at(table, table->ready_first - 1);
    unlink_ready(table, s);
    return s;
}
