/*
 * Two whole stacks, end to end, through a queue: what one sends the other gets, in order, when the
 * test says so, in virtual time. For the tests of stack/ and socket/.
 *
 *     stack 0: 10.0.0.1/24, fd00::1/64          stack 1: 10.0.0.2/24, fd00::2/64
 */
#ifndef VITRO_TESTS_STACK_PAIR_H
#define VITRO_TESTS_STACK_PAIR_H

#include "base/list.h"
#include "vitro.h"

#define PAIR_START_US 1000000u

struct pair_options {
    bool is_bare;             /* bare IP instead of Ethernet */
    uint32_t mtu_bytes;       /* 0: 1500 */
    uint32_t super_bytes_max; /* of both interfaces */
    bool checksum_offload;
    bool accepts_any;               /* stack 1's interface */
    struct vitro_config *config[2]; /* NULL: the defaults */
};

/* A frame in the queue, or one that was delivered. */
struct pair_frame {
    struct list link;
    int from;
    uint16_t segment_bytes;
    bool checksum_partial;
    uint32_t len;
    uint8_t *data;
};

struct pair {
    struct vitro_stack *stack[2];
    int interface[2];
    uint64_t now_us;
    struct list queue;
    uint32_t sent[2];      /* frames each has sent */
    uint32_t super_sent;   /* of them, super-segments */
    uint32_t partial_sent; /* of them, with an incomplete checksum */
    uint32_t len_max;      /* the longest frame */
    uint32_t events[VITRO_EVENT_KIND_COUNT];
    struct vitro_event last_event;
    /* decides on each frame before it is queued: false drops it. NULL: none is dropped */
    bool (*filter)(struct pair *pair, struct pair_frame *frame);
    /* what the sink has taken; it takes no more than sink_max */
    uint8_t sink[65536];
    uint32_t sink_len, sink_max;
    struct pair_end {
        struct pair *pair;
        int side;
    } end[2];
};

/* Sets both stacks up. `options` NULL: Ethernet, MTU 1500. Fails the test if it cannot. */
void pair_setup(struct pair *pair, const struct pair_options *options);
/* Destroys both. */
void pair_teardown(struct pair *pair);
/* Delivers until the queue is empty; time stands still. */
void pair_deliver(struct pair *pair);
/* Goes on for `us` microseconds: delivers, and runs timers at their time. */
void pair_run(struct pair *pair, uint64_t us);
/* Gives stack `to` a frame made by hand. */
void pair_inject(struct pair *pair, int to, const void *data, size_t len);
/* The address of a stack, IPv4 or IPv6, with a port. */
struct vitro_endpoint pair_endpoint(int side, bool is_v4, uint16_t port);

/*
 * Gives stack 1 a packet that looks as if stack 0 had sent it: link and IP header are made,
 * `payload` follows. With `src` NULL it comes from stack 0's address of the version of `dst`; with
 * `dst` NULL it goes to stack 1's IPv4 address.
 */
void pair_inject_ip(struct pair *pair, uint8_t protocol, const struct vitro_ip *src,
                    const struct vitro_ip *dst, const void *payload, size_t len);
/* How often stack `side` has dropped a packet for this reason. */
uint64_t pair_drops(const struct pair *pair, int side, enum vitro_drop reason);

/* A listener on stack `side`. */
vitro_socket pair_listen(struct pair *pair, int side, uint16_t port);
/* A connection from stack 0 to `port` of stack 1, where somebody listens: established on both. */
void pair_connect(struct pair *pair, vitro_socket listener, bool is_v4, uint16_t port,
                  vitro_socket *client, vitro_socket *server);

#endif
