/*
 * The options of a DNS message's OPT record, which `dig` sends with every question.
 *
 * All of the record was captured; an option that reaches beyond it ends the message as cut. The
 * name in CHAIN (RFC 7901), which nobody sends, is shown as octets: there alone tcpdump differs.
 *
 * References: RFC 6891 6.1.2, RFC 6975 (DAU, DHU, N3U), RFC 7871 (ECS), RFC 7314 (EXPIRE), RFC 7873
 * (COOKIE), RFC 7828 (KEEPALIVE), RFC 7830 (PADDING), RFC 8145 (KEY-TAG).
 */
#include "observe/print_layer.h"

#define OPTION_HEADER_BYTES 4
#define COOKIE_CLIENT_BYTES 8
#define COOKIE_BYTES_MIN    16 /* with the server's half */
#define COOKIE_BYTES_MAX    40
#define SUBNET_HEADER_BYTES 4
#define SUBNET_IP4          1
#define SUBNET_IP6          2

enum edns_option {
    OPTION_DAU = 5,
    OPTION_DHU = 6,
    OPTION_N3U = 7,
    OPTION_ECS = 8,
    OPTION_EXPIRE = 9,
    OPTION_COOKIE = 10,
    OPTION_KEEPALIVE = 11,
    OPTION_PADDING = 12,
    OPTION_KEY_TAG = 14,
};

static const struct print_word option_names[] = {
    {1, "LLQ"},      {2, "UL"},          {3, "NSID"},        {5, "DAU"},
    {6, "DHU"},      {7, "N3U"},         {8, "ECS"},         {9, "EXPIRE"},
    {10, "COOKIE"},  {11, "KEEPALIVE"},  {12, "PADDING"},    {13, "CHAIN"},
    {14, "KEY-TAG"}, {16, "CLIENT-TAG"}, {17, "SERVER-TAG"}, {0, NULL},
};

static const struct print_word signing_names[] = {
    {0, "DELETE"},
    {1, "RSAMD5"},
    {2, "DH"},
    {3, "DS"},
    {5, "RSASHA1"},
    {6, "DSA-NSEC3-SHA1"},
    {7, "RSASHA1-NSEC3-SHA1"},
    {8, "RSASHA256"},
    {10, "RSASHA512"},
    {12, "ECC-GOST"},
    {13, "ECDSAP256SHA256"},
    {14, "ECDSAP384SHA384"},
    {15, "ED25519"},
    {16, "ED448"},
    {252, "INDIRECT"},
    {253, "PRIVATEDNS"},
    {254, "PRIVATEOID"},
    {0, NULL},
};

static const struct print_word digest_names[] = {
    {1, "SHA-1"}, {2, "SHA-256"}, {3, "GOST_R_34.11-94"}, {4, "SHA-384"}, {0, NULL},
};

static const struct print_word nsec3_names[] = {{1, "SHA-1"}, {0, NULL}};

/* A list of algorithms, an octet each. */
static void print_algorithms(struct print *p, const struct print_word *names, struct span data)
{
    for (size_t i = 0; i < data.len; i++) {
        if (i > 0) PRINT(p, " ");
        print_word_or_number(p, names, data.data[i], "Alg_", "");
    }
}

/* The subnet a question is asked for; false if it makes no sense. */
static bool print_subnet(struct print *p, struct span data)
{
    if (data.len < SUBNET_HEADER_BYTES) return false;
    const uint16_t family = get_be16(data.data);
    if (family != SUBNET_IP4 && family != SUBNET_IP6) return false;
    const uint32_t prefix = data.data[2], scope = data.data[3];
    const uint32_t prefix_max = family == SUBNET_IP4 ? 32 : 128;
    if (prefix > prefix_max || scope > prefix_max) return false;
    if (data.len != SUBNET_HEADER_BYTES + (prefix + 7) / 8) return false;
    uint8_t address[16] = {0};
    memcpy(address, data.data + SUBNET_HEADER_BYTES, data.len - SUBNET_HEADER_BYTES);
    if (family == SUBNET_IP4) {
        print_ip4_addr(p, address);
    } else {
        print_ip6_addr(p, address);
    }
    PRINT(p, "/");
    print_u32(p, prefix);
    PRINT(p, "/");
    print_u32(p, scope);
    return true;
}

static bool print_cookie(struct print *p, struct span data)
{
    const bool has_server = data.len >= COOKIE_BYTES_MIN && data.len <= COOKIE_BYTES_MAX;
    if (data.len != COOKIE_CLIENT_BYTES && !has_server) return false;
    print_hex_bytes(p, data.data, COOKIE_CLIENT_BYTES);
    if (!has_server) return true;
    PRINT(p, " ");
    print_hex_bytes(p, data.data + COOKIE_CLIENT_BYTES, data.len - COOKIE_CLIENT_BYTES);
    return true;
}

/* A time in tenths of a second. */
static bool print_keepalive(struct print *p, struct span data)
{
    if (data.len != 2) return false;
    const uint32_t tenths = get_be16(data.data);
    print_u32(p, tenths / 10);
    PRINT(p, ".");
    print_u32(p, tenths % 10);
    PRINT(p, " sec");
    return true;
}

static bool print_expire(struct print *p, struct span data)
{
    if (data.len != 4) return false;
    print_u32(p, get_be32(data.data));
    PRINT(p, " sec");
    return true;
}

static bool print_key_tags(struct print *p, struct span data)
{
    if (data.len % 2 != 0) return false;
    for (size_t i = 0; i < data.len; i += 2) {
        if (i > 0) PRINT(p, " ");
        print_u32(p, get_be16(data.data + i));
    }
    return true;
}

/* The data of an option, at least a byte; false if it makes no sense. */
static bool print_option_data(struct print *p, uint16_t option, struct span data)
{
    switch (option) {
    case OPTION_DAU: print_algorithms(p, signing_names, data); return true;
    case OPTION_DHU: print_algorithms(p, digest_names, data); return true;
    case OPTION_N3U: print_algorithms(p, nsec3_names, data); return true;
    case OPTION_ECS: return print_subnet(p, data);
    case OPTION_EXPIRE: return print_expire(p, data);
    case OPTION_COOKIE: return print_cookie(p, data);
    case OPTION_KEEPALIVE: return print_keepalive(p, data);
    case OPTION_KEY_TAG: return print_key_tags(p, data);
    case OPTION_PADDING:
        PRINT(p, "(");
        print_u32(p, (uint32_t)data.len);
        PRINT(p, ")");
        return true;
    default: print_hex_bytes(p, data.data, data.len); return true;
    }
}

bool print_edns_options(struct print *p, uint32_t at, uint32_t end)
{
    if (at == end) return true;
    PRINT(p, " [");
    while (at < end) {
        if (end - at < 2) return false;
        const uint16_t option = get_be16(p->bytes + at);
        print_word_or_number(p, option_names, option, "Opt", "");
        if (end - at < OPTION_HEADER_BYTES) return false;
        const uint32_t len = get_be16(p->bytes + at + 2);
        at += OPTION_HEADER_BYTES;
        if (end - at < len) return false;
        if (len > 0) {
            PRINT(p, " ");
            if (!print_option_data(p, option, span_of(p->bytes + at, len))) print_invalid(p);
        }
        at += len;
        if (at < end) PRINT(p, ",");
    }
    PRINT(p, "]");
    return true;
}
