/*
 * A relay between a connection of the stack and a socket of the host.
 *
 * Towards the host, in-order data is written from the sink callback, where it lies in the frame;
 * only what the host's kernel does not take at once goes through the connection's receive buffer,
 * and is written when the host is writable again. Towards the program, the host's socket is read
 * into the connection's own send buffer. So each direction copies a byte once, and waits in one
 * place: when that is full, the other end's window closes.
 *
 * What was received before a reset is passed on before the reset is: errors are noticed where the
 * data ends, by reading up to them.
 *
 * One turn of one relay is bounded (RELAY_TURN_BYTES), so that a fast one does not starve the
 * others: who has more asks for another turn (gateway_again()).
 */
#define _GNU_SOURCE /* struct msghdr's relatives */

#include "gateway/relay.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "gateway/host_socket.h"

/* Read from the host in one go, and in one turn. Each read leaves in super-segments at once: four
 * with 45 segments of 1428 bytes (MTU 1500, IPv6; IPv4 takes a little more), and no small one
 * behind them. */
#define RELAY_READ_BYTES (4u * 45u * 1428u)
#define RELAY_TURN_BYTES (2u * RELAY_READ_BYTES)

/* Silence of a connection whose program has finished sending until its kernel is asked. */
#define RELAY_HALF_CLOSED_MS 120000u

/* Places in which the send buffer's room may lie: chunks of 16 KiB, and the rest of one. */
#define RELAY_SPANS_MAX 20

static struct relay *of_socket(struct gateway_socket *socket)
{
    return CONTAINER_OF(socket, struct relay, socket);
}

static struct vitro_stack *stack_of(const struct relay *relay) { return relay->gateway->stack; }

/* The stack's figures go into the record while there is a connection to ask. */
static void record(struct relay *relay)
{
    struct vitro_tcp_info info;
    if (vitro_tcp_info(stack_of(relay), relay->socket.handle, &info) == 0) {
        relay->talk.state = info.state;
        relay->talk.retransmits_in = info.retransmits;
        relay->talk.retransmits_out = info.duplicates_received;
    }
    if (relay->host.fd >= 0) talk_path(&relay->talk, relay->host.fd);
}

/* Both sides have been let go of: the rest is the owner's. */
static void end(struct relay *relay, enum talk_end how, enum talk_party by, int error,
                uint64_t now_us)
{
    relay->is_over = true;
    gateway_cancel(&relay->turn);
    poll_close(&relay->gateway->poll, &relay->host);
    gateway_talk_end(relay->gateway, &relay->talk, how, by, error, now_us);
    relay->ended(relay);
}

static enum talk_end end_of_error(int error)
{
    return error == ETIMEDOUT ? TALK_TIMED_OUT : TALK_RESET;
}

/* Resets the program's side; the host's is closed as it is. */
static void break_off(struct relay *relay, enum talk_end how, enum talk_party by, int error,
                      uint64_t now_us)
{
    record(relay);
    (void)vitro_tcp_abort(stack_of(relay), relay->socket.handle, now_us); /* it is ours: open */
    end(relay, how, by, error, now_us);
}

void relay_abort(struct relay *relay, enum talk_end how, enum talk_party by, int error,
                 uint64_t now_us)
{
    if (relay->is_over) return;
    host_socket_set_reset(relay->host.fd);
    break_off(relay, how, by, error, now_us);
}

void relay_leave(struct relay *relay, uint64_t now_us)
{
    if (relay->is_over) return;
    if (!relay->program_is_done) host_socket_set_reset(relay->host.fd);
    break_off(relay, TALK_OPEN, TALK_NOBODY, 0, now_us);
}

/* The program's side has failed; all that it sent before has been passed on. */
static void program_failed(struct relay *relay, int error, uint64_t now_us)
{
    relay_abort(relay, end_of_error(error), TALK_PROGRAM, error, now_us);
}

/* The host's side has failed. What came before goes to the program before the reset does. */
static void host_failed(struct relay *relay, int error, uint64_t now_us)
{
    relay->host_error = error;
    relay->host_is_readable = false;
    if (vitro_tcp_unacked_bytes(stack_of(relay), relay->socket.handle) > 0) return;
    relay_abort(relay, end_of_error(error), TALK_PEER, error, now_us);
}

static void end_if_both_done(struct relay *relay, uint64_t now_us)
{
    if (!relay->program_is_done || !relay->host_is_done) return;
    record(relay);
    (void)vitro_close(stack_of(relay), relay->socket.handle, now_us); /* it is ours: open */
    end(relay, TALK_CLOSED, relay->first_done, 0, now_us);
}

static bool is_again(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

/* Writes to the host what lies in `spans`. How many bytes it took: 0 also when it failed, which its
 * next event tells. */
static uint32_t write_to_host(struct relay *relay, const struct vitro_span *spans, uint32_t count)
{
    struct iovec parts[VITRO_FRAME_SPANS_MAX];
    size_t len = 0;
    for (uint32_t i = 0; i < count; i++) {
        parts[i] = (struct iovec){(void *)(uintptr_t)spans[i].data, spans[i].len};
        len += spans[i].len;
    }
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    const ssize_t n = sendmsg(relay->host.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) {
        relay->host_is_writable = false;
        if (!is_again(errno)) relay->host_write_error = errno;
        return 0;
    }
    if ((size_t)n < len) relay->host_is_writable = false;
    relay->talk.bytes_out += (uint64_t)n;
    relay->gateway->stats.bytes_to_host += (uint64_t)n;
    return (uint32_t)n;
}

/* In-order data of the program, in the middle of the stack's input. */
static uint32_t take(struct gateway_socket *socket, const struct vitro_span *spans,
                     uint32_t span_count, uint32_t len_bytes, uint64_t now_us)
{
    (void)len_bytes;
    (void)now_us;
    struct relay *relay = of_socket(socket);
    if (!relay->host_is_writable || span_count > VITRO_FRAME_SPANS_MAX) return 0;
    return write_to_host(relay, spans, span_count);
}

/* A kernel forgets a connection that its program has closed and whose peer does not close it (after
 * a minute: tcp_fin_timeout in tcp(7)), and says so when it is asked. One whose program still reads
 * answers. */
static void ask_whether_it_is_there(const struct relay *relay, uint64_t now_us)
{
    struct vitro_stack *stack = stack_of(relay);
    const vitro_socket handle = relay->socket.handle;
    /* Its connection is there, for its FIN has just been read: these do not fail. */
    (void)vitro_set_option(stack, handle, VITRO_OPTION_KEEP_IDLE_MS, RELAY_HALF_CLOSED_MS, now_us);
    (void)vitro_set_option(stack, handle, VITRO_OPTION_KEEPALIVE, 1, now_us);
}

static void program_finished(struct relay *relay, uint64_t now_us)
{
    relay->program_is_done = true;
    ask_whether_it_is_there(relay, now_us);
    if (relay->first_done == TALK_NOBODY) relay->first_done = TALK_PROGRAM;
    /* Fails where the host's side is gone already, which its own event tells. */
    (void)shutdown(relay->host.fd, SHUT_WR);
    end_if_both_done(relay, now_us);
}

/* Passes on what waits in the receive buffer, and then its end. */
static void move_to_host(struct relay *relay, uint64_t now_us)
{
    struct vitro_stack *stack = stack_of(relay);
    while (!relay->is_over && !relay->program_is_done && relay->host_is_writable) {
        struct vitro_span spans[RELAY_SPANS_MAX];
        const int count = vitro_tcp_peek(stack, relay->socket.handle, spans, RELAY_SPANS_MAX);
        if (count == -EAGAIN || count == -ENOTCONN) return;
        if (count < 0) {
            program_failed(relay, -count, now_us);
            return;
        }
        if (count == 0) {
            program_finished(relay, now_us);
            return;
        }
        const uint32_t taken = write_to_host(relay, spans, (uint32_t)count);
        if (taken > 0) (void)vitro_tcp_consume(stack, relay->socket.handle, taken, now_us);
    }
    /* The host takes nothing any more. Its reading side tells why, and when; if that has ended in
     * order already, nothing will, and this is a reset. */
    if (!relay->is_over && relay->host_write_error != 0 && relay->host_is_done) {
        relay_abort(relay, TALK_RESET, TALK_PEER, relay->host_write_error, now_us);
    }
}

static void host_finished(struct relay *relay, uint64_t now_us)
{
    if (relay->host_write_error != 0) {
        /* A write has been told of the reset; to a read it then looks like an end in order. */
        host_failed(relay, relay->host_write_error, now_us);
        return;
    }
    relay->host_is_done = true;
    relay->host_is_readable = false;
    if (relay->first_done == TALK_NOBODY) relay->first_done = TALK_PEER;
    (void)vitro_tcp_shutdown(stack_of(relay), relay->socket.handle, VITRO_SHUT_SEND, now_us);
    end_if_both_done(relay, now_us);
}

/* Reads once from the host into the send buffer. How many bytes came; 0: no more for now. */
static uint32_t read_from_host(struct relay *relay, uint64_t now_us)
{
    struct vitro_stack *stack = stack_of(relay);
    struct vitro_span_mut room[RELAY_SPANS_MAX];
    const int count =
        vitro_tcp_reserve(stack, relay->socket.handle, RELAY_READ_BYTES, room, RELAY_SPANS_MAX);
    if (count <= 0) return 0; /* no room: VITRO_WRITABLE follows; an error: the reader tells */
    struct iovec parts[RELAY_SPANS_MAX];
    size_t len = 0;
    for (int i = 0; i < count; i++) {
        parts[i] = (struct iovec){room[i].data, room[i].len};
        len += room[i].len;
    }
    const ssize_t n = readv(relay->host.fd, parts, count);
    if (n > 0) {
        if ((size_t)n < len && !relay->host_is_ending) relay->host_is_readable = false;
        relay->talk.bytes_in += (uint64_t)n;
        (void)vitro_tcp_commit(stack, relay->socket.handle, (size_t)n, now_us); /* as reserved */
        return (uint32_t)n;
    }
    const int error = errno;
    (void)vitro_tcp_commit(stack, relay->socket.handle, 0, now_us); /* the room goes back */
    if (n == 0)
        host_finished(relay, now_us);
    else if (is_again(error))
        relay->host_is_readable = relay->host_is_ending = false;
    else
        host_failed(relay, error, now_us);
    return 0;
}

static void move_to_program(struct relay *relay, uint64_t now_us)
{
    uint32_t moved = 0;
    while (!relay->is_over && !relay->host_is_done && relay->host_is_readable) {
        if (moved >= RELAY_TURN_BYTES) {
            gateway_again(relay->gateway, &relay->turn);
            return;
        }
        const uint32_t n = read_from_host(relay, now_us);
        if (n == 0) return;
        moved += n;
    }
}

static void take_turn(struct gateway_turn *turn, uint64_t now_us)
{
    struct relay *relay = CONTAINER_OF(turn, struct relay, turn);
    move_to_host(relay, now_us);
    move_to_program(relay, now_us);
}

static void host_ready(struct poll_fd *host, uint32_t bits, uint64_t now_us)
{
    struct relay *relay = CONTAINER_OF(host, struct relay, host);
    if ((bits & POLL_READABLE) != 0 && relay->host_error == 0) relay->host_is_readable = true;
    if ((bits & POLL_ENDING) != 0) relay->host_is_ending = true;
    if ((bits & POLL_WRITABLE) != 0 && relay->host_write_error == 0) relay->host_is_writable = true;
    move_to_host(relay, now_us);
    move_to_program(relay, now_us);
    if (relay->is_over || (bits & POLL_HANGUP) == 0 || !relay->host_is_done) return;
    /* Its stream had ended in order, and now it does not want ours. */
    const int error = host_socket_error(relay->host.fd);
    if (error != 0) relay_abort(relay, end_of_error(error), TALK_PEER, error, now_us);
}

static void socket_ready(struct gateway_socket *socket, uint32_t bits, uint64_t now_us)
{
    struct relay *relay = of_socket(socket);
    move_to_host(relay, now_us);
    if (relay->is_over) return;
    if ((bits & VITRO_ERROR) != 0) {
        /* What the host took of the rest it has; it would not send more before a reset. */
        const int error = -vitro_take_error(stack_of(relay), socket->handle);
        program_failed(relay, error != 0 ? error : ECONNRESET, now_us);
        return;
    }
    if (relay->host_error != 0) {
        host_failed(relay, relay->host_error, now_us);
        return;
    }
    move_to_program(relay, now_us);
}

int relay_start(struct relay *relay, uint64_t now_us)
{
    struct vitro_stack *stack = stack_of(relay);
    const vitro_socket handle = relay->socket.handle;
    relay->socket.ready = socket_ready;
    relay->socket.sink = take;
    relay->host.ready = host_ready;
    relay->turn.take = take_turn;
    int status = vitro_set_user(stack, handle, (uint64_t)(uintptr_t)&relay->socket);
    if (status == 0) status = vitro_set_option(stack, handle, VITRO_OPTION_SINK, 1, now_us);
    if (status == 0) status = vitro_set_option(stack, handle, VITRO_OPTION_NODELAY, 1, now_us);
    if (status != 0) return -status;
    /* Events of both sides may have come before they were ours: look at everything once. */
    relay->host_is_readable = true;
    relay->host_is_ending = true;
    relay->host_is_writable = true;
    gateway_again(relay->gateway, &relay->turn);
    return 0;
}

void relay_keep_alive(struct relay *relay)
{
    struct vitro_tcp_info info;
    if (relay->is_kept_alive || relay->is_over) return;
    if (vitro_tcp_info(stack_of(relay), relay->socket.handle, &info) != 0) return;
    relay->is_kept_alive = info.is_kept_alive;
    if (relay->is_kept_alive) host_socket_keep_alive(relay->host.fd);
}

bool relay_is_busy(const struct relay *relay) { return !relay->program_is_done; }
