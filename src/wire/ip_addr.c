/*
 * Addresses as text.
 *
 * Reading walks a cursor over the string; a function that fails may leave the cursor anywhere, for
 * then the whole text is refused. Writing follows RFC 5952 4: lower case, no leading zeros, the
 * longest run of at least two zero groups (the first of equals) as "::". Addresses of the forms
 * ::ffff:a.b.c.d and ::a.b.c.d show their last 32 bits in decimal (RFC 5952 5), and the former,
 * being how we hold IPv4, show nothing else.
 *
 * References: RFC 4291 2.2, RFC 5952, RFC 6943 3.1.1 (why octal and short forms are refused).
 */
#include "wire/ip_addr.h"

#define GROUPS 8

/* Reads a decimal number of 0 to `max` without leading zeros. */
static bool read_decimal(const char **at, uint32_t max, uint32_t *out)
{
    const char *p = *at;
    uint32_t value = 0;
    while (*p >= '0' && *p <= '9') {
        value = value * 10 + (uint32_t)(*p++ - '0');
        if (value > max) return false;
    }
    const bool has_leading_zero = **at == '0' && p - *at > 1;
    if (p == *at || has_leading_zero) return false;
    *at = p;
    *out = value;
    return true;
}

/* Reads "a.b.c.d" as a number in host order. */
static bool read_quad(const char **at, uint32_t *out)
{
    uint32_t addr = 0;
    for (int i = 0; i < 4; i++) {
        uint32_t octet;
        if (i > 0 && *(*at)++ != '.') return false;
        if (!read_decimal(at, 255, &octet)) return false;
        addr = addr << 8 | octet;
    }
    *out = addr;
    return true;
}

/* The value of a hexadecimal digit, or -1. */
static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* Reads one to four hexadecimal digits. */
static bool read_group(const char **at, uint16_t *out)
{
    uint32_t value = 0;
    int digits = 0;
    for (int digit; digits < 4 && (digit = hex_digit(**at)) >= 0; digits++, (*at)++) {
        value = value << 4 | (uint32_t)digit;
    }
    *out = (uint16_t)value;
    return digits > 0;
}

/* True when a dotted quad begins here: decimal digits, then a dot. */
static bool is_quad_ahead(const char *p)
{
    const char *begin = p;
    while (*p >= '0' && *p <= '9') {
        p++;
    }
    return p > begin && *p == '.';
}

/* The groups of an IPv6 address as they are read. */
struct groups {
    uint16_t value[GROUPS];
    int count;
    int gap; /* how many groups stood before "::", or -1 */
};

/* Reads what stands between colons: a group, or at the end a dotted quad for two. */
static bool read_piece(const char **at, struct groups *groups)
{
    uint32_t quad;
    if (!is_quad_ahead(*at)) {
        return groups->count < GROUPS && read_group(at, &groups->value[groups->count++]);
    }
    if (groups->count > GROUPS - 2 || !read_quad(at, &quad) || **at == ':') return false;
    groups->value[groups->count++] = (uint16_t)(quad >> 16);
    groups->value[groups->count++] = (uint16_t)quad;
    return true;
}

/* Reads groups up to the first character that belongs to none. */
static bool read_groups(const char **at, struct groups *groups)
{
    *groups = (struct groups){.gap = -1};
    if (**at == ':' && (*at)[1] != ':') return false;
    if (**at != ':' && !read_piece(at, groups)) return false;
    while (**at == ':') {
        (*at)++;
        if (**at == ':') {
            if (groups->gap >= 0) return false;
            groups->gap = groups->count;
            (*at)++;
            if (hex_digit(**at) < 0) break;
        }
        if (!read_piece(at, groups)) return false;
    }
    /* "::" stands for one zero group at least. */
    return groups->gap >= 0 ? groups->count < GROUPS : groups->count == GROUPS;
}

static bool read_v6(const char **at, struct ip_addr *out)
{
    struct groups groups;
    if (!read_groups(at, &groups)) return false;
    const int zeros = GROUPS - groups.count;
    *out = ip_addr_any_v6();
    for (int i = 0; i < groups.count; i++) {
        const int place = groups.gap >= 0 && i >= groups.gap ? i + zeros : i;
        put_be16(out->bytes + 2 * place, groups.value[i]);
    }
    return true;
}

static bool read_addr(const char **at, struct ip_addr *out)
{
    if (!is_quad_ahead(*at)) return read_v6(at, out);
    uint32_t quad;
    if (!read_quad(at, &quad)) return false;
    *out = ip_addr_from_v4(quad);
    return true;
}

bool ip_addr_parse(const char *text, struct ip_addr *out)
{
    struct ip_addr addr;
    if (!read_addr(&text, &addr) || *text != '\0') return false;
    *out = addr;
    return true;
}

/* Where text is written; IP_ADDR_TEXT_MAX bounds it. */
static char *write_number(char *at, uint32_t value, uint32_t base)
{
    char digits[10];
    int count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0);
    while (count > 0) {
        *at++ = digits[--count];
    }
    return at;
}

static char *write_quad(char *at, const uint8_t *bytes)
{
    for (int i = 0; i < 4; i++) {
        if (i > 0) *at++ = '.';
        at = write_number(at, bytes[i], 10);
    }
    return at;
}

/* The longest run of zero groups; `*length` is 0 if no run has two. */
static int find_zero_run(const uint8_t *bytes, int *length)
{
    int best = 0;
    *length = 0;
    for (int i = 0, run = 0; i < GROUPS; i++) {
        run = get_be16(bytes + 2 * i) == 0 ? run + 1 : 0;
        if (run > *length && run > 1) {
            *length = run;
            best = i + 1 - run;
        }
    }
    return best;
}

static char *write_v6(char *at, const uint8_t *bytes)
{
    int run_length;
    const int run = find_zero_run(bytes, &run_length);
    const bool has_quad = run == 0 && run_length == 6;
    const int groups = has_quad ? GROUPS - 2 : GROUPS;
    for (int i = 0; i < groups; i++) {
        if (run_length > 0 && i == run) {
            *at++ = ':';
            i += run_length - 1;
            if (i == GROUPS - 1) *at++ = ':';
            continue;
        }
        if (i > 0) *at++ = ':';
        at = write_number(at, get_be16(bytes + 2 * i), 16);
    }
    if (has_quad) {
        *at++ = ':';
        at = write_quad(at, bytes + 12);
    }
    return at;
}

size_t ip_addr_format(const struct ip_addr *addr, char out[IP_ADDR_TEXT_MAX])
{
    char *end =
        ip_addr_is_v4(addr) ? write_quad(out, addr->bytes + 12) : write_v6(out, addr->bytes);
    *end = '\0';
    return (size_t)(end - out);
}

/* Clears what stands behind the first `bits` bits. */
static void clear_host_bits(struct ip_addr *addr, uint32_t bits)
{
    for (uint32_t i = 0; i < sizeof addr->bytes; i++) {
        const uint32_t kept = bits > 8 * i ? u32_min(bits - 8 * i, 8) : 0;
        addr->bytes[i] &= (uint8_t)(0xff00u >> kept);
    }
}

bool ip_prefix_parse(const char *text, struct ip_prefix *out)
{
    struct ip_addr addr;
    if (!read_addr(&text, &addr)) return false;
    const bool is_v4_text = ip_addr_is_v4(&addr);
    const uint32_t bits_max = is_v4_text ? 32 : 128;
    uint32_t bits = bits_max;
    if (*text == '/') {
        text++;
        if (!read_decimal(&text, bits_max, &bits)) return false;
    }
    if (*text != '\0') return false;
    bits += 128 - bits_max;
    clear_host_bits(&addr, bits);
    *out = (struct ip_prefix){.addr = addr, .bits = (uint8_t)bits};
    return true;
}

bool ip_prefix_contains(const struct ip_prefix *prefix, const struct ip_addr *addr)
{
    struct ip_addr masked = *addr;
    struct ip_addr base = prefix->addr;
    clear_host_bits(&masked, prefix->bits);
    clear_host_bits(&base, prefix->bits);
    return ip_addr_eq(&masked, &base);
}
