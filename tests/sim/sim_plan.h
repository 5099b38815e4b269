/*
 * A random network as numbers: what one seed means, decided before anything runs.
 */
#ifndef VITRO_TESTS_SIM_PLAN_H
#define VITRO_TESTS_SIM_PLAN_H

#include "base/text.h"
#include "sim/sim_net.h"

#define TALKS_MAX   8
#define NEVER_BYTES UINT64_MAX

/* What two applications have with each other. */
enum talk_kind {
    TALK_NORMAL,    /* a client connects to a listener */
    TALK_BOTH_OPEN, /* both connect, at once, to each other */
    TALK_REFUSED,   /* nobody listens there */
    TALK_NOBODY,    /* there is no such host */
};

/* What one side of a talk does. */
struct side_plan {
    uint64_t bytes;          /* it sends */
    uint32_t write_bytes;    /* at a time, at most */
    uint64_t write_pause_us; /* between two writes */
    uint32_t read_bytes;     /* at a time, at most */
    uint64_t read_pause_us;  /* between two reads: a slow reader */
    uint64_t read_from_us;   /* sleeps so long after opening: a zero window */
    uint64_t abort_at;       /* aborts when so many bytes went through it; NEVER_BYTES */
    bool answers;            /* sends only when the peer has finished: half-close */
    bool closes_early;       /* closes after its last byte instead of shutting one direction */
    bool in_place;           /* reserve and commit, peek and consume */
    bool sinks;              /* takes data by the sink callback where it can */
    bool nodelay;
};

struct talk_plan {
    enum talk_kind kind;
    enum sim_end client; /* who connects; of TALK_BOTH_OPEN, side 0 */
    uint64_t start_us;
    struct side_plan side[2]; /* 0: client, 1: server */
};

struct plan {
    uint64_t seed;
    bool is_v4;
    struct sim_net_config net;
    uint32_t backlog;
    uint32_t talk_count;
    struct talk_plan talk[TALKS_MAX];
    uint64_t patience_us; /* an application gives up after so long without any progress */
    bool is_strict;       /* a network on which everything has to work */
    bool is_perfect;      /* and where nothing is ever lost, late or waiting in a queue */
    bool has_cookies;     /* the SYN cache is small, so cookies may be used */
};

/* Makes the plan of a seed. */
void plan_make(struct plan *plan, uint64_t seed);

/* Writes it in a few lines. */
void plan_format(const struct plan *plan, struct text *text);

#endif
