/*
 * Two stacks in one process, joined by two rings of frames: what all benchmarks run on.
 *
 * A frame that one stack sends is copied into a ring, as a device would take it, and given to the
 * other stack from there, so every segment and every ACK passes both whole stacks. Time is virtual:
 * it moves by a microsecond per round, so nothing waits; what is measured is the processor.
 */
#ifndef VITRO_BENCH_PAIR_H
#define VITRO_BENCH_PAIR_H

#include <vitro.h>

#define PAIR_RING_BYTES (1u << 20)

struct pair_slot {
    uint32_t len_bytes;
    uint16_t segment_bytes;
    bool checksum_partial;
};

/* Frames on their way in one direction: headers and bytes one behind the other, never wrapped. */
struct pair_ring {
    uint8_t *bytes;
    uint32_t head, tail; /* offsets; head == tail: empty */
    uint32_t lost;       /* frames that found no room */
};

struct pair;

struct pair_end {
    struct pair *pair;
    struct vitro_stack *stack;
    int interface;
    struct pair_ring out;
    uint64_t sunk_bytes; /* taken by the sink callback */
};

struct pair {
    struct pair_end a, b; /* 10.0.0.1 and 10.0.0.2 */
    uint64_t now_us;
};

/* What differs from one benchmark to the next. */
struct pair_options {
    uint32_t mtu_bytes;
    uint32_t super_bytes_max;
    bool checksum_offload;
};

/* Builds both stacks from `config`; exits with a message when that fails. */
void pair_init(struct pair *pair, const struct vitro_config *config,
               const struct pair_options *options);
void pair_deinit(struct pair *pair);

/* Delivers what is on the way, in both directions, until nothing is; then lets a microsecond pass
 * and runs the timers that are due. */
void pair_run(struct pair *pair);
/* The same, and jumps to the next deadline when nothing else is left to do. */
void pair_run_to_deadline(struct pair *pair);

/* b listens on `port`. */
vitro_socket pair_listen(struct pair *pair, uint16_t port, uint32_t backlog);
/* a connects to b, up to both ends being established. */
void pair_connect(struct pair *pair, vitro_socket listener, uint16_t port, vitro_socket *client,
                  vitro_socket *server);

/* Seconds of processor time of this process: it has one thread and never waits, so on an idle core
 * they are wall seconds, and on a busy machine the figures stay the stack's. */
double bench_seconds(void);
/* Stops the program unless `ok`: a benchmark whose calls fail measures nothing. */
void bench_must(bool ok, const char *what);
/* "name value unit", one line. */
void bench_print(const char *name, double value, const char *unit);

#endif
