/*
 * The judgement of one TCP segment within its conversation: what kind it is, and what it changes.
 *
 * Private to observe/; track.c finds the conversation and calls this. References: see track.h.
 */
#ifndef VITRO_OBSERVE_TRACK_JUDGE_H
#define VITRO_OBSERVE_TRACK_JUDGE_H

#include "observe/track.h"

/*
 * Judges a segment (TRACK_KIND_TCP) that `verdict->from` sent, takes it into `c`, and sets what the
 * verdict says of it; bits that are set already stay.
 */
void track_judge(struct track_conversation *c, const struct track_packet *packet, uint64_t now_us,
                 struct track_verdict *verdict);

/* How long a segment that was overtaken may be late before it counts as sent again: the
 * handshake's round trip, or 3 ms if it was not seen. */
uint64_t track_judge_late_us(const struct track_conversation *c);

#endif
