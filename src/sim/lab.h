/*
 * Scenes of the laboratory: two whole stacks on the simulated wire, with an application each that
 * follows a script.
 *
 *     lab_config_default(&config, scene, is_v6);
 *     ... change what the user wants otherwise ...
 *     struct lab *lab = lab_create(scene, &config, &watcher);
 *     while (lab_step(lab)) {}
 *     lab_report(lab, &report);
 *     lab_destroy(lab);
 *
 * The client is host A, the server host B. The watcher is told of every packet at both sides of the
 * wire with what is notable about it, which the stacks' events and the wire's faults say. There are
 * no words here: those are the program's.
 */
#ifndef VITRO_SIM_LAB_H
#define VITRO_SIM_LAB_H

#include "sim/sim_net.h"

/* What is notable about a packet, in the order of telling: what it is, what befalls it on its way,
 * what comes of it. Their texts are in cli/words_lab.c. */
#define LAB_NOTES(X)                                                                               \
    X(SYN)                                                                                         \
    X(SYN_ACK)                                                                                     \
    X(OPEN)                                                                                        \
    X(REFUSED)                                                                                     \
    X(FIN)                                                                                         \
    X(RST)                                                                                         \
    X(NO_CONN)                                                                                     \
    X(RESENT_SYN)                                                                                  \
    X(RESENT_ANSWER)                                                                               \
    X(RESENT_FAST)                                                                                 \
    X(RESENT_TIMEOUT)                                                                              \
    X(RESENT_PMTU)                                                                                 \
    X(RESENT_WINDOW)                                                                               \
    X(DSACK)                                                                                       \
    X(REPORTS_HOLE)                                                                                \
    X(FIN_ACK)                                                                                     \
    X(ACK_WAITED)                                                                                  \
    X(ACK_RIDES)                                                                                   \
    X(ZERO_WINDOW)                                                                                 \
    X(WINDOW_UPDATE)                                                                               \
    X(PROBE)                                                                                       \
    X(FILLS)                                                                                       \
    X(KEEPALIVE)                                                                                   \
    X(ROUTER)                                                                                      \
    X(COOKIE)                                                                                      \
    X(SPOOFED)                                                                                     \
    X(LOST)                                                                                        \
    X(TOO_BIG)                                                                                     \
    X(DUPLICATED)                                                                                  \
    X(CORRUPTED)                                                                                   \
    X(REORDERED)                                                                                   \
    X(DELAYED)                                                                                     \
    X(HOLE)                                                                                        \
    X(OLD)                                                                                         \
    X(BAD_CHECKSUM)                                                                                \
    X(PMTU)                                                                                        \
    X(RECOVERY)                                                                                    \
    X(SPURIOUS)                                                                                    \
    X(CWND)

enum lab_note {
#define LAB_NOTE_ENUM(name) LAB_NOTE_##name,
    LAB_NOTES(LAB_NOTE_ENUM)
#undef LAB_NOTE_ENUM
        LAB_NOTE_COUNT,
};

/* A bit for a set of notes. */
#define LAB_NOTE_BIT(name) (UINT64_C(1) << LAB_NOTE_##name)

/* What an application does next. */
enum lab_op {
    LAB_DONE,        /* nothing more; the socket stays open */
    LAB_CONNECT,     /* and wait until it is open */
    LAB_WAIT,        /* `amount` microseconds */
    LAB_SEND,        /* `text`, or `amount` bytes of data, or with LAB_SIZE what the user asked */
    LAB_RECEIVE,     /* until `amount` bytes have come */
    LAB_RECEIVE_END, /* until the peer has finished sending */
    LAB_SHUT_SEND,   /* FIN, and go on receiving */
    LAB_CLOSE,
    LAB_ABORT,      /* RST */
    LAB_LISTEN_OFF, /* a server that does not listen */
};

#define LAB_SIZE UINT64_MAX

struct lab_act {
    enum lab_op op;
    uint64_t amount;
    const char *text;
};

#define LAB_RULES_MAX 16
#define LAB_LIMIT_US  (UINT64_C(24) * 3600 * 1000000) /* no scene takes longer */

struct lab_config {
    struct sim_net_config net;
    uint32_t rule_count;
    struct sim_rule rule[LAB_RULES_MAX];
    bool is_v6;
    uint64_t size_bytes; /* of LAB_SEND with LAB_SIZE */
    const uint8_t *data; /* what that sends; NULL: a pattern */
    uint32_t backlog;    /* of the listener */
    uint32_t flood_syns; /* SYNs from addresses where nobody is */
    uint64_t flood_every_us;
};

struct lab_scene {
    const char *name;
    uint16_t port;        /* the server's */
    uint16_t client_port; /* 0: any; else both ends connect at the same time */
    bool shows_cwnd;      /* note the sender's congestion window as it moves */
    const struct lab_act *client, *server;
    const char *rules[3];                      /* exact faults (sim_fault.h) */
    void (*adjust)(struct lab_config *config); /* or NULL: the wire and the stacks are ordinary */
};

/* A packet as it passes one side of the wire. */
struct lab_sight {
    uint64_t now_us;   /* since the scene began */
    enum sim_end side; /* the client's or the server's side of the wire */
    enum sim_end from;
    struct span bytes;                   /* an IP packet */
    uint64_t notes;                      /* a bit for each enum lab_note */
    uint32_t cwnd_bytes, ssthresh_bytes; /* with LAB_NOTE_CWND */
    bool is_recovering;
    enum vitro_tcp_state state[SIM_ENDS]; /* after it */
};

struct lab_watcher {
    void *owner;
    void (*seen)(void *owner, const struct lab_sight *sight);
};

/* What came of an application. */
struct lab_fate {
    bool was_open, saw_end;
    bool is_absent;   /* a server that does not listen */
    int error;        /* what it was told: 0, or a negative errno value */
    uint64_t told_us; /* and when, since the scene began */
    uint64_t sent_bytes, received_bytes;
};

struct lab_report {
    uint64_t last_us; /* when the last packet was seen, or an application told */
    bool is_stopped;  /* after LAB_LIMIT_US; more would have happened */
    uint64_t segments, payload_bytes, wire_bytes, retransmits;
    struct lab_fate fate[SIM_ENDS];
    enum vitro_tcp_state state[SIM_ENDS];
};

struct lab;

/* All scenes, in the order of a course; NULL ends the list. */
extern const struct lab_scene *const lab_scenes[];

/* The scene of that name, or NULL. */
const struct lab_scene *lab_scene_find(const char *name);

/* Whether an application of the scene sends as much as the user wants (LAB_SIZE). */
bool lab_scene_takes_size(const struct lab_scene *scene);

/* The scene's own settings: 20 ms each way, and what it changes. */
void lab_config_default(struct lab_config *config, const struct lab_scene *scene, bool is_v6,
                        uint64_t seed);

/* Sets the scene; NULL: the stacks refuse the configuration, or no memory. */
WARN_UNUSED struct lab *lab_create(const struct lab_scene *scene, const struct lab_config *config,
                                   const struct lab_watcher *watcher);

/* Lets the next thing happen. False: the scene is over. */
bool lab_step(struct lab *lab);

/* Where both ends are now, and when that is, since the scene began. */
void lab_states(const struct lab *lab, uint64_t *now_us, enum vitro_tcp_state state[SIM_ENDS]);

/* Says what has happened so far. */
void lab_report(const struct lab *lab, struct lab_report *report);

/* Clears the stage. NULL is ignored. */
void lab_destroy(struct lab *lab);

#endif
