/*
 * The simulated network of an example, and a look at its wire.
 *
 * Each packet is printed when it goes onto the wire, as `tcpdump -n` prints it. Behind those that
 * will not arrive, or not as they are, stands what happens to them.
 */
#ifndef VITRO_EXAMPLES_NETWORK_H
#define VITRO_EXAMPLES_NETWORK_H

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "observe/print.h"
#include "sim/sim_net.h"

/* Somebody who prints what passes a wire. */
struct print_wire {
    struct sim_watch watch;
    struct print print;
    uint64_t packets;
};

/* What the wire calls when it carries a packet. */
static inline void print_wire_seen(struct sim_watch *watch, const struct sim_sighting *seen)
{
    struct print_wire *p = CONTAINER_OF(watch, struct print_wire, watch);
    if (seen->point != SIM_AT_SENDER) return; /* what arrives was printed when it left */
    const struct print_packet_info info = {
        .link_type = seen->link == FRAME_LINK_ETHERNET ? PRINT_LINK_ETHERNET : PRINT_LINK_RAW,
        .wire_bytes = (uint32_t)seen->bytes.len,
        .time_s = seen->now_us / 1000000,
        .time_ns = (uint32_t)(seen->now_us % 1000000) * 1000,
    };
    char line[1024], faults[SIM_RULE_TEXT_MAX];
    struct text text;
    text_init(&text, line, sizeof line);
    print_packet(&p->print, &info, seen->bytes, &text);
    const bool is_struck = sim_sighting_format(seen, faults, sizeof faults) > 0;
    printf("%.*s%s%s\n", (int)strcspn(line, "\n"), line, is_struck ? "  <- " : "",
           is_struck ? faults : "");
    p->packets++;
}

/* Begins to print what passes the wire; false: no memory. */
static inline bool print_wire_begin(struct print_wire *p, struct sim_wire *wire)
{
    const struct print_options options = {.time = PRINT_TIME_OF_DAY};
    if (!print_init(&p->print, &options)) return false;
    p->packets = 0;
    sim_wire_watch(wire, &p->watch, print_wire_seen);
    return true;
}

/* Prints no more. */
static inline void print_wire_end(struct print_wire *p)
{
    sim_wire_unwatch(&p->watch);
    print_deinit(&p->print);
}

/* A checksum that tells one run of bytes from another. */
static inline uint64_t checksum(const uint8_t *bytes, size_t len)
{
    const struct hash_key key = {0, 0};
    return hash_sip13(&key, bytes, len);
}

/* Two hosts whose clocks begin at 0, on a wire with the same delay and loss both ways; or NULL. */
static inline struct sim_net *network_create(uint64_t seed, uint64_t delay_us, uint64_t loss_ppm)
{
    struct sim_net_config config;
    sim_net_config_default(&config, seed);
    config.start_us = 0;
    for (int from = 0; from < SIM_ENDS; from++) {
        config.wire.way[from].delay_us = delay_us;
        config.wire.way[from].chances.loss_ppm = (uint32_t)loss_ppm;
    }
    return sim_net_create(&config);
}

#endif
