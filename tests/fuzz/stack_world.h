/*
 * The world of the stack's fuzz target: one stack with an Ethernet and a bare IP interface, both IP
 * versions, sockets of every kind, and TCP connections in every state; and what is asked of all
 * that leaves it.
 *
 *     interface 1, Ethernet: 10.0.0.1/24, fd00::1/64, fe80::1/64     peers: the same with 2
 *     interface 2, bare IP:  10.1.0.1/24, fd01::1/64                 peers: the same with 2
 *
 * Every byte stream, in both directions, has at each sequence number the byte that belongs there
 * (packet_stream_byte), so that what is received and what leaves can be judged without a memory of
 * what was sent. That no longer holds for what is received once raw bytes were given to the stack
 * (is_tainted), which half of the inputs therefore cannot do (is_clean).
 */
#ifndef VITRO_FUZZ_STACK_WORLD_H
#define VITRO_FUZZ_STACK_WORLD_H

#include "fuzz/stack_packet.h"
#include "socket/socket.h"
#include "tcp/tcp_conn.h"

#define WORLD_SOCKETS_MAX 64u
#define WORLD_RECENT      8u
#define WORLD_SCRATCH     8192u

/* The front of a frame that left, and what it was as TCP. */
struct world_recent {
    uint32_t interface;
    uint32_t ip_at, len; /* of `bytes`; 0: none yet */
    bool is_tcp;
    struct tcp_tuple tuple; /* seen from the stack */
    struct tcp_repr repr;
    uint32_t seq_len; /* payload, SYN and FIN */
    uint8_t bytes[1600];
};

/* The first four bytes of the input. */
struct world_config {
    uint8_t tcp, links, limits, order;
};

struct world {
    struct vitro_stack *stack;
    struct world_config config;
    uint64_t now_us;
    uint32_t mtu_bytes[3]; /* by interface */
    bool is_tainted, is_clean;
    bool answers_neighbours;
    struct {
        bool is_asked, is_v4;
        struct ip_addr target;
    } neighbour;
    uint32_t sockets; /* handles, open and stale */
    vitro_socket socket[WORLD_SOCKETS_MAX];
    struct world_recent recent[WORLD_RECENT];
    uint32_t recent_next;
    struct packet packet, piece;
    uint8_t scratch[WORLD_SCRATCH];
    uint8_t out[PACKET_BYTES_MAX + 200];
};

/* How a packet is handed to the stack. */
struct world_delivery {
    uint32_t interface;
    uint16_t segment_bytes;
    bool checksum_partial;
    uint32_t split_bytes; /* 0: one piece; else payload in pieces of this size */
};

/* A record of the table, as its peer sees it. */
struct world_live {
    struct tcp_entry *entry; /* NULL: there is none */
    struct tcp_tuple tuple;
    uint32_t seq, edge, irs; /* what we expect from the peer, up to where; its first number */
    uint32_t ack, una, iss;  /* what we have sent, what of it is acknowledged, our first number */
    bool has_timestamps;
    uint32_t ts_val, ts_ecr; /* good ones for the peer's next segment */
    uint32_t sacked_bytes;   /* world_say reports so many as held, a hole of 1000 before them */
};

/* Makes the stack, its interfaces and its sockets, and drives the connections. */
void world_start(struct world *w, struct world_config config);

/* Lets everything go; if asked to, first waits until nothing is left but what has a reason. */
void world_end(struct world *w);

/* The invariants of the stack, of the world, and of time; answers for the neighbours. */
void world_check(struct world *w);

/* Moves time, and the stack with it. */
void world_advance(struct world *w, uint64_t us);

/* Hands a packet to the stack. */
void world_deliver(struct world *w, const struct packet *packet,
                   const struct world_delivery *delivery);

/* The IP header's part of what the peer of `tuple` sends. */
struct packet_ip world_ip(const struct tcp_tuple *tuple, uint32_t *interface);

/* The record of this place in the table's order, modulo how many there are. */
struct world_live world_live(struct world *w, uint32_t which);

/* The same for one entry. */
struct world_live world_live_of(struct world *w, struct tcp_entry *entry);

/* Notes a new handle; a full list closes it. Returns its place. */
uint32_t world_keep(struct world *w, vitro_socket socket);

/* The peer's address: bit 0 of `which` IPv6, bit 1 the bare interface, bits 0 and 2 link-local. */
struct vitro_endpoint world_peer(uint32_t which, uint16_t port);
/* Ours. */
struct vitro_endpoint world_ours(uint32_t which, uint16_t port);

/* Sends `len` bytes of the stream, with the urgent mark or without. */
void world_send(struct world *w, vitro_socket socket, uint32_t len, bool is_urgent);
/* The same by reserving room and committing less. */
void world_reserve(struct world *w, vitro_socket socket, uint32_t len, uint32_t unused);
/* Reads up to `len` bytes and judges them. */
void world_receive(struct world *w, vitro_socket socket, uint32_t len);
/* The same by peeking. */
void world_peek(struct world *w, vitro_socket socket, uint32_t len);

/* Starts a connection; returns its handle, or VITRO_SOCKET_NONE. */
vitro_socket world_connect(struct world *w, uint32_t which, uint16_t port);

/* The peer of a record says something right, but for the differences given. */
void world_say(struct world *w, const struct world_live *live, uint16_t flags, uint32_t seq,
               uint32_t ack, uint32_t window, uint32_t payload_bytes);

/* A peer's SYN to one of our ports. */
void world_say_syn(struct world *w, uint32_t which, uint16_t local_port, uint16_t remote_port);

/* Connections in every state (stack_states.c). */
void world_states(struct world *w);

#endif
