/*
 * The cookie is the initial sequence number of the SYN-ACK:
 *
 *      31                            8 7     5 4     2   1     0
 *     +--------------------------------+-------+-------+-----+-----+
 *     |   24 bits of the MAC           | scale |  MSS  |SACK | key |
 *     +--------------------------------+-------+-------+-----+-----+
 *
 * The MAC covers the tuple, the peer's initial sequence number and the low byte; the low byte is
 * hidden under eight more bits of a MAC of tuple and peer's number alone, so that it tells nothing.
 * Scale and MSS are indices into tables of values in use, rounded down: a scale too small only
 * wastes window. With time stamps, the low six bits of the TSval carry the peer's scale exactly and
 * whether SACK and ECN were agreed on; the peer echoes them.
 *
 * Each period of TCP_COOKIE_KEY_US has a key of its own, derived from the host's secret and the
 * number of the period; the key bit says whether it is even or odd. Of the two periods that are
 * accepted, the present and the last, it names one. So a cookie costs no memory and lives 15 to 30
 * s.
 *
 * Cookies are sent only when there is no room for a record, and an ACK is checked only within two
 * minutes after the last was sent: at other times nobody can guess his way past a handshake.
 *
 * References: RFC 4987 3.6 and appendix A; RFC 7323.
 */
#include "tcp/tcp_cookie.h"

#include "base/bytes.h"
#include "tcp/tcp_isn.h"
#include "tcp/tcp_record.h"
#include "tcp/tcp_synack.h"

#define KEY_BIT    0x01u
#define SACK_BIT   0x02u
#define MSS_POS    2
#define SCALE_POS  5
#define INDEX_MASK 7u
#define LOW_MASK   0xffu

/* The low bits of a TSval: scale, SACK, ECN. */
#define TS_BITS_MASK  0x3fu
#define TS_SCALE_MASK 0x0fu
#define TS_SCALE_NONE 0x0fu
#define TS_SACK_BIT   0x10u
#define TS_ECN_BIT    0x20u

/* Each at most the peer's; the first is the smallest MSS that is worked with (tcp_negotiate.h). */
static const uint16_t mss_values[] = {TCP_MSS_MIN, 216, 536, 1220, 1360, 1440, 1460, 8940};
/* Index 0 is no scaling; index i > 0 is scale_values[i]. */
static const uint8_t scale_values[] = {0, 0, 2, 4, 6, 7, 8, 10};

_Static_assert(ARRAY_COUNT(mss_values) == INDEX_MASK + 1, "three bits");
_Static_assert(ARRAY_COUNT(scale_values) == INDEX_MASK + 1, "three bits");

static uint32_t mss_index(uint16_t mss)
{
    uint32_t index = ARRAY_COUNT(mss_values) - 1;
    while (index > 0 && mss_values[index] > mss) index--;
    return index;
}

static uint32_t scale_index(bool has_scale, uint8_t shift)
{
    if (!has_scale) return 0;
    uint32_t index = ARRAY_COUNT(scale_values) - 1;
    while (index > 1 && scale_values[index] > shift) index--;
    return index;
}

static struct hash_key key_of_period(const struct tcp_host *host, uint64_t period)
{
    uint8_t bytes[9];
    put_be64(bytes, period);
    bytes[8] = 0;
    struct hash_key key = {.k0 = hash_sip24(&host->cookie_key, bytes, sizeof bytes)};
    bytes[8] = 1;
    key.k1 = hash_sip24(&host->cookie_key, bytes, sizeof bytes);
    return key;
}

/* Of tuple, peer's number, and the low byte or, for hiding that byte, 256. */
static uint32_t mac(const struct hash_key *key, const struct tcp_tuple *tuple, tcp_seq irs,
                    uint16_t low)
{
    uint8_t bytes[TCP_TUPLE_BYTES + 6];
    tcp_tuple_bytes(tuple, bytes);
    put_be32(bytes + TCP_TUPLE_BYTES, irs.value);
    put_be16(bytes + TCP_TUPLE_BYTES + 4, low);
    return (uint32_t)hash_sip24(key, bytes, sizeof bytes);
}

/* The byte that hides the low byte of cookies; the key bit stays in the clear. */
static uint32_t veil(const struct hash_key *key, const struct tcp_tuple *tuple, tcp_seq irs)
{
    return mac(key, tuple, irs, LOW_MASK + 1) & LOW_MASK & ~KEY_BIT;
}

static tcp_seq cookie_make(const struct tcp_host *host, const struct tcp_handshake *agreed,
                           uint64_t now_us)
{
    const uint64_t period = now_us / TCP_COOKIE_KEY_US;
    const struct hash_key key = key_of_period(host, period);
    uint32_t low = (uint32_t)(period & 1) * KEY_BIT;
    if (agreed->sack) low |= SACK_BIT;
    low |= mss_index(agreed->mss_peer) << MSS_POS;
    low |= scale_index(agreed->window_scaling, agreed->snd_shift) << SCALE_POS;
    const uint32_t high = mac(&key, &agreed->tuple, agreed->irs, (uint16_t)low) & ~LOW_MASK;
    return tcp_seq_of(high | (low ^ veil(&key, &agreed->tuple, agreed->irs)));
}

/* The low byte of `cookie` if it is one of ours that is still good. */
static bool cookie_open(const struct tcp_host *host, const struct tcp_tuple *tuple, tcp_seq irs,
                        tcp_seq cookie, uint32_t *low, uint64_t now_us)
{
    uint64_t period = now_us / TCP_COOKIE_KEY_US;
    if ((period & 1) != (cookie.value & KEY_BIT)) {
        if (period == 0) return false;
        period--;
    }
    const struct hash_key key = key_of_period(host, period);
    *low = (cookie.value & LOW_MASK) ^ veil(&key, tuple, irs);
    return ((mac(&key, tuple, irs, (uint16_t)*low) ^ cookie.value) & ~LOW_MASK) == 0;
}

static uint32_t ts_bits_of(const struct tcp_handshake *agreed)
{
    uint32_t bits = agreed->window_scaling ? agreed->snd_shift : TS_SCALE_NONE;
    if (agreed->sack) bits |= TS_SACK_BIT;
    if (agreed->ecn) bits |= TS_ECN_BIT;
    return bits;
}

/* Our TSval with its low bits replaced; never ahead of our clock, so that later ones are newer. */
static uint32_t ts_val_with(uint32_t ts_now, uint32_t bits)
{
    const uint32_t ts_val = (ts_now & ~TS_BITS_MASK) | bits;
    return bits > (ts_now & TS_BITS_MASK) ? ts_val - (TS_BITS_MASK + 1) : ts_val;
}

bool tcp_cookie_expected(const struct tcp_host *host, uint64_t now_us)
{
    return now_us < host->cookies_until_us;
}

bool tcp_cookie_send(struct tcp_listener *listener, const struct tcp_segment *syn, uint64_t now_us)
{
    struct tcp_host *host = listener->host;
    if (!host->config.syn_cookies) return false;
    struct tcp_handshake agreed;
    tcp_synack_agree(listener, syn, &agreed);
    /* Without time stamps there is no bit left to remember ECN by. */
    if (!agreed.timestamps) agreed.ecn = false;
    agreed.iss = cookie_make(host, &agreed, now_us);
    const uint32_t ts_now = tcp_synack_ts_now(host, &syn->tuple, now_us);
    host->cookies_until_us = now_us + TCP_COOKIE_ACCEPT_US;
    host->counters.cookies_sent++;
    struct tcp_event event = {.kind = TCP_EVENT_COOKIE};
    tcp_record_event(host, &event, &syn->tuple, now_us);
    tcp_synack_send(listener, &agreed, ts_val_with(ts_now, ts_bits_of(&agreed)), now_us);
    return true;
}

/* Fills what the low byte says. */
static void take_low(struct tcp_handshake *agreed, uint32_t low)
{
    const uint32_t scale = low >> SCALE_POS & INDEX_MASK;
    agreed->mss_peer = mss_values[low >> MSS_POS & INDEX_MASK];
    agreed->sack = (low & SACK_BIT) != 0;
    agreed->window_scaling = scale != 0;
    agreed->snd_shift = scale_values[scale];
}

/*
 * Fills what the echoed TSval says, which must agree with the cookie; false if it does not. Nothing
 * protects these bits, but whoever changes them only hurts his own connection.
 */
static bool take_ts_bits(struct tcp_handshake *agreed, uint32_t low, uint32_t ts_ecr)
{
    const uint32_t scale = ts_ecr & TS_SCALE_MASK;
    const bool has_scale = scale != TS_SCALE_NONE;
    if (scale_index(has_scale, (uint8_t)scale) != (low >> SCALE_POS & INDEX_MASK)) return false;
    if (agreed->sack != ((ts_ecr & TS_SACK_BIT) != 0)) return false;
    if (has_scale) agreed->snd_shift = (uint8_t)scale;
    agreed->ecn = (ts_ecr & TS_ECN_BIT) != 0;
    return true;
}

bool tcp_cookie_check(const struct tcp_listener *listener, const struct tcp_segment *seg,
                      struct tcp_handshake *agreed, uint64_t now_us)
{
    const struct tcp_host *host = listener->host;
    const struct tcp_config *config = &host->config;
    if (!tcp_cookie_expected(host, now_us)) return false;
    if ((seg->flags & (TCP_FLAG_SYN | TCP_FLAG_RST | TCP_FLAG_ACK)) != TCP_FLAG_ACK) return false;
    *agreed = (struct tcp_handshake){
        .tuple = seg->tuple,
        .iss = tcp_seq_add(seg->ack, UINT32_MAX),
        .irs = tcp_seq_add(seg->seq, UINT32_MAX),
        .window = seg->window,
        .ts_offset = tcp_isn_ts_offset(host, &seg->tuple),
    };
    uint32_t low;
    if (!cookie_open(host, &seg->tuple, agreed->irs, agreed->iss, &low, now_us)) return false;
    take_low(agreed, low);
    agreed->timestamps = config->timestamps && seg->options.has_timestamps;
    if (agreed->timestamps) {
        if (!take_ts_bits(agreed, low, seg->options.ts_ecr)) return false;
        agreed->ts_recent = seg->options.ts_val;
        agreed->ts_recent_ms = (uint32_t)(now_us / 1000);
    }
    if (agreed->window_scaling) {
        agreed->rcv_shift = tcp_negotiate_shift(config, config->rcvbuf_bytes_max);
    }
    return true;
}
