/*
 * Which path MTU to believe when an ICMP error speaks of one.
 *
 * Nobody's word may push the MTU so low that the connection crawls: below the floors no real path
 * lies, so a smaller value is a lie or a mistake and counts as the floor.
 *
 * References: RFC 1191 7 (the plateau table, for routers that report 0), RFC 8201 4, RFC 8200 5,
 * RFC 5927 7.2.
 */
#ifndef VITRO_IP_PMTU_H
#define VITRO_IP_PMTU_H

#include "base/base.h"

#define IP_PMTU_FLOOR_V4_BYTES 552u  /* the least hosts agree on: RFC 791's 576 less options */
#define IP_PMTU_FLOOR_V6_BYTES 1280u /* RFC 8200 5 */
#define IP_PMTU_LIFETIME_US    (600u * UINT64_C(1000000)) /* RFC 1191 6.3: ten minutes */

/*
 * The path MTU after an error that reports `reported_bytes` (0: an old router, which names none)
 * about a packet of `packet_bytes` (0: unknown), while `current_bytes` was in force. Never above
 * `current_bytes`; never below the version's floor, unless the link itself (current_bytes) is.
 */
uint32_t ip_pmtu_from_report(bool is_v4, uint32_t reported_bytes, uint32_t packet_bytes,
                             uint32_t current_bytes);

/* The largest plateau of RFC 1191 7.1 that is below `bytes`; 68 at the end. */
uint32_t ip_pmtu_plateau_below(uint32_t bytes);

#endif
