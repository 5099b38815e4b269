/*
 * One side of a talk: reads and writes until nothing more goes, as an edge-triggered application
 * has to.
 */
#include "sim_peer.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"

#define BUFFER_BYTES 8192

static void peer_serve(struct peer *peer, uint64_t now_us);

/* Eight bytes of the pattern. */
static uint64_t pattern_word(uint64_t key, uint64_t word)
{
    return hash_mix64(key ^ hash_mix64(word));
}

static void pattern_fill(uint64_t key, uint64_t offset, uint8_t *out, size_t len)
{
    uint64_t word = 0;
    for (size_t i = 0; i < len; i++, offset++) {
        if (i == 0 || offset % 8 == 0) word = pattern_word(key, offset / 8);
        out[i] = (uint8_t)(word >> offset % 8 * 8);
    }
}

/* Where `data` first differs from the pattern; `len` if nowhere. */
static size_t pattern_differs(uint64_t key, uint64_t offset, const uint8_t *data, size_t len)
{
    uint64_t word = 0;
    for (size_t i = 0; i < len; i++, offset++) {
        if (i == 0 || offset % 8 == 0) word = pattern_word(key, offset / 8);
        if (data[i] != (uint8_t)(word >> offset % 8 * 8)) return i;
    }
    return len;
}

static void fail(struct peer *peer, const char *what, uint64_t at)
{
    if (peer->outcome.failure != NULL) return;
    peer->outcome.failure = what;
    peer->outcome.failure_at = at;
}

static void over(struct peer *peer)
{
    struct sim_clock *clock = &peer->host->net->clock;
    peer->outcome.is_over = true;
    sim_clock_cancel(clock, &peer->read_timer);
    sim_clock_cancel(clock, &peer->write_timer);
    sim_clock_cancel(clock, &peer->watchdog);
}

static void end_with(struct peer *peer, int error, uint64_t now_us)
{
    if (peer->outcome.is_over) return;
    if (error != 0) peer->outcome.error = error;
    over(peer);
    if (vitro_close(peer->host->stack, peer->socket, now_us) != 0) fail(peer, "close failed", 0);
}

static void count_progress(struct peer *peer, uint64_t now_us)
{
    peer->progress_us = now_us;
    if (peer->outcome.sent + peer->outcome.received < peer->side->abort_at) return;
    if (peer->outcome.is_over) return;
    peer->outcome.has_aborted = true;
    over(peer);
    if (vitro_tcp_abort(peer->host->stack, peer->socket, now_us) != 0) {
        fail(peer, "abort failed", 0);
    }
}

static void watchdog_run(struct sim_event *event, uint64_t now_us)
{
    struct peer *peer = CONTAINER_OF(event, struct peer, watchdog);
    const uint64_t until_us = peer->progress_us + peer->plan->patience_us;
    if (now_us < until_us) {
        sim_clock_set(&peer->host->net->clock, event, until_us);
        return;
    }
    /* What is queued may be on its slow way although the application has nothing to do. */
    struct vitro_tcp_info info = {0};
    (void)!vitro_tcp_info(peer->host->stack, peer->socket, &info);
    if (info.send_unacked != peer->unacked_seen) {
        peer->unacked_seen = info.send_unacked;
        sim_clock_set(&peer->host->net->clock, event, now_us + peer->plan->patience_us);
        return;
    }
    peer->outcome.gave_up = true;
    peer->outcome.gave_up_busy = info.in_flight_bytes > 0;
    over(peer);
    (void)!vitro_tcp_abort(peer->host->stack, peer->socket, now_us);
}

static void read_timer_run(struct sim_event *event, uint64_t now_us)
{
    peer_serve(CONTAINER_OF(event, struct peer, read_timer), now_us);
}

static void write_timer_run(struct sim_event *event, uint64_t now_us)
{
    peer_serve(CONTAINER_OF(event, struct peer, write_timer), now_us);
}

void peer_init(struct peer *peer, struct sim_host *host, const struct plan *plan,
               const struct side_plan *side, struct peer *other, uint64_t number)
{
    *peer = (struct peer){.host = host, .plan = plan, .side = side, .other = other};
    peer->key = hash_mix64(plan->seed) + number;
    sim_event_init(&peer->read_timer, read_timer_run);
    sim_event_init(&peer->write_timer, write_timer_run);
    sim_event_init(&peer->watchdog, watchdog_run);
}

/* Compares what came with what the other side sends from there on. */
static void check_received(struct peer *peer, const uint8_t *data, size_t len)
{
    const uint64_t offset = peer->outcome.received;
    const size_t differs = pattern_differs(peer->other->key, offset, data, len);
    if (offset + len > peer->other->outcome.sent) {
        fail(peer, "received more than was sent", offset + len);
    } else if (differs < len) {
        fail(peer, "received a wrong byte", offset + differs);
    }
    peer->outcome.received += len;
}

/* One read, by copy or in place: bytes, 0 at the end, or a negative errno value. */
static int64_t read_once(struct peer *peer, uint64_t now_us)
{
    struct vitro_stack *stack = peer->host->stack;
    const size_t most = peer->side->read_bytes;
    if (!peer->side->in_place) {
        uint8_t buffer[BUFFER_BYTES];
        const int64_t n =
            vitro_tcp_receive(stack, peer->socket, buffer, size_min(most, sizeof buffer), now_us);
        if (n > 0) check_received(peer, buffer, (size_t)n);
        return n;
    }
    struct vitro_span spans[3];
    const int count = vitro_tcp_peek(stack, peer->socket, spans, ARRAY_COUNT(spans));
    if (count <= 0) return count;
    size_t taken = 0;
    for (int i = 0; i < count && taken < most; i++) {
        const size_t len = size_min(spans[i].len, most - taken);
        check_received(peer, spans[i].data, len);
        taken += len;
    }
    if (vitro_tcp_consume(stack, peer->socket, taken, now_us) != 0) {
        fail(peer, "consume failed", peer->outcome.received);
    }
    return (int64_t)taken;
}

/* False: nothing more can be read now. */
static bool try_read(struct peer *peer, uint64_t now_us)
{
    struct sim_clock *clock = &peer->host->net->clock;
    if (peer->outcome.has_eof || sim_event_is_set(&peer->read_timer)) return false;
    const uint64_t from_us = peer->opened_us + peer->side->read_from_us;
    if (now_us < from_us) {
        sim_clock_set(clock, &peer->read_timer, from_us);
        return false;
    }
    const int64_t n = read_once(peer, now_us);
    if (n == -EAGAIN || n == -ENOTCONN) return false;
    if (n < 0) {
        end_with(peer, (int)-n, now_us);
        return false;
    }
    if (n == 0) peer->outcome.has_eof = true;
    count_progress(peer, now_us);
    if (n == 0 || peer->side->read_pause_us == 0) return true;
    if (!peer->outcome.is_over) {
        sim_clock_set(clock, &peer->read_timer, now_us + peer->side->read_pause_us);
    }
    return false;
}

/* One write of up to `len` bytes, by copy or in place: bytes taken, or a negative errno value. */
static int64_t write_once(struct peer *peer, size_t len, uint64_t now_us)
{
    struct vitro_stack *stack = peer->host->stack;
    if (!peer->side->in_place) {
        uint8_t buffer[BUFFER_BYTES];
        len = size_min(len, sizeof buffer);
        pattern_fill(peer->key, peer->outcome.sent, buffer, len);
        /* What is sent may arrive while it is being sent: count it first. */
        peer->outcome.sent += len;
        const int64_t n = vitro_tcp_send(stack, peer->socket, buffer, len, now_us);
        peer->outcome.sent -= len - (n > 0 ? (size_t)n : 0);
        return n;
    }
    struct vitro_span_mut spans[3];
    const int count = vitro_tcp_reserve(stack, peer->socket, len, spans, ARRAY_COUNT(spans));
    if (count < 0) return count;
    size_t filled = 0;
    for (int i = 0; i < count && filled < len; i++) {
        const size_t part = size_min(spans[i].len, len - filled);
        pattern_fill(peer->key, peer->outcome.sent + filled, spans[i].data, part);
        filled += part;
    }
    if (count == 0 || filled == 0) fail(peer, "reserve gave no room", peer->outcome.sent);
    peer->outcome.sent += filled;
    if (vitro_tcp_commit(stack, peer->socket, filled, now_us) != 0) {
        fail(peer, "commit failed", peer->outcome.sent);
    }
    return (int64_t)filled;
}

static void finish_sending(struct peer *peer, uint64_t now_us)
{
    if (peer->side->closes_early) {
        peer->outcome.has_shut = true;
        end_with(peer, 0, now_us);
        return;
    }
    const int error = vitro_tcp_shutdown(peer->host->stack, peer->socket, VITRO_SHUT_SEND, now_us);
    if (error == 0) {
        peer->outcome.has_shut = true;
        peer->progress_us = now_us;
    } else if (error != -ENOTCONN) {
        fail(peer, "shutdown failed", (uint64_t)-error);
    }
}

/* False: nothing more can be written now. */
static bool try_write(struct peer *peer, uint64_t now_us)
{
    const struct side_plan *side = peer->side;
    if (peer->outcome.has_shut || sim_event_is_set(&peer->write_timer)) return false;
    if (side->answers && !peer->outcome.has_eof) return false;
    const uint64_t left = side->bytes - peer->outcome.sent;
    if (left == 0) {
        /* Closing in SYN-SENT would throw the data away (RFC 9293 3.10.4). */
        if (side->closes_early && !peer->outcome.is_connected) return false;
        finish_sending(peer, now_us);
        return false;
    }
    const size_t len = (size_t)u64_min(left, side->write_bytes);
    const int64_t n = write_once(peer, len, now_us);
    if (n == -EAGAIN || n == -ENOTCONN) return false;
    if (n <= 0) {
        if (n == 0) fail(peer, "send took nothing", peer->outcome.sent);
        end_with(peer, (int)-n, now_us);
        return false;
    }
    count_progress(peer, now_us);
    if (side->write_pause_us == 0) return true;
    if (!peer->outcome.is_over) {
        sim_clock_set(&peer->host->net->clock, &peer->write_timer, now_us + side->write_pause_us);
    }
    return false;
}

static void peer_serve(struct peer *peer, uint64_t now_us)
{
    bool again = true;
    while (again && !peer->outcome.is_over) {
        const bool has_read = try_read(peer, now_us);
        again = (!peer->outcome.is_over && try_write(peer, now_us)) || has_read;
    }
    if (peer->outcome.is_over || !peer->outcome.has_eof || !peer->outcome.has_shut) return;
    end_with(peer, 0, now_us);
}

void peer_begin(struct peer *peer, vitro_socket socket, uint64_t now_us)
{
    struct vitro_stack *stack = peer->host->stack;
    peer->socket = socket;
    peer->outcome.has_opened = true;
    peer->opened_us = now_us;
    peer->progress_us = now_us;
    const uint64_t until_us = now_us + peer->plan->patience_us;
    sim_clock_set(&peer->host->net->clock, &peer->watchdog, until_us);
    if (peer->side->nodelay &&
        vitro_set_option(stack, socket, VITRO_OPTION_NODELAY, 1, now_us) != 0) {
        fail(peer, "NODELAY failed", 0);
    }
    if (peer->side->sinks && vitro_set_option(stack, socket, VITRO_OPTION_SINK, 1, now_us) != 0) {
        fail(peer, "SINK failed", 0);
    }
    if (peer->side->abort_at == 0) {
        count_progress(peer, now_us);
        return;
    }
    peer_serve(peer, now_us);
}

void peer_failed(struct peer *peer, int error)
{
    peer->outcome.error = error;
    peer->outcome.is_over = true;
}

void peer_ready(struct peer *peer, const struct vitro_ready *ready, uint64_t now_us)
{
    if (peer->outcome.is_over) return;
    if ((ready->bits & VITRO_CONNECTED) != 0) peer->outcome.is_connected = true;
    if ((ready->bits & VITRO_ERROR) != 0) {
        const int error = vitro_take_error(peer->host->stack, peer->socket);
        if (error == 0) fail(peer, "ready with an error that is none", 0);
        /* What arrived before the error could still be read, but this application is in a hurry. */
        end_with(peer, -error, now_us);
        return;
    }
    peer_serve(peer, now_us);
}

uint32_t peer_sink(struct peer *peer, const struct vitro_span *spans, uint32_t span_count,
                   uint64_t now_us)
{
    const uint64_t ready_us = peer->opened_us + peer->side->read_from_us;
    if (peer->outcome.is_over || now_us < ready_us || peer->side->read_pause_us > 0) return 0;
    uint32_t room = (uint32_t)(hash_mix64(peer->outcome.received) % peer->side->read_bytes);
    uint32_t taken = 0;
    for (uint32_t i = 0; i < span_count && room > 0; i++) {
        const size_t len = size_min(spans[i].len, room);
        check_received(peer, spans[i].data, len);
        room -= (uint32_t)len;
        taken += (uint32_t)len;
    }
    if (taken > 0) peer->progress_us = now_us;
    return taken;
}
