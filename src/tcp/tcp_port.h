/*
 * Ephemeral ports: which local port an active open takes when its owner does not care (RFC 6056).
 */
#ifndef VITRO_TCP_PORT_H
#define VITRO_TCP_PORT_H

#include "tcp/tcp_host.h"

/*
 * Chooses a free port for tuple->local towards tuple->remote and sets tuple->local_port. Returns 0,
 * or EADDRNOTAVAIL when every port of the configured range is taken for this destination.
 */
WARN_UNUSED int tcp_port_choose(struct tcp_host *host, struct tcp_tuple *tuple);

/*
 * Whether an active open may use `tuple` as it is: no connection or record has it, and no listener
 * stands on its local port.
 */
bool tcp_port_is_free(const struct tcp_host *host, const struct tcp_tuple *tuple);

#endif
