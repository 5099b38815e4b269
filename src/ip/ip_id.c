/*
 * Identifications and flow labels; see ip_id.h.
 */
#include "ip/ip_id.h"

void ip_ids_init(struct ip_ids *ids, const struct hash_key *key)
{
    ids->key = *key;
    for (uint32_t i = 0; i < IP_ID_COUNTERS; i++) {
        ids->counter[i] = (uint32_t)hash_sip24(key, &i, sizeof i);
    }
}

uint32_t ip_id_next(struct ip_ids *ids, const struct ip_addr *src, const struct ip_addr *dst,
                    uint8_t protocol)
{
    uint8_t flow[33];
    memcpy(flow, src->bytes, 16);
    memcpy(flow + 16, dst->bytes, 16);
    flow[32] = protocol;
    const uint64_t hash = hash_sip24(&ids->key, flow, sizeof flow);
    /* One half of the hash chooses the counter, the other is the offset nobody knows. */
    return (uint32_t)(hash >> 32) + ids->counter[hash % IP_ID_COUNTERS]++;
}

uint32_t ip_flow_label(const struct hash_key *key, const struct ip_addr *src,
                       const struct ip_addr *dst, uint16_t src_port, uint16_t dst_port,
                       uint8_t protocol)
{
    uint64_t hash = key->k0;
    hash = hash_mix64(hash ^ get_be64(src->bytes)) + get_be64(src->bytes + 8);
    hash = hash_mix64(hash ^ get_be64(dst->bytes)) + get_be64(dst->bytes + 8);
    const uint64_t rest = (uint64_t)src_port << 24 | (uint64_t)dst_port << 8 | protocol;
    hash = hash_mix64(hash_mix64(hash ^ rest) ^ key->k1);
    const uint32_t label = (uint32_t)(hash >> 44);
    return label != 0 ? label : 1;
}
