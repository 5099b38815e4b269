/*
 * A program that asks, the gateway's name server, and resolvers on the host's loopback that say
 * what a test tells them to.
 */
#ifndef VITRO_TESTS_DNS_FIXTURE_H
#define VITRO_TESTS_DNS_FIXTURE_H

#include <sys/socket.h>

#include "gateway/dns_message.h"
#include "gateway_fixture.h"

struct dns_fixture {
    struct gateway_fixture fixture;
    uint32_t resolver_count;
    int udp[GATEWAY_RESOLVERS_MAX]; /* the resolvers' sockets, on the same port */
    int tcp[GATEWAY_RESOLVERS_MAX]; /* listening */
    struct vitro_endpoint resolver[GATEWAY_RESOLVERS_MAX];
    vitro_socket socket;      /* of the program, UDP */
    struct vitro_flow server; /* remote: the name server */
    uint8_t query[2048];      /* as the resolver got it */
    size_t query_len;
    struct sockaddr_storage asker; /* who asked it */
    uint8_t answer[70000];         /* as the program got it */
    size_t answer_len;
};

/* Makes everything, with so many resolvers. */
struct dns_fixture *dns_setup(uint32_t resolver_count);

/* Ends everything. */
void dns_teardown(struct dns_fixture *f);

/* Writes a query; returns its length. */
size_t dns_query(uint8_t *out, size_t cap, const char *name, uint16_t type, uint16_t id);

/* The program asks by UDP. */
void dns_ask(struct dns_fixture *f, const char *name, uint16_t type, uint16_t id);

/* Waits for the program's answer and says it in brief; an empty text if none came in `wait_us`. */
const char *dns_hear(struct dns_fixture *f, uint64_t wait_us);

/* Waits for a query at a resolver; false: none came in `wait_us`. */
bool dns_resolver_hears(struct dns_fixture *f, uint32_t which, uint64_t wait_us);

/* Writes the answer "name is 192.0.2.7" to the query that was heard, or an error; returns its
 * length. */
size_t dns_answer_to(struct dns_fixture *f, enum dns_code code, uint8_t *out, size_t cap);

/* The resolver sends that answer. */
void dns_resolver_says(struct dns_fixture *f, uint32_t which, enum dns_code code);

#endif
