/*
 * A conversation of the program, as it goes into the table at the end: TCP connections, UDP flows,
 * DNS questions, pings.
 *
 * Who serves a conversation embeds a `struct talk` and fills it in as it goes; gateway_talk_end()
 * hands it to whoever reports. Byte counts are payload.
 */
#ifndef VITRO_GATEWAY_TALK_H
#define VITRO_GATEWAY_TALK_H

#include "base/assert.h"
#include "gateway/names.h"
#include "vitro/address.h"
#include "vitro/state.h"

enum talk_kind {
    TALK_TCP,
    TALK_UDP,
    TALK_DNS, /* one question and its answer, over UDP */
    TALK_PING,
};

/* How a conversation came to be what it was at the end. */
enum talk_end {
    TALK_OPEN,        /* not ended: still there when the run was over */
    TALK_CLOSED,      /* by FIN, both ways */
    TALK_RESET,       /* by RST */
    TALK_REFUSED,     /* connection refused, port unreachable */
    TALK_UNREACHABLE, /* network or host unreachable, or prohibited */
    TALK_TIMED_OUT,   /* nobody answered */
    TALK_IDLE,        /* UDP: nothing was said for long enough */
    TALK_ANSWERED,    /* DNS, ping: got an answer */
    TALK_FAILED,      /* the gateway could not: a limit, no memory */
};

/* Who did it. */
enum talk_party {
    TALK_NOBODY,
    TALK_PROGRAM,
    TALK_PEER,
    TALK_GATEWAY,
};

#define TALK_DETAIL_BYTES 64

struct talk {
    enum talk_kind kind;
    bool is_inbound;                /* a published port: the peer began */
    struct vitro_endpoint program;  /* the program's end */
    struct vitro_endpoint peer;     /* the other end, as the program sees it */
    char name[NAME_BYTES_MAX];      /* of the peer, or the DNS question; "": none known */
    char detail[TALK_DETAIL_BYTES]; /* DNS: type and answer in short ("A 192.0.2.7"); else "" */
    uint64_t begun_us, ended_us;
    uint64_t handshake_us; /* from the SYN to the handshake's end as the program saw it; 0: none */
    uint64_t bytes_out, bytes_in;     /* from the program, to the program */
    uint64_t packets_out, packets_in; /* UDP, DNS, ping: datagrams */
    uint32_t retransmits_out;         /* segments of the program that came again */
    uint32_t retransmits_in;          /* segments that vitro sent again */
    enum vitro_tcp_state state;       /* of vitro's end, at the end */
    enum talk_end end;
    enum talk_party ended_by;
    int error; /* positive errno value behind REFUSED, UNREACHABLE, FAILED; 0: none */
    /* the path beyond the gateway, from the host's own socket (TCP_INFO); 0: not known */
    bool has_path;
    uint64_t path_rtt_us, path_rtt_us_min;
    uint32_t path_retransmits;
    uint32_t path_mss_bytes;
};

/* Begins a record: everything else is zero. */
void talk_begin(struct talk *talk, enum talk_kind kind, const struct vitro_endpoint *program,
                const struct vitro_endpoint *peer, uint64_t now_us);

/* How a conversation ended that came to nothing because of `error`, a positive errno value. */
enum talk_end talk_end_of_error(int error);

/* Fills in the path's figures from a connected TCP socket of the host; leaves them where the host
 * does not tell. */
void talk_path(struct talk *talk, int fd);

#endif
