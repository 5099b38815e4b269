/*
 * The host's resolv.conf, while a run lasts: a laptop changes its network, a VPN comes and goes.
 *
 * The gateway can open no file, so the front watches, and tells it (struct gateway_resolvers).
 */
#ifndef VITRO_GATEWAY_RESOLVER_WATCH_H
#define VITRO_GATEWAY_RESOLVER_WATCH_H

#include "gateway/gateway.h"

struct resolver_watch {
    int fd; /* readable: something has happened; -1: nothing will be noticed */
    const char *path;
    struct gateway_resolvers known;
};

/* Begins to watch `path`, which stays the caller's; `known` is what it said when it was read. */
void resolver_watch_open(struct resolver_watch *watch, const char *path,
                         const struct gateway_resolvers *known);

/* Looks what has happened. True: other resolvers are named than before, and are now `known`. A file
 * that is not there, or empty, changes nothing: it is about to be written. */
WARN_UNUSED bool resolver_watch_take(struct resolver_watch *watch);

/* Ends it. */
void resolver_watch_close(struct resolver_watch *watch);

#endif
