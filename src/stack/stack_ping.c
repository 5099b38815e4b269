/*
 * Ping sockets: each has an identifier, by which replies find it. There are few of them, so a list
 * is the table (RFC 792, RFC 4443 4).
 */
#include "stack/stack_ping.h"

#include <errno.h>
#include <string.h>

#include "stack/stack_output.h"
#include "stack/stack_ping_request.h"
#include "stack/stack_way.h"
#include "wire/checksum.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ip_proto.h"

/* Longest data of a request: 65535 less the larger IP header and the ICMP header. */
#define PING_DATA_BYTES_MAX (65535u - 40u - ICMP4_HEADER_BYTES)

static struct stack_ping *ping_find(const struct stack *stack, uint16_t id)
{
    for (struct list *link = list_first(&stack->pings); link != NULL;
         link = list_next(&stack->pings, link)) {
        struct stack_ping *ping = CONTAINER_OF(link, struct stack_ping, link);
        if (ping->id == id) return ping;
    }
    return NULL;
}

struct stack_ping *stack_ping_open(struct stack *stack)
{
    struct stack_ping *ping = pool_get(&stack->ping_pool);
    if (ping == NULL) return NULL;
    memset(ping, 0, sizeof *ping);
    list_init(&ping->replies);
    list_init(&ping->requests);
    /* there are fewer pings than identifiers, so one is free */
    while (ping_find(stack, stack->ping_id) != NULL) stack->ping_id++;
    ping->id = stack->ping_id++;
    list_push_back(&stack->pings, &ping->link);
    return ping;
}

void stack_ping_close(struct stack *stack, struct stack_ping *ping)
{
    while (!list_is_empty(&ping->replies)) stack_ping_discard(stack, ping);
    while (!list_is_empty(&ping->requests)) stack_ping_request_discard(stack, ping);
    if (stack->ping_any == ping) stack->ping_any = NULL;
    list_remove(&ping->link);
    pool_put(&stack->ping_pool, ping);
}

/* The header of an echo message, with the checksum over all of it. */
static void echo_emit(uint8_t header[ICMP4_HEADER_BYTES], const struct stack_echo *echo)
{
    const bool is_v4 = ip_addr_is_v4(echo->dst);
    const uint8_t request = is_v4 ? (uint8_t)ICMP4_ECHO_REQUEST : (uint8_t)ICMP6_ECHO_REQUEST;
    const uint8_t reply = is_v4 ? (uint8_t)ICMP4_ECHO_REPLY : (uint8_t)ICMP6_ECHO_REPLY;
    header[0] = echo->is_reply ? reply : request;
    header[1] = 0;
    put_be16(header + 2, 0);
    put_be16(header + 4, echo->id);
    put_be16(header + 6, echo->sequence);
    const uint32_t total_bytes = ICMP4_HEADER_BYTES + (uint32_t)echo->data.len;
    uint32_t sum = is_v4 ? 0 : checksum_pseudo(echo->src, echo->dst, IP_PROTO_ICMP6, total_bytes);
    sum = checksum_add(sum, span_of(header, ICMP4_HEADER_BYTES));
    put_be16(header + 2, checksum_finish(checksum_add(sum, echo->data)));
}

int stack_echo_output(struct stack *stack, const struct stack_echo *echo, uint64_t now_us)
{
    const bool is_v4 = ip_addr_is_v4(echo->dst);
    if (ip_addr_is_v4(echo->src) != is_v4) return EINVAL;
    if (echo->data.len > PING_DATA_BYTES_MAX) return EMSGSIZE;
    uint8_t header[ICMP4_HEADER_BYTES];
    echo_emit(header, echo);
    struct gather bytes;
    gather_init(&bytes);
    if (!gather_add(&bytes, span_of(header, sizeof header)) || !gather_add(&bytes, echo->data))
        return EMSGSIZE;
    const struct stack_outgoing out = {
        .src = echo->src,
        .dst = echo->dst,
        .zone = echo->zone,
        .protocol = is_v4 ? IP_PROTO_ICMP4 : IP_PROTO_ICMP6,
        .hop_limit = echo->hop_limit,
        .traffic_class = echo->traffic_class,
        .may_fragment = true,
        .header_bytes = ICMP4_HEADER_BYTES,
        .bytes = &bytes,
    };
    stack->counters.icmp_out++;
    return stack_ip_output(stack, &out, now_us);
}

int stack_ping_send(struct stack *stack, struct stack_ping *ping, const struct ip_addr *dst,
                    uint16_t zone, uint16_t sequence, struct span data, uint64_t now_us)
{
    if (ip_addr_is_unspecified(dst)) return EINVAL;
    if (data.len > PING_DATA_BYTES_MAX) return EMSGSIZE;
    struct ip_addr src = ping->local;
    if (ip_addr_is_unspecified(&src)) {
        const int error = stack_way_source(stack, dst, zone, &src);
        if (error != 0) return error;
    }
    const struct stack_echo echo = {
        .src = &src,
        .dst = dst,
        .zone = zone,
        .id = ping->id,
        .sequence = sequence,
        .hop_limit = ping->hop_limit,
        .traffic_class = ping->traffic_class,
        .data = data,
    };
    return stack_echo_output(stack, &echo, now_us);
}

struct stack_ping_reply *stack_ping_peek(const struct stack_ping *ping)
{
    struct list *link = list_first(&ping->replies);
    return link == NULL ? NULL : CONTAINER_OF(link, struct stack_ping_reply, link);
}

void stack_ping_discard(struct stack *stack, struct stack_ping *ping)
{
    struct list *link = list_pop_front(&ping->replies);
    ping->reply_count--;
    pool_put(&stack->ping_replies, CONTAINER_OF(link, struct stack_ping_reply, link));
}

/* Queues an answer to be filled in by the caller; NULL, and counted, when there is no room. */
static struct stack_ping_reply *reply_add(struct stack *stack, struct stack_ping *ping)
{
    struct stack_ping_reply *reply =
        ping->reply_count < STACK_PING_QUEUE_MAX ? pool_get(&stack->ping_replies) : NULL;
    if (reply == NULL) {
        stack_drop(stack, stack->current, DROP_NO_MEMORY);
        return NULL;
    }
    list_push_back(&ping->replies, &reply->link);
    ping->reply_count++;
    return reply;
}

static void ping_ready(struct stack *stack, struct stack_ping *ping)
{
    if (stack->ops->ping_ready != NULL) stack->ops->ping_ready(stack, ping);
}

bool stack_ping_input(struct stack *stack, const struct ip_addr *from, uint16_t id,
                      uint16_t sequence, uint8_t hop_limit, struct span data)
{
    struct stack_ping *ping = ping_find(stack, id);
    if (ping == NULL) return false;
    struct stack_ping_reply *reply = reply_add(stack, ping);
    if (reply == NULL) return true;
    reply->from = *from;
    reply->error = 0;
    reply->sequence = sequence;
    reply->hop_limit = hop_limit;
    reply->len_bytes = (uint32_t)data.len;
    if (data.len > 0) memcpy(reply->data, data.data, size_min(data.len, sizeof reply->data));
    ping_ready(stack, ping);
    return true;
}

bool stack_ping_icmp(struct stack *stack, const struct ip_addr *from,
                     const struct ip_icmp_error *error)
{
    struct stack_ping *ping = error->has_ports ? ping_find(stack, error->src_port) : NULL;
    if (ping == NULL) return false;
    if (error->kind == IP_ICMP_PACKET_TOO_BIG) return true; /* the next one will be cut */
    struct stack_ping_reply *reply = reply_add(stack, ping);
    if (reply == NULL) return true;
    reply->from = *from;
    reply->error = error->error;
    reply->sequence = error->has_seq ? (uint16_t)error->seq : 0;
    reply->hop_limit = 0;
    reply->len_bytes = 0;
    ping_ready(stack, ping);
    return true;
}
