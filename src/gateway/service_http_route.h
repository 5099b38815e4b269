/*
 * What a request asks for: a path, its argument, and the methods it may come with. Pure.
 */
#ifndef VITRO_GATEWAY_SERVICE_HTTP_ROUTE_H
#define VITRO_GATEWAY_SERVICE_HTTP_ROUTE_H

#include "gateway/service_http_head.h"

/* The largest SIZE, and the longest body that is read. */
#define HTTP_SIZE_BYTES_MAX 1000000000000u
#define HTTP_BODY_BYTES_MAX (1ull << 40)

/* The longest TIME of /delay and of /drip, and what /drip takes if nothing is said. */
#define HTTP_DELAY_US_MAX (60u * 1000000u)
#define HTTP_DRIP_US_MAX  (600u * 1000000u)
#define HTTP_DRIP_US      (5u * 1000000u)

enum http_route_kind {
    HTTP_ROUTE_PAGE,
    HTTP_ROUTE_HELLO,
    HTTP_ROUTE_BYTES,  /* number: how many */
    HTTP_ROUTE_UPLOAD, /* checks */
    HTTP_ROUTE_ECHO,
    HTTP_ROUTE_STATUS, /* number: the code */
    HTTP_ROUTE_DELAY,  /* time_us */
    HTTP_ROUTE_HEADERS,
    HTTP_ROUTE_RESET,
    HTTP_ROUTE_DRIP, /* number: how many, time_us */
    HTTP_ROUTE_CLOSE,
    HTTP_ROUTE_OPTIONS, /* any path, asked with OPTIONS */
};

struct http_route {
    enum http_route_kind kind;
    uint32_t methods; /* allowed here: enum http_method, or-ed; also with 405 */
    uint64_t number;
    uint64_t time_us;
    bool checks; /* the checksum of an upload is wanted */
};

/*
 * Finds the route of a request. 0, or the status that refuses it: 404: no such path; 400: its
 * argument makes no sense; 405: not with this method.
 */
WARN_UNUSED int http_route_find(const struct http_head *head, struct http_route *route);

/* Reads a SIZE: digits and k, M, G, T (powers of 1000) or Ki, Mi, Gi, Ti (of 1024), in any case, a
 * B behind it or not. False: none, or above HTTP_SIZE_BYTES_MAX. */
WARN_UNUSED bool http_size_parse(struct span text, uint64_t *size_bytes);

/* Reads a TIME: digits and ms, or s, or nothing for seconds. False: none, or above `us_max`. */
WARN_UNUSED bool http_time_parse(struct span text, uint64_t us_max, uint64_t *time_us);

#endif
