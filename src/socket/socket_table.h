/*
 * The sockets of a stack: a table of 32-byte records in blocks that never move, handles that name
 * them, and the ready queue through them.
 *
 *     handle = generation (32 bits) | index (32 bits), generation from 1: never 0
 *
 * A connection costs what its socket costs, a million times over. So a socket is its own slot: it
 * knows its index and generation instead of being pointed to from a handle table, and the ready
 * queue links by index. A record that is given back gets its next generation at once, so that its
 * old handle finds nothing.
 */
#ifndef VITRO_SOCKET_TABLE_H
#define VITRO_SOCKET_TABLE_H

#include "base/base.h"

/* Sockets of one stack, at most. */
#define SOCKETS_MAX (1u << 27)

#define SOCKET_BLOCK_BITS 12u
#define SOCKET_BLOCK_SIZE (1u << SOCKET_BLOCK_BITS)

enum socket_kind {
    SOCKET_FREE, /* in the free list */
    SOCKET_TCP_DRAFT,
    SOCKET_TCP_CONN,
    SOCKET_TCP_LISTENER,
    SOCKET_UDP,
    SOCKET_PING,
};

struct socket {
    uint64_t user; /* the owner's number */
    union {
        struct socket_draft *draft;
        struct tcp_conn *conn;
        struct tcp_listener *listener;
        struct udp_socket *udp;
        struct stack_ping *ping;
    };
    uint32_t prev,
        next; /* index + 1 in the ready queue, 0 at its ends; next: of the free list too */
    uint32_t generation;
    uint32_t index : 27;
    uint32_t kind : 4; /* enum socket_kind */
    uint32_t is_ready : 1;
};

struct socket_table {
    struct socket **blocks;
    uint32_t blocks_made;
    uint32_t blocks_room; /* entries of `blocks` */
    uint32_t count;       /* sockets in use */
    uint32_t count_max;
    uint32_t used;                    /* records taken at least once */
    uint32_t free;                    /* index + 1 of the one given back last, 0: none */
    uint32_t ready_first, ready_last; /* index + 1, 0: the queue is empty */
};

/* Makes an empty table for at most `count_max` sockets (1 to SOCKETS_MAX). Takes no memory yet. */
void socket_table_init(struct socket_table *table, uint32_t count_max);

/* Gives all memory back. */
void socket_table_deinit(struct socket_table *table);

/* A socket of this kind, with nothing else set but a new handle; NULL at the limit or when memory
 * is out. */
WARN_UNUSED struct socket *socket_table_take(struct socket_table *table, enum socket_kind kind);

/* Gives a socket back: off the ready queue, its handle stale. */
void socket_table_give(struct socket_table *table, struct socket *s);

/* The record at an index that is below `used`. */
static inline struct socket *socket_table_at(const struct socket_table *table, uint32_t index)
{
    return &table->blocks[index >> SOCKET_BLOCK_BITS][index & (SOCKET_BLOCK_SIZE - 1)];
}

/* The socket of a handle; NULL when it is stale, 0, or no handle at all. */
static inline struct socket *socket_table_get(const struct socket_table *table, uint64_t handle)
{
    const uint32_t index = (uint32_t)handle;
    if (index >= table->used) return NULL;
    struct socket *s = socket_table_at(table, index);
    return s->generation == handle >> 32 && s->kind != SOCKET_FREE ? s : NULL;
}

/* The handle of a socket. */
static inline uint64_t socket_handle(const struct socket *s)
{
    return (uint64_t)s->generation << 32 | s->index;
}

/* Puts a socket at the end of the ready queue, unless it is in it. */
void socket_table_mark(struct socket_table *table, struct socket *s);

/* Takes the first socket off the ready queue; NULL: it is empty. */
struct socket *socket_table_next_ready(struct socket_table *table);

#endif
