/*
 * Exact faults: what happens to which packets of a kind, in words.
 *
 *     rule   = action which
 *     action = "drop" | "duplicate" | "corrupt" | "reorder" | "delay" time
 *     time   = number "us" | number "ms" | number "s"
 *     which  = kind numbers | numbers kind
 *     numbers = (nothing: every) | "every" [n] | "all" | "first" | n | n "-" m | n "-"
 *
 * "the", "packet(s)" or "segment(s)" behind a kind, and endings ("2nd", "every 3rd") are read over,
 * case does not matter, and " from a" or " from b" at the end limits a rule to what one end sends.
 * So "drop data 2", "drop the 2nd data segment", "drop every SYN-ACK", "delay 30ms packets 3-5" and
 * "corrupt first FIN from b" are rules. Numbers count the packets of that kind, from 1, in each
 * direction; retransmissions count like all others.
 */
#ifndef VITRO_SIM_FAULT_H
#define VITRO_SIM_FAULT_H

#include "base/assert.h"
#include "sim/sim_kind.h"

/* The longest text of a rule, with its NUL. */
#define SIM_RULE_TEXT_MAX 64

/* The two ends of a wire. */
enum sim_end {
    SIM_A,
    SIM_B,
    SIM_ENDS,
};

/* What can strike a packet; several may strike one. */
#define SIM_FAULTS(X)                                                                              \
    X(LOSS, "lost")                                                                                \
    X(BURST, "lost in a burst")                                                                    \
    X(QUEUE, "queue full")                                                                         \
    X(CUT, "link cut")                                                                             \
    X(MTU, "too big")                                                                              \
    X(DROP, "dropped") /* by an exact fault, as those below may be */                              \
    X(DELAY, "delayed")                                                                            \
    X(REORDER, "reordered")                                                                        \
    X(DUPLICATE, "duplicated")                                                                     \
    X(CORRUPT, "corrupted")                                                                        \
    X(MARK, "CE marked")

enum sim_fault {
#define SIM_FAULT_ENUM(name, text) SIM_FAULT_##name,
    SIM_FAULTS(SIM_FAULT_ENUM)
#undef SIM_FAULT_ENUM
        SIM_FAULT_COUNT,
};

/* A bit for a set of faults. */
#define SIM_FAULT_BIT(name) (1u << SIM_FAULT_##name)

/* What a fault does, in a word or two: "lost"; a static string. */
const char *sim_fault_text(enum sim_fault fault);

/* Writes the set of faults as "corrupted, delayed"; empty if there is none. Returns the length. */
size_t sim_faults_format(uint32_t faults, char *out, size_t cap);

/* An exact fault: the packets first, first + step, ... up to last of a kind. */
struct sim_rule {
    enum sim_fault fault; /* DROP, DELAY, REORDER, DUPLICATE or CORRUPT */
    enum sim_kind kind;
    uint64_t first, last, step;   /* from 1; last UINT64_MAX: no end; step at least 1 */
    uint64_t delay_us;            /* of DELAY */
    uint32_t ends;                /* bit (1 << SIM_A): applies to what A sends; both by default */
    char text[SIM_RULE_TEXT_MAX]; /* as it was written, in one line */
};

/* Reads a rule; false, with `rule` untouched, if it is none or too long. */
WARN_UNUSED bool sim_fault_parse(const char *text, struct sim_rule *rule);

/* Whether the rule strikes packet number `nth` (from 1) of its kind that `from` sends. */
static inline bool sim_rule_strikes(const struct sim_rule *rule, enum sim_end from, uint64_t nth)
{
    return (rule->ends & 1u << from) != 0 && nth >= rule->first && nth <= rule->last &&
           (nth - rule->first) % rule->step == 0;
}

#endif
