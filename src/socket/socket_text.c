/*
 * Names and short texts: of the version, errors, states, causes, events and drops.
 */
#include <errno.h>

#include "base/assert.h"
#include "base/drop.h"
#include "tcp/tcp_event.h"
#include "tcp/tcp_state.h"
#include "vitro.h"

#define ERRORS(X)                                                                                  \
    X(EBADF, "no such socket")                                                                     \
    X(EINVAL, "invalid argument")                                                                  \
    X(EOPNOTSUPP, "not possible with this kind of socket")                                         \
    X(EAGAIN, "not now")                                                                           \
    X(ENOBUFS, "a limit is reached or memory is out")                                              \
    X(ENOMEM, "memory is out")                                                                     \
    X(EADDRINUSE, "address in use")                                                                \
    X(EADDRNOTAVAIL, "address not available")                                                      \
    X(ENETUNREACH, "network unreachable")                                                          \
    X(EHOSTUNREACH, "host unreachable")                                                            \
    X(ENOPROTOOPT, "protocol not available")                                                       \
    X(EPROTO, "protocol error")                                                                    \
    X(EACCES, "prohibited")                                                                        \
    X(ECONNREFUSED, "connection refused")                                                          \
    X(ECONNRESET, "connection reset by peer")                                                      \
    X(ECONNABORTED, "connection aborted")                                                          \
    X(ETIMEDOUT, "connection timed out")                                                           \
    X(EPIPE, "the sending side is closed")                                                         \
    X(ENOTCONN, "not connected")                                                                   \
    X(EISCONN, "connected already")                                                                \
    X(EALREADY, "being connected already")                                                         \
    X(EDESTADDRREQ, "no destination")                                                              \
    X(EMSGSIZE, "message too long")                                                                \
    X(ENOENT, "no such thing")                                                                     \
    X(EEXIST, "there already")

const char *vitro_version(void) { return VITRO_VERSION_TEXT; }

const char *vitro_error_name(int error)
{
    switch (error < 0 ? -error : error) {
    case 0: return "OK";
#define NAME(number, text)                                                                         \
    case number: return #number;
        ERRORS(NAME)
#undef NAME
    default: return "unknown error";
    }
}

const char *vitro_error_text(int error)
{
    switch (error < 0 ? -error : error) {
    case 0: return "no error";
#define TEXT(number, text)                                                                         \
    case number: return text;
        ERRORS(TEXT)
#undef TEXT
    default: return "unknown error";
    }
}

const char *vitro_drop_text(enum vitro_drop drop)
{
    return drop_reason_text((enum drop_reason)drop);
}

const char *vitro_tcp_state_text(enum vitro_tcp_state state)
{
    return tcp_state_text((enum tcp_state)state);
}

const char *vitro_tcp_cause_text(enum vitro_tcp_cause cause)
{
    return tcp_cause_text((enum tcp_cause)cause);
}

const char *vitro_event_kind_text(enum vitro_event_kind kind)
{
    return tcp_event_kind_text((enum tcp_event_kind)kind);
}

const char *vitro_retransmit_cause_text(enum vitro_retransmit_cause cause)
{
    return tcp_retransmit_cause_text((enum tcp_retransmit_cause)cause);
}
