/*
 * Follows a script.
 *
 * app_go() does acts until one has to wait; readiness and the wake-up event call it again. An act
 * is a function that answers whether it is done, so each can be asked as often as it takes. An
 * error ends the script: it is what the application is told.
 */
#include "sim/lab_app.h"

#include <string.h>

#define APP_BUFFER_BYTES 4096

static void app_fail(struct lab_app *app, int error, uint64_t now_us)
{
    app->fate.error = error;
    app->fate.told_us = now_us;
    if (app->socket != VITRO_SOCKET_NONE) (void)vitro_close(app->host->stack, app->socket, now_us);
    app->socket = VITRO_SOCKET_NONE;
    app->act = NULL;
}

static bool do_connect(struct lab_app *app, uint64_t now_us)
{
    struct vitro_stack *stack = app->host->stack;
    if (app->fate.was_open) return true;
    if (app->has_begun) return false;
    int error = vitro_tcp_open(stack, 0, &app->socket);
    if (error == 0 && app->local.port != 0) error = vitro_bind(stack, app->socket, &app->local);
    if (error == 0) error = vitro_tcp_connect(stack, app->socket, &app->remote, now_us);
    if (error != 0) app_fail(app, error, now_us);
    return false;
}

static bool do_wait(struct lab_app *app, uint64_t now_us)
{
    if (app->has_begun) return !sim_event_is_set(&app->wake);
    sim_clock_set(&app->host->net->clock, &app->wake, now_us + app->act->amount);
    return false;
}

static uint64_t act_bytes(const struct lab_app *app)
{
    if (app->act->text != NULL) return strlen(app->act->text);
    return app->act->amount == LAB_SIZE ? app->config->size_bytes : app->act->amount;
}

/* What to send from `offset` on; LAB_SEND_BYTES of it can be read at least, or all there is. */
static const uint8_t *act_data(const struct lab_app *app, uint64_t offset)
{
    if (app->act->text != NULL) return (const uint8_t *)app->act->text + offset;
    if (app->act->amount == LAB_SIZE && app->config->data != NULL)
        return app->config->data + offset;
    return app->pattern + offset % 26;
}

static bool do_send(struct lab_app *app, uint64_t now_us)
{
    const uint64_t total = act_bytes(app);
    for (;;) {
        const uint64_t offset = app->fate.sent_bytes - app->begun_bytes;
        if (offset >= total) return true;
        const size_t len = (size_t)u64_min(total - offset, LAB_SEND_BYTES);
        const uint8_t *data = act_data(app, offset);
        const int64_t sent = vitro_tcp_send(app->host->stack, app->socket, data, len, now_us);
        if (sent == -EAGAIN) return false;
        if (sent < 0) {
            app_fail(app, (int)sent, now_us);
            return false;
        }
        app->fate.sent_bytes += (uint64_t)sent;
    }
}

/* Reads all there is until `total` bytes have come, 0: until the end. */
static bool do_receive(struct lab_app *app, uint64_t total, uint64_t now_us)
{
    for (;;) {
        uint8_t buffer[APP_BUFFER_BYTES];
        const uint64_t have = app->fate.received_bytes - app->begun_bytes;
        if (total != 0 && have >= total) return true;
        const size_t room =
            total == 0 ? sizeof buffer : (size_t)u64_min(sizeof buffer, total - have);
        const int64_t got = vitro_tcp_receive(app->host->stack, app->socket, buffer, room, now_us);
        if (got == 0) {
            app->fate.saw_end = true;
            return true;
        }
        if (got == -EAGAIN) return false;
        if (got < 0) {
            app_fail(app, (int)got, now_us);
            return false;
        }
        app->fate.received_bytes += (uint64_t)got;
    }
}

static bool do_act(struct lab_app *app, uint64_t now_us)
{
    struct vitro_stack *stack = app->host->stack;
    switch (app->act->op) {
    case LAB_CONNECT: return do_connect(app, now_us);
    case LAB_WAIT: return do_wait(app, now_us);
    case LAB_SEND: return do_send(app, now_us);
    case LAB_RECEIVE: return do_receive(app, app->act->amount, now_us);
    case LAB_RECEIVE_END: return do_receive(app, 0, now_us);
    case LAB_SHUT_SEND:
        (void)vitro_tcp_shutdown(stack, app->socket, VITRO_SHUT_SEND, now_us);
        return true;
    case LAB_CLOSE:
        (void)vitro_close(stack, app->socket, now_us);
        app->socket = VITRO_SOCKET_NONE;
        return true;
    case LAB_ABORT:
        (void)vitro_tcp_abort(stack, app->socket, now_us);
        app->socket = VITRO_SOCKET_NONE;
        return true;
    case LAB_DONE:
    case LAB_LISTEN_OFF: break;
    }
    return false;
}

static void app_go(struct lab_app *app, uint64_t now_us)
{
    while (app->act != NULL && app->act->op != LAB_DONE) {
        if (!app->has_begun) {
            const bool sends = app->act->op == LAB_SEND;
            app->begun_bytes = sends ? app->fate.sent_bytes : app->fate.received_bytes;
        }
        const bool is_done = do_act(app, now_us);
        app->has_begun = !is_done;
        if (!is_done || app->act == NULL) return;
        app->act++;
    }
}

static void app_wake(struct sim_event *event, uint64_t now_us)
{
    app_go(CONTAINER_OF(event, struct lab_app, wake), now_us);
}

bool lab_app_begin(struct lab_app *app, uint64_t now_us)
{
    struct vitro_stack *stack = app->host->stack;
    sim_event_init(&app->wake, app_wake);
    if (app->connects) {
        app_go(app, now_us);
        return true;
    }
    app->fate.is_absent = app->act->op == LAB_LISTEN_OFF;
    if (app->fate.is_absent) return true;
    return vitro_tcp_open(stack, 1, &app->listener) == 0 &&
           vitro_bind(stack, app->listener, &app->local) == 0 &&
           vitro_tcp_listen(stack, app->listener, app->config->backlog) == 0;
}

void lab_app_ready(struct lab_app *app, const struct vitro_ready *ready, uint64_t now_us)
{
    struct vitro_stack *stack = app->host->stack;
    if ((ready->bits & VITRO_ACCEPTABLE) != 0 && app->socket == VITRO_SOCKET_NONE) {
        if (vitro_tcp_accept(stack, app->listener, 0, &app->socket, NULL) != 0) return;
        app->fate.was_open = true;
        app_go(app, now_us);
        return;
    }
    if (ready->socket != app->socket) return;
    if ((ready->bits & VITRO_CONNECTED) != 0) app->fate.was_open = true;
    if ((ready->bits & VITRO_ERROR) != 0 && (ready->bits & VITRO_READABLE) == 0) {
        app_fail(app, vitro_take_error(stack, app->socket), now_us);
        return;
    }
    const bool reads =
        app->act != NULL && (app->act->op == LAB_RECEIVE || app->act->op == LAB_RECEIVE_END);
    if ((ready->bits & VITRO_ERROR) != 0 && !reads) {
        app_fail(app, vitro_take_error(stack, app->socket), now_us);
        return;
    }
    app_go(app, now_us);
}
