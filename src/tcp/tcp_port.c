/*
 * RFC 6056's double-hash algorithm (3.3.4) with the random steps of its last one (3.3.5).
 *
 *     port = first + (F(local, remote, remote port) + counters[G(the same)]) mod range
 *
 * F spreads the sequences of different destinations over the range, so that nobody learns from the
 * ports of his own connections those of others; each counter serves only the destinations that G
 * sends to it, so the ports of one destination are used up evenly before one comes again soon. The
 * step of a counter is drawn with the same key: its place cannot be told from the last port.
 *
 * The search ends after one walk through the range.
 */
#include "tcp/tcp_port.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "tcp/tcp_isn.h"
#include "tcp/tcp_listen.h"

/* A counter moves on by 1 to this many ports (RFC 6056 3.3.5: N). */
#define PORT_STEP_MAX 16u

/* F in the low half, G in the high half. */
static uint64_t destination_mac(const struct tcp_host *host, const struct tcp_tuple *tuple)
{
    struct tcp_tuple destination = *tuple;
    destination.local_port = 0;
    uint8_t bytes[TCP_TUPLE_BYTES];
    tcp_tuple_bytes(&destination, bytes);
    return hash_sip24(&host->port_key, bytes, sizeof bytes);
}

static uint32_t step_of(const struct tcp_host *host, uint32_t slot, uint32_t counter)
{
    uint8_t bytes[8];
    put_be32(bytes, slot);
    put_be32(bytes + 4, counter);
    return 1 + (uint32_t)(hash_sip24(&host->port_key, bytes, sizeof bytes) % PORT_STEP_MAX);
}

bool tcp_port_is_free(const struct tcp_host *host, const struct tcp_tuple *tuple)
{
    return tcp_table_find(&host->table, tuple) == NULL && tcp_listen_find_port(host, tuple) == NULL;
}

int tcp_port_choose(struct tcp_host *host, struct tcp_tuple *tuple)
{
    const uint32_t first = host->config.ephemeral_port_first;
    const uint32_t range = (uint32_t)host->config.ephemeral_port_last - first + 1;
    const uint64_t mac = destination_mac(host, tuple);
    const uint32_t slot = (uint32_t)(mac >> 32) % TCP_PORT_COUNTERS;
    const uint32_t counter = host->port_counters[slot];
    struct tcp_tuple candidate = *tuple;
    for (uint32_t i = 0; i < range; i++) {
        const uint32_t place = (uint32_t)(((uint64_t)(uint32_t)mac + counter + i) % range);
        candidate.local_port = (uint16_t)(first + place);
        if (!tcp_port_is_free(host, &candidate)) continue;
        host->port_counters[slot] = counter + i + step_of(host, slot, counter + i);
        tuple->local_port = candidate.local_port;
        return 0;
    }
    return EADDRNOTAVAIL;
}
