/*
 * Bodies of requests: read, counted, checked, or sent back.
 */
#ifndef VITRO_GATEWAY_SERVICE_HTTP_BODY_H
#define VITRO_GATEWAY_SERVICE_HTTP_BODY_H

#include "gateway/service_conn.h"

enum http_body_result {
    HTTP_BODY_WAIT,  /* for more, or for room */
    HTTP_BODY_DONE,  /* all of it came (and was sent back) */
    HTTP_BODY_SHORT, /* the program finished before its end */
    HTTP_BODY_BAD,   /* not chunked as it should be, or longer than is read */
    HTTP_BODY_STUCK, /* no memory to answer with */
};

/* Begins the body that http.is_chunked and left_bytes describe. */
void http_body_begin(struct service_conn *conn, uint64_t now_us);

/* Reads what has come of a body that is only counted. */
enum http_body_result http_body_read(struct service_conn *conn, uint64_t now_us);

/* Sends back what has come, as far as there is room; chunked if it came so. */
enum http_body_result http_body_echo(struct service_conn *conn, uint64_t now_us);

/* What the sink of the connection does while a body is read. */
uint32_t http_body_sink(struct service_conn *conn, const struct vitro_span *spans, uint32_t count,
                        uint32_t len_bytes, uint64_t now_us);

#endif
