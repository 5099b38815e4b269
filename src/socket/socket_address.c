/*
 * Addresses and frames of the public interface: the text forms are wire/'s.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "socket/socket.h"
#include "wire/ip_addr.h"

/* Longest text of a port, without a NUL. */
#define PORT_DIGITS_MAX 5u

struct vitro_ip vitro_ip_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    return (struct vitro_ip){{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}};
}

struct vitro_ip vitro_ip_v6(const uint8_t *bytes)
{
    struct vitro_ip ip;
    memcpy(ip.bytes, bytes, sizeof ip.bytes);
    return ip;
}

bool vitro_ip_is_v4(const struct vitro_ip *ip)
{
    const struct ip_addr addr = socket_addr_in(ip);
    return ip_addr_is_v4(&addr);
}

bool vitro_ip_equal(const struct vitro_ip *a, const struct vitro_ip *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool vitro_endpoint_equal(const struct vitro_endpoint *a, const struct vitro_endpoint *b)
{
    return a->port == b->port && a->zone == b->zone && vitro_ip_equal(&a->ip, &b->ip);
}

int vitro_ip_parse(const char *text, struct vitro_ip *ip)
{
    struct ip_addr addr;
    if (!ip_addr_parse(text, &addr)) return -EINVAL;
    *ip = socket_addr_out(&addr);
    return 0;
}

int vitro_prefix_parse(const char *text, struct vitro_ip *ip, uint8_t *bits)
{
    struct ip_prefix prefix;
    if (!ip_prefix_parse(text, &prefix)) return -EINVAL;
    *ip = socket_addr_out(&prefix.addr);
    *bits = ip_addr_is_v4(&prefix.addr) && prefix.bits >= 96 ? (uint8_t)(prefix.bits - 96)
                                                             : prefix.bits;
    return 0;
}

size_t vitro_ip_format(const struct vitro_ip *ip, char out[VITRO_IP_TEXT_MAX])
{
    _Static_assert(VITRO_IP_TEXT_MAX == IP_ADDR_TEXT_MAX, "room for the longest");
    const struct ip_addr addr = socket_addr_in(ip);
    return ip_addr_format(&addr, out);
}

struct vitro_endpoint vitro_endpoint_of(struct vitro_ip ip, uint16_t port)
{
    return (struct vitro_endpoint){.ip = ip, .port = port};
}

struct vitro_endpoint vitro_endpoint_any(uint16_t port)
{
    return (struct vitro_endpoint){.port = port};
}

/* Reads all of `text` as a port. */
static bool port_parse(const char *text, uint16_t *port)
{
    uint32_t value = 0;
    const size_t len = strlen(text);
    if (len == 0 || len > PORT_DIGITS_MAX) return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        value = value * 10 + (uint32_t)(text[i] - '0');
    }
    *port = (uint16_t)value;
    return value <= UINT16_MAX;
}

int vitro_endpoint_parse(const char *text, struct vitro_endpoint *endpoint)
{
    const bool has_brackets = text[0] == '[';
    const char *begin = has_brackets ? text + 1 : text;
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon < begin) return -EINVAL;
    const char *end = has_brackets ? colon - 1 : colon;
    if (end < begin || (has_brackets && *end != ']')) return -EINVAL;
    const size_t len = (size_t)(end - begin);
    char address[VITRO_IP_TEXT_MAX];
    if (len >= sizeof address) return -EINVAL;
    memcpy(address, begin, len);
    address[len] = '\0';
    struct vitro_endpoint parsed = {.port = 0};
    if (vitro_ip_parse(address, &parsed.ip) != 0) return -EINVAL;
    if (vitro_ip_is_v4(&parsed.ip) == has_brackets) return -EINVAL;
    if (!port_parse(colon + 1, &parsed.port)) return -EINVAL;
    *endpoint = parsed;
    return 0;
}

size_t vitro_endpoint_format(const struct vitro_endpoint *endpoint,
                             char out[VITRO_ENDPOINT_TEXT_MAX])
{
    char address[VITRO_IP_TEXT_MAX];
    vitro_ip_format(&endpoint->ip, address);
    const bool is_v4 = vitro_ip_is_v4(&endpoint->ip);
    struct text text;
    text_init(&text, out, VITRO_ENDPOINT_TEXT_MAX);
    text_addf(&text, is_v4 ? "%s:%u" : "[%s]:%u", address, (unsigned)endpoint->port);
    return text.len;
}

size_t vitro_frame_copy(const struct vitro_frame *frame, void *to, size_t len)
{
    size_t done = 0;
    uint8_t *out = to;
    for (uint32_t i = 0; i < frame->span_count && done < len; i++) {
        const size_t part = size_min(frame->spans[i].len, len - done);
        memcpy(out + done, frame->spans[i].data, part);
        done += part;
    }
    return done;
}
