/*
 * The gateway: a stack that answers as the whole Internet, and the host's sockets behind it.
 *
 *     program's kernel <-> link <-> stack <-> forward_*, services, dns, publish <-> host sockets
 *
 * One thread, one loop (poll.h), one stack. Frames are read in batches, stamped, shown to the
 * watcher and given to the stack; then those whose sockets became ready are told. Each module owns
 * its conversations and meets the others only here.
 */
#ifndef VITRO_GATEWAY_GATEWAY_H
#define VITRO_GATEWAY_GATEWAY_H

#include "gateway/policy.h"
#include "gateway/poll.h"
#include "gateway/talk.h"
#include "link/link.h"
#include "vitro.h"

/* The host's name servers that are asked, at most (as many as resolv.conf counts). */
#define GATEWAY_RESOLVERS_MAX 3

/* The host's name servers, as they are told a gateway that runs. */
struct gateway_resolvers {
    struct vitro_endpoint server[GATEWAY_RESOLVERS_MAX];
    uint32_t count; /* at least 1 */
};

/* How long a program's kernel may take to bring to an end what the program has left behind. */
#define GATEWAY_LINGER_US (10u * 1000000u)

/* And how long the last segments of closes may take to come, from the last frame that came: where
 * thousands close at once the device drops some, and they come again after 0.2, 0.4, 0.8 s. */
#define GATEWAY_CLOSE_US 1000000u

/* Conversations at a time; more are refused and counted. */
#define GATEWAY_TCP_MAX  16384
#define GATEWAY_UDP_MAX  4096
#define GATEWAY_PING_MAX 256

enum gateway_way {
    GATEWAY_FROM_PROGRAM,
    GATEWAY_TO_PROGRAM,
};

/* Who is shown everything. The functions only look: they must not call into the gateway. */
struct gateway_watcher {
    void *owner;
    /* A frame passes the link; times are those of poll_now_us(). NULL: nobody looks. */
    void (*frame)(void *owner, enum gateway_way way, const struct vitro_frame *frame,
                  uint64_t now_us);
    /* A conversation has ended. NULL as above. */
    void (*talk)(void *owner, const struct talk *talk);
    /* All that was ready has been served, the loop is about to wait: time to flush. */
    void (*idle)(void *owner, uint64_t now_us);
    /* When the watcher wants `idle` to be called at the latest; NULL or TIME_NEVER: not at all. */
    uint64_t (*deadline)(void *owner);
};

/* A port of the host that is open for a server inside; `fd` listens (TCP) or is bound (UDP). */
struct gateway_publish {
    int fd;
    bool is_udp;
    struct vitro_endpoint host; /* where the host listens */
    uint16_t port;              /* of the server inside */
};

struct gateway_config {
    struct policy policy;
    enum link_kind link_kind;
    int link_fd;        /* becomes the gateway's */
    uint32_t mtu_bytes; /* of the program's interface */
    struct vitro_endpoint resolver[GATEWAY_RESOLVERS_MAX];
    uint32_t resolver_count;
    struct gateway_publish *publish; /* descriptors become the gateway's */
    uint32_t publish_count;
    struct vitro_config stack;
    struct gateway_watcher watcher;
};

struct gateway;

/*
 * A socket of the stack and whom to tell about it; a field of what it is for. The stack's `user`
 * number is its address.
 */
struct gateway_socket {
    vitro_socket handle;
    /* Its readiness changed: enum vitro_readiness. May close the socket and free the object. */
    void (*ready)(struct gateway_socket *self, uint32_t bits, uint64_t now_us);
    /* With VITRO_OPTION_SINK, as vitro_callbacks.sink: must not call into the stack. Else NULL. */
    uint32_t (*sink)(struct gateway_socket *self, const struct vitro_span *spans,
                     uint32_t span_count, uint32_t len_bytes, uint64_t now_us);
};

/*
 * Somebody who has more to do than one round allows: `take` is called in the next one. A field of
 * what it is for; all zero but `take` waits for nothing.
 */
struct gateway_turn {
    struct list link;
    void (*take)(struct gateway_turn *self, uint64_t now_us);
};

struct forward_tcp;
struct forward_udp;
struct forward_ping;
struct dns;
struct services;
struct publish;

/* What has been counted, beside what the stack and the link count. */
struct gateway_stats {
    uint64_t talks[4]; /* conversations begun, by enum talk_kind */
    uint64_t refused_by_limit;
    uint64_t refused_by_policy; /* POLICY_FORBIDDEN, and pings that the host does not allow */
    uint64_t bytes_to_host;     /* TCP payload: progress */
};

struct gateway {
    struct gateway_config config;
    struct vitro_stack *stack;
    uint32_t interface;
    struct poll poll;
    struct link link;
    struct poll_fd link_fd;
    struct poll_fd control_fd;
    bool link_is_readable;
    struct list turns; /* struct gateway_turn */
    struct names *names;
    struct gateway_stats stats;
    uint64_t now_us;
    bool is_over;        /* the program's network has ended, or the front is gone */
    uint64_t over_us;    /* until when to go on without progress */
    uint64_t close_us;   /* until when to wait for the last segments */
    uint64_t over_bytes; /* stats.bytes_to_host when there last was some */
    struct forward_tcp *tcp;
    struct forward_udp *udp;
    struct forward_ping *ping;
    struct dns *dns;
    struct services *services;
    struct publish *publish;
};

/*
 * Makes a gateway, ready for gateway_run(). `config` is copied. NULL, with an errno value in
 * `error`: no memory, or the link cannot be used. The descriptors that the configuration gave away
 * are then in no certain state: the process is to end.
 */
WARN_UNUSED struct gateway *gateway_create(const struct gateway_config *config, int *error);

/*
 * Serves until the control descriptor says that all is over: it becomes readable (end of file: the
 * front is gone; a byte: the last process inside has ended). Then finishes what the program's
 * kernel still has to send, GATEWAY_LINGER_US at most without progress, and returns. A message of
 * the size of struct gateway_resolvers is one: from now on these are asked.
 */
void gateway_run(struct gateway *gateway, int control_fd);

/* One round of gateway_run(), which waits until `until_us` at most: for tests. */
void gateway_step(struct gateway *gateway, uint64_t until_us);

/* Ends all conversations, tells the watcher of them, frees everything. NULL is ignored. */
void gateway_destroy(struct gateway *gateway);

/* For the modules. */

/* Calls turn->take in the next round, if it does not wait already. */
void gateway_again(struct gateway *gateway, struct gateway_turn *turn);

/* Calls it off. */
void gateway_cancel(struct gateway_turn *turn);

/* Begins a record: talk_begin(), its name if the peer has one, counted. */
void gateway_talk_begin(struct gateway *gateway, struct talk *talk, enum talk_kind kind,
                        const struct vitro_endpoint *program, const struct vitro_endpoint *peer,
                        uint64_t now_us);

/* Ends a record, once: the watcher is told. */
void gateway_talk_end(struct gateway *gateway, struct talk *talk, enum talk_end end,
                      enum talk_party by, int error, uint64_t now_us);

#endif
