/*
 * From the public configuration to the parts' own.
 */
#ifndef VITRO_SOCKET_CONFIG_H
#define VITRO_SOCKET_CONFIG_H

#include "stack/stack.h"
#include "vitro/config.h"

/* Translates; returns 0, or EINVAL for what cannot work. */
WARN_UNUSED int socket_config_in(const struct vitro_config *from, struct stack_config *to);

#endif
