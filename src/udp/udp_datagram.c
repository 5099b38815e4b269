/*
 * Datagrams in pool memory; see udp_datagram.h.
 */
#include "udp/udp_datagram.h"

_Static_assert((UDP_PAYLOAD_BYTES_MAX - UDP_DATAGRAM_INLINE_BYTES + UDP_CHUNK_BYTES - 1) /
                           UDP_CHUNK_BYTES +
                       1 <=
                   GATHER_PARTS_MAX,
               "the longest datagram fits a gather");

struct udp_datagram *udp_datagram_make(struct pool *datagrams, struct pool *chunks,
                                       const struct gather *payload)
{
    ASSERT(payload->len_bytes <= UDP_PAYLOAD_BYTES_MAX);
    struct udp_datagram *datagram = pool_get(datagrams);
    if (datagram == NULL) return NULL;
    list_init(&datagram->link);
    datagram->chunks = NULL;
    datagram->len_bytes = payload->len_bytes;
    uint32_t copied = gather_copy(payload, 0, datagram->data, UDP_DATAGRAM_INLINE_BYTES);
    struct udp_chunk **tail = &datagram->chunks;
    while (copied < payload->len_bytes) {
        struct udp_chunk *chunk = pool_get(chunks);
        if (chunk == NULL) {
            udp_datagram_free(datagrams, chunks, datagram);
            return NULL;
        }
        chunk->next = NULL;
        *tail = chunk;
        tail = &chunk->next;
        copied += gather_copy(payload, copied, chunk->data, UDP_CHUNK_BYTES);
    }
    return datagram;
}

void udp_datagram_free(struct pool *datagrams, struct pool *chunks, struct udp_datagram *datagram)
{
    struct udp_chunk *chunk = datagram->chunks;
    while (chunk != NULL) {
        struct udp_chunk *next = chunk->next;
        pool_put(chunks, chunk);
        chunk = next;
    }
    pool_put(datagrams, datagram);
}

void udp_datagram_bytes(const struct udp_datagram *datagram, struct gather *bytes)
{
    gather_init(bytes);
    uint32_t left = datagram->len_bytes;
    uint32_t here = u32_min(left, UDP_DATAGRAM_INLINE_BYTES);
    bool fits = gather_add(bytes, span_of(datagram->data, here));
    for (const struct udp_chunk *chunk = datagram->chunks; chunk != NULL; chunk = chunk->next) {
        left -= here;
        here = u32_min(left, UDP_CHUNK_BYTES);
        fits = fits && gather_add(bytes, span_of(chunk->data, here));
    }
    ASSERT(fits);
    (void)fits;
}
