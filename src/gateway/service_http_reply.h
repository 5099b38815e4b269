/*
 * What is answered to a request, route by route.
 *
 * All of these want room for SERVICE_SCRATCH_BYTES in the send buffer, and return what is to become
 * of the connection: SERVICE_AGAIN with another phase, SERVICE_FINISH, or SERVICE_RESET without it.
 */
#ifndef VITRO_GATEWAY_SERVICE_HTTP_REPLY_H
#define VITRO_GATEWAY_SERVICE_HTTP_REPLY_H

#include "gateway/service_conn.h"

/* Answers a request whose body, if it had one, is read. `head` NULL: it is gone by now. */
enum service_verdict http_reply(struct service_conn *conn, const struct http_head *head,
                                uint64_t now_us);

/* What has to be said before the body is read; `bytes` is the head as it came. False: no room. */
WARN_UNUSED bool http_reply_early(struct service_conn *conn, const struct http_head *head,
                                  struct span bytes, uint64_t now_us);

/* Refuses a request with this status. */
enum service_verdict http_reply_refuse(struct service_conn *conn, int status, uint64_t now_us);

/* Says hello: the answer of /hello, and of /delay when its time has come. */
enum service_verdict http_reply_hello(struct service_conn *conn, uint64_t now_us);

/* The answer is queued, or said as far as it goes: the next request, or the end. */
enum service_verdict http_reply_done(struct service_conn *conn, uint64_t now_us);

#endif
