/*
 * A gateway without a sandbox: its link is one end of a socket pair, and a second stack at the
 * other end plays the program's kernel. Time is real and short; the host's sockets are real and on
 * the loopback.
 *
 *     program: a stack, 10.0.2.100 and fd76:6974:726f::100, default route by .2
 *     gateway: the real one, with everything it has
 *
 * What the gateway must reach is on 127.0.0.1. As the world's addresses cannot be had in a test,
 * the gateway is opened to the host's loopback: 10.0.2.2 is 127.0.0.1.
 */
#ifndef VITRO_TESTS_GATEWAY_FIXTURE_H
#define VITRO_TESTS_GATEWAY_FIXTURE_H

#include "gateway/gateway.h"
#include "support.h"

/* How long a test waits for something before it fails: a net, for a machine however busy. */
#define FIXTURE_PATIENCE_US (300u * 1000000u)

#define FIXTURE_TALKS_MAX 64

struct gateway_fixture {
    struct gateway *gateway;
    struct vitro_stack *program;
    uint32_t interface;
    struct link link; /* the program's end */
    /* conversations that have ended, the first FIXTURE_TALKS_MAX; and how many did */
    struct talk talks[FIXTURE_TALKS_MAX];
    uint32_t talk_count;
    uint32_t frames[2]; /* by enum gateway_way */
};

/* What may be changed before the gateway is made; `fixture_config` fills in the usual. */
void fixture_config(struct gateway_config *config);

/* Makes both sides. `config` NULL: the usual, with the host's loopback open and IPv6. */
void fixture_setup(struct gateway_fixture *fixture, const struct gateway_config *config);

/* Ends both sides. */
void fixture_teardown(struct gateway_fixture *fixture);

/* One round of both sides, which waits a millisecond at most. */
void fixture_step(struct gateway_fixture *fixture);

/* Steps until is_there(context) is true; fails the test when patience ends. */
void fixture_until(struct gateway_fixture *fixture, bool (*is_there)(void *context), void *context);

/* Steps for so long, and once for each millisecond at least, however few of them we get. */
void fixture_for(struct gateway_fixture *fixture, uint64_t us);

/* A connection of the program to ip:port ("10.0.2.4"), established; 0 if it failed, with the error
 * (a positive errno value) in `error` if that is not NULL. */
vitro_socket fixture_connect(struct gateway_fixture *fixture, const char *ip, uint16_t port,
                             int *error);

/* Sends all of `data` from the program; steps while it does. */
void fixture_send_all(struct gateway_fixture *fixture, vitro_socket socket, const void *data,
                      size_t len);

/* Receives up to `cap` bytes until the end of the stream, or until `cap` are there; steps while it
 * waits. Returns how many; `error` gets the positive errno value that ended it, or 0. */
size_t fixture_receive(struct gateway_fixture *fixture, vitro_socket socket, void *to, size_t cap,
                       int *error);

/* A listening TCP socket of the host on 127.0.0.1 and a free port, which does not block; and its
 * port. */
int fixture_host_listen(uint16_t *port);

/* Accepts on it, stepping until somebody comes; the socket does not block. */
int fixture_host_accept(struct gateway_fixture *fixture, int listener);

#endif
