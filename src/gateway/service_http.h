/*
 * The HTTP server: one request after the other on each connection.
 *
 *     HEAD -> BODY  -> answer -> HEAD ...       the body is counted, checked, or thrown away
 *          -> ECHO  ----------^                 sent back as it comes
 *          -> SENDING, DELAY, DRIP, RESET       answers that take time
 *
 * What comes meanwhile stays in the connection's receive buffer, and its window closes. A request
 * is begun only when there is room in the send buffer for any answer that is made in one piece.
 */
#ifndef VITRO_GATEWAY_SERVICE_HTTP_H
#define VITRO_GATEWAY_SERVICE_HTTP_H

#include "gateway/service_http_chunk.h"
#include "gateway/service_http_route.h"

/* How long a client may take for a head, between two requests, and between two parts of a body. */
#define HTTP_HEAD_US_MAX (60u * 1000000u)
#define HTTP_IDLE_US_MAX (75u * 1000000u)
#define HTTP_BODY_US_MAX (300u * 1000000u)

struct service_conn;
struct service_kind;

enum http_phase {
    HTTP_PHASE_HEAD,
    HTTP_PHASE_BODY,
    HTTP_PHASE_ECHO,
    HTTP_PHASE_SENDING,
    HTTP_PHASE_DELAY,
    HTTP_PHASE_DRIP,
    HTTP_PHASE_RESET,
};

/* The request that is being served. */
struct service_http {
    enum http_phase phase;
    bool has_partial_head;
    bool is_chunked, keeps_alive, is_head, is_answered;
    uint8_t minor;
    struct http_route route;
    struct http_chunk chunk;
    uint64_t left_bytes; /* of the body to be read, or of the answer */
    uint64_t body_bytes; /* came so far */
    uint32_t crc;        /* of them */
    uint64_t begun_us;
};

/* The service on port 80. */
extern const struct service_kind service_http_kind;

#endif
