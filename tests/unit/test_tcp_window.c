/*
 * The receive window: what it promises, when it opens, how the buffer behind it grows, and what
 * happens when the host's memory is used up.
 */
#include "support.h"

#include <errno.h>

#include "base/base.h"
#include "base/rng.h"
#include "tcp_fixture.h"
#include "tcp/tcp_chunk.h"
#include "tcp/tcp_conn.h"
#include "tcp/tcp_rx.h"
#include "tcp/tcp_window.h"

#define MS 1000ull

/* Established with a receive buffer of this size that does not grow: no window scale up to 65535.
 */
static void established_buffer(struct fixture *f, uint32_t rcvbuf_bytes)
{
    f->config.rcvbuf_bytes = f->config.rcvbuf_bytes_max = rcvbuf_bytes;
    fixture_start(f);
    fixture_established(f);
}

/* The peer sends `len` bytes from `*seq` on in segments of `size`. */
static void peer_sends(struct fixture *f, uint32_t *seq, uint32_t len, uint32_t size)
{
    while (len > 0) {
        uint32_t n = u32_min(len, size);
        fixture_input(f, TCP_FLAG_ACK, *seq, 1, n, 65535);
        *seq += n;
        len -= n;
        f->event_count = 0;
    }
}

static uint32_t reads(struct fixture *f, uint32_t len)
{
    static uint8_t bytes[1u << 20];
    uint32_t got;
    int error = tcp_receive(f->conn, bytes, u32_min(len, sizeof bytes), &got, f->now_us);
    assert_true(error == 0 || error == EAGAIN);
    return got;
}

/* The window in bytes that the last segment promised. */
static uint32_t told_window(const struct fixture *f)
{
    return (uint32_t)fixture_last(f)->repr.window << f->conn->rcv_shift;
}

/* RFC 7323 2.2: the SYN says at most 65535; the first ACK says it all. */
static void established_window_opens_with_the_first_ack(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    fixture_syn_sent(f);
    f->options = (struct tcp_options){.mss = 1460, .has_wscale = true};
    fixture_input(f, TCP_FLAG_SYN | TCP_FLAG_ACK, 0, 1, 0, 65535);
    assert_int_equal(fixture_last(f)->repr.window, 1024); /* 131072 / 128 */
    assert_int_equal(tcp_conn_receive_window(f->conn), 131072);
}

/* RFC 9293 MUST-1: a window of 65535 is that, and no negative number: both ways. */
static void established_window_of_16_bits_is_unsigned(void **state)
{
    struct fixture *f = *state;
    established_buffer(f, 65535);
    fixture_ack(f, 1, 1, 65535);
    assert_int_equal(f->conn->snd.wnd, 65535);
    fixture_send(f, 10);
    assert_int_equal(fixture_last(f)->repr.window, 65535);
}

/* RFC 9293 SHLD-14: with nobody reading, the right edge told to the peer stays where it is,
 * whatever the size of what arrives, and the window ends at zero when the buffer is full. */
static void established_window_never_moves_left(void **state)
{
    struct fixture *f = *state;
    established_buffer(f, 10000);
    struct rng rng;
    rng_seed(&rng, 1);
    uint32_t seq = 1;
    while (tcp_conn_receive_window(f->conn) > 0) {
        fixture_clear(f);
        uint32_t len = u32_min(1 + (uint32_t)rng_below(&rng, 900), 10001 - seq);
        peer_sends(f, &seq, len, len);
        fixture_pass(f, 50 * MS);
        assert_int_equal(fixture_last(f)->ack + fixture_last(f)->repr.window, 10001);
    }
    assert_int_equal(seq, 10001);
    assert_int_equal(fixture_last(f)->repr.window, 0);
}

/*
 * A scaled window promises multiples of 128. It is rounded up, so that the edge moves left by less
 * than one unit and only when the promise is a whole unit above the buffer; what was promised is
 * taken; and at the end it closes, having let in less than a unit more than the buffer.
 */
static void established_scaled_window_rounds_up(void **state)
{
    struct fixture *f = *state;
    established_buffer(f, 100000);
    assert_int_equal(f->conn->rcv_shift, 1);
    f->conn->rcv_shift = 7; /* as if more had been planned */
    struct rng rng;
    rng_seed(&rng, 2);
    uint32_t seq = 1, told_edge = 0;
    for (;;) {
        fixture_clear(f);
        uint32_t inner_edge = f->conn->rcv.edge.value;
        uint32_t window = told_edge != 0 ? told_edge - seq : 1000;
        if (window == 0) break;
        uint32_t len = u32_min(1 + (uint32_t)rng_below(&rng, 300), window);
        peer_sends(f, &seq, len, len);
        fixture_pass(f, 50 * MS);
        assert_int_equal(fixture_last(f)->ack, seq); /* all of it was taken */
        uint32_t edge = fixture_last(f)->ack + told_window(f);
        assert_true(told_edge == 0 || edge + 128 > told_edge);
        assert_true(edge >= 100001 - 127 && edge < 100001 + 128);
        assert_true(tcp_seq_ge(f->conn->rcv.edge, tcp_seq_of(inner_edge)));
        told_edge = edge;
    }
    assert_true(seq > 100000 - 128 && seq <= 100000 + 128);
}

/* RFC 9293 MUST-39 (3.8.6.2.2): the closed window opens by a segment, 1000, or half the buffer,
 * 2000, whichever is less; and then the peer hears of it at once. */
static void established_window_opens_by_a_segment(void **state)
{
    struct fixture *f = *state;
    established_buffer(f, 4000);
    uint32_t seq = 1;
    peer_sends(f, &seq, 4000, 1000);
    assert_int_equal(fixture_last(f)->repr.window, 0);
    fixture_clear(f);
    assert_int_equal(reads(f, 999), 999);
    assert_false(tcp_window_should_tell(f->conn));
    assert_int_equal(f->sent_count, 0);
    fixture_input(f, TCP_FLAG_ACK, seq, 1, 1, 65535); /* probed: still closed */
    assert_int_equal(fixture_last(f)->repr.window, 0);
    assert_int_equal(fixture_last(f)->ack, 4001);
    fixture_clear(f);
    assert_int_equal(reads(f, 1), 1);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_last(f)->repr.window, 1000);
    assert_int_equal(fixture_last(f)->len, 0);
    fixture_check_plan(f);
}

/* The same with a buffer so small that half of it is less than a segment. */
static void established_window_opens_by_half_the_buffer(void **state)
{
    struct fixture *f = *state;
    established_buffer(f, 600);
    uint32_t seq = 1;
    peer_sends(f, &seq, 600, 600);
    fixture_clear(f);
    assert_int_equal(reads(f, 299), 299);
    assert_int_equal(f->sent_count, 0);
    assert_int_equal(reads(f, 1), 1);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_last(f)->repr.window, 300);
}

/* A reader of single bytes causes few updates: none while the peer knows of half the buffer, then
 * at most one for two segments. */
static void established_slow_reading_tells_little(void **state)
{
    struct fixture *f = *state;
    established_buffer(f, 60000);
    uint32_t seq = 1;
    peer_sends(f, &seq, 20000, 1000);
    fixture_clear(f);
    for (uint32_t i = 0; i < 20000; i++) assert_int_equal(reads(f, 1), 1);
    assert_int_equal(f->sent_count, 0); /* 40000 of 60000 are known to be free */
    peer_sends(f, &seq, 60000, 1000);
    fixture_clear(f);
    for (uint32_t i = 0; i < 60000; i++) assert_int_equal(reads(f, 1), 1);
    assert_true(f->sent_count > 0 && f->sent_count <= 1 + 30000 / 1000);
    assert_true(told_window(f) >= 30000);
}

/* Growth with the reader: in one round trip, 10 ms, the whole buffer of 131072 was read, so it
 * becomes twice that and 16 segments of 1460: 262144 + 23360 = 285504. */
static void established_buffer_grows_with_a_fast_reader(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    fixture_established(f);
    fixture_pass(f, 10 * MS);
    uint32_t seq = 1;
    peer_sends(f, &seq, 131072, 1460);
    assert_int_equal(reads(f, 131072), 131072);
    assert_int_equal(f->conn->rcvbuf_bytes, 285504);
    assert_true(told_window(f) >= 285504 - 128);
}

/* Half of the buffer or less in a round: the window is not what holds the peer back. */
static void established_buffer_does_not_grow_with_a_slow_reader(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    fixture_established(f);
    uint32_t seq = 1;
    for (int i = 0; i < 20; i++) {
        fixture_clear(f);
        fixture_pass(f, 10 * MS);
        peer_sends(f, &seq, 65536, 1460);
        assert_int_equal(reads(f, 65536), 65536);
    }
    assert_int_equal(f->conn->rcvbuf_bytes, 131072);
}

/* Growth ends at the configured maximum. */
static void established_buffer_growth_has_a_limit(void **state)
{
    struct fixture *f = *state;
    f->config.rcvbuf_bytes_max = 200000;
    fixture_start(f);
    fixture_established(f);
    uint32_t seq = 1;
    for (int i = 0; i < 5; i++) {
        fixture_clear(f);
        fixture_pass(f, 10 * MS);
        peer_sends(f, &seq, 131072, 1460);
        assert_int_equal(reads(f, 131072), 131072);
    }
    assert_int_equal(f->conn->rcvbuf_bytes, 200000);
}

/*
 * RFC 9293 MAY-8, design.md contract 5: the host has two chunks left, and the peer fills them. What
 * comes then is dropped by name, the edge stays, nothing can be queued; when it was read, all goes
 * on.
 */
static void established_host_out_of_chunks(void **state)
{
    struct fixture *f = *state;
    f->config.chunks_max = 2;
    fixture_start(f);
    fixture_established(f);
    uint32_t seq = 1, full = 2 * TCP_CHUNK_BYTES;
    peer_sends(f, &seq, full, 1460);
    uint32_t edge = f->conn->rcv.edge.value;
    fixture_clear(f);
    fixture_input(f, TCP_FLAG_ACK, seq, 1, 1000, 65535);
    assert_int_equal(f->drops[DROP_NO_MEMORY], 1);
    assert_int_equal(fixture_last(f)->ack, seq);
    assert_int_equal(f->conn->rcv.edge.value, edge);
    uint32_t taken;
    assert_int_equal(tcp_send(f->conn, (const uint8_t *)"x", 1, &taken, f->now_us), ENOBUFS);
    assert_null(f->conn->tx);
    struct span_mut part;
    uint32_t count;
    assert_int_equal(tcp_send_reserve(f->conn, 1, &part, 1, &count), ENOBUFS);
    assert_null(f->conn->tx);
    fixture_check_plan(f);
    assert_int_equal(reads(f, full), full);
    peer_sends(f, &seq, 1000, 1000);
    assert_int_equal(reads(f, 1000), 1000);
    fixture_send(f, 1);
}

/* Memory runs out while the promised window is used up: it closes, the peer probes, and the answer
 * to a probe after memory has come back opens it. */
static void established_window_closes_without_chunks_and_recovers(void **state)
{
    struct fixture *f = *state;
    f->config.rcvbuf_bytes = f->config.rcvbuf_bytes_max = 2 * TCP_CHUNK_BYTES;
    f->config.chunks_max = 3;
    fixture_start(f);
    fixture_established(f);
    struct tcp_conn *reader = f->conn;
    uint32_t seq = 1;
    peer_sends(f, &seq, TCP_CHUNK_BYTES, 1460);
    fixture_send(f, 2 * TCP_CHUNK_BYTES);   /* the other two chunks */
    assert_int_equal(reads(f, 8000), 8000); /* would move the edge, had the host a chunk */
    fixture_input(f, TCP_FLAG_ACK, seq, 1, 1, 65535);
    assert_true(tcp_seq_le(reader->rcv.edge, tcp_seq_of(f->peer_iss + 1 + 2 * TCP_CHUNK_BYTES)));
    assert_int_equal(fixture_last(f)->ack, seq);
    fixture_ack(f, seq, 1 + 14600, 65535);
    fixture_ack(f, seq, 1 + 2 * TCP_CHUNK_BYTES, 65535); /* gives the two chunks back */
    fixture_input(f, TCP_FLAG_ACK, seq, 1 + 2 * TCP_CHUNK_BYTES, 1, 65535);
    assert_int_equal(fixture_last(f)->ack, seq + 1);
    assert_true(tcp_conn_receive_window(reader) > 0);
}

/* After the peer's FIN nobody needs to know of the window any more. */
static void close_wait_reading_tells_nothing(void **state)
{
    struct fixture *f = *state;
    established_buffer(f, 4000);
    uint32_t seq = 1;
    peer_sends(f, &seq, 3999, 1000);
    fixture_input(f, TCP_FLAG_FIN | TCP_FLAG_ACK, seq, 1, 0, 65535);
    fixture_pass(f, 50 * MS);
    fixture_clear(f);
    assert_int_equal(reads(f, 3999), 3999);
    assert_int_equal(f->sent_count, 0);
    assert_null(f->conn->rx);
}

/* A buffer made smaller takes nothing back; the window shrinks as data comes. Made larger, it is
 * told with the next ACK. */
static void established_buffer_resized(void **state)
{
    struct fixture *f = *state;
    established_buffer(f, 20000);
    tcp_set_rcvbuf(f->conn, 5000);
    uint32_t seq = 1;
    for (int i = 0; i < 20; i++) {
        peer_sends(f, &seq, 1000, 1000);
        fixture_pass(f, 50 * MS);
        assert_int_equal(fixture_last(f)->ack + fixture_last(f)->repr.window, 20001);
    }
    assert_int_equal(fixture_last(f)->repr.window, 0);
    tcp_set_rcvbuf(f->conn, 30000);
    fixture_input(f, TCP_FLAG_ACK, seq, 1, 1, 65535);
    assert_true(fixture_last(f)->repr.window >= 9999);
}

/* Without scaling 16 bits say no more than 65,535, whatever the buffer holds: once that was said,
 * reading makes no news, and no second ACK. */
static void established_unscaled_window_is_told_once(void **state)
{
    struct fixture *f = *state;
    f->config.window_scaling = false;
    f->config.rcvbuf_bytes = 200000;
    fixture_start(f);
    fixture_established(f);
    fixture_input(f, TCP_FLAG_ACK, 1, 1, 1000, 65535);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_last(f)->repr.window, 65535);
    uint8_t bytes[1000];
    uint32_t got;
    assert_int_equal(tcp_receive(f->conn, bytes, sizeof bytes, &got, f->now_us), 0);
    assert_int_equal(got, 1000);
    assert_int_equal(f->sent_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(established_window_opens_with_the_first_ack),
        FIXTURE_TEST(established_unscaled_window_is_told_once),
        FIXTURE_TEST(established_window_of_16_bits_is_unsigned),
        FIXTURE_TEST(established_window_never_moves_left),
        FIXTURE_TEST(established_scaled_window_rounds_up),
        FIXTURE_TEST(established_window_opens_by_a_segment),
        FIXTURE_TEST(established_window_opens_by_half_the_buffer),
        FIXTURE_TEST(established_slow_reading_tells_little),
        FIXTURE_TEST(established_buffer_grows_with_a_fast_reader),
        FIXTURE_TEST(established_buffer_does_not_grow_with_a_slow_reader),
        FIXTURE_TEST(established_buffer_growth_has_a_limit),
        FIXTURE_TEST(established_host_out_of_chunks),
        FIXTURE_TEST(established_window_closes_without_chunks_and_recovers),
        FIXTURE_TEST(close_wait_reading_tells_nothing),
        FIXTURE_TEST(established_buffer_resized),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
