/*
 * Packets in flight. Most are acknowledgements or full Ethernet frames, so four sizes waste little.
 */
#include "sim/sim_packet.h"

#include <string.h>

/* Room for bytes in an object of each size. */
static uint32_t room_of(uint32_t size)
{
    static const uint32_t room[SIM_STORE_SIZES] = {128, 1664, 9216, SIM_PACKET_BYTES_MAX};
    return room[size];
}

void sim_store_init(struct sim_store *store, uint32_t packets_max)
{
    for (uint32_t size = 0; size < SIM_STORE_SIZES; size++) {
        const uint32_t bytes = (uint32_t)offsetof(struct sim_packet, bytes) + room_of(size);
        pool_init(&store->pool[size], "sim packets", bytes, packets_max);
    }
}

void sim_store_deinit(struct sim_store *store)
{
    for (uint32_t size = 0; size < SIM_STORE_SIZES; size++) pool_deinit(&store->pool[size]);
}

struct sim_packet *sim_packet_get(struct sim_store *store, uint32_t len_bytes)
{
    uint32_t size = 0;
    while (size < SIM_STORE_SIZES && room_of(size) < len_bytes) size++;
    if (size == SIM_STORE_SIZES) return NULL;
    struct sim_packet *packet = pool_get(&store->pool[size]);
    if (packet == NULL) return NULL;
    *packet = (struct sim_packet){.len_bytes = len_bytes, .size = (uint8_t)size};
    list_init(&packet->queued);
    return packet;
}

struct sim_packet *sim_packet_copy(struct sim_store *store, const struct sim_packet *packet)
{
    struct sim_packet *copy = sim_packet_get(store, packet->len_bytes);
    if (copy == NULL) return NULL;
    const uint8_t size = copy->size;
    *copy = *packet;
    copy->size = size;
    list_init(&copy->queued);
    sim_event_init(&copy->event, packet->event.run);
    memcpy(copy->bytes, packet->bytes, packet->len_bytes);
    return copy;
}

void sim_packet_put(struct sim_store *store, struct sim_packet *packet)
{
    ASSERT(!sim_event_is_set(&packet->event) && list_is_empty(&packet->queued));
    pool_put(&store->pool[packet->size], packet);
}

uint32_t sim_store_in_use(const struct sim_store *store)
{
    uint32_t in_use = 0;
    for (uint32_t size = 0; size < SIM_STORE_SIZES; size++) in_use += store->pool[size].in_use;
    return in_use;
}
