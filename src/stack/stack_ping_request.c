/*
 * Requests for others; see stack_ping_request.h. What is waited for can be as long as a datagram,
 * so it is kept as one, in UDP's pools and within their limits.
 */
#include "stack/stack_ping_request.h"

#include <errno.h>

#include "wire/icmp4.h"

int stack_ping_bind_any(struct stack *stack, struct stack_ping *ping)
{
    if (stack->ping_any == ping || !ip_addr_is_unspecified(&ping->local)) return EINVAL;
    if (stack->ping_any != NULL) return EADDRINUSE;
    stack->ping_any = ping;
    return 0;
}

/* A record with the request's data; NULL when a pool is exhausted. */
static struct stack_ping_request *request_make(struct stack *stack, const struct gather *message)
{
    struct stack_ping_request *request = pool_get(&stack->ping_requests);
    if (request == NULL) return NULL;
    struct gather data;
    gather_slice(message, ICMP4_HEADER_BYTES, UINT32_MAX, &data);
    request->datagram = udp_datagram_make(&stack->udp.datagrams, &stack->udp.chunks, &data);
    if (request->datagram != NULL) return request;
    pool_put(&stack->ping_requests, request);
    return NULL;
}

enum drop_reason stack_ping_request_input(struct stack *stack, const struct stack_packet *packet,
                                          uint64_t now_us)
{
    struct stack_ping *ping = stack->ping_any;
    if (ping->request_count >= STACK_PING_REQUESTS_MAX) return DROP_PING_QUEUE_FULL;
    const uint8_t *header = frame_headers(packet->frame).data;
    struct stack_ping_request *request = request_make(stack, &packet->frame->bytes);
    if (request == NULL) return DROP_NO_MEMORY;
    request->id = icmp4_header_id(header);
    request->sequence = get_be16(header + 6);
    request->hop_limit = packet->hop_limit;
    struct udp_datagram *datagram = request->datagram;
    datagram->src = packet->src;
    datagram->dst = packet->dst;
    datagram->src_port = datagram->dst_port = 0;
    datagram->zone = packet->zone;
    datagram->received_us = now_us;
    list_push_back(&ping->requests, &request->link);
    ping->request_count++;
    if (stack->ops->ping_ready != NULL) stack->ops->ping_ready(stack, ping);
    return DROP_NONE;
}

struct stack_ping_request *stack_ping_request_peek(const struct stack_ping *ping)
{
    struct list *link = list_first(&ping->requests);
    return link == NULL ? NULL : CONTAINER_OF(link, struct stack_ping_request, link);
}

void stack_ping_request_discard(struct stack *stack, struct stack_ping *ping)
{
    struct stack_ping_request *request = stack_ping_request_peek(ping);
    list_remove(&request->link);
    ping->request_count--;
    udp_datagram_free(&stack->udp.datagrams, &stack->udp.chunks, request->datagram);
    pool_put(&stack->ping_requests, request);
}
