/*
 * Who a client of a published port is to the program, and where it is connected to. Pure.
 */
#ifndef VITRO_GATEWAY_PUBLISH_SOURCE_H
#define VITRO_GATEWAY_PUBLISH_SOURCE_H

#include "gateway/policy.h"

/*
 * The flow inside for a client of the host: `local` is what the program sees as its peer, `remote`
 * its own address, without a port. The client keeps its address and port where they are the
 * world's; the host's loopback, and whatever else cannot be there, becomes the gateway, with port
 * 0. Where there is no IPv6 inside, clients over IPv6 come over IPv4.
 */
void publish_source(const struct policy *policy, const struct vitro_endpoint *client,
                    struct vitro_flow *inside);

/* The gateway in the client's place: for a flow that exists already. */
void publish_source_gateway(const struct policy *policy, struct vitro_flow *inside);

#endif
