/*
 * Socket lookup; see udp_table.h.
 *
 * A wildcard is stored as it is compared: the remote end of a socket without a peer is all zero,
 * and a local wildcard has zone 0, so each rank of match is one exact lookup.
 */
#include "udp/udp_table.h"

#include <errno.h>

enum { BUCKETS_MIN = 64, BUCKETS_MAX = 1 << 16 };

int udp_table_init(struct udp_table *table, uint32_t sockets_max, const struct hash_key *key)
{
    uint32_t buckets = BUCKETS_MIN;
    while (buckets < sockets_max && buckets < BUCKETS_MAX) buckets *= 2;
    table->buckets = mem_get(buckets * sizeof(struct udp_socket *));
    table->bucket_mask = buckets - 1;
    table->key = *key;
    return table->buckets != NULL ? 0 : ENOMEM;
}

void udp_table_deinit(struct udp_table *table)
{
    mem_put(table->buckets);
    table->buckets = NULL;
}

/* The chain a tuple is in. */
static struct udp_socket **bucket_of(const struct udp_table *table, const struct udp_tuple *tuple)
{
    uint8_t name[38];
    memcpy(name, tuple->local.bytes, 16);
    memcpy(name + 16, tuple->remote.bytes, 16);
    put_be16(name + 32, tuple->local_port);
    put_be16(name + 34, tuple->remote_port);
    put_be16(name + 36, tuple->zone);
    return &table->buckets[hash_sip13(&table->key, name, sizeof name) & table->bucket_mask];
}

/* Whether two tuples are the same. */
static bool tuple_eq(const struct udp_tuple *a, const struct udp_tuple *b)
{
    return a->local_port == b->local_port && a->remote_port == b->remote_port &&
           a->zone == b->zone && ip_addr_eq(&a->local, &b->local) &&
           ip_addr_eq(&a->remote, &b->remote);
}

void udp_table_add(struct udp_table *table, struct udp_socket *socket)
{
    struct udp_socket **bucket = bucket_of(table, &socket->tuple);
    socket->next = *bucket;
    *bucket = socket;
}

void udp_table_remove(struct udp_table *table, struct udp_socket *socket)
{
    struct udp_socket **at = bucket_of(table, &socket->tuple);
    while (*at != socket) at = &(*at)->next;
    *at = socket->next;
    socket->next = NULL;
}

struct udp_socket *udp_table_find(const struct udp_table *table, const struct udp_tuple *tuple)
{
    struct udp_socket *socket = *bucket_of(table, tuple);
    while (socket != NULL && !tuple_eq(&socket->tuple, tuple)) socket = socket->next;
    return socket;
}

/* The socket bound to `local` and `port` that has no peer. */
static struct udp_socket *find_bound(const struct udp_table *table, const struct ip_addr *local,
                                     uint16_t port, uint16_t zone)
{
    const struct udp_tuple tuple = {.local = *local, .local_port = port, .zone = zone};
    return udp_table_find(table, &tuple);
}

struct udp_socket *udp_table_match(const struct udp_table *table, const struct udp_tuple *tuple)
{
    const uint16_t port = tuple->local_port;
    struct udp_socket *socket = udp_table_find(table, tuple);
    if (socket == NULL) socket = find_bound(table, &tuple->local, port, tuple->zone);
    if (socket != NULL) return socket;
    if (ip_addr_is_v4(&tuple->local)) {
        const struct ip_addr any_v4 = ip_addr_from_v4(0);
        socket = find_bound(table, &any_v4, port, 0);
        if (socket != NULL) return socket;
    }
    const struct ip_addr any = ip_addr_any_v6();
    socket = find_bound(table, &any, port, 0);
    const bool is_refused = socket != NULL && socket->is_v6_only && ip_addr_is_v4(&tuple->local);
    return is_refused ? NULL : socket;
}

bool udp_table_is_free(const struct udp_table *table, const struct udp_tuple *tuple,
                       bool is_v6_only)
{
    if (udp_table_find(table, tuple) != NULL) return false;
    if (!ip_addr_is_unspecified(&tuple->local)) return true;
    const struct ip_addr any = ip_addr_any_v6();
    const struct ip_addr any_v4 = ip_addr_from_v4(0);
    if (ip_addr_is_v4(&tuple->local)) {
        const struct udp_socket *dual = find_bound(table, &any, tuple->local_port, 0);
        return dual == NULL || dual->is_v6_only;
    }
    return is_v6_only || find_bound(table, &any_v4, tuple->local_port, 0) == NULL;
}
