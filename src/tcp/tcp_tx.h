/*
 * The sending half of a connection while it has anything to send or to be acknowledged: queued
 * bytes, records of what is in flight, and loss recovery.
 */
#ifndef VITRO_TCP_TX_H
#define VITRO_TCP_TX_H

#include "tcp/tcp_recovery.h"
#include "tcp/tcp_sendbuf.h"
#include "tcp/tcp_sent.h"

struct tcp_tx {
    struct tcp_sendbuf buf; /* its first byte is snd.una (after the SYN) */
    struct tcp_sent sent;
    struct tcp_recovery recovery;
};

#endif
