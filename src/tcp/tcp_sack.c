/*
 * SACK blocks onto records.
 *
 * Where a block begins is searched from whichever is nearest by sequence: the front, the end, or
 * where the last block was applied; and since a run of SACKed data is one record, the ordinary
 * block (the last one, a segment longer) is found in a step or two. A peer that makes blocks up to
 * cost us walks the list; TCP_SACK_STEPS_MAX is what one ACK can make us walk, and the hint makes
 * the next ACK go on from there.
 *
 * Nor can a peer cut the records to pieces: a part of a record is SACKed only in whole segments of
 * the wire as they left, counted from the record's front. The receiver takes segments whole, so an
 * honest block loses nothing by it. A FIN may be left out: not everybody's blocks cover one.
 *
 * A block that begins at or before una, or ends beyond nxt, is ignored whole: it tells of an older
 * time, or of nothing we sent. The first block is a D-SACK when it lies below the ACK that carries
 * it, or inside the second block (RFC 2883 4.1, 4.2).
 *
 * References: RFC 2018 4 and 8, RFC 2883, RFC 6675, RFC 9293 3.10.7.4 (what can be acknowledged).
 */
#include "tcp/tcp_sack.h"

#include "base/assert.h"

/* One block being applied. */
struct block {
    tcp_seq start, end;
};

static struct block block_of(const struct tcp_sack_block *wire)
{
    return (struct block){tcp_seq_of(wire->start), tcp_seq_of(wire->end)};
}

/* Whether the block can tell of something in flight. */
static bool block_is_usable(const struct block *block, const struct tcp_sack_input *input)
{
    return tcp_seq_lt(block->start, block->end) && tcp_seq_gt(block->start, input->una) &&
           tcp_seq_lt(block->start, input->nxt) && tcp_seq_le(block->end, input->nxt);
}

/* Fills in the D-SACK of these options, if there is one (RFC 2883 5). */
static void find_dsack(const struct tcp_sack_input *input, struct tcp_sack_result *result)
{
    const struct tcp_options *options = input->options;
    const struct block first = block_of(&options->sack[0]);
    if (!tcp_seq_lt(first.start, first.end)) return;
    bool is_dsack = tcp_seq_lt(first.start, input->ack);
    if (!is_dsack && options->sack_count > 1) {
        const struct block second = block_of(&options->sack[1]);
        is_dsack = tcp_seq_ge(first.start, second.start) && tcp_seq_le(first.end, second.end);
    }
    /* Only what was sent, and not longer ago than a window, can be reported. */
    const tcp_seq oldest = tcp_seq_add(input->una, 0u - input->wnd_max);
    if (!is_dsack || tcp_seq_lt(first.start, oldest) || tcp_seq_gt(first.end, input->nxt)) return;
    result->has_dsack = true;
    result->dsack_start = first.start;
    result->dsack_end = first.end;
}

/* Of head, tail and hint the one nearest to `seq`. */
static struct tcp_sent_record *nearest(const struct tcp_sent *sent, tcp_seq seq)
{
    struct tcp_sent_record *best = sent->head;
    uint32_t best_distance = tcp_seq_diff(seq, best->seq);
    struct tcp_sent_record *const others[] = {sent->tail, sent->sack_hint};
    for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
        if (others[i] == NULL) continue;
        const tcp_seq at = others[i]->seq;
        const uint32_t distance =
            tcp_seq_le(at, seq) ? tcp_seq_diff(seq, at) : tcp_seq_diff(at, seq);
        if (distance < best_distance) {
            best_distance = distance;
            best = others[i];
        }
    }
    return best;
}

/* The record that holds `seq`, or NULL when the steps are used up. */
static struct tcp_sent_record *find(struct tcp_sent *sent, tcp_seq seq, uint32_t *steps_left)
{
    struct tcp_sent_record *record = nearest(sent, seq);
    while (*steps_left > 0 && tcp_seq_lt(seq, record->seq)) {
        record = record->prev;
        --*steps_left;
    }
    while (*steps_left > 0 && tcp_seq_ge(seq, tcp_sent_end(record))) {
        record = record->next;
        --*steps_left;
    }
    sent->sack_hint = record;
    return *steps_left > 0 ? record : NULL;
}

/*
 * SACKs the whole segments of `record` that lie in the block. Returns the record from which to go
 * on: the one that now holds them, or `record` when there were none.
 */
static struct tcp_sent_record *apply_to_record(struct tcp_sent *sent, struct pool *records,
                                               struct tcp_sent_record *record,
                                               const struct block *block, uint64_t now_us,
                                               struct tcp_sent_news *news)
{
    const uint32_t segment = record->segment_bytes;
    uint32_t from = 0, to = record->len;
    if (tcp_seq_gt(block->start, record->seq)) {
        from = tcp_seq_diff(block->start, record->seq);
        from = (from + segment - 1) / segment * segment;
    }
    if (tcp_seq_lt(block->end, tcp_sent_end(record))) {
        to = tcp_seq_diff(block->end, record->seq);
        const bool lacks_fin = (record->flags & TCP_SENT_FIN) && to == record->len - 1;
        if (!lacks_fin) to = to / segment * segment;
    }
    if (from >= to) return record;
    /* Without a record for the rest, the part is left unSACKed: that costs a retransmission only.
     */
    if (to < record->len &&
        tcp_sent_split(sent, records, record, tcp_seq_add(record->seq, to)) == NULL)
        return record;
    if (from > 0) {
        struct tcp_sent_record *const part =
            tcp_sent_split(sent, records, record, tcp_seq_add(record->seq, from));
        if (part == NULL) return record;
        record = part;
    }
    return tcp_sent_mark_sacked(sent, records, record, now_us, news);
}

/* Applies one usable block. */
static void apply_block(struct tcp_sent *sent, struct pool *records, const struct block *block,
                        uint32_t *steps_left, uint64_t now_us, struct tcp_sent_news *news)
{
    struct tcp_sent_record *record = find(sent, block->start, steps_left);
    while (record != NULL && tcp_seq_lt(record->seq, block->end)) {
        if (!(record->flags & TCP_SENT_SACKED)) {
            const uint32_t before = news->delivered;
            record = apply_to_record(sent, records, record, block, now_us, news);
            /* What is newly SACKed pays for itself: each byte can be so only once. */
            if (news->delivered == before) --*steps_left;
        } else {
            --*steps_left;
        }
        sent->sack_hint = record;
        if (*steps_left == 0) return;
        record = record->next;
    }
}

struct tcp_sack_result tcp_sack_apply(struct tcp_sent *sent, struct pool *records,
                                      const struct tcp_sack_input *input,
                                      struct tcp_sent_news *news)
{
    struct tcp_sack_result result = {0};
    const struct tcp_options *options = input->options;
    if (options->sack_count == 0) return result;
    find_dsack(input, &result);
    uint32_t steps_left = TCP_SACK_STEPS_MAX;
    for (uint32_t i = 0; i < options->sack_count && sent->head != NULL && steps_left > 0; i++) {
        const struct block block = block_of(&options->sack[i]);
        if (!block_is_usable(&block, input)) continue;
        apply_block(sent, records, &block, &steps_left, input->now_us, news);
    }
    return result;
}

bool tcp_sack_is_reneging(const struct tcp_sent *sent)
{
    return sent->head != NULL && (sent->head->flags & TCP_SENT_SACKED);
}
