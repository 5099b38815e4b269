/*
 * The host behind the gateway's fuzz target: a network namespace of the target's own, in which a
 * few servers answer as the input says. Nothing leaves it.
 *
 *     198.51.100.7, 2001:db8::7    the world: TCP port 80, UDP port 9000
 *     127.0.0.1                    the resolver at port 53, published ports
 *
 * The servers of the world listen at every address: what reaches them at one of the loopback has
 * got round the policy, and is a failure.
 */
#ifndef VITRO_FUZZ_GATEWAY_HOST_H
#define VITRO_FUZZ_GATEWAY_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GATEWAY_HOST_PEERS_MAX 8

struct gateway_host {
    int listener[2], datagrams[2]; /* of the world, by version */
    int resolver_udp, resolver_tcp;
    int peer[GATEWAY_HOST_PEERS_MAX]; /* accepted or connected; -1: none */
    uint32_t next_peer;
    uint16_t published_tcp, published_udp; /* ports on 127.0.0.1; 0: none */
    uint16_t question_id;
    uint8_t question[600]; /* the last one that came to the resolver */
    size_t question_len;
};

/* Enters the namespace, once per process. False: the machine does not allow it, and that was
 * said. */
bool gateway_host_enter(void);

/* Opens the servers. */
void gateway_host_open(struct gateway_host *host);

/* A bound socket for a published port of 127.0.0.1, which listens if it is TCP. */
int gateway_host_publish(struct gateway_host *host, bool is_udp);

/* Accepts and reads what is there. Ends the process if somebody came by the loopback. */
void gateway_host_step(struct gateway_host *host);

/* Does what the input says: answers, sends, resets, connects. */
void gateway_host_act(struct gateway_host *host, uint8_t what, const uint8_t *bytes, size_t len);

/* Closes everything, by resets. */
void gateway_host_close(struct gateway_host *host);

#endif
