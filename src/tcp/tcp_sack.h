/*
 * The sender's half of selective acknowledgement: applies the blocks of an ACK to the records of
 * what was sent (RFC 2018, RFC 6675 4 Update) and recognises reports of duplicates (D-SACK,
 * RFC 2883).
 *
 * What the peer claims is only believed where it can be true: a block lies between snd.una and
 * snd.nxt, and covers whole segments as they left here. Work per ACK is bounded.
 */
#ifndef VITRO_TCP_SACK_H
#define VITRO_TCP_SACK_H

#include "tcp/tcp_sent.h"
#include "wire/tcp_options.h"

/* Records looked at in search of where the blocks of one ACK begin and end, at most. What remains
 * undone is done by a later ACK: the peer reports each block several times. */
#define TCP_SACK_STEPS_MAX 1024u

/* The ACK whose blocks are applied, and what of the sequence space is valid. */
struct tcp_sack_input {
    const struct tcp_options *options;
    tcp_seq ack;      /* SEG.ACK of the segment that carries the blocks */
    tcp_seq una, nxt; /* the connection's, una after this ACK */
    uint32_t wnd_max; /* how far below una a duplicate can lie */
    uint64_t now_us;
};

struct tcp_sack_result {
    bool has_dsack; /* the first block reports a duplicate: */
    tcp_seq dsack_start, dsack_end;
};

/* Applies the blocks. What they newly SACK is added to `news`. */
struct tcp_sack_result tcp_sack_apply(struct tcp_sent *sent, struct pool *records,
                                      const struct tcp_sack_input *input,
                                      struct tcp_sent_news *news);

/*
 * Whether the peer has dropped what it had SACKed: the first unacknowledged byte is among it, yet
 * was not acknowledged (RFC 2018 8, RFC 6675 5.1). To be asked when the retransmission timer
 * expires.
 */
bool tcp_sack_is_reneging(const struct tcp_sent *sent);

#endif
