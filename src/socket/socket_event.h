/*
 * From what the core reports to what the owner sees.
 */
#ifndef VITRO_SOCKET_EVENT_H
#define VITRO_SOCKET_EVENT_H

#include "tcp/tcp_event.h"
#include "vitro/event.h"

/* Translates an event; `if_index` is that of the packet being taken in, or 0. */
void socket_event_out(const struct tcp_event *from, uint16_t if_index, struct vitro_event *to);

#endif
