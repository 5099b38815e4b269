/*
 * CRC-32 as gzip, zlib and Ethernet have it (ISO-HDLC): the checksum of an upload, which any user
 * can work out too (python3: zlib.crc32; perl's crc32).
 */
#ifndef VITRO_GATEWAY_SERVICE_CRC_H
#define VITRO_GATEWAY_SERVICE_CRC_H

#include "base/assert.h"

/* Tables for sixteen bytes at a time. */
struct service_crc {
    uint32_t table[16][256];
    bool has_clmul; /* the processor multiplies without carry: several times faster */
};

/* Works the tables out. */
void service_crc_init(struct service_crc *crc);

/* The checksum of what has the checksum `before` (0: nothing yet) and `len` bytes behind it. */
uint32_t service_crc_add(const struct service_crc *crc, uint32_t before, const uint8_t *data,
                         size_t len);

#endif
