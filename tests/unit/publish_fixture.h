/*
 * A gateway with published ports on the host's loopback, and clients of them.
 */
#ifndef VITRO_TESTS_PUBLISH_FIXTURE_H
#define VITRO_TESTS_PUBLISH_FIXTURE_H

#include "gateway_fixture.h"

#define PUBLISHED_PORT 8000 /* inside */

enum publish_fixture_port {
    PUBLISHED_TCP_V4,
    PUBLISHED_TCP_V6,
    PUBLISHED_UDP_V4,
    PUBLISHED_COUNT,
};

struct publish_fixture {
    struct gateway_fixture fixture;
    struct gateway_publish publish[PUBLISHED_COUNT];
    uint8_t buffer[2000000];
};

/* cmocka: makes it in `*state`, and ends it. */
int publish_fixture_setup(void **state);
int publish_fixture_teardown(void **state);

/* The same, with or without IPv6 inside. */
struct publish_fixture *publish_fixture_make(bool has_ip6);

/* A client's socket, connected (or connecting) to a published port, that does not block. */
int publish_fixture_client(struct publish_fixture *p, enum publish_fixture_port port);

/* A server of the program at PUBLISHED_PORT, on all its addresses. */
vitro_socket publish_fixture_listen(struct publish_fixture *p);

/* Accepts there, stepping until somebody comes. */
vitro_socket publish_fixture_accept(struct publish_fixture *p, vitro_socket listener,
                                    struct vitro_endpoint *remote);

/* Receives at a client until `cap` bytes, the end or an error; steps while it waits. How many;
 * `error` gets the errno value that ended it, or 0. */
size_t publish_fixture_hear(struct publish_fixture *p, int fd, void *to, size_t cap, int *error);

/* Goes on until `count` conversations have ended. */
void publish_fixture_until_talks(struct publish_fixture *p, uint32_t count);

#endif
