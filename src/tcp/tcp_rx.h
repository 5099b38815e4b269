/*
 * The receiving half of a connection while data waits to be read or a hole waits to be filled.
 */
#ifndef VITRO_TCP_RX_H
#define VITRO_TCP_RX_H

#include "tcp/tcp_reassembly.h"
#include "tcp/tcp_recvbuf.h"

struct tcp_rx {
    struct tcp_recvbuf buf;
    struct tcp_reassembly reassembly;
};

#endif
