/*
 * Records of what was sent: a doubly linked list with counts and three hints.
 *
 * The way without loss costs a few instructions a record: one is appended (or the last one made
 * longer) per transmission, and taken off the front when acknowledged. Everything else is paid for
 * only when something goes wrong.
 *
 * What holds, and tcp_sent_check() recounts: records follow each other without gap from una to nxt,
 * none is empty; no two SACKed ones are neighbours; SACKED excludes LOST; REXMIT_OUT implies LOST
 * and RETRANSMITTED; a FIN is at the very end; each hint is NULL or points into the list; no record
 * before retransmit_hint waits, and where that is NULL none waits at all; sack_high is the last
 * SACKed record.
 *
 * References: RFC 6675 4, draft-ietf-ccwg-bbr (delivery rate fields).
 */
#include "tcp/tcp_sent.h"

#include "base/assert.h"

void tcp_sent_init(struct tcp_sent *sent) { *sent = (struct tcp_sent){0}; }

void tcp_sent_clear(struct tcp_sent *sent, struct pool *records)
{
    struct tcp_sent_record *record = sent->head;
    while (record != NULL) {
        struct tcp_sent_record *next = record->next;
        pool_put(records, record);
        record = next;
    }
    tcp_sent_init(sent);
}

/* Notes in the record when it leaves and what had been delivered by then. */
static void stamp(struct tcp_sent *sent, struct tcp_sent_record *record, uint64_t now_us)
{
    if (tcp_sent_in_flight(sent) == 0) {
        sent->first_sent_us = now_us;
        sent->delivered_us = now_us;
    }
    record->sent_us = now_us;
    record->delivered_bytes = sent->delivered_bytes;
    record->delivered_us = sent->delivered_us;
    record->first_sent_us = sent->first_sent_us;
}

/* Whether what leaves now simply makes the last record longer. */
static bool continues_tail(const struct tcp_sent *sent, uint16_t segment_bytes, uint64_t now_us)
{
    const struct tcp_sent_record *tail = sent->tail;
    return tail != NULL && tail->sent_us == now_us && tail->flags == 0 &&
           tail->segment_bytes == segment_bytes && tail->len % segment_bytes == 0;
}

bool tcp_sent_add(struct tcp_sent *sent, struct pool *records, tcp_seq seq, uint32_t len,
                  uint16_t segment_bytes, bool has_fin, uint64_t now_us)
{
    ASSERT(len > 0 && segment_bytes > 0);
    ASSERT(sent->tail == NULL || tcp_seq_eq(tcp_sent_end(sent->tail), seq));
    if (continues_tail(sent, segment_bytes, now_us)) {
        sent->tail->len += len;
        if (has_fin) sent->tail->flags |= TCP_SENT_FIN;
        sent->total += len;
        return true;
    }
    if (!tcp_sent_has_room(sent)) return false;
    struct tcp_sent_record *record = pool_get(records);
    if (record == NULL) return false;
    *record = (struct tcp_sent_record){
        .prev = sent->tail,
        .seq = seq,
        .len = len,
        .segment_bytes = segment_bytes,
        .flags = has_fin ? TCP_SENT_FIN : 0,
        .transmissions = 1,
    };
    stamp(sent, record, now_us);
    if (sent->tail != NULL) sent->tail->next = record;
    if (sent->head == NULL) sent->head = record;
    sent->tail = record;
    sent->records++;
    sent->total += len;
    return true;
}

/* `len` of a record that was not SACKed has arrived: takes its marks off the counts. */
static void deliver(struct tcp_sent *sent, const struct tcp_sent_record *record, uint32_t len,
                    uint64_t now_us, struct tcp_sent_news *news)
{
    if (record->flags & TCP_SENT_LOST) sent->lost -= len;
    if (record->flags & TCP_SENT_REXMIT_OUT) sent->retransmitted -= len;
    sent->delivered_bytes += len;
    sent->delivered_us = now_us;
    sent->first_sent_us = record->sent_us;
    news->delivered += len;
    if (record->flags & TCP_SENT_RETRANSMITTED) {
        news->has_retransmitted = true;
    } else if (!news->has_sample || record->sent_us > news->sample_sent_us) {
        news->has_sample = true;
        news->sample_sent_us = record->sent_us;
    }
}

/* The first `len` of a record are acknowledged. */
static void release_front(struct tcp_sent *sent, const struct tcp_sent_record *record, uint32_t len,
                          uint64_t now_us, struct tcp_sent_news *news)
{
    if (record->flags & TCP_SENT_SACKED) {
        sent->sacked -= len;
    } else {
        deliver(sent, record, len, now_us, news);
    }
    sent->total -= len;
}

/* Whether the record that a hint points to will be gone once all before `una` is. */
static bool goes_with(const struct tcp_sent_record *hint, tcp_seq una)
{
    return hint != NULL && tcp_seq_le(tcp_sent_end(hint), una);
}

void tcp_sent_release(struct tcp_sent *sent, struct pool *records, tcp_seq una, uint64_t now_us,
                      struct tcp_sent_news *news)
{
    const bool retransmit_goes = goes_with(sent->retransmit_hint, una);
    if (goes_with(sent->sack_hint, una)) sent->sack_hint = NULL;
    if (goes_with(sent->sack_high, una)) sent->sack_high = NULL;
    struct tcp_sent_record *record = sent->head;
    while (record != NULL && tcp_seq_le(tcp_sent_end(record), una)) {
        struct tcp_sent_record *next = record->next;
        release_front(sent, record, record->len, now_us, news);
        pool_put(records, record);
        sent->records--;
        record = next;
    }
    sent->head = record;
    if (retransmit_goes) sent->retransmit_hint = record;
    if (record == NULL) {
        sent->tail = NULL;
        return;
    }
    record->prev = NULL;
    if (tcp_seq_le(una, record->seq)) return;
    const uint32_t front = tcp_seq_diff(una, record->seq);
    release_front(sent, record, front, now_us, news);
    record->seq = una;
    record->len -= front;
}

struct tcp_sent_record *tcp_sent_split(struct tcp_sent *sent, struct pool *records,
                                       struct tcp_sent_record *record, tcp_seq at)
{
    const uint32_t front = tcp_seq_diff(at, record->seq);
    ASSERT(front > 0 && front < record->len);
    if (!tcp_sent_has_room(sent)) return NULL;
    struct tcp_sent_record *rest = pool_get(records);
    if (rest == NULL) return NULL;
    *rest = *record;
    rest->seq = at;
    rest->len = record->len - front;
    rest->prev = record;
    record->len = front;
    record->flags &= (uint8_t)~TCP_SENT_FIN;
    record->next = rest;
    if (rest->next != NULL) rest->next->prev = rest;
    if (sent->tail == record) sent->tail = rest;
    if (sent->sack_high == record) sent->sack_high = rest;
    sent->records++;
    return rest;
}

/* Makes `record` and the one behind it, both SACKed, one. */
static void join_next(struct tcp_sent *sent, struct pool *records, struct tcp_sent_record *record)
{
    struct tcp_sent_record *gone = record->next;
    record->len += gone->len;
    record->flags |= gone->flags;
    if (gone->transmissions > record->transmissions) record->transmissions = gone->transmissions;
    record->sent_us = u64_max(record->sent_us, gone->sent_us);
    record->next = gone->next;
    if (gone->next != NULL) gone->next->prev = record;
    if (sent->tail == gone) sent->tail = record;
    if (sent->retransmit_hint == gone) sent->retransmit_hint = record;
    if (sent->sack_hint == gone) sent->sack_hint = record;
    if (sent->sack_high == gone) sent->sack_high = record;
    sent->records--;
    pool_put(records, gone);
}

struct tcp_sent_record *tcp_sent_mark_sacked(struct tcp_sent *sent, struct pool *records,
                                             struct tcp_sent_record *record, uint64_t now_us,
                                             struct tcp_sent_news *news)
{
    if (record->flags & TCP_SENT_SACKED) return record;
    deliver(sent, record, record->len, now_us, news);
    sent->sacked += record->len;
    record->flags &= (uint8_t) ~(TCP_SENT_LOST | TCP_SENT_REXMIT_OUT);
    record->flags |= TCP_SENT_SACKED;
    if (sent->sack_high == NULL || tcp_seq_gt(record->seq, sent->sack_high->seq))
        sent->sack_high = record;
    if (record->next != NULL && (record->next->flags & TCP_SENT_SACKED))
        join_next(sent, records, record);
    if (record->prev != NULL && (record->prev->flags & TCP_SENT_SACKED)) {
        record = record->prev;
        join_next(sent, records, record);
    }
    return record;
}

void tcp_sent_unmark_sacked(struct tcp_sent *sent)
{
    for (struct tcp_sent_record *record = sent->head; record != NULL; record = record->next)
        record->flags &= (uint8_t)~TCP_SENT_SACKED;
    sent->sacked = 0;
    sent->sack_hint = NULL;
    sent->sack_high = NULL;
}

void tcp_sent_mark_lost(struct tcp_sent *sent, struct tcp_sent_record *record)
{
    ASSERT(!(record->flags & TCP_SENT_SACKED));
    if (tcp_sent_waits(record)) return;
    if (record->flags & TCP_SENT_LOST) {
        sent->retransmitted -= record->len;
        record->flags &= (uint8_t)~TCP_SENT_REXMIT_OUT;
    } else {
        sent->lost += record->len;
        record->flags |= TCP_SENT_LOST;
    }
    if (sent->retransmit_hint == NULL || tcp_seq_lt(record->seq, sent->retransmit_hint->seq))
        sent->retransmit_hint = record;
}

void tcp_sent_unmark_lost(struct tcp_sent *sent)
{
    if (sent->lost == 0) return;
    for (struct tcp_sent_record *record = sent->head; record != NULL; record = record->next)
        record->flags &= (uint8_t) ~(TCP_SENT_LOST | TCP_SENT_REXMIT_OUT);
    sent->lost = 0;
    sent->retransmitted = 0;
    sent->retransmit_hint = NULL;
}

/* Moves the hint on to the first record that waits. */
static void retransmit_hint_advance(struct tcp_sent *sent)
{
    if (sent->lost == sent->retransmitted) {
        sent->retransmit_hint = NULL;
        return;
    }
    while (sent->retransmit_hint != NULL && !tcp_sent_waits(sent->retransmit_hint))
        sent->retransmit_hint = sent->retransmit_hint->next;
}

void tcp_sent_mark_retransmitted(struct tcp_sent *sent, struct tcp_sent_record *record,
                                 uint16_t segment_bytes, uint64_t now_us)
{
    ASSERT(tcp_sent_waits(record) && segment_bytes > 0);
    stamp(sent, record, now_us);
    record->flags |= TCP_SENT_REXMIT_OUT | TCP_SENT_RETRANSMITTED;
    record->segment_bytes = segment_bytes;
    if (record->transmissions < UINT8_MAX) record->transmissions++;
    sent->retransmitted += record->len;
    retransmit_hint_advance(sent);
}

void tcp_sent_probe_again(struct tcp_sent *sent, uint64_t now_us)
{
    struct tcp_sent_record *head = sent->head;
    if (head == NULL) return;
    head->flags |= TCP_SENT_RETRANSMITTED;
    if (head->transmissions < UINT8_MAX) head->transmissions++;
    head->sent_us = now_us;
}

struct tcp_sent_record *tcp_sent_first_waiting(const struct tcp_sent *sent)
{
    if (sent->lost == sent->retransmitted) return NULL;
    struct tcp_sent_record *record = sent->retransmit_hint;
    while (record != NULL && !tcp_sent_waits(record)) record = record->next;
    return record;
}

#ifdef VITRO_DEBUG

/* One record and its neighbours. */
static void check_record(const struct tcp_sent *sent, const struct tcp_sent_record *record)
{
    ASSERT(record->len > 0 && record->segment_bytes > 0 && record->transmissions > 0);
    ASSERT(record->prev != NULL ? record->prev->next == record : sent->head == record);
    ASSERT(record->next != NULL || sent->tail == record);
    ASSERT(record->next == NULL || tcp_seq_eq(tcp_sent_end(record), record->next->seq));
    ASSERT(record->next == NULL || !(record->flags & TCP_SENT_FIN));
    ASSERT(!(record->flags & TCP_SENT_SACKED) || !(record->flags & TCP_SENT_LOST));
    ASSERT(!(record->flags & TCP_SENT_REXMIT_OUT) ||
           ((record->flags & TCP_SENT_LOST) && (record->flags & TCP_SENT_RETRANSMITTED)));
    ASSERT(record->next == NULL || !(record->flags & record->next->flags & TCP_SENT_SACKED));
}

void tcp_sent_check(const struct tcp_sent *sent, tcp_seq una, tcp_seq nxt)
{
    struct tcp_sent counted = {0};
    const struct tcp_sent_record *sack_high = NULL;
    bool may_wait = false, has_sack_hint = sent->sack_hint == NULL;
    for (const struct tcp_sent_record *record = sent->head; record != NULL; record = record->next) {
        check_record(sent, record);
        may_wait = may_wait || sent->retransmit_hint == record;
        ASSERT(may_wait || !tcp_sent_waits(record));
        has_sack_hint = has_sack_hint || sent->sack_hint == record;
        if (record->flags & TCP_SENT_SACKED) sack_high = record;
        counted.records++;
        counted.total += record->len;
        counted.sacked += (record->flags & TCP_SENT_SACKED) ? record->len : 0;
        counted.lost += (record->flags & TCP_SENT_LOST) ? record->len : 0;
        counted.retransmitted += (record->flags & TCP_SENT_REXMIT_OUT) ? record->len : 0;
    }
    ASSERT(may_wait == (sent->retransmit_hint != NULL) && has_sack_hint);
    ASSERT(sack_high == sent->sack_high);
    ASSERT(counted.records == sent->records && sent->records <= TCP_SENT_RECORDS_MAX);
    ASSERT(counted.total == sent->total && counted.sacked == sent->sacked);
    ASSERT(counted.lost == sent->lost && counted.retransmitted == sent->retransmitted);
    ASSERT(sent->head == NULL || tcp_seq_eq(sent->head->seq, una));
    ASSERT(sent->tail == NULL || tcp_seq_eq(tcp_sent_end(sent->tail), nxt));
}

#else

void tcp_sent_check(const struct tcp_sent *sent, tcp_seq una, tcp_seq nxt)
{
    (void)sent;
    (void)una;
    (void)nxt;
}

#endif
