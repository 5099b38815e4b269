/*
 * Echo, discard and daytime by UDP (RFC 862, RFC 863, RFC 867).
 *
 * Who asks gets a record (struct talk) that ends after SERVICE_FLOW_IDLE_US of silence; there are
 * SERVICE_FLOWS_MAX of them, then the one that was silent longest ends early.
 */
#ifndef VITRO_GATEWAY_SERVICE_DATAGRAM_H
#define VITRO_GATEWAY_SERVICE_DATAGRAM_H

#include "gateway/service_conn.h"

#define SERVICE_FLOWS_MAX    256
#define SERVICE_FLOW_IDLE_US (30u * 1000000u)

/* Makes the table of flows, empty. */
void service_datagram_init(struct services *services);

/* Serves what waits at a UDP socket: its port says how. */
void service_datagram_serve(struct service_socket *socket, uint64_t now_us);

/* Ends all flows. */
void service_datagram_end_all(struct services *services, uint64_t now_us);

#endif
