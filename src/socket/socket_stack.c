/*
 * The stack of the public interface: made and destroyed, fed with frames, and calling back.
 */
#include "socket/socket.h"
#include "socket/socket_config.h"
#include "socket/socket_event.h"

static void on_output(struct stack *stack, uint16_t if_index, const struct frame *frame,
                      uint64_t now_us)
{
    const struct vitro_callbacks *callbacks = &socket_root(stack)->callbacks;
    if (callbacks->output == NULL) return;
    struct vitro_span spans[GATHER_PARTS_MAX];
    const uint32_t count = frame->bytes.parts;
    for (uint32_t i = 0; i < count; i++) {
        spans[i] = (struct vitro_span){frame->bytes.part[i].data, frame->bytes.part[i].len};
    }
    const struct vitro_frame out = {.spans = spans,
                                    .span_count = count,
                                    .len_bytes = frame->bytes.len_bytes,
                                    .segment_bytes = frame->segment_bytes,
                                    .checksum_partial = frame->checksum_partial};
    callbacks->output(callbacks->owner, if_index, &out, now_us);
}

static void on_event(struct stack *stack, const struct tcp_event *event, uint16_t if_index)
{
    const struct vitro_callbacks *callbacks = &socket_root(stack)->callbacks;
    struct vitro_event out;
    socket_event_out(event, if_index, &out);
    callbacks->event(callbacks->owner, &out);
}

static void on_tcp_ready(struct stack *stack, struct tcp_conn *conn)
{
    if (conn->owner != 0) socket_mark(socket_root(stack), socket_of_owner(conn->owner));
}

static void on_listener_ready(struct stack *stack, struct tcp_listener *listener)
{
    if (listener->owner != 0) socket_mark(socket_root(stack), socket_of_owner(listener->owner));
}

static uint32_t on_sink(struct stack *stack, struct tcp_conn *conn, const struct gather *payload,
                        uint64_t now_us)
{
    const struct vitro_callbacks *callbacks = &socket_root(stack)->callbacks;
    if (callbacks->sink == NULL || conn->owner == 0) return 0;
    const struct socket *s = socket_of_owner(conn->owner);
    struct vitro_span spans[GATHER_PARTS_MAX];
    for (uint32_t i = 0; i < payload->parts; i++) {
        spans[i] = (struct vitro_span){payload->part[i].data, payload->part[i].len};
    }
    return callbacks->sink(callbacks->owner, socket_handle(s), s->user, spans, payload->parts,
                           payload->len_bytes, now_us);
}

static void on_udp_ready(struct stack *stack, struct udp_socket *udp)
{
    if (udp->owner != NULL) socket_mark(socket_root(stack), udp->owner);
}

static void on_ping_ready(struct stack *stack, struct stack_ping *ping)
{
    if (ping->owner != NULL) socket_mark(socket_root(stack), ping->owner);
}

const struct stack_ops *socket_stack_ops(bool has_events)
{
    static const struct stack_ops watched = {
        .output = on_output,
        .event = on_event,
        .tcp_ready = on_tcp_ready,
        .listener_ready = on_listener_ready,
        .sink = on_sink,
        .udp_ready = on_udp_ready,
        .ping_ready = on_ping_ready,
    };
    static const struct stack_ops unwatched = {
        .output = on_output,
        .tcp_ready = on_tcp_ready,
        .listener_ready = on_listener_ready,
        .sink = on_sink,
        .udp_ready = on_udp_ready,
        .ping_ready = on_ping_ready,
    };
    return has_events ? &watched : &unwatched;
}

struct vitro_stack *vitro_stack_create(const struct vitro_config *config,
                                       const struct vitro_callbacks *callbacks, uint64_t now_us)
{
    struct vitro_config defaults;
    struct stack_config inner;
    if (config == NULL) {
        vitro_config_default(&defaults);
        config = &defaults;
    }
    if (socket_config_in(config, &inner) != 0) return NULL;
    struct vitro_stack *stack = mem_get(sizeof *stack);
    if (stack == NULL) return NULL;
    if (callbacks != NULL) stack->callbacks = *callbacks;
    const struct stack_ops *ops = socket_stack_ops(stack->callbacks.event != NULL);
    if (stack_init(&stack->stack, &inner, ops, now_us) != 0) {
        mem_put(stack);
        return NULL;
    }
    socket_table_init(&stack->sockets, config->sockets_max);
    pool_init(&stack->drafts, "drafts", sizeof(struct socket_draft), config->sockets_max);
    return stack;
}

void vitro_stack_destroy(struct vitro_stack *stack)
{
    if (stack == NULL) return;
    stack_deinit(&stack->stack);
    pool_deinit(&stack->drafts);
    socket_table_deinit(&stack->sockets);
    mem_put(stack);
}

/* The owner's frame as the stack's; false, and counted, if it has too many pieces. */
static bool frame_from_owner(struct vitro_stack *stack, const struct vitro_frame *frame,
                             struct frame *in, uint64_t now_us)
{
    frame_init(in);
    in->segment_bytes = frame->segment_bytes;
    in->checksum_partial = frame->checksum_partial;
    for (uint32_t i = 0; i < frame->span_count; i++) {
        if (!gather_add(&in->bytes, span_of(frame->spans[i].data, frame->spans[i].len))) {
            stack_at(&stack->stack, now_us);
            stack_drop(&stack->stack, NULL, DROP_IP_TOO_BIG);
            return false;
        }
    }
    return true;
}

void vitro_stack_input(struct vitro_stack *stack, uint32_t interface,
                       const struct vitro_frame *frame, uint64_t now_us)
{
    struct frame in;
    if (!frame_from_owner(stack, frame, &in, now_us)) return;
    stack_input(&stack->stack, interface, &in, now_us);
}

void vitro_stack_input_many(struct vitro_stack *stack, uint32_t interface,
                            const struct vitro_frame *frames, uint32_t count, uint64_t now_us)
{
    struct stack_batch batch;
    struct frame in;
    stack_batch_begin(&stack->stack, &batch, interface);
    for (uint32_t i = 0; i < count; i++) {
        if (frame_from_owner(stack, &frames[i], &in, now_us))
            stack_batch_add(&stack->stack, &batch, &in, now_us);
    }
    stack_batch_end(&stack->stack, &batch, now_us);
}

uint64_t vitro_stack_deadline(struct vitro_stack *stack) { return stack_deadline(&stack->stack); }

void vitro_stack_tick(struct vitro_stack *stack, uint64_t now_us)
{
    stack_tick(&stack->stack, now_us);
}

void vitro_stack_check(const struct vitro_stack *stack) { stack_check(&stack->stack); }
