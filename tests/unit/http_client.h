/*
 * A client of the services, for their tests: says something at demo.vitro and hears the answer.
 */
#ifndef VITRO_TESTS_HTTP_CLIENT_H
#define VITRO_TESTS_HTTP_CLIENT_H

#include "gateway_fixture.h"

#define DEMO_V4 "10.0.2.4"
#define DEMO_V6 "fd76:6974:726f::4"

/* What every request needs besides its first line. */
#define HOST "Host: demo.vitro\r\n"

struct http_client {
    struct gateway_fixture fixture;
    size_t len; /* of the answer */
    int error;  /* positive errno value that ended it, 0: its end */
    char answer[2000000];
};

/* cmocka: makes a client with a gateway in `*state`, and ends it. */
int http_client_setup(void **state);
int http_client_teardown(void **state);

/* Connects to `port`, says `len` bytes and then FIN, hears all that comes. The answer is terminated
 * and returned. */
const char *http_client_say(struct http_client *client, uint16_t port, const void *data,
                            size_t len);

/* The same with a request (a string) on port 80. */
const char *http_client_ask(struct http_client *client, const char *request);

/* Where the body of the answer begins. */
const char *http_client_body(const struct http_client *client);

/* Goes on until `count` conversations have ended. */
void http_client_until_talks(struct http_client *client, uint32_t count);

/* The answer's body must be the `len` bytes at `offset` of what /bytes sends. */
void http_client_check_bytes(const struct http_client *client, uint64_t offset, size_t len);

#endif
