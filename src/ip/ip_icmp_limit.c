/*
 * Token buckets in microseconds of credit, so that no fraction of a token is lost between two
 * looks; see ip_icmp_limit.h.
 */
#include "ip/ip_icmp_limit.h"

enum { US_PER_S = 1000000 };

void ip_icmp_limit_config_default(struct ip_icmp_limit_config *config)
{
    *config = (struct ip_icmp_limit_config){
        .per_second = 1000,
        .burst = 50,
        .destination_per_second = 10,
        .destination_burst = 10,
    };
}

/* What one token costs. */
static uint64_t cost_us(uint32_t per_second)
{
    return per_second < US_PER_S ? US_PER_S / per_second : 1;
}

/* What the bucket for all holds: one token more than its burst, because two must be there to draw
 * from. */
static uint64_t full_all_us(const struct ip_icmp_limit_config *config)
{
    return (config->burst + UINT64_C(1)) * cost_us(config->per_second);
}

void ip_icmp_limit_init(struct ip_icmp_limit *limit, const struct ip_icmp_limit_config *config,
                        const struct hash_key *key, uint64_t now_us)
{
    *limit = (struct ip_icmp_limit){.config = *config, .key = *key};
    limit->all.last_us = now_us;
    if (config->per_second != 0) limit->all.level_us = full_all_us(config);
    if (config->destination_per_second == 0) return;
    const uint64_t full_us = config->destination_burst * cost_us(config->destination_per_second);
    for (uint32_t i = 0; i < IP_ICMP_LIMIT_BUCKETS; i++) {
        limit->destination[i] = (struct ip_icmp_bucket){.level_us = full_us, .last_us = now_us};
    }
}

/* Adds what has flowed in since the last look, up to the brim. */
static void refill(struct ip_icmp_bucket *bucket, uint64_t full_us, uint64_t now_us)
{
    const uint64_t passed_us = now_us > bucket->last_us ? now_us - bucket->last_us : 0;
    bucket->level_us = passed_us >= full_us - u64_min(bucket->level_us, full_us)
                           ? full_us
                           : bucket->level_us + passed_us;
    bucket->last_us = now_us;
}

/* The bucket of a destination: IPv6 hosts have a /64 to themselves, so that is what counts. */
static struct ip_icmp_bucket *bucket_of(struct ip_icmp_limit *limit, const struct ip_addr *dst)
{
    const size_t len = ip_addr_is_v4(dst) ? 16 : 8;
    const uint64_t hash = hash_sip13(&limit->key, dst->bytes, len);
    return &limit->destination[hash % IP_ICMP_LIMIT_BUCKETS];
}

bool ip_icmp_limit_allow(struct ip_icmp_limit *limit, const struct ip_addr *dst, uint64_t now_us)
{
    const struct ip_icmp_limit_config *config = &limit->config;
    struct ip_icmp_bucket *own = NULL;
    if (config->destination_per_second != 0) {
        const uint64_t cost = cost_us(config->destination_per_second);
        own = bucket_of(limit, dst);
        refill(own, config->destination_burst * cost, now_us);
        if (own->level_us < cost) return false;
    }
    if (config->per_second != 0) {
        const uint64_t cost = cost_us(config->per_second);
        refill(&limit->all, full_all_us(config), now_us);
        if (limit->all.level_us < 2 * cost) return false;
        /* Nothing, one or two tokens, one on average: the level cannot be told from outside. */
        limit->all.level_us -= cost * (hash_mix64(limit->key.k0 ^ limit->grants++) % 3);
    }
    if (own != NULL) own->level_us -= cost_us(config->destination_per_second);
    return true;
}
