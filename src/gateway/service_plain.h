/*
 * The small services of old: echo, discard, daytime and chargen by TCP.
 */
#ifndef VITRO_GATEWAY_SERVICE_PLAIN_H
#define VITRO_GATEWAY_SERVICE_PLAIN_H

#include "gateway/service_conn.h"

/* Port 7 (RFC 862): what comes goes back, no faster than it is taken. */
extern const struct service_kind service_echo_kind;

/* Port 9 (RFC 863): what comes is thrown away. */
extern const struct service_kind service_discard_kind;

/* Port 13 (RFC 867): the time, and the end. */
extern const struct service_kind service_daytime_kind;

/* Port 19 (RFC 864): lines of characters until the program closes. */
extern const struct service_kind service_chargen_kind;

#endif
