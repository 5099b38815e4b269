/*
 * Who talks to whom, and what the lookup table keeps for each such pair.
 *
 * Three kinds of record live in one table: a whole connection, a SYN-RECEIVED record of the SYN
 * cache, and a TIME-WAIT record. All begin with `struct tcp_entry`.
 */
#ifndef VITRO_TCP_TUPLE_H
#define VITRO_TCP_TUPLE_H

#include "base/base.h"
#include "base/wheel.h"
#include "wire/ip_addr.h"

/* Both ends of a connection, seen from this host. Ports in host byte order. */
struct tcp_tuple {
    struct ip_addr local;
    struct ip_addr remote;
    uint16_t local_port;
    uint16_t remote_port;
    uint16_t zone; /* interface index for link-local addresses, else 0 (RFC 4007) */
};

/* Whether `a` and `b` name the same connection. */
static inline bool tcp_tuple_eq(const struct tcp_tuple *a, const struct tcp_tuple *b)
{
    return a->local_port == b->local_port && a->remote_port == b->remote_port &&
           a->zone == b->zone && ip_addr_eq(&a->remote, &b->remote) &&
           ip_addr_eq(&a->local, &b->local);
}

enum tcp_entry_kind {
    TCP_ENTRY_CONN,
    TCP_ENTRY_SYN,       /* SYN-RECEIVED, in the SYN cache */
    TCP_ENTRY_TIME_WAIT, /* in the timer wheel only as tcp_host.time_wait_clock, for all records */
    TCP_ENTRY_LISTENER,  /* never in the table: tcp_listener.hold_clock, a timer only */
};

/* What the table and the timer wheel need of every record; 72 bytes on 64-bit machines. */
struct tcp_entry {
    struct tcp_entry *next; /* in its hash bucket */
    struct wheel_node timer;
    struct tcp_tuple tuple;
    uint8_t kind; /* enum tcp_entry_kind */
};

#endif
