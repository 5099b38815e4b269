/*
 * The stack as a machine without I/O: frames in, frames out, a deadline, a tick.
 *
 *     for (;;) {
 *         wait until a frame arrives or vitro_stack_deadline(stack) has come;
 *         vitro_stack_tick(stack, now_us);
 *         vitro_stack_input(stack, interface, &frame, now_us);
 *         while (vitro_ready_next(stack, &ready)) serve(&ready);
 *     }
 *
 * The stack reads no clock: `now_us` counts microseconds from any origin and must never go back. It
 * starts no thread and has no lock: one thread at a time per stack. It allocates nothing per frame.
 *
 * Before input and before any call with `now_us`, run vitro_stack_tick() if the deadline has come:
 * timers are judged at their deadline, not when somebody gets round to them.
 */
#ifndef VITRO_STACK_H
#define VITRO_STACK_H

#include "vitro/config.h"
#include "vitro/event.h"
#include "vitro/export.h"
#include "vitro/frame.h"

VITRO_BEGIN

/*
 * What the stack calls. Each is called from inside a call into the stack and must not call into the
 * same stack again; it may note things down and act when that call has returned. `owner` is the
 * first argument of all.
 */
struct vitro_callbacks {
    void *owner;
    /*
     * A frame leaves by an interface. Everything is read before this returns. `now_us` is when it
     * leaves: in vitro_stack_tick() the deadline that made it leave. NULL: frames vanish.
     */
    void (*output)(void *owner, uint32_t interface, const struct vitro_frame *frame,
                   uint64_t now_us);
    /* Something notable; NULL: nobody watches, which is cheaper. */
    void (*event)(void *owner, const struct vitro_event *event);
    /*
     * In-order data for a socket with VITRO_OPTION_SINK: `len_bytes` in `span_count` spans that
     * lie in the frame being processed. Returns how many bytes were taken, from the front; the rest
     * is queued and read with vitro_tcp_receive() as usual. NULL: no socket can have that option.
     */
    uint32_t (*sink)(void *owner, vitro_socket socket, uint64_t user,
                     const struct vitro_span *spans, uint32_t span_count, uint32_t len_bytes,
                     uint64_t now_us);
};

/*
 * Makes a stack without interfaces. `config` NULL: all defaults, with a secret that all know.
 * NULL: a configuration that cannot work (a limit of 0, an unknown congestion control), or no
 * memory.
 */
VITRO_API VITRO_MUST_USE struct vitro_stack *vitro_stack_create(
    const struct vitro_config *config, const struct vitro_callbacks *callbacks, uint64_t now_us);

/* Frees everything at once and silently: no frame leaves, nothing is called. NULL is ignored. */
VITRO_API void vitro_stack_destroy(struct vitro_stack *stack);

/*
 * Takes a frame that arrived on an interface at `now_us`. Whatever it holds, it is handled or
 * dropped and counted. The frame may be forgotten when this returns.
 */
VITRO_API void vitro_stack_input(struct vitro_stack *stack, uint32_t interface,
                                 const struct vitro_frame *frame, uint64_t now_us);

/*
 * Takes frames that arrived together, at `now_us`, in the order of arrival. TCP segments that
 * continue each other are taken as one, so that their acknowledgements are one, too (RFC 9293
 * MUST-58, MUST-59): several times faster than one by one, where frames come in batches.
 */
VITRO_API void vitro_stack_input_many(struct vitro_stack *stack, uint32_t interface,
                                      const struct vitro_frame *frames, uint32_t count,
                                      uint64_t now_us);

/* When vitro_stack_tick() has to be called, to the microsecond; VITRO_TIME_NEVER: not at all. */
VITRO_API uint64_t vitro_stack_deadline(struct vitro_stack *stack);

/* Runs every timer that is due at `now_us`, each at its own deadline and in order. */
VITRO_API void vitro_stack_tick(struct vitro_stack *stack, uint64_t now_us);

/* Walks all invariants, if the library was built with VITRO_DEBUG; aborts where one is broken. */
VITRO_API void vitro_stack_check(const struct vitro_stack *stack);

VITRO_END

#endif
