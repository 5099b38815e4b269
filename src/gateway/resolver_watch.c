/*
 * The resolvers that the host's resolv.conf names, each time it may be another.
 */
#define _GNU_SOURCE /* O_CLOEXEC */

#include "gateway/resolver_watch.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/pool.h"
#include "gateway/dns_conf.h"
#include "gateway/file_watch.h"

#define TEXT_BYTES_MAX 16384

void resolver_watch_open(struct resolver_watch *watch, const char *path,
                         const struct gateway_resolvers *known)
{
    *watch = (struct resolver_watch){.path = path, .known = *known, .fd = file_watch_open(path)};
}

/* Reads the file into `text`; false: it is not there, or empty. */
static bool read_file(const char *path, char *text)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return false;
    size_t len = 0;
    for (ssize_t n = 1; n > 0 && len < TEXT_BYTES_MAX - 1;) {
        n = read(fd, text + len, TEXT_BYTES_MAX - 1 - len);
        if (n > 0) len += (size_t)n;
    }
    (void)close(fd);
    text[len] = '\0';
    return len > 0;
}

static bool is_same(const struct gateway_resolvers *a, const struct gateway_resolvers *b)
{
    if (a->count != b->count) return false;
    for (uint32_t i = 0; i < a->count; i++) {
        if (!vitro_endpoint_equal(&a->server[i], &b->server[i])) return false;
    }
    return true;
}

bool resolver_watch_take(struct resolver_watch *watch)
{
    file_watch_take(watch->fd, watch->path);
    char *text = mem_get(TEXT_BYTES_MAX);
    struct gateway_resolvers named = {.count = 0};
    bool is_new = text != NULL && read_file(watch->path, text);
    if (is_new) {
        named.count = dns_read_resolv_conf(text, named.server);
        is_new = !is_same(&named, &watch->known);
    }
    if (is_new) watch->known = named;
    mem_put(text);
    return is_new;
}

void resolver_watch_close(struct resolver_watch *watch)
{
    if (watch->fd >= 0) (void)close(watch->fd);
    watch->fd = -1;
}
