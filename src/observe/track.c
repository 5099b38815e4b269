/*
 * The table of conversations: finding, beginning, counting and forgetting them.
 *
 * A hash table with chains; the key has no direction, so both ends' packets lead to one place. The
 * conversation found last is tried first, for packets come in trains. Every conversation is in the
 * list of its order and in one of two lists by age, open or closed, in which a packet moves it to
 * the back; who is in front makes room.
 *
 * What holds: a conversation is in its bucket's chain unless is_replaced; `recent` is NULL or in a
 * chain.
 */
#include "observe/track.h"

#include <string.h>

#include "observe/track_judge.h"
#include "wire/ip_proto.h"
#include "wire/tcp.h"

/* What is hashed: the lower end first. */
struct track_key {
    struct track_end end[2]; /* no padding: 18 bytes each */
    uint32_t protocol;
};

_Static_assert(sizeof(struct track_key) == 40, "no padding may get into the hash");

static uint32_t power_of_two_from(uint32_t n)
{
    uint32_t power = 1;
    while (power < n && power < UINT32_C(1) << 31) {
        power <<= 1;
    }
    return power;
}

bool track_init(struct track *track, const struct track_options *options)
{
    *track = (struct track){.options = *options};
    uint32_t *conversations_max = &track->options.conversations_max;
    if (*conversations_max == 0) *conversations_max = TRACK_CONVERSATIONS_MAX;
    const uint32_t buckets = power_of_two_from(*conversations_max);
    track->mask = buckets - 1;
    track->bucket = mem_get(buckets * sizeof(struct track_conversation *));
    if (track->bucket == NULL) return false;
    pool_init(&track->pool, "conversations", sizeof(struct track_conversation), *conversations_max);
    list_init(&track->order);
    list_init(&track->open);
    list_init(&track->closed);
    return true;
}

void track_deinit(struct track *track)
{
    if (track->bucket == NULL) return;
    mem_put(track->bucket);
    pool_deinit(&track->pool);
    track->bucket = NULL;
}

static bool same_end(const struct track_end *end, const struct ip_addr *addr, uint16_t port)
{
    return end->port == port && ip_addr_eq(&end->addr, addr);
}

/* Whether the packet is of `c`, and who sent it. */
static bool matches(const struct track_conversation *c, const struct track_packet *packet,
                    uint8_t *from)
{
    if (c->protocol != packet->protocol) return false;
    if (same_end(&c->end[0], &packet->src, packet->src_port)) {
        *from = 0;
        if (same_end(&c->end[1], &packet->dst, packet->dst_port)) return true;
    }
    *from = 1;
    return same_end(&c->end[1], &packet->src, packet->src_port) &&
           same_end(&c->end[0], &packet->dst, packet->dst_port);
}

static uint64_t hash_of(const struct track *track, const struct track_packet *packet)
{
    const int order = memcmp(&packet->src, &packet->dst, sizeof packet->src);
    const bool is_reverse = order > 0 || (order == 0 && packet->src_port > packet->dst_port);
    struct track_key key = {.protocol = packet->protocol};
    key.end[is_reverse] = (struct track_end){packet->src, packet->src_port};
    key.end[!is_reverse] = (struct track_end){packet->dst, packet->dst_port};
    return hash_sip13(&track->options.key, &key, sizeof key);
}

static struct track_conversation **bucket_of(const struct track *track, uint64_t hash)
{
    return &track->bucket[hash & track->mask];
}

/* The conversation in the chain of `hash`, or NULL. */
static struct track_conversation *find(struct track *track, const struct track_packet *packet,
                                       uint64_t hash, uint8_t *from)
{
    struct track_conversation *c = *bucket_of(track, hash);
    for (; c != NULL; c = c->chain) {
        if (c->hash != hash || !matches(c, packet, from)) continue;
        track->recent = c;
        return c;
    }
    return NULL;
}

/* Takes a conversation out of its chain. */
static void unchain(struct track *track, struct track_conversation *c)
{
    if (c->is_replaced) return;
    struct track_conversation **link = bucket_of(track, c->hash);
    while (*link != c) {
        link = &(*link)->chain;
    }
    *link = c->chain;
    if (track->recent == c) track->recent = NULL;
}

void track_forget(struct track *track, struct track_conversation *conversation)
{
    struct track_conversation *before = conversation->before, *after = conversation->after;
    if (before != NULL) before->after = after;
    if (after != NULL) after->before = before;
    unchain(track, conversation);
    list_remove(&conversation->order);
    list_remove(&conversation->age);
    pool_put(&track->pool, conversation);
}

/* Forgets the conversation that is needed least; false when there is none. */
static bool make_room(struct track *track, struct track_conversation **replaced)
{
    struct list *link = list_first(&track->closed);
    if (link == NULL) link = list_first(&track->open);
    if (link == NULL) return false;
    struct track_conversation *c = CONTAINER_OF(link, struct track_conversation, age);
    if (track->options.evict != NULL) track->options.evict(track->options.context, c);
    if (*replaced == c) *replaced = NULL;
    track->evicted++;
    track_forget(track, c);
    return true;
}

/* Which end of a conversation that was joined in its middle began it: a guess, by the ports. */
static uint8_t guess_from(const struct track_packet *packet)
{
    const bool is_syn_ack = (packet->flags & TCP_FLAG_SYN) != 0;
    if (is_syn_ack) return 1;
    const bool is_server = packet->src_port < 1024 && packet->dst_port >= 1024;
    return is_server ? 1 : 0;
}

/* Begins a conversation with its first packet; NULL without memory. */
static struct track_conversation *begin(struct track *track, const struct track_packet *packet,
                                        uint64_t hash, uint64_t now_us,
                                        struct track_verdict *verdict)
{
    struct track_conversation *c = pool_get(&track->pool);
    if (c == NULL && make_room(track, &verdict->replaced)) c = pool_get(&track->pool);
    if (c == NULL) return NULL;
    memset(c, 0, sizeof *c);
    verdict->bits |= TRACK_NEW;
    c->is_joined = (verdict->bits & TRACK_ORPHAN) != 0;
    verdict->from = c->is_joined ? guess_from(packet) : 0;
    c->number = ++track->conversations;
    c->end[verdict->from] = (struct track_end){packet->src, packet->src_port};
    c->end[verdict->from ^ 1] = (struct track_end){packet->dst, packet->dst_port};
    c->protocol = packet->protocol;
    c->begun_us = now_us;
    c->last_us = now_us;
    c->hash = hash;
    c->chain = *bucket_of(track, hash);
    *bucket_of(track, hash) = c;
    track->recent = c;
    list_push_back(&track->order, &c->order);
    list_push_back(&track->open, &c->age);
    return c;
}

/* Moves a conversation to the back of the list it belongs in now. */
static void touch(struct track *track, struct track_conversation *c)
{
    struct list *head = c->is_closed || c->is_replaced ? &track->closed : &track->open;
    if (head->prev == &c->age) return;
    list_remove(&c->age);
    list_push_back(head, &c->age);
}

/* Whether a segment is the first of another connection between the same two ends. */
static bool begins_anew(const struct track_conversation *c, const struct track_packet *packet,
                        uint8_t from)
{
    const struct track_way *way = &c->way[from];
    const uint16_t flags = packet->flags & (TCP_FLAG_SYN | TCP_FLAG_ACK | TCP_FLAG_RST);
    if (packet->kind != TRACK_KIND_TCP || flags != TCP_FLAG_SYN) return false;
    if (way->has_syn) return way->isn != packet->seq;
    return way->has_seq || c->is_closed; /* else two SYNs that cross */
}

/* Takes `c` out of the way of the one that follows it. */
static void replace(struct track *track, struct track_conversation *c,
                    struct track_verdict *verdict)
{
    unchain(track, c);
    c->is_replaced = true;
    touch(track, c);
    verdict->bits |= TRACK_REUSED;
    verdict->replaced = c;
}

/* The conversation of a packet, found or begun; NULL if it has none. */
static struct track_conversation *conversation_of(struct track *track,
                                                  const struct track_packet *packet,
                                                  uint64_t now_us, struct track_verdict *verdict)
{
    struct track_conversation *c = track->recent;
    uint64_t hash = 0;
    if (c == NULL || !matches(c, packet, &verdict->from)) {
        hash = hash_of(track, packet);
        c = find(track, packet, hash, &verdict->from);
    } else {
        hash = c->hash;
    }
    if (c != NULL && !begins_anew(c, packet, verdict->from)) return c;
    if (c != NULL) {
        replace(track, c, verdict);
    } else if (packet->kind == TRACK_KIND_TCP) {
        const uint16_t flags = packet->flags & (TCP_FLAG_SYN | TCP_FLAG_ACK | TCP_FLAG_RST);
        if (flags != TCP_FLAG_SYN) verdict->bits |= TRACK_ORPHAN;
        if ((flags & TCP_FLAG_RST) != 0) {
            verdict->bits |= TRACK_RST;
            return NULL;
        }
    }
    struct track_conversation *fresh = begin(track, packet, hash, now_us, verdict);
    if (fresh == NULL || verdict->replaced == NULL) return fresh;
    fresh->before = verdict->replaced;
    fresh->before->after = fresh;
    return fresh;
}

/* Counts a packet. */
static void count(struct track_conversation *c, struct track_way *way,
                  const struct track_packet *packet, uint64_t now_us)
{
    if (way->segments == 0) way->first_us = now_us;
    way->segments++;
    way->wire_segments += packet->wire_segments;
    way->last_us = now_us;
    c->last_us = now_us;
    if (packet->kind == TRACK_KIND_TCP) return; /* track_judge() has counted the bytes */
    way->bytes += packet->payload_bytes;
    if (packet->payload_bytes > 0) way->data_segments++;
}

struct track_verdict track_input(struct track *track, const struct track_packet *packet,
                                 uint64_t now_us)
{
    struct track_verdict verdict = {.wire_segments = packet->wire_segments};
    if (packet->kind == TRACK_KIND_OTHER) return verdict;
    struct track_conversation *c = conversation_of(track, packet, now_us, &verdict);
    verdict.conversation = c;
    if (c == NULL) return verdict;
    if (packet->kind == TRACK_KIND_TCP) track_judge(c, packet, now_us, &verdict);
    count(c, &c->way[verdict.from], packet, now_us);
    touch(track, c);
    return verdict;
}

struct track_conversation *track_next(const struct track *track,
                                      const struct track_conversation *after)
{
    struct list *link =
        after == NULL ? list_first(&track->order) : list_next(&track->order, &after->order);
    return link == NULL ? NULL : CONTAINER_OF(link, struct track_conversation, order);
}

struct track_conversation *track_find(struct track *track, uint8_t protocol,
                                      const struct track_end *one, const struct track_end *other)
{
    const struct track_packet packet = {
        .kind = protocol == IP_PROTO_TCP ? TRACK_KIND_TCP : TRACK_KIND_UDP,
        .protocol = protocol,
        .src = one->addr,
        .dst = other->addr,
        .src_port = one->port,
        .dst_port = other->port,
    };
    uint8_t from;
    return find(track, &packet, hash_of(track, &packet), &from);
}
