/*
 * What to send now, and if nothing, when to ask again: one pure function, so that sending and
 * waking up cannot disagree. tcp_output carries plans out until there is nothing left to do.
 */
#ifndef VITRO_TCP_PLAN_H
#define VITRO_TCP_PLAN_H

#include "tcp/tcp_conn.h"

enum tcp_plan_kind {
    TCP_PLAN_NOTHING,
    TCP_PLAN_SYN,        /* SYN, or SYN-ACK in a simultaneous open */
    TCP_PLAN_RETRANSMIT, /* data or FIN that was lost */
    TCP_PLAN_DATA,       /* new data, with the FIN behind it if that fits */
    TCP_PLAN_FIN,        /* the FIN alone */
    TCP_PLAN_PROBE,      /* one octet into a window that is closed or too small */
    TCP_PLAN_KEEPALIVE,
    TCP_PLAN_ACK,
};

/* What keeps queued data back. */
enum tcp_plan_limit {
    TCP_LIMIT_NONE, /* nothing is queued */
    TCP_LIMIT_CWND,
    TCP_LIMIT_WINDOW, /* the peer's */
    TCP_LIMIT_SMALL,  /* Nagle, cork: waits for a full segment */
    TCP_LIMIT_RECORDS,
};

struct tcp_plan {
    enum tcp_plan_kind kind;
    enum tcp_plan_limit limit;
    tcp_seq seq;
    uint32_t len_bytes; /* payload; several segments' worth if the path takes super-segments */
    bool has_fin;
    bool has_psh;
    uint64_t not_before_us; /* kind NOTHING: the next deadline, TIME_NEVER if none */
};

/* The next thing to do at `now_us`. */
struct tcp_plan tcp_plan(const struct tcp_conn *conn, uint64_t now_us);

/* Queued bytes that were never sent. */
uint32_t tcp_plan_unsent_bytes(const struct tcp_conn *conn);

#endif
