/*
 * Believing a path MTU, within reason; see ip_pmtu.h.
 */
#include "ip/ip_pmtu.h"

/* RFC 1191 7.1: sizes at which the links of the world pile up, the largest first. */
static const uint32_t plateaus[] = {65535, 32000, 17914, 8166, 4352, 2002,
                                    1492,  1006,  508,   296,  68};

uint32_t ip_pmtu_plateau_below(uint32_t bytes)
{
    for (uint32_t i = 0; i < ARRAY_COUNT(plateaus); i++) {
        if (plateaus[i] < bytes) return plateaus[i];
    }
    return plateaus[ARRAY_COUNT(plateaus) - 1];
}

uint32_t ip_pmtu_from_report(bool is_v4, uint32_t reported_bytes, uint32_t packet_bytes,
                             uint32_t current_bytes)
{
    uint32_t mtu_bytes = reported_bytes;
    if (is_v4 && reported_bytes == 0) {
        mtu_bytes = ip_pmtu_plateau_below(packet_bytes != 0 ? packet_bytes : current_bytes);
    }
    const uint32_t floor_bytes = is_v4 ? IP_PMTU_FLOOR_V4_BYTES : IP_PMTU_FLOOR_V6_BYTES;
    return u32_min(u32_max(mtu_bytes, floor_bytes), current_bytes);
}
