/*
 * libvitro: a TCP/IP stack that does no I/O, reads no clock, starts no thread and has no globals.
 *
 *     vitro/stack.h      create, input, output, deadline, tick; the callbacks
 *     vitro/config.h     every tunable, with its default
 *     vitro/interface.h  interfaces, addresses, routes
 *     vitro/socket.h     what all sockets have in common: bind, close, endpoints, errors
 *     vitro/tcp.h        listen, accept, connect, send, receive, shutdown, abort
 *     vitro/udp.h        datagrams
 *     vitro/ping.h       ICMP echo
 *     vitro/unreachable.h  what a gateway says of packets it could not deliver
 *     vitro/options.h    socket options
 *     vitro/ready.h      readiness and the ready queue
 *     vitro/info.h       what connections are doing
 *     vitro/counters.h   counters and memory
 *     vitro/event.h      what is notable, while it happens
 *     vitro/state.h      TCP states and what moves them
 *     vitro/drop.h       why packets are dropped
 *     vitro/frame.h      packets in pieces
 *     vitro/address.h    addresses and endpoints
 *     vitro/error.h      errors
 *     vitro/version.h    the version
 */
#ifndef VITRO_H
#define VITRO_H

#include "vitro/address.h"
#include "vitro/config.h"
#include "vitro/counters.h"
#include "vitro/drop.h"
#include "vitro/error.h"
#include "vitro/event.h"
#include "vitro/export.h"
#include "vitro/frame.h"
#include "vitro/info.h"
#include "vitro/interface.h"
#include "vitro/options.h"
#include "vitro/ping.h"
#include "vitro/ready.h"
#include "vitro/socket.h"
#include "vitro/stack.h"
#include "vitro/state.h"
#include "vitro/tcp.h"
#include "vitro/udp.h"
#include "vitro/unreachable.h"
#include "vitro/version.h"

#endif
