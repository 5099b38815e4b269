/*
 * One side of a talk: an application that sends a keyed pattern, reads what comes and compares it
 * byte for byte, and remembers how it ended.
 */
#ifndef VITRO_TESTS_SIM_PEER_H
#define VITRO_TESTS_SIM_PEER_H

#include "sim_plan.h"

/* How it went. */
struct outcome {
    bool has_opened;   /* a socket was there */
    bool is_connected; /* the handshake was done */
    bool has_shut;     /* sent everything and closed that direction */
    bool has_eof;      /* the peer has finished */
    bool has_aborted;  /* as planned */
    bool gave_up;      /* lost patience */
    bool gave_up_busy; /* although something was unacknowledged and the peer's window open */
    bool is_over;
    int error; /* errno value the socket told, 0: none */
    uint64_t sent, received;
    const char *failure; /* what is plainly wrong, or NULL */
    uint64_t failure_at;
};

struct peer {
    struct sim_host *host;
    const struct plan *plan;
    const struct side_plan *side;
    struct peer *other;
    uint64_t key; /* of the pattern it sends */
    vitro_socket socket;
    uint64_t opened_us, progress_us;
    uint32_t unacked_seen; /* where the stack's sending stood when patience was last asked */
    struct sim_event read_timer, write_timer, watchdog;
    struct outcome outcome;
};

/* Prepares one side; `number` makes its pattern and is the user number of its socket. */
void peer_init(struct peer *peer, struct sim_host *host, const struct plan *plan,
               const struct side_plan *side, struct peer *other, uint64_t number);

/* The side has a socket now, connecting or accepted: begins. */
void peer_begin(struct peer *peer, vitro_socket socket, uint64_t now_us);

/* The side could not even open: how a connect failed. */
void peer_failed(struct peer *peer, int error);

/* The socket is ready for something. */
void peer_ready(struct peer *peer, const struct vitro_ready *ready, uint64_t now_us);

/* Data by the sink callback; returns how much is taken. */
uint32_t peer_sink(struct peer *peer, const struct vitro_span *spans, uint32_t span_count,
                   uint64_t now_us);

#endif
