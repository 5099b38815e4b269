/*
 * Ports of the host behind which servers inside are reached (--publish).
 *
 * The program sees the address its client has, if it is none of the host's loopback: then it sees
 * the gateway's.
 */
#ifndef VITRO_GATEWAY_PUBLISH_H
#define VITRO_GATEWAY_PUBLISH_H

#include "gateway/gateway.h"

/* What --publish asks for: [ADDR:]PORT[:PORT][/udp]. */
struct publish_rule {
    struct vitro_endpoint host; /* default 127.0.0.1 */
    uint16_t port;
    bool is_udp;
};

/* Reads a rule; false: it is none. IPv6 addresses stand in brackets: [::1]:8080:80. */
WARN_UNUSED bool publish_parse(const char *text, struct publish_rule *rule);

/* Opens the host's socket of a rule, before privileges are dropped. Returns it, or a negative errno
 * value (EADDRINUSE, EACCES, EADDRNOTAVAIL). */
int publish_open(const struct publish_rule *rule);

/* Begins to accept on the ports of the configuration; NULL: no memory. */
WARN_UNUSED struct publish *publish_create(struct gateway *gateway);

/* Ends all connections and closes the ports. NULL is ignored. */
void publish_destroy(struct publish *publish);

/* Whether a connection of a client is open to which the program may still have something to say. */
bool publish_is_busy(const struct publish *publish);

#endif
