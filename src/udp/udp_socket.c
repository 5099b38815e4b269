/*
 * UDP sockets; see udp_socket.h.
 *
 * A bound socket is in the host's table exactly once, under its tuple; retuple() moves it.
 * Ephemeral ports are drawn at random for each bind (RFC 6056 3.3.1): the stream of a keyed hash
 * over a counter, which nobody outside can continue.
 */
#include "udp/udp_socket.h"

#include <errno.h>

#include "udp/udp_host.h"
#include "wire/checksum.h"
#include "wire/ip_proto.h"
#include "wire/udp.h"

enum {
    PAYLOAD_PARTS_MAX = GATHER_PARTS_MAX - 2, /* UDP and IP put a header before them */
    PAYLOAD_V4_BYTES_MAX = 65535 - 20 - UDP_HEADER_BYTES,
};

struct udp_socket *udp_socket_open(struct udp_host *host)
{
    struct udp_socket *socket = pool_get(&host->socket_pool);
    if (socket == NULL) return NULL;
    *socket = (struct udp_socket){
        .queue_packets_max = host->config.queue_packets_max,
        .queue_bytes_max = host->config.queue_bytes_max,
        .may_fragment = true,
    };
    list_init(&socket->queue);
    list_push_back(&host->sockets, &socket->link);
    return socket;
}

/* Takes a socket out of whatever finds it. */
static void unbind(struct udp_host *host, struct udp_socket *socket)
{
    if (socket->is_catch_all) {
        host->catch_all = NULL;
    } else if (socket->is_bound) {
        udp_table_remove(&host->table, socket);
    }
}

void udp_socket_close(struct udp_host *host, struct udp_socket *socket)
{
    unbind(host, socket);
    while (socket->queue_packets > 0) udp_socket_discard(host, socket);
    list_remove(&socket->link);
    pool_put(&host->socket_pool, socket);
}

/* Enters a socket under another tuple. */
static void retuple(struct udp_host *host, struct udp_socket *socket, const struct udp_tuple *tuple)
{
    if (socket->is_bound) udp_table_remove(&host->table, socket);
    socket->tuple = *tuple;
    socket->is_bound = true;
    udp_table_add(&host->table, socket);
}

/* Sets a free ephemeral port in `tuple`; false when there is none. */
static bool choose_port(struct udp_host *host, struct udp_tuple *tuple, bool is_v6_only)
{
    const uint32_t first = host->config.ephemeral_port_first;
    const uint32_t count = host->config.ephemeral_port_last - first + 1;
    const uint64_t draw = host->ports_drawn++;
    const uint64_t start = hash_sip24(&host->port_key, &draw, sizeof draw);
    for (uint32_t i = 0; i < count; i++) {
        tuple->local_port = (uint16_t)(first + (start + i) % count);
        if (udp_table_is_free(&host->table, tuple, is_v6_only)) return true;
    }
    return false;
}

int udp_socket_bind(struct udp_host *host, struct udp_socket *socket, const struct ip_addr *local,
                    uint16_t port, uint16_t zone)
{
    if (socket->is_bound) return EINVAL;
    struct udp_tuple tuple = {.local = *local, .local_port = port};
    if (!ip_addr_is_unspecified(local)) tuple.zone = zone;
    const bool is_free = port != 0 ? udp_table_is_free(&host->table, &tuple, socket->is_v6_only)
                                   : choose_port(host, &tuple, socket->is_v6_only);
    if (!is_free) return EADDRINUSE;
    retuple(host, socket, &tuple);
    return 0;
}

int udp_socket_bind_any(struct udp_host *host, struct udp_socket *socket)
{
    if (socket->is_bound) return EINVAL;
    if (host->catch_all != NULL) return EADDRINUSE;
    socket->is_bound = true;
    socket->is_catch_all = true;
    host->catch_all = socket;
    return 0;
}

/* Whether a socket with this local address may speak the version of `remote`. */
static bool version_fits(const struct udp_socket *socket, const struct ip_addr *remote)
{
    const struct ip_addr *local = &socket->tuple.local;
    if (ip_addr_is_v4(local) == ip_addr_is_v4(remote)) return true;
    /* The wildcard of both versions, which an unbound socket has too. */
    return !ip_addr_is_v4(local) && ip_addr_is_unspecified(local) && !socket->is_v6_only;
}

int udp_socket_connect(struct udp_host *host, struct udp_socket *socket,
                       const struct ip_addr *remote, uint16_t port, uint16_t zone)
{
    if (port == 0 || ip_addr_is_unspecified(remote) || socket->is_catch_all ||
        !version_fits(socket, remote)) {
        return EINVAL;
    }
    struct udp_tuple tuple = {
        .local = socket->tuple.local,
        .remote = *remote,
        .local_port = socket->tuple.local_port,
        .remote_port = port,
        .zone = zone,
    };
    if (ip_addr_is_unspecified(&tuple.local)) {
        const int error = host->ops->source(host, remote, zone, &tuple.local);
        if (error != 0) return error;
    }
    if (tuple.local_port == 0) {
        if (!choose_port(host, &tuple, socket->is_v6_only)) return EADDRINUSE;
    } else {
        const struct udp_socket *other = udp_table_find(&host->table, &tuple);
        if (other == socket) return 0; /* the same peer again */
        if (other != NULL) return EADDRINUSE;
    }
    retuple(host, socket, &tuple);
    socket->is_connected = true;
    return 0;
}

int udp_socket_disconnect(struct udp_host *host, struct udp_socket *socket)
{
    if (!socket->is_connected) return EINVAL;
    const struct udp_tuple tuple = {
        .local = socket->tuple.local,
        .local_port = socket->tuple.local_port,
        .zone = socket->tuple.zone,
    };
    if (!udp_table_is_free(&host->table, &tuple, socket->is_v6_only)) return EADDRINUSE;
    retuple(host, socket, &tuple);
    socket->is_connected = false;
    return 0;
}

/* Both ends of a datagram to be sent, from what is asked and what the socket has. */
static int choose_ends(struct udp_host *host, const struct udp_socket *socket,
                       const struct udp_send *send, struct udp_tuple *ends)
{
    const struct udp_tuple *own = &socket->tuple;
    const bool to_peer = ip_addr_is_unspecified(&send->dst);
    *ends = (struct udp_tuple){
        .local = ip_addr_is_unspecified(&send->src) ? own->local : send->src,
        .remote = to_peer ? own->remote : send->dst,
        .local_port = send->src_port != 0 ? send->src_port : own->local_port,
        .remote_port = send->dst_port != 0 ? send->dst_port : own->remote_port,
        .zone = send->zone != 0 ? send->zone : own->zone,
    };
    if (to_peer && !socket->is_connected) return EDESTADDRREQ;
    if (ends->remote_port == 0) return EDESTADDRREQ;
    if (ends->local_port == 0) return EINVAL; /* the catch-all must say from where */
    if (ends->local_port != own->local_port && !socket->is_catch_all) return EINVAL;
    if (!version_fits(socket, &ends->remote)) return EINVAL;
    if (!ip_addr_is_unspecified(&ends->local)) {
        return ip_addr_is_v4(&ends->local) == ip_addr_is_v4(&ends->remote) ? 0 : EINVAL;
    }
    return host->ops->source(host, &ends->remote, ends->zone, &ends->local);
}

/* Hands a datagram between `ends` down, with its header in front. */
static int emit(struct udp_host *host, const struct udp_socket *socket,
                const struct udp_tuple *ends, const struct gather *payload, uint64_t now_us)
{
    const uint32_t len = UDP_HEADER_BYTES + payload->len_bytes;
    const struct udp_repr udp = {
        .src_port = ends->local_port,
        .dst_port = ends->remote_port,
        .payload_bytes = (uint16_t)payload->len_bytes,
    };
    uint8_t header[UDP_HEADER_BYTES];
    udp_emit(&udp, span_mut_of(header, sizeof header));
    uint32_t sum = checksum_pseudo(&ends->local, &ends->remote, IP_PROTO_UDP, len);
    sum = checksum_add(sum, span_of(header, sizeof header));
    sum = checksum_gather(sum, payload, 0, payload->len_bytes);
    put_be16(header + 6, udp_checksum_nonzero(checksum_finish(sum)));

    struct gather bytes;
    gather_init(&bytes);
    bool fits = gather_add(&bytes, span_of(header, sizeof header));
    for (uint32_t i = 0; i < payload->parts; i++) {
        fits = fits && gather_add(&bytes, payload->part[i]);
    }
    ASSERT(fits);
    (void)fits;
    const struct udp_outgoing outgoing = {
        .src = ends->local,
        .dst = ends->remote,
        .zone = ends->zone,
        .hop_limit = socket->hop_limit,
        .traffic_class = socket->traffic_class,
        .may_fragment = socket->may_fragment,
        .bytes = &bytes,
    };
    return host->ops->output(host, &outgoing, now_us);
}

int udp_socket_send(struct udp_host *host, struct udp_socket *socket, const struct udp_send *send,
                    uint64_t now_us)
{
    const int pending = udp_socket_take_error(socket);
    if (pending != 0) return pending;
    if (!socket->is_bound) {
        const int error = udp_socket_bind(host, socket, &socket->tuple.local, 0, 0);
        if (error != 0) return error;
    }
    struct udp_tuple ends;
    int error = choose_ends(host, socket, send, &ends);
    if (error != 0) return error;

    struct gather nothing;
    gather_init(&nothing);
    const struct gather *payload = send->payload != NULL ? send->payload : &nothing;
    const uint32_t bytes_max =
        ip_addr_is_v4(&ends.remote) ? PAYLOAD_V4_BYTES_MAX : UDP_PAYLOAD_BYTES_MAX;
    if (payload->len_bytes > bytes_max) return EMSGSIZE;
    if (payload->parts > PAYLOAD_PARTS_MAX) return EINVAL;
    error = emit(host, socket, &ends, payload, now_us);
    if (error != 0) return error;
    host->counters.datagrams_out++;
    host->counters.bytes_out += payload->len_bytes;
    return 0;
}

struct udp_datagram *udp_socket_peek(const struct udp_socket *socket)
{
    struct list *link = list_first(&socket->queue);
    return link != NULL ? CONTAINER_OF(link, struct udp_datagram, link) : NULL;
}

void udp_socket_discard(struct udp_host *host, struct udp_socket *socket)
{
    struct udp_datagram *datagram = udp_socket_peek(socket);
    ASSERT(datagram != NULL);
    list_remove(&datagram->link);
    socket->queue_packets--;
    socket->queue_bytes -= datagram->len_bytes;
    udp_datagram_free(&host->datagrams, &host->chunks, datagram);
}

int udp_socket_take_error(struct udp_socket *socket)
{
    const int error = socket->error;
    socket->error = 0;
    return error;
}

uint32_t udp_socket_readiness(const struct udp_socket *socket)
{
    uint32_t ready = UDP_WRITABLE;
    if (socket->queue_packets > 0) ready |= UDP_READABLE;
    if (socket->error != 0) ready |= UDP_ERROR | UDP_READABLE;
    return ready;
}
