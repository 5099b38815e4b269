/*
 * Published ports: what the configuration lists, shared out to publish_tcp.c and publish_udp.c.
 */
#include "gateway/publish.h"

#include "gateway/publish_tcp.h"
#include "gateway/publish_udp.h"

/* One published port; only one of the two is used. */
struct publish_port {
    struct publish_tcp_port tcp;
    struct publish_udp_port udp;
};

struct publish {
    struct gateway *gateway;
    struct publish_tcp tcp;
    struct publish_udp udp;
    struct publish_port *ports;
    uint32_t port_count;
};

static int add(struct publish *publish, const struct gateway_publish *config)
{
    struct publish_port *port = &publish->ports[publish->port_count++];
    if (config->is_udp) {
        const bool is_v4 = vitro_ip_is_v4(&config->host.ip);
        return publish_udp_add(&publish->udp, &port->udp, config->fd, is_v4, config->port);
    }
    return publish_tcp_add(&publish->tcp, &port->tcp, config->fd, config->port);
}

struct publish *publish_create(struct gateway *gateway)
{
    const struct gateway_config *config = &gateway->config;
    struct publish *publish = mem_get(sizeof *publish);
    if (publish == NULL) return NULL;
    publish->gateway = gateway;
    publish_tcp_init(&publish->tcp, gateway);
    int error = publish_udp_init(&publish->udp, gateway);
    if (config->publish_count > 0) {
        publish->ports = mem_get(config->publish_count * sizeof *publish->ports);
        if (publish->ports == NULL) error = -1;
    }
    for (uint32_t i = 0; i < config->publish_count && error == 0; i++) {
        error = add(publish, &config->publish[i]);
    }
    if (error == 0) return publish;
    publish_destroy(publish);
    return NULL;
}

void publish_destroy(struct publish *publish)
{
    if (publish == NULL) return;
    const uint64_t now_us = poll_now_us();
    publish_udp_deinit(&publish->udp, now_us);
    for (uint32_t i = 0; i < publish->port_count; i++) {
        publish_tcp_remove(&publish->ports[i].tcp);
        publish_udp_remove(&publish->ports[i].udp);
    }
    publish_tcp_deinit(&publish->tcp, now_us);
    mem_put(publish->ports);
    mem_put(publish);
}

bool publish_is_busy(const struct publish *publish) { return publish_tcp_is_busy(&publish->tcp); }
