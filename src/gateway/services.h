/*
 * The services at demo.vitro, on vitro's own TCP, so that all can be tried with no network at all:
 * HTTP on port 80, echo 7 (RFC 862), discard 9 (RFC 863), daytime 13 (RFC 867), chargen 19
 * (RFC 864); echo, daytime and discard by UDP too.
 *
 *     GET /             a page that says what there is
 *     GET /hello        a few words
 *     GET /bytes/SIZE   SIZE bytes (1000, 64k, 100M, 2G), the same each time: service_pattern.h;
 *                       Range is understood
 *     POST, PUT /upload any body; answers {"bytes": N, "crc32": "HEX", "seconds": S}; the CRC-32 is
 *                       that of zlib, ?check=no leaves it out
 *     POST, PUT /echo   the body comes back
 *     GET /status/CODE, /delay/TIME (500ms, 2s, up to 60 s), /headers (of the request)
 *     GET /drip/SIZE    SIZE bytes, slowly (?time=5s)
 *     GET /reset        the beginning of an answer, then RST
 *     GET /close        FIN without an answer
 */
#ifndef VITRO_GATEWAY_SERVICES_H
#define VITRO_GATEWAY_SERVICES_H

#include "gateway/gateway.h"

/* Begins to listen; NULL: no memory. */
WARN_UNUSED struct services *services_create(struct gateway *gateway);

/* Ends all connections. NULL is ignored. */
void services_destroy(struct services *services);

#endif
