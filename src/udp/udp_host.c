/*
 * UDP of one host: what arrives; see udp_host.h. What sockets do is in udp_socket.c.
 */
#include "udp/udp_host.h"

#include <errno.h>

#include "wire/checksum.h"
#include "wire/ip_proto.h"
#include "wire/udp.h"

void udp_config_default(struct udp_config *config)
{
    *config = (struct udp_config){
        .sockets_max = 65536,
        .datagrams_max = 4096,
        .chunks_max = 4096,
        .queue_packets_max = 512,
        .queue_bytes_max = 256 * 1024,
        .ephemeral_port_first = 49152,
        .ephemeral_port_last = 65535,
    };
}

/* The key made of 16 bytes of the secret. */
static struct hash_key key_of(const uint8_t *secret)
{
    return (struct hash_key){.k0 = get_le64(secret), .k1 = get_le64(secret + 8)};
}

int udp_host_init(struct udp_host *host, const struct udp_host_ops *ops,
                  const struct udp_config *config, const uint8_t secret[32])
{
    if (config->sockets_max == 0 || config->datagrams_max == 0 || config->chunks_max == 0 ||
        config->ephemeral_port_first == 0 ||
        config->ephemeral_port_first > config->ephemeral_port_last) {
        return EINVAL;
    }
    *host = (struct udp_host){
        .ops = ops,
        .config = *config,
        .port_key = key_of(secret + 16),
    };
    const struct hash_key table_key = key_of(secret);
    const int error = udp_table_init(&host->table, config->sockets_max, &table_key);
    if (error != 0) return error;
    list_init(&host->sockets);
    pool_init(&host->socket_pool, "UDP sockets", sizeof(struct udp_socket), config->sockets_max);
    pool_init(&host->datagrams, "UDP datagrams", sizeof(struct udp_datagram),
              config->datagrams_max);
    pool_init(&host->chunks, "UDP chunks", sizeof(struct udp_chunk), config->chunks_max);
    return 0;
}

void udp_host_deinit(struct udp_host *host)
{
    pool_deinit(&host->chunks);
    pool_deinit(&host->datagrams);
    pool_deinit(&host->socket_pool);
    udp_table_deinit(&host->table);
    list_init(&host->sockets);
    host->catch_all = NULL;
}

/* Drops a packet by name. */
static enum udp_verdict drop(struct udp_host *host, enum drop_reason reason)
{
    host->ops->drop(host, reason);
    return UDP_DROPPED;
}

/* Whether the checksum, or its absence, is as it must be. */
static bool is_intact(const struct udp_packet *packet, const struct udp_repr *udp)
{
    if (packet->checksum_partial) return true;
    if (!udp->has_checksum) return ip_addr_is_v4(&packet->dst); /* RFC 8200 8.1 */
    return checksum_transport_is_good(&packet->src, &packet->dst, IP_PROTO_UDP, packet->bytes, 0,
                                      UDP_HEADER_BYTES + (uint32_t)udp->payload_bytes);
}

/* Queues a datagram for its socket, within the limits. */
static enum udp_verdict deliver(struct udp_host *host, struct udp_socket *socket,
                                const struct udp_packet *packet, const struct udp_repr *udp,
                                uint64_t now_us)
{
    if (socket->is_read_closed || socket->queue_packets >= socket->queue_packets_max ||
        udp->payload_bytes > socket->queue_bytes_max ||
        socket->queue_bytes > socket->queue_bytes_max - udp->payload_bytes) {
        socket->dropped++;
        return drop(host, DROP_UDP_QUEUE_FULL);
    }
    struct gather payload;
    gather_slice(packet->bytes, UDP_HEADER_BYTES, udp->payload_bytes, &payload);
    struct udp_datagram *datagram = udp_datagram_make(&host->datagrams, &host->chunks, &payload);
    if (datagram == NULL) {
        socket->dropped++;
        return drop(host, DROP_NO_MEMORY);
    }
    datagram->received_us = now_us;
    datagram->src = packet->src;
    datagram->dst = packet->dst;
    datagram->src_port = udp->src_port;
    datagram->dst_port = udp->dst_port;
    datagram->zone = packet->zone;
    datagram->hop_limit = packet->hop_limit;
    datagram->dont_fragment = packet->dont_fragment;
    list_push_back(&socket->queue, &datagram->link);
    socket->queue_packets++;
    socket->queue_bytes += datagram->len_bytes;
    host->counters.datagrams_in++;
    host->counters.bytes_in += datagram->len_bytes;
    if (host->ops->ready != NULL) host->ops->ready(host, socket);
    return UDP_TAKEN;
}

enum udp_verdict udp_host_input(struct udp_host *host, const struct udp_packet *packet,
                                uint64_t now_us)
{
    struct udp_repr udp;
    const struct gather *bytes = packet->bytes;
    if (bytes->parts == 0 || udp_parse(&udp, bytes->part[0], bytes->len_bytes) != WIRE_OK) {
        return drop(host, DROP_UDP_MALFORMED);
    }
    if (!is_intact(packet, &udp)) return drop(host, DROP_UDP_CHECKSUM);
    const struct udp_tuple tuple = {
        .local = packet->dst,
        .remote = packet->src,
        .local_port = udp.dst_port,
        .remote_port = udp.src_port,
        .zone = packet->zone,
    };
    struct udp_socket *socket = udp_table_match(&host->table, &tuple);
    if (socket == NULL) socket = host->catch_all;
    if (socket == NULL) {
        (void)drop(host, DROP_UDP_NO_SOCKET);
        return UDP_NO_PORT;
    }
    return deliver(host, socket, packet, &udp, now_us);
}

bool udp_host_icmp(struct udp_host *host, const struct udp_icmp *icmp)
{
    struct udp_socket *socket = udp_table_match(&host->table, &icmp->tuple);
    if (socket == NULL) return host->catch_all != NULL;
    if (socket->is_connected && !icmp->is_packet_too_big) {
        socket->error = icmp->error;
        if (host->ops->ready != NULL) host->ops->ready(host, socket);
    }
    return true;
}
