/*
 * The services at demo.vitro: their sockets, on the demo address of each version.
 *
 * TCP connections are service_conn.c's from their acceptance on, what is said on them is the
 * business of service_http.c and service_plain.c; UDP is service_datagram.c's.
 */
#include "gateway/services.h"

#include "gateway/service_datagram.h"
#include "gateway/service_plain.h"

/* Connections that wait to be accepted: as many as ever come at once. */
#define BACKLOG 4096u

static const struct service_kind *const kinds[] = {
    &service_http_kind,    &service_echo_kind,    &service_discard_kind,
    &service_daytime_kind, &service_chargen_kind,
};

static const uint16_t udp_ports[] = {7, 9, 13};

_Static_assert(2 * (ARRAY_COUNT(kinds) + ARRAY_COUNT(udp_ports)) <= SERVICE_SOCKETS_MAX,
               "a place for each socket");

static void on_ready(struct gateway_socket *self, uint32_t bits, uint64_t now_us)
{
    (void)bits;
    struct service_socket *socket = CONTAINER_OF(self, struct service_socket, socket);
    if (socket->kind != NULL) {
        service_conn_accept(socket, now_us);
    } else {
        service_datagram_serve(socket, now_us);
    }
}

/* Opens one socket; `kind` NULL: UDP. 0 or a negative errno value. */
static int open_socket(struct services *services, const struct service_kind *kind,
                       const struct vitro_endpoint *local, uint64_t now_us)
{
    struct vitro_stack *stack = services->gateway->stack;
    struct service_socket *socket = &services->socket[services->socket_count];
    *socket = (struct service_socket){
        .socket = {.ready = on_ready}, .services = services, .kind = kind, .local = *local};
    const uint64_t user = (uint64_t)(uintptr_t)&socket->socket;
    vitro_socket *handle = &socket->socket.handle;
    int error =
        kind != NULL ? vitro_tcp_open(stack, user, handle) : vitro_udp_open(stack, user, handle);
    if (error != 0) return error;
    services->socket_count++;
    error = vitro_bind(stack, *handle, local);
    if (error != 0 || kind == NULL) return error;
    error = vitro_set_option(stack, *handle, VITRO_OPTION_NODELAY, 1, now_us);
    return error != 0 ? error : vitro_tcp_listen(stack, *handle, BACKLOG);
}

/* Opens all sockets of one address. */
static int open_sockets(struct services *services, const struct vitro_ip *ip, uint64_t now_us)
{
    int error = 0;
    for (size_t i = 0; i < ARRAY_COUNT(kinds) && error == 0; i++) {
        const struct vitro_endpoint local = vitro_endpoint_of(*ip, kinds[i]->port);
        error = open_socket(services, kinds[i], &local, now_us);
    }
    for (size_t i = 0; i < ARRAY_COUNT(udp_ports) && error == 0; i++) {
        const struct vitro_endpoint local = vitro_endpoint_of(*ip, udp_ports[i]);
        error = open_socket(services, NULL, &local, now_us);
    }
    return error;
}

struct services *services_create(struct gateway *gateway)
{
    const uint64_t now_us = poll_now_us();
    const struct policy_addresses *ours = &gateway->config.policy.addresses;
    struct services *services = mem_get(sizeof *services);
    if (services == NULL) return NULL;
    services->gateway = gateway;
    pool_init(&services->conns, "service connections", sizeof(struct service_conn),
              GATEWAY_TCP_MAX);
    list_init(&services->open);
    service_datagram_init(services);
    service_crc_init(&services->crc);
    service_pattern_bytes(&services->bytes);
    service_pattern_chargen(&services->chargen);
    int error = open_sockets(services, &ours->demo[0], now_us);
    if (error == 0 && ours->has_ip6) error = open_sockets(services, &ours->demo[1], now_us);
    if (error == 0) return services;
    services_destroy(services);
    return NULL;
}

void services_destroy(struct services *services)
{
    if (services == NULL) return;
    const uint64_t now_us = poll_now_us();
    service_conn_end_all(services, now_us);
    service_datagram_end_all(services, now_us);
    for (uint32_t i = 0; i < services->socket_count; i++) {
        (void)vitro_close(services->gateway->stack, services->socket[i].socket.handle, now_us);
    }
    pool_deinit(&services->conns);
    pool_deinit(&services->flows);
    mem_put(services);
}
