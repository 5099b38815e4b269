/*
 * Which socket a datagram is for: one hash table keyed with a secret, in which each socket stands
 * under its tuple, wildcards included. O(1): a lookup tries at most four keys.
 */
#ifndef VITRO_UDP_TABLE_H
#define VITRO_UDP_TABLE_H

#include "base/base.h"
#include "base/hash.h"
#include "udp/udp_socket.h"

struct udp_table {
    struct udp_socket **buckets;
    uint32_t bucket_mask;
    struct hash_key key;
};

/* Makes an empty table sized for `sockets_max`. Returns 0 or ENOMEM. */
WARN_UNUSED int udp_table_init(struct udp_table *table, uint32_t sockets_max,
                               const struct hash_key *key);

/* Gives the memory back. */
void udp_table_deinit(struct udp_table *table);

/* Enters a socket under its tuple. */
void udp_table_add(struct udp_table *table, struct udp_socket *socket);

/* Takes a socket out; its tuple must be the one it was entered with. */
void udp_table_remove(struct udp_table *table, struct udp_socket *socket);

/* The socket entered under exactly this tuple, NULL when there is none. */
struct udp_socket *udp_table_find(const struct udp_table *table, const struct udp_tuple *tuple);

/*
 * The socket that takes datagrams between these ends: the connected one, else the one bound to the
 * local address, to any of its version, or to any. NULL when there is none.
 */
struct udp_socket *udp_table_match(const struct udp_table *table, const struct udp_tuple *tuple);

/*
 * Whether `tuple` may be bound: false when a socket has it, or when one of the two is a wildcard
 * that would take the other's datagrams of the same version by the same rank (:: without v6only
 * and 0.0.0.0 on one port).
 */
bool udp_table_is_free(const struct udp_table *table, const struct udp_tuple *tuple,
                       bool is_v6_only);

#endif
