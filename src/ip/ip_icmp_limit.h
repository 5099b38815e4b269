/*
 * How many ICMP errors we send: token buckets, one for all and one for each destination.
 *
 * The bucket for all protects us and the network; its level must not be readable from outside, or
 * it tells a stranger which of his guesses hit (the side channel of SAD DNS), so each grant takes a
 * number of tokens that varies. Destinations share a small table by secret hash: at worst two share
 * a bucket and get half.
 *
 * References: RFC 1812 4.3.2.8, RFC 4443 2.4 (f).
 */
#ifndef VITRO_IP_ICMP_LIMIT_H
#define VITRO_IP_ICMP_LIMIT_H

#include "base/base.h"
#include "base/hash.h"
#include "wire/ip_addr.h"

#define IP_ICMP_LIMIT_BUCKETS 256 /* a power of two */

/* Levels in microseconds of credit: one token costs 1 s / rate. */
struct ip_icmp_bucket {
    uint64_t level_us;
    uint64_t last_us;
};

struct ip_icmp_limit_config {
    uint32_t per_second;             /* 1000; 0: no limit for all */
    uint32_t burst;                  /* 50 */
    uint32_t destination_per_second; /* 10; 0: no limit per destination (a gateway with one user) */
    uint32_t destination_burst;      /* 10 */
};

struct ip_icmp_limit {
    struct ip_icmp_limit_config config;
    struct hash_key key;
    uint64_t grants;
    struct ip_icmp_bucket all;
    struct ip_icmp_bucket destination[IP_ICMP_LIMIT_BUCKETS];
};

/* Fills in the values named above. */
void ip_icmp_limit_config_default(struct ip_icmp_limit_config *config);

/* All buckets are full at first. */
void ip_icmp_limit_init(struct ip_icmp_limit *limit, const struct ip_icmp_limit_config *config,
                        const struct hash_key *key, uint64_t now_us);

/* Whether an error may be sent to `dst` now; takes the tokens if so. If not, drop it as
 * ICMP_RATE_LIMIT. */
WARN_UNUSED bool ip_icmp_limit_allow(struct ip_icmp_limit *limit, const struct ip_addr *dst,
                                     uint64_t now_us);

#endif
