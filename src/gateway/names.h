/*
 * What the program knows addresses by: the names it resolved, newest first, for showing them.
 *
 * Bounded: the oldest name gives way. A conversation copies the name it began with.
 */
#ifndef VITRO_GATEWAY_NAMES_H
#define VITRO_GATEWAY_NAMES_H

#include "base/assert.h"
#include "vitro/address.h"

/* Addresses that are remembered, at most. */
#define NAMES_MAX 4096

/* The longest name that is kept, with its NUL: as long as DNS has them (RFC 1035 2.3.4). */
#define NAME_BYTES_MAX 256

struct names;

/* Makes an empty memory of names; NULL: no memory. */
WARN_UNUSED struct names *names_create(void);

/* Frees it. NULL is ignored. */
void names_destroy(struct names *names);

/* Remembers that `name` (printable, without a final dot) was said to be at `ip`. */
void names_learn(struct names *names, const struct vitro_ip *ip, const char *name);

/* The name last learnt for `ip`, valid until the next names_learn(); NULL: none. */
const char *names_find(const struct names *names, const struct vitro_ip *ip);

#endif
