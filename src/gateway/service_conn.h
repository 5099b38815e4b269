/*
 * A TCP connection to one of the services, from its handshake to its last acknowledgement.
 *
 *     accepted -> served by its kind -> finishing: our FIN is said, the rest is waited for -> ended
 *                                    -> reset                                              -> ended
 *
 * A kind says by its verdict what is to become of the connection and never closes it itself, so
 * that there is one place where connections end and their records are completed.
 */
#ifndef VITRO_GATEWAY_SERVICE_CONN_H
#define VITRO_GATEWAY_SERVICE_CONN_H

#include "base/list.h"
#include "base/pool.h"
#include "gateway/gateway.h"
#include "gateway/service_crc.h"
#include "gateway/service_http.h"
#include "gateway/service_pattern.h"

/* The longest answer that is put together before it is sent. */
#define SERVICE_SCRATCH_BYTES 20480

/* Listeners and UDP sockets: for every service one of each version. */
#define SERVICE_SOCKETS_MAX 16

enum service_verdict {
    SERVICE_GO_ON,  /* wait for the next event */
    SERVICE_AGAIN,  /* inside a kind: there may be more to do at once */
    SERVICE_FINISH, /* all is said: FIN */
    SERVICE_RESET,
};

struct service_conn;

/* What makes a service. */
struct service_kind {
    uint16_t port;
    bool sinks; /* takes all that comes by `sink`, from the start */
    /* Something may be done; called first when the connection was accepted. */
    enum service_verdict (*serve)(struct service_conn *conn, uint64_t now_us);
    /* The deadline has come; NULL: the kind sets none. */
    enum service_verdict (*due)(struct service_conn *conn, uint64_t now_us);
    /* As gateway_socket.sink; NULL without `sinks` and without service_conn_sink(). */
    uint32_t (*sink)(struct service_conn *conn, const struct vitro_span *spans, uint32_t count,
                     uint32_t len_bytes, uint64_t now_us);
};

struct service_conn {
    struct services *services;
    const struct service_kind *kind;
    struct gateway_socket socket;
    struct poll_timer timer;
    uint64_t deadline_us; /* may be later than what the timer is armed for */
    struct list link;     /* in services->open */
    struct talk talk;
    bool is_finishing;
    enum talk_party finished_by; /* whose FIN came first */
    uint64_t offset;             /* of the text that is sent: chargen, /bytes, /drip */
    struct service_http http;
};

/* A socket of the stack that waits for connections or datagrams. */
struct service_socket {
    struct gateway_socket socket;
    struct services *services;
    const struct service_kind *kind; /* NULL: UDP */
    struct vitro_endpoint local;
};

struct services {
    struct gateway *gateway;
    struct pool conns;
    struct list open;
    struct pool flows; /* of UDP: service_datagram.h */
    struct list flow_list;
    struct poll_timer flow_timer;
    struct service_socket socket[SERVICE_SOCKETS_MAX];
    uint32_t socket_count;
    struct service_crc crc;
    struct service_pattern bytes, chargen;
    uint64_t date_seconds; /* what `date` says */
    char date[40];
    char head[HTTP_HEAD_BYTES_MAX]; /* a head that did not come in one piece, while it is read */
    char scratch[SERVICE_SCRATCH_BYTES];
};

/* Takes the connections that wait at a listener. */
void service_conn_accept(struct service_socket *listener, uint64_t now_us);

/* Ends all connections that are open, as they are. */
void service_conn_end_all(struct services *services, uint64_t now_us);

/* When `due` is to be called; TIME_NEVER: not at all. */
void service_conn_deadline(struct service_conn *conn, uint64_t deadline_us);

/* Whether what arrives goes to the kind's sink. */
void service_conn_sink(struct service_conn *conn, bool on, uint64_t now_us);

/* Sends all of `data`, for which there is room as the caller knows; false: there was not. */
WARN_UNUSED bool service_conn_send(struct service_conn *conn, const void *data, size_t len,
                                   uint64_t now_us);

/* Sends up to `len` bytes of an endless text, from conn->offset on. Returns how many, which are
 * fewer if the send buffer is full, or -ENOBUFS: no memory just now. */
int64_t service_conn_send_text(struct service_conn *conn, const struct service_pattern *pattern,
                               uint64_t len, uint64_t now_us);

/* Free room in the send buffer. */
uint64_t service_conn_room(const struct service_conn *conn);

/* Whether the program has said its FIN. */
bool service_conn_has_fin(const struct service_conn *conn);

/* The stack. */
static inline struct vitro_stack *service_conn_stack(const struct service_conn *conn)
{
    return conn->services->gateway->stack;
}

#endif
