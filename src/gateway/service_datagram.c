/*
 * The small services by UDP.
 *
 * Flows stand in a ring, the one that has been silent longest first; looking for one begins at the
 * other end, where the busy ones are. One timer looks after the first.
 *
 * A datagram from one of these services' own ports is not answered: two of them would talk for ever
 * (CERT CA-1996-01).
 */
#include "gateway/service_datagram.h"

#include <errno.h>

#include "gateway/service_clock.h"

#define PORT_ECHO    7
#define PORT_DISCARD 9
#define PORT_DAYTIME 13
#define PORT_CHARGEN 19

/* The longest datagram there is, also as a super-sized one that the stack has put together. */
#define DATAGRAM_BYTES_MAX 65535

struct service_flow {
    struct list link;
    struct talk talk;
    uint64_t last_us;
};

static struct service_flow *of_link(struct list *link)
{
    return CONTAINER_OF(link, struct service_flow, link);
}

static void end_flow(struct services *services, struct service_flow *flow, enum talk_end how,
                     uint64_t now_us)
{
    gateway_talk_end(services->gateway, &flow->talk, how, TALK_NOBODY, 0, now_us);
    list_remove(&flow->link);
    pool_put(&services->flows, flow);
}

/* Ends what has been silent for long enough, and sees to the next. */
static void on_due(struct poll_timer *timer, uint64_t now_us)
{
    struct services *services = CONTAINER_OF(timer, struct services, flow_timer);
    for (struct list *link; (link = list_first(&services->flow_list)) != NULL;) {
        struct service_flow *flow = of_link(link);
        const uint64_t due_us = flow->last_us + SERVICE_FLOW_IDLE_US;
        if (due_us > now_us) {
            poll_timer_arm(&services->gateway->poll, timer, due_us);
            return;
        }
        end_flow(services, flow, TALK_IDLE, now_us);
    }
}

static struct service_flow *find_flow(struct services *services, const struct vitro_flow *ends)
{
    for (struct list *link = list_last(&services->flow_list);
         link != NULL && link != &services->flow_list; link = link->prev) {
        struct service_flow *flow = of_link(link);
        if (vitro_endpoint_equal(&flow->talk.program, &ends->remote) &&
            vitro_endpoint_equal(&flow->talk.peer, &ends->local)) {
            return flow;
        }
    }
    return NULL;
}

/* The flow of a datagram, which is the latest from now on; NULL: no memory for a record. */
static struct service_flow *touch_flow(struct services *services, const struct vitro_flow *ends,
                                       uint64_t now_us)
{
    struct service_flow *flow = find_flow(services, ends);
    if (flow != NULL) {
        list_remove(&flow->link);
    } else {
        struct list *oldest = list_first(&services->flow_list);
        if (pool_room(&services->flows) == 0 && oldest != NULL) {
            end_flow(services, of_link(oldest), TALK_IDLE, now_us);
        }
        flow = pool_get(&services->flows);
        if (flow == NULL) return NULL;
        list_init(&flow->link);
        gateway_talk_begin(services->gateway, &flow->talk, TALK_UDP, &ends->remote, &ends->local,
                           now_us);
    }
    flow->last_us = now_us;
    list_push_back(&services->flow_list, &flow->link);
    if (!wheel_node_is_armed(&services->flow_timer.node)) {
        poll_timer_arm(&services->gateway->poll, &services->flow_timer,
                       now_us + SERVICE_FLOW_IDLE_US);
    }
    return flow;
}

static bool is_service_port(uint16_t port)
{
    return port == PORT_ECHO || port == PORT_DISCARD || port == PORT_DAYTIME ||
           port == PORT_CHARGEN;
}

/* Puts the answer in the place of what came; its length, or -1: none. */
static int64_t make_answer(uint16_t port, char *data, int64_t len)
{
    if (port == PORT_ECHO) return len;
    if (port != PORT_DAYTIME) return -1;
    struct text text;
    text_init(&text, data, DATAGRAM_BYTES_MAX);
    service_clock_daytime(&text, service_clock_now());
    text_add(&text, "\r\n");
    return (int64_t)text.len;
}

static void serve_one(struct service_socket *socket, const struct vitro_flow *ends, char *data,
                      int64_t len, uint64_t now_us)
{
    struct service_flow *flow = touch_flow(socket->services, ends, now_us);
    if (flow != NULL) {
        flow->talk.bytes_out += (uint64_t)len;
        flow->talk.packets_out++;
    }
    if (is_service_port(ends->remote.port)) return;
    const int64_t answer = make_answer(socket->local.port, data, len);
    if (answer < 0) return;
    const int64_t sent = vitro_udp_send(socket->services->gateway->stack, socket->socket.handle,
                                        ends, data, (size_t)answer, now_us);
    if (sent < 0 || flow == NULL) return;
    flow->talk.bytes_in += (uint64_t)sent;
    flow->talk.packets_in++;
}

void service_datagram_init(struct services *services)
{
    pool_init(&services->flows, "service flows", sizeof(struct service_flow), SERVICE_FLOWS_MAX);
    list_init(&services->flow_list);
    services->flow_timer = (struct poll_timer){.due = on_due};
}

void service_datagram_serve(struct service_socket *socket, uint64_t now_us)
{
    struct vitro_stack *stack = socket->services->gateway->stack;
    char data[DATAGRAM_BYTES_MAX];
    for (;;) {
        struct vitro_datagram datagram;
        const int64_t len =
            vitro_udp_receive(stack, socket->socket.handle, data, sizeof data, &datagram);
        if (len == -EAGAIN || len == -EBADF) return;
        if (len >= 0) serve_one(socket, &datagram.flow, data, len, now_us);
    }
}

void service_datagram_end_all(struct services *services, uint64_t now_us)
{
    for (struct list *link; (link = list_first(&services->flow_list)) != NULL;) {
        end_flow(services, of_link(link), TALK_OPEN, now_us);
    }
    poll_timer_cancel(&services->gateway->poll, &services->flow_timer);
}
