/*
 * A relay: one TCP connection of the stack and one TCP socket of the host, and the bytes between.
 *
 *     stack -> sink: written to the host where they lie in the frame; what the host does not take
 *              waits in the connection's receive buffer, whose window then closes
 *     host  -> read straight into the connection's send buffer; when that is full the host's socket
 *              is left alone until there is room
 *
 * Each direction ends by itself: FIN becomes shutdown(SHUT_WR), end of file becomes FIN. A reset of
 * one side becomes a reset of the other. Nothing is buffered here.
 *
 * Whether the other end is still there is answered on each side by itself; so a program that asks
 * (SO_KEEPALIVE) has the host ask its server, too.
 */
#ifndef VITRO_GATEWAY_RELAY_H
#define VITRO_GATEWAY_RELAY_H

#include "gateway/gateway.h"

struct relay {
    struct gateway *gateway;
    struct gateway_socket socket;
    struct poll_fd host;
    struct gateway_turn turn;
    struct talk talk;
    bool host_is_readable, host_is_writable; /* as far as is known */
    bool host_is_ending;  /* a read that leaves room may not have emptied the host's socket */
    bool program_is_done; /* its FIN was passed on: nothing more goes to the host */
    bool host_is_done;    /* its end was passed on: nothing more goes to the program */
    bool is_over;
    bool is_kept_alive;         /* the host's kernel sends keepalives */
    enum talk_party first_done; /* whose stream ended first */
    int host_error;             /* reading failed; told when the program has all that came before */
    int host_write_error;
    void (*ended)(struct relay *self); /* the owner lets go of it; the relay touches it no more */
};

/*
 * Begins to relay between relay->socket.handle (a connection, or one that is being made) and
 * relay->host.fd (a socket that does not block, is connected, and watched by the gateway's poll).
 * `gateway`, `talk`, `ended` and host.free are set; the rest is zero. What has arrived on either
 * side already is moved in the next round. 0 or an errno value: nothing has changed.
 */
WARN_UNUSED int relay_start(struct relay *relay, uint64_t now_us);

/* Resets both sides and ends the relay now. */
void relay_abort(struct relay *relay, enum talk_end end, enum talk_party by, int error,
                 uint64_t now_us);

/*
 * The run is over: ends the relay now, as TALK_OPEN. What the program has finished sending goes on
 * to the server, which the host's kernel sees to after close(); whoever was not finished is reset.
 */
void relay_leave(struct relay *relay, uint64_t now_us);

/* If the program's kernel has sent keepalives, from now on the host's does. */
void relay_keep_alive(struct relay *relay);

/* Whether the program's side still has something to bring to the host. */
bool relay_is_busy(const struct relay *relay);

#endif
