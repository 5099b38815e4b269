/*
 * Which packets are shown, and the counting of the others.
 *
 * Each conversation has an object in its `user` field, with what it may still show quietly (its
 * credit) and the fold that is growing. A fold that grows is in two lists, by its last and by its
 * first packet, so that the next one to end is always in front of one of them. A fold that has
 * ended goes to the list of ready ones, with its conversation if that goes on; where the fold of a
 * conversation is still waiting to be taken when another one begins, it is joined to it.
 *
 * What holds: an object is in `quiet` and `begun` while its fold grows, in `ready` while it waits
 * to be taken, else in none of them.
 */
#include "observe/print_notable.h"

#include <string.h>

#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ip_proto.h"
#include "wire/tcp.h"

/* What is always shown. TRACK_WINDOW_UPDATE, _WINDOW_FULL and _SACK belong to every busy
 * transfer; duplicate ACKs are looked at one by one. */
#define NOTABLE_BITS                                                                               \
    (TRACK_NEW | TRACK_REUSED | TRACK_ORPHAN | TRACK_SYN | TRACK_SYN_RETRANSMITTED |               \
     TRACK_HANDSHAKE_DONE | TRACK_FIN | TRACK_RST | TRACK_CLOSE_DONE | TRACK_FIRST_DATA |          \
     TRACK_RETRANSMISSION | TRACK_OUT_OF_ORDER | TRACK_GAP | TRACK_ACKED_UNSEEN | TRACK_DSACK |    \
     TRACK_ZERO_WINDOW | TRACK_WINDOW_OPEN | TRACK_KEEPALIVE | TRACK_KEEPALIVE_ACK | TRACK_PROBE | \
     TRACK_PROBE_ACK | TRACK_ECE | TRACK_CWR | TRACK_CE | TRACK_URGENT)

/* What a conversation may show, and its fold. */
struct notable_state {
    struct track_conversation *conversation; /* NULL: gone, only the fold is left */
    struct notable_fold fold;                /* from: end 0 */
    uint64_t last_us;                        /* of any packet */
    uint32_t segments_left;                  /* credit */
    uint32_t data_left;
    bool is_growing; /* the fold has packets and has not ended */
    bool is_ready;
    struct list quiet; /* or in ready */
    struct list begun;
};

void notable_init(struct notable *notable, uint32_t conversations_max)
{
    *notable = (struct notable){0};
    /* A conversation that is gone may leave a fold behind that is not taken yet. */
    pool_init(&notable->pool, "notable", sizeof(struct notable_state), conversations_max + 64);
    list_init(&notable->quiet);
    list_init(&notable->begun);
    list_init(&notable->ready);
}

void notable_deinit(struct notable *notable) { pool_deinit(&notable->pool); }

/* Ends a fold: it may be taken. */
static void make_ready(struct notable *notable, struct notable_state *state)
{
    if (!state->is_growing) return;
    state->is_growing = false;
    state->is_ready = true;
    list_remove(&state->quiet);
    list_remove(&state->begun);
    list_push_back(&notable->ready, &state->quiet);
}

/* The conversation's object; NULL without memory. */
static struct notable_state *state_of(struct notable *notable, struct track_conversation *c)
{
    if (c->user != NULL) return c->user;
    struct notable_state *state = pool_get(&notable->pool);
    if (state == NULL) return NULL;
    memset(state, 0, sizeof *state);
    state->conversation = c;
    state->segments_left = NOTABLE_FIRST_SEGMENTS;
    state->data_left = NOTABLE_FIRST_DATA;
    state->last_us = c->begun_us;
    list_init(&state->quiet);
    list_init(&state->begun);
    c->user = state;
    return state;
}

/* Grants what may be shown after a pause or the first FIN. */
static void grant(struct notable_state *state)
{
    state->segments_left = u32_max(state->segments_left, NOTABLE_AGAIN_SEGMENTS);
    state->data_left = u32_max(state->data_left, NOTABLE_AGAIN_DATA);
}

/* True, and a little less, while there is credit. */
static bool spend(struct notable_state *state, const struct track_packet *packet)
{
    if (state->segments_left == 0 || state->data_left == 0) return false;
    state->segments_left--;
    if (packet->payload_bytes > 0) state->data_left--;
    return true;
}

/* Whether it says something by itself, whatever was shown before. */
static bool is_notable(const struct track_packet *packet, const struct track_verdict *verdict)
{
    const bool is_duplicate = (verdict->bits & TRACK_DUPLICATE_ACK) != 0;
    if (verdict->is_marked || (verdict->bits & NOTABLE_BITS) != 0) return true;
    if (is_duplicate && verdict->duplicate_acks <= NOTABLE_DUPLICATE_ACKS) return true;
    if (packet->kind != TRACK_KIND_IP || packet->is_fragment) return false;
    if (packet->is_broken) return true;
    if (packet->protocol == IP_PROTO_ICMP4) {
        return packet->icmp_type != ICMP4_ECHO_REPLY && packet->icmp_type != ICMP4_ECHO_REQUEST;
    }
    return packet->protocol == IP_PROTO_ICMP6 && packet->icmp_type != ICMP6_ECHO_REPLY &&
           packet->icmp_type != ICMP6_ECHO_REQUEST;
}

/* Begins a fold, or goes on with one that was not taken. */
static void fold_begin(struct notable *notable, struct notable_state *state, uint64_t now_us)
{
    if (state->is_ready) {
        list_remove(&state->quiet);
        state->is_ready = false;
    } else {
        const struct track_conversation *c = state->conversation;
        state->fold = (struct notable_fold){.conversation = c->number,
                                            .protocol = c->protocol,
                                            .from = c->end[0],
                                            .to = c->end[1],
                                            .first_us = now_us};
    }
    state->is_growing = true;
    list_push_back(&notable->quiet, &state->quiet);
    list_push_back(&notable->begun, &state->begun);
}

/* Counts a packet that is not shown. */
static void fold_add(struct notable *notable, struct notable_state *state,
                     const struct track_packet *packet, uint8_t from, uint64_t now_us)
{
    if (!state->is_growing) {
        fold_begin(notable, state, now_us);
    } else if (notable->quiet.prev != &state->quiet) {
        list_remove(&state->quiet);
        list_push_back(&notable->quiet, &state->quiet);
    }
    state->fold.segments[from]++;
    state->fold.wire_segments[from] += packet->wire_segments;
    state->fold.bytes[from] += packet->payload_bytes;
    state->fold.last_us = now_us;
}

/* notable_decide() for a packet that has a conversation. */
static bool decide(struct notable *notable, const struct track_packet *packet,
                   const struct track_verdict *verdict, uint64_t now_us)
{
    if (verdict->replaced != NULL && verdict->replaced->user != NULL) {
        make_ready(notable, verdict->replaced->user);
    }
    struct notable_state *state = state_of(notable, verdict->conversation);
    if (state == NULL) return true;
    const bool is_after_pause = now_us - state->last_us >= NOTABLE_QUIET_US;
    state->last_us = now_us;
    if (is_after_pause || (verdict->bits & TRACK_FIN) != 0) grant(state);
    const bool has_credit = spend(state, packet);
    if (!has_credit && !is_notable(packet, verdict)) {
        fold_add(notable, state, packet, verdict->from, now_us);
        return false;
    }
    make_ready(notable, state);
    return true;
}

bool notable_decide(struct notable *notable, const struct track_packet *packet,
                    const struct track_verdict *verdict, uint64_t now_us)
{
    now_us = u64_max(notable->now_us, now_us);
    const bool is_shown = verdict->conversation == NULL || decide(notable, packet, verdict, now_us);
    notable_due(notable, now_us);
    return is_shown;
}

/* Lets `from` be the end that sent more. */
static void fold_turn(struct notable_fold *fold)
{
    const bool is_more = fold->bytes[1] > fold->bytes[0] ||
                         (fold->bytes[1] == fold->bytes[0] && fold->segments[0] == 0);
    if (!is_more) return;
    const struct notable_fold was = *fold;
    fold->from = was.to;
    fold->to = was.from;
    for (uint32_t i = 0; i < 2; i++) {
        fold->segments[i] = was.segments[i ^ 1];
        fold->wire_segments[i] = was.wire_segments[i ^ 1];
        fold->bytes[i] = was.bytes[i ^ 1];
    }
}

bool notable_take(struct notable *notable, struct notable_fold *fold)
{
    struct list *link = list_pop_front(&notable->ready);
    if (link == NULL) return false;
    struct notable_state *state = CONTAINER_OF(link, struct notable_state, quiet);
    state->is_ready = false;
    *fold = state->fold;
    fold_turn(fold);
    if (state->conversation == NULL) pool_put(&notable->pool, state);
    return true;
}

/* When the fold that has been quiet the longest, and the oldest, end. */
static uint64_t quiet_end_us(const struct notable *notable)
{
    const struct list *link = list_first(&notable->quiet);
    if (link == NULL) return TIME_NEVER;
    return CONTAINER_OF(link, struct notable_state, quiet)->fold.last_us + NOTABLE_QUIET_US;
}

static uint64_t begun_end_us(const struct notable *notable)
{
    const struct list *link = list_first(&notable->begun);
    if (link == NULL) return TIME_NEVER;
    return CONTAINER_OF(link, struct notable_state, begun)->fold.first_us + NOTABLE_FOLD_US;
}

uint64_t notable_next_deadline(const struct notable *notable)
{
    if (!list_is_empty(&notable->ready)) return 0;
    return u64_min(quiet_end_us(notable), begun_end_us(notable));
}

void notable_due(struct notable *notable, uint64_t now_us)
{
    notable->now_us = u64_max(notable->now_us, now_us);
    while (quiet_end_us(notable) <= now_us) {
        make_ready(notable, CONTAINER_OF(notable->quiet.next, struct notable_state, quiet));
    }
    while (begun_end_us(notable) <= now_us) {
        make_ready(notable, CONTAINER_OF(notable->begun.next, struct notable_state, begun));
    }
}

void notable_flush(struct notable *notable)
{
    while (!list_is_empty(&notable->begun)) {
        make_ready(notable, CONTAINER_OF(notable->begun.next, struct notable_state, begun));
    }
}

void notable_forget(void *notable, struct track_conversation *conversation)
{
    struct notable *n = notable;
    struct notable_state *state = conversation->user;
    if (state == NULL) return;
    conversation->user = NULL;
    state->conversation = NULL;
    make_ready(n, state);
    if (!state->is_ready) pool_put(&n->pool, state);
}
