/*
 * Two hosts and a wire, stepped.
 *
 * At equal times a stack's own timers come before what arrives: a stack must have ticked before it
 * takes input (vitro/stack.h). Host A comes before host B. With the clock's order of events this
 * makes every run of the same net the same.
 */
#include "sim/sim_net.h"

#include "base/hash.h"
#include "base/pool.h"

static void net_deliver(void *owner, enum sim_end to, const struct frame *frame, uint64_t now_us)
{
    struct sim_net *net = owner;
    struct sim_host *host = &net->host[to];
    struct vitro_span spans[GATHER_PARTS_MAX];
    for (uint32_t i = 0; i < frame->bytes.parts; i++) {
        const struct span part = frame->bytes.part[i];
        spans[i] = (struct vitro_span){.data = part.data, .len = part.len};
    }
    const struct vitro_frame in = {
        .spans = spans,
        .span_count = frame->bytes.parts,
        .len_bytes = frame->bytes.len_bytes,
        .segment_bytes = frame->segment_bytes,
        .checksum_partial = frame->checksum_partial,
    };
    vitro_stack_input(host->stack, host->interface, &in, now_us);
}

static void host_output(void *owner, uint32_t interface, const struct vitro_frame *out,
                        uint64_t now_us)
{
    struct sim_host *host = owner;
    struct frame frame;
    frame_init(&frame);
    ASSERT(interface == host->interface && now_us <= sim_net_now(host->net));
    (void)interface;
    (void)now_us;
    for (uint32_t i = 0; i < out->span_count; i++) {
        const bool has_room =
            gather_add(&frame.bytes, span_of(out->spans[i].data, out->spans[i].len));
        ASSERT(has_room);
        (void)has_room;
    }
    frame.segment_bytes = out->segment_bytes;
    frame.checksum_partial = out->checksum_partial;
    sim_wire_send(&host->net->wire, host->end, &frame);
}

static void host_event(void *owner, const struct vitro_event *event)
{
    struct sim_host *host = owner;
    if (host->on_event != NULL) host->on_event(host, event);
}

static uint32_t host_sink(void *owner, vitro_socket socket, uint64_t user,
                          const struct vitro_span *spans, uint32_t span_count, uint32_t len_bytes,
                          uint64_t now_us)
{
    struct sim_host *host = owner;
    (void)socket;
    if (host->on_sink == NULL) return 0;
    return host->on_sink(host, user, spans, span_count, len_bytes, now_us);
}

void sim_net_config_default(struct sim_net_config *config, uint64_t seed)
{
    *config = (struct sim_net_config){.start_us = 1000000};
    config->wire.seed = seed;
    config->wire.link = FRAME_LINK_IP;
    for (int end = 0; end < SIM_ENDS; end++) {
        struct sim_host_config *host = &config->host[end];
        const uint8_t ip6[16] = {0xfd, [15] = (uint8_t)(end + 1)};
        vitro_config_default(&host->stack);
        host->interface = vitro_interface_default(NULL);
        host->ip4 = vitro_ip_v4(10, 0, 0, (uint8_t)(end + 1));
        host->ip6 = vitro_ip_v6(ip6);
        host->ip4_bits = 24;
        host->ip6_bits = 64;
    }
}

void sim_net_config_ethernet(struct sim_net_config *config)
{
    config->wire.link = FRAME_LINK_ETHERNET;
    for (int end = 0; end < SIM_ENDS; end++) {
        struct vitro_interface_config *interface = &config->host[end].interface;
        interface->link = VITRO_LINK_ETHERNET;
        const uint8_t mac[6] = {0x02, 0, 0, 0, 0, (uint8_t)(end + 1)};
        for (size_t i = 0; i < sizeof mac; i++) interface->mac[i] = mac[i];
    }
}

struct vitro_ip sim_host_ip(const struct sim_net_config *config, enum sim_end end, bool is_v4)
{
    return is_v4 ? config->host[end].ip4 : config->host[end].ip6;
}

static bool is_none(const struct vitro_ip *ip)
{
    const struct vitro_ip none = {{0}};
    return vitro_ip_equal(ip, &none);
}

/* Gives the interface one address, and everything beyond it to the link: there is one neighbour. */
static bool host_address(struct sim_host *host, const struct vitro_ip *ip, uint8_t bits,
                         uint64_t now_us)
{
    if (is_none(ip)) return true;
    return vitro_address_add(host->stack, host->interface, ip, bits, now_us) == 0;
}

static bool host_create(struct sim_host *host, const struct sim_host_config *config, uint64_t seed,
                        uint64_t now_us)
{
    const struct vitro_callbacks callbacks = {
        .owner = host,
        .output = host_output,
        .event = host_event,
        .sink = host_sink,
    };
    struct vitro_config stack = config->stack;
    vitro_config_seed(&stack, hash_mix64(seed * 2 + (uint64_t)host->end + 1));
    host->stack = vitro_stack_create(&stack, &callbacks, now_us);
    if (host->stack == NULL) return false;
    const int interface = vitro_interface_add(host->stack, &config->interface, now_us);
    if (interface < 0) return false;
    host->interface = (uint32_t)interface;
    return host_address(host, &config->ip4, config->ip4_bits, now_us) &&
           host_address(host, &config->ip6, config->ip6_bits, now_us);
}

struct sim_net *sim_net_create(const struct sim_net_config *config)
{
    struct sim_net *net = mem_get(sizeof *net);
    if (net == NULL) return NULL;
    net->checks = true;
    sim_clock_init(&net->clock, config->start_us);
    sim_wire_init(&net->wire, &net->clock, &config->wire, net, net_deliver);
    for (int end = 0; end < SIM_ENDS; end++) {
        struct sim_host *host = &net->host[end];
        host->net = net;
        host->end = (enum sim_end)end;
        if (host_create(host, &config->host[end], config->wire.seed, config->start_us)) continue;
        sim_net_destroy(net);
        return NULL;
    }
    return net;
}

void sim_net_destroy(struct sim_net *net)
{
    if (net == NULL) return;
    vitro_stack_destroy(net->host[SIM_A].stack);
    vitro_stack_destroy(net->host[SIM_B].stack);
    sim_wire_deinit(&net->wire);
    mem_put(net);
}

uint64_t sim_net_next(struct sim_net *net)
{
    const uint64_t stacks_us = u64_min(vitro_stack_deadline(net->host[SIM_A].stack),
                                       vitro_stack_deadline(net->host[SIM_B].stack));
    const uint64_t next_us = u64_min(stacks_us, sim_clock_next(&net->clock));
    return next_us == TIME_NEVER ? TIME_NEVER : u64_max(next_us, sim_net_now(net));
}

/* Runs the timers of the first stack that has some due; false: none has. */
static bool tick_one(struct sim_net *net, uint64_t now_us)
{
    for (int end = 0; end < SIM_ENDS; end++) {
        struct vitro_stack *stack = net->host[end].stack;
        if (vitro_stack_deadline(stack) > now_us) continue;
        vitro_stack_tick(stack, now_us);
        return true;
    }
    return false;
}

void sim_net_serve(struct sim_net *net)
{
    bool again;
    do {
        again = false;
        for (int end = 0; end < SIM_ENDS; end++) {
            struct sim_host *host = &net->host[end];
            struct vitro_ready ready;
            while (vitro_ready_next(host->stack, &ready)) {
                again = true;
                if (host->on_ready != NULL) host->on_ready(host, &ready, sim_net_now(net));
            }
        }
    } while (again);
}

bool sim_net_step(struct sim_net *net)
{
    const uint64_t at_us = sim_net_next(net);
    if (at_us == TIME_NEVER) return false;
    sim_clock_advance(&net->clock, at_us);
    if (!tick_one(net, at_us)) (void)!sim_clock_run_one(&net->clock);
    net->steps++;
    sim_net_serve(net);
    if (net->checks) {
        vitro_stack_check(net->host[SIM_A].stack);
        vitro_stack_check(net->host[SIM_B].stack);
    }
    return true;
}

void sim_net_run(struct sim_net *net, uint64_t until_us)
{
    for (uint64_t at_us = sim_net_next(net); at_us <= until_us && at_us != TIME_NEVER;
         at_us = sim_net_next(net)) {
        (void)sim_net_step(net);
    }
    if (until_us != TIME_NEVER) sim_clock_advance(&net->clock, until_us);
}
