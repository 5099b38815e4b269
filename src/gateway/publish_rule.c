/*
 * --publish as the user writes it, and the host's socket behind it.
 */
#define _GNU_SOURCE /* SOCK_CLOEXEC */

#include "gateway/publish.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/span.h"
#include "gateway/host_socket.h"

/* Room for an address with brackets; no longer one is looked at. */
#define ADDRESS_BYTES_MAX 64

#define UDP_BUFFER_BYTES (1024 * 1024)

static bool ends_with(struct span text, const char *end)
{
    const size_t len = strlen(end);
    return text.len >= len && memcmp(text.data + text.len - len, end, len) == 0;
}

/* Splits at the first colon; false: there is none, and `before` is all. */
static bool cut(struct span *rest, struct span *before)
{
    const uint8_t *colon = rest->len > 0 ? memchr(rest->data, ':', rest->len) : NULL;
    *before = *rest;
    if (colon == NULL) return false;
    before->len = (size_t)(colon - rest->data);
    *rest = span_from(*rest, before->len + 1);
    return true;
}

static bool read_port(struct span digits, uint16_t *port)
{
    uint32_t number = 0;
    if (digits.len == 0 || digits.len > 5) return false;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9') return false;
        number = number * 10 + (uint32_t)(digits.data[i] - '0');
    }
    if (number < 1 || number > UINT16_MAX) return false;
    *port = (uint16_t)number;
    return true;
}

static bool read_address(struct span text, bool is_v4, struct vitro_ip *ip)
{
    char address[ADDRESS_BYTES_MAX];
    if (text.len >= sizeof address) return false;
    memcpy(address, text.data, text.len);
    address[text.len] = '\0';
    return vitro_ip_parse(address, ip) == 0 && vitro_ip_is_v4(ip) == is_v4;
}

/* PORT or PORT:PORT. */
static bool read_ports(struct span text, struct publish_rule *rule)
{
    struct span first;
    const bool has_second = cut(&text, &first);
    if (!read_port(first, &rule->host.port)) return false;
    rule->port = rule->host.port;
    return !has_second || read_port(text, &rule->port);
}

/* What stands before the ports, if anything does: taken off. False: no address. */
static bool read_host(struct span *text, struct vitro_ip *ip)
{
    struct span first = *text, rest = *text;
    if (text->len > 0 && text->data[0] == '[') {
        const uint8_t *end = memchr(text->data, ']', text->len);
        if (end == NULL) return false;
        first = span_slice(*text, 1, (size_t)(end - text->data) - 1);
        *text = span_from(*text, first.len + 2);
        if (text->len == 0 || text->data[0] != ':') return false;
        *text = span_from(*text, 1);
        return read_address(first, false, ip);
    }
    if (!cut(&rest, &first) || memchr(first.data, '.', first.len) == NULL) return true;
    *text = rest;
    return read_address(first, true, ip);
}

bool publish_parse(const char *text, struct publish_rule *rule)
{
    struct span rest = span_of(text, strlen(text));
    *rule = (struct publish_rule){.host.ip = vitro_ip_v4(127, 0, 0, 1)};
    rule->is_udp = ends_with(rest, "/udp");
    if (rule->is_udp || ends_with(rest, "/tcp")) rest.len -= 4;
    return read_host(&rest, &rule->host.ip) && read_ports(rest, rule);
}

int publish_open(const struct publish_rule *rule)
{
    const int fd = host_socket_open(&rule->host, rule->is_udp ? SOCK_DGRAM : SOCK_STREAM);
    if (fd < 0) return fd;
    const int on = 1, buffer = UDP_BUFFER_BYTES;
    struct sockaddr_storage address;
    const socklen_t len = host_address(&rule->host, &address);
    /* Comforts: without them it is only more often in use, or loses more. */
    if (rule->is_udp) {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    } else {
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    }
    /* [::] means IPv6; 0.0.0.0 may be published beside it, to another port even. */
    if (address.ss_family == AF_INET6) {
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    int error = bind(fd, (const struct sockaddr *)&address, len) == 0 ? 0 : errno;
    if (error == 0 && !rule->is_udp && listen(fd, SOMAXCONN) != 0) error = errno;
    if (error == 0) return fd;
    close(fd);
    return -error;
}
