/*
 * Datagrams of a published UDP port, with the address of the host that they were sent to: an answer
 * has to come from the same one, or its client does not know it.
 */
#ifndef VITRO_GATEWAY_PUBLISH_PACKET_H
#define VITRO_GATEWAY_PUBLISH_PACKET_H

#include <sys/types.h>

#include "base/assert.h"
#include "vitro/address.h"

/* Asks the kernel to tell the address with every datagram. Best effort: without it, the kernel
 * chooses where answers come from. */
void publish_packet_ask(int fd, bool is_v4);

/*
 * Receives one: who sent it, and to which address of the host (all zero: not told). Returns its
 * length or a negative errno value; -EAGAIN: none waits, -EAFNOSUPPORT: from neither IPv4 nor IPv6.
 */
ssize_t publish_packet_receive(int fd, void *to, size_t len, struct vitro_endpoint *client,
                               struct vitro_ip *here);

/* Sends one from `here`. Returns its length or a negative errno value. */
ssize_t publish_packet_send(int fd, const void *data, size_t len,
                            const struct vitro_endpoint *client, const struct vitro_ip *here);

#endif
