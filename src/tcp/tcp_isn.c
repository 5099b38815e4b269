/*
 * One SipHash of the tuple gives both numbers: its low half places the tuple in the space of
 * sequence numbers, its high half in that of time stamps.
 *
 *     ISN = clock + F(tuple, secret)        RFC 6528 3
 *
 * The clock ticks every 64 ns, so that it wraps after 274 s, far beyond the life of a segment, and
 * outruns a connection of up to 15.6 MB/s. A faster one that is opened anew within TIME-WAIT is
 * told where its predecessor ended (tcp_isn_beyond).
 *
 * References: RFC 9293 3.4.1 (MUST-8, SHLD-1), RFC 6528, RFC 7323 5.4.
 */
#include "tcp/tcp_isn.h"

#include <string.h>

#include "base/bytes.h"

/* Room left between two connections of one tuple: one unscaled window and one byte more. */
#define ISN_GAP_BYTES 65537u

void tcp_tuple_bytes(const struct tcp_tuple *tuple, uint8_t out[TCP_TUPLE_BYTES])
{
    memcpy(out, tuple->local.bytes, 16);
    memcpy(out + 16, tuple->remote.bytes, 16);
    put_be16(out + 32, tuple->local_port);
    put_be16(out + 34, tuple->remote_port);
    put_be16(out + 36, tuple->zone);
}

static uint64_t tuple_mac(const struct tcp_host *host, const struct tcp_tuple *tuple)
{
    uint8_t bytes[TCP_TUPLE_BYTES];
    tcp_tuple_bytes(tuple, bytes);
    return hash_sip24(&host->isn_key, bytes, sizeof bytes);
}

/* Ticks of 64 ns; microseconds times 1000 / 64. */
static uint32_t isn_clock(uint64_t now_us) { return (uint32_t)((now_us * 1000) >> 6); }

tcp_seq tcp_isn(const struct tcp_host *host, const struct tcp_tuple *tuple, uint64_t now_us)
{
    /* RFC 9293 MUST-8: driven by a clock. RFC 9293 SHLD-1: placed by a hash of the tuple, with a
     * key that nobody outside can compute (RFC 9293 MUST-9). */
    return tcp_seq_of(isn_clock(now_us) + (uint32_t)tuple_mac(host, tuple));
}

tcp_seq tcp_isn_beyond(const struct tcp_host *host, const struct tcp_tuple *tuple, tcp_seq last,
                       uint64_t now_us)
{
    const tcp_seq least = tcp_seq_add(last, ISN_GAP_BYTES);
    return tcp_seq_max(tcp_isn(host, tuple, now_us), least);
}

uint32_t tcp_isn_ts_offset(const struct tcp_host *host, const struct tcp_tuple *tuple)
{
    return (uint32_t)(tuple_mac(host, tuple) >> 32);
}
