/*
 * The name server's sockets, and what arrives by UDP.
 *
 * A datagram that is no question is answered as far as it can be: without a header not at all, with
 * a response bit neither (two servers could else answer each other for ever), with anything but one
 * question by FORMERR (RFC 9619 4).
 */
#include "gateway/dns.h"

#include <string.h>

#include "base/pool.h"
#include "gateway/dns_forward.h"
#include "gateway/dns_local.h"
#include "gateway/dns_message.h"
#include "gateway/dns_talk.h"
#include "gateway/dns_tcp.h"

#define REPLY_BYTES 1232

struct dns;

/* Our port 53 of one version. */
struct dns_door {
    struct dns *dns;
    struct gateway_socket socket;
    bool is_open;
};

struct dns {
    struct gateway *gateway;
    struct dns_forward *forward;
    struct dns_tcp *tcp;
    struct dns_door door[2];
    uint8_t query[DNS_QUERY_BYTES_MAX];
};

static void answer(struct dns_door *door, const struct vitro_flow *flow, struct span bytes,
                   uint64_t now_us)
{
    /* What the stack does not take is lost, as any datagram; it counts why. */
    (void)!vitro_udp_send(door->dns->gateway->stack, door->socket.handle, flow, bytes.data,
                          bytes.len, now_us);
}

/* Answers what cannot be asked further. */
static void complain(struct dns_door *door, const struct vitro_flow *flow, struct span query,
                     uint64_t now_us)
{
    uint8_t out[DNS_HEADER_BYTES];
    struct dns_reply reply;
    if (query.len < DNS_HEADER_BYTES) return;
    dns_reply_init(&reply, out, sizeof out, query, NULL, DNS_FORMERR);
    answer(door, flow, span_of(out, reply.len), now_us);
}

static void take_query(struct dns_door *door, const struct vitro_flow *flow, struct span query,
                       uint64_t now_us)
{
    struct gateway *gateway = door->dns->gateway;
    struct dns_question question;
    uint8_t out[REPLY_BYTES];
    const bool is_readable = dns_question_parse(query, &question);
    if (question.is_response) return;
    if (!is_readable) {
        complain(door, flow, query, now_us);
        return;
    }
    const size_t len =
        dns_local_answer(&gateway->config.policy.addresses, query, &question, out, sizeof out);
    if (len == 0) {
        dns_forward_ask(door->dns->forward, door->socket.handle, flow, query, &question, now_us);
        return;
    }
    struct talk talk;
    dns_talk_begin(gateway, &talk, flow, &question, (uint32_t)query.len, now_us);
    answer(door, flow, span_of(out, len), now_us);
    dns_talk_answered(gateway, &talk, span_of(out, len), now_us);
}

static void on_stack(struct gateway_socket *self, uint32_t bits, uint64_t now_us)
{
    struct dns_door *door = CONTAINER_OF(self, struct dns_door, socket);
    uint8_t *query = door->dns->query;
    (void)bits;
    for (;;) {
        struct vitro_datagram datagram;
        const int64_t len = vitro_udp_receive(door->dns->gateway->stack, self->handle, query,
                                              sizeof door->dns->query, &datagram);
        if (len == -EAGAIN) return;
        if (len < 0) continue; /* a pending error, once */
        const struct span bytes = span_of(query, (size_t)len);
        if (datagram.len_bytes > sizeof door->dns->query) {
            complain(door, &datagram.flow, bytes, now_us);
        } else {
            take_query(door, &datagram.flow, bytes, now_us);
        }
    }
}

static bool open_door(struct dns *dns, struct dns_door *door, const struct vitro_ip *ip)
{
    struct vitro_stack *stack = dns->gateway->stack;
    const struct vitro_endpoint local = vitro_endpoint_of(*ip, DNS_PORT);
    door->dns = dns;
    door->socket.ready = on_stack;
    if (vitro_udp_open(stack, (uintptr_t)&door->socket, &door->socket.handle) != 0) return false;
    door->is_open = true;
    return vitro_bind(stack, door->socket.handle, &local) == 0;
}

struct dns *dns_create(struct gateway *gateway)
{
    struct dns *dns = mem_get(sizeof *dns);
    if (dns == NULL) return NULL;
    dns->gateway = gateway;
    dns->forward = dns_forward_create(gateway);
    const struct policy_addresses *ours = &gateway->config.policy.addresses;
    dns->tcp = dns_tcp_create(gateway);
    bool is_good = dns->forward != NULL && dns->tcp != NULL;
    is_good = is_good && open_door(dns, &dns->door[0], &ours->dns[0]);
    if (is_good && ours->has_ip6) is_good = open_door(dns, &dns->door[1], &ours->dns[1]);
    if (is_good) return dns;
    dns_destroy(dns);
    return NULL;
}

void dns_destroy(struct dns *dns)
{
    if (dns == NULL) return;
    struct gateway *gateway = dns->gateway;
    dns_tcp_destroy(dns->tcp);
    dns_forward_destroy(dns->forward);
    for (uint32_t i = 0; i < ARRAY_COUNT(dns->door); i++) {
        if (!dns->door[i].is_open) continue;
        (void)vitro_close(gateway->stack, dns->door[i].socket.handle, poll_now_us());
    }
    mem_put(dns);
}
