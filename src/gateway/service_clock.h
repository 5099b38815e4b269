/*
 * The time of day as the services tell it, always UTC.
 */
#ifndef VITRO_GATEWAY_SERVICE_CLOCK_H
#define VITRO_GATEWAY_SERVICE_CLOCK_H

#include "base/text.h"

/* The seconds since 1970-01-01 00:00:00 UTC, from the host's clock. */
uint64_t service_clock_now(void);

/* Adds "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7). */
void service_clock_http(struct text *out, uint64_t seconds);

/* Adds "Sunday, November 6, 1994 08:49:37-UTC" (RFC 867). */
void service_clock_daytime(struct text *out, uint64_t seconds);

#endif
