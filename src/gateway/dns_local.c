/*
 * Names below "vitro.".
 */
#include "gateway/dns_local.h"

#include <string.h>

#define ZONE        "vitro"
#define ZONE_V4     "in-addr.arpa"
#define ZONE_V6     "ip6.arpa"
#define LOCAL_NAMES 4
#define NAME_MAX_V4 16 /* "255.255.255.255." before the zone */
#define EDNS_BYTES  1232

/* The addresses that have names, in the order of local_addresses(). */
static const char *const local_names[LOCAL_NAMES] = {"gateway." ZONE, "demo." ZONE, "dns." ZONE,
                                                     "program." ZONE};

static const struct vitro_ip *local_addresses(const struct policy_addresses *addresses,
                                              uint32_t which)
{
    switch (which) {
    case 0: return addresses->gateway;
    case 1: return addresses->demo;
    case 2: return addresses->dns;
    default: return addresses->program;
    }
}

const char *dns_local_name(const struct policy_addresses *addresses, const struct vitro_ip *ip)
{
    for (uint32_t i = 0; i < LOCAL_NAMES; i++) {
        const struct vitro_ip *ours = local_addresses(addresses, i);
        if (vitro_ip_equal(ip, &ours[0])) return local_names[i];
        if (addresses->has_ip6 && vitro_ip_equal(ip, &ours[1])) return local_names[i];
    }
    return NULL;
}

/* What precedes ".zone" in `name`; SIZE_MAX: it is not below that zone. */
static size_t below(const char *name, const char *zone)
{
    const size_t name_len = strlen(name);
    const size_t zone_len = strlen(zone);
    if (name_len < zone_len || strcmp(name + name_len - zone_len, zone) != 0) return SIZE_MAX;
    if (name_len == zone_len) return 0;
    return name[name_len - zone_len - 1] == '.' ? name_len - zone_len - 1 : SIZE_MAX;
}

static bool reverse_v4(const char *name, size_t len, struct vitro_ip *ip)
{
    uint8_t octet[4] = {0};
    size_t i = 0;
    for (uint32_t at = 0; at < 4; at++) {
        uint32_t value = 0;
        const size_t begin = i;
        for (; i < len && name[i] >= '0' && name[i] <= '9' && i - begin < 3; i++) {
            value = value * 10 + (uint32_t)(name[i] - '0');
        }
        const bool ends = at == 3 ? i == len : i < len && name[i] == '.';
        if (i == begin || value > 255 || !ends) return false;
        octet[3 - at] = (uint8_t)value;
        i++;
    }
    *ip = vitro_ip_v4(octet[0], octet[1], octet[2], octet[3]);
    return true;
}

static bool reverse_v6(const char *name, size_t len, struct vitro_ip *ip)
{
    uint8_t bytes[16] = {0};
    if (len != 32 * 2 - 1) return false;
    for (uint32_t i = 0; i < 32; i++) {
        const char c = name[2 * i];
        uint32_t digit = 0;
        if (c >= '0' && c <= '9') {
            digit = (uint32_t)(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            digit = (uint32_t)(c - 'a') + 10;
        } else {
            return false;
        }
        if (i < 31 && name[2 * i + 1] != '.') return false;
        bytes[15 - i / 2] |= (uint8_t)(digit << (i % 2 * 4));
    }
    *ip = vitro_ip_v6(bytes);
    return true;
}

bool dns_local_reverse(const char *name, struct vitro_ip *ip)
{
    const size_t len_v4 = below(name, ZONE_V4);
    if (len_v4 != SIZE_MAX) return len_v4 < NAME_MAX_V4 && reverse_v4(name, len_v4, ip);
    const size_t len_v6 = below(name, ZONE_V6);
    return len_v6 != SIZE_MAX && reverse_v6(name, len_v6, ip);
}

static bool is_in_network(const struct policy_addresses *addresses, const struct vitro_ip *ip)
{
    const bool is_v4 = vitro_ip_is_v4(ip);
    if (!is_v4 && !addresses->has_ip6) return false;
    const struct vitro_ip *ours = &addresses->gateway[is_v4 ? 0 : 1];
    const uint32_t bits = addresses->prefix_bits[is_v4 ? 0 : 1] + (is_v4 ? 96u : 0u);
    if (memcmp(ip->bytes, ours->bytes, bits / 8) != 0) return false;
    const uint32_t rest = bits % 8;
    return rest == 0 || ((ip->bytes[bits / 8] ^ ours->bytes[bits / 8]) >> (8 - rest)) == 0;
}

static bool asks_for(const struct dns_question *question, uint16_t type)
{
    return question->type == type || question->type == DNS_TYPE_ANY;
}

static void add_addresses(struct dns_reply *reply, const struct policy_addresses *addresses,
                          const struct dns_question *question, const struct vitro_ip *ours)
{
    if (asks_for(question, DNS_TYPE_A)) {
        dns_reply_add(reply, DNS_TYPE_A, DNS_LOCAL_TTL_S, span_of(ours[0].bytes + 12, 4));
    }
    if (asks_for(question, DNS_TYPE_AAAA) && addresses->has_ip6) {
        dns_reply_add(reply, DNS_TYPE_AAAA, DNS_LOCAL_TTL_S, span_of(ours[1].bytes, 16));
    }
}

static size_t finish(struct dns_reply *reply, const struct dns_question *question, const char *zone)
{
    dns_reply_authoritative(reply);
    if (reply->len == reply->question_end) dns_reply_add_soa(reply, zone, DNS_LOCAL_TTL_S);
    if (question->has_edns) dns_reply_add_edns(reply, EDNS_BYTES);
    return reply->len;
}

static size_t answer_name(const struct policy_addresses *addresses, struct span query,
                          const struct dns_question *question, struct span_mut out)
{
    uint32_t which = 0;
    while (which < LOCAL_NAMES && strcmp(question->name, local_names[which]) != 0) which++;
    const bool exists = which < LOCAL_NAMES || strcmp(question->name, ZONE) == 0;
    struct dns_reply reply;
    dns_reply_init(&reply, out.data, out.len, query, question, exists ? DNS_NOERROR : DNS_NXDOMAIN);
    if (which < LOCAL_NAMES) {
        add_addresses(&reply, addresses, question, local_addresses(addresses, which));
    }
    return finish(&reply, question, ZONE);
}

static size_t answer_reverse(const struct policy_addresses *addresses, struct span query,
                             const struct dns_question *question, const struct vitro_ip *ip,
                             struct span_mut out)
{
    const char *name = dns_local_name(addresses, ip);
    struct dns_reply reply;
    dns_reply_init(&reply, out.data, out.len, query, question,
                   name != NULL ? DNS_NOERROR : DNS_NXDOMAIN);
    if (name != NULL && asks_for(question, DNS_TYPE_PTR)) {
        uint8_t wire[64];
        const size_t len = dns_name_emit(name, wire, sizeof wire);
        dns_reply_add(&reply, DNS_TYPE_PTR, DNS_LOCAL_TTL_S, span_of(wire, len));
    }
    return finish(&reply, question, vitro_ip_is_v4(ip) ? ZONE_V4 : ZONE_V6);
}

size_t dns_local_answer(const struct policy_addresses *addresses, struct span query,
                        const struct dns_question *question, uint8_t *out, size_t cap)
{
    struct vitro_ip ip;
    if (question->opcode != 0 || question->is_response) return 0;
    if (question->class != DNS_CLASS_IN && question->class != DNS_CLASS_ANY) return 0;
    if (below(question->name, ZONE) != SIZE_MAX) {
        return answer_name(addresses, query, question, span_mut_of(out, cap));
    }
    if (dns_local_reverse(question->name, &ip) && is_in_network(addresses, &ip)) {
        return answer_reverse(addresses, query, question, &ip, span_mut_of(out, cap));
    }
    return 0;
}
