/*
 * The record of a conversation, and what the host's kernel knows of the path behind it.
 */
#define _GNU_SOURCE /* struct tcp_info */

#include "gateway/talk.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

#include <linux/tcp.h>

void talk_begin(struct talk *talk, enum talk_kind kind, const struct vitro_endpoint *program,
                const struct vitro_endpoint *peer, uint64_t now_us)
{
    *talk = (struct talk){
        .kind = kind,
        .program = *program,
        .peer = *peer,
        .begun_us = now_us,
    };
}

enum talk_end talk_end_of_error(int error)
{
    switch (error) {
    case ECONNREFUSED:
    case ECONNRESET: return TALK_REFUSED;
    case ETIMEDOUT: return TALK_TIMED_OUT;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return TALK_FAILED;
    default: return TALK_UNREACHABLE;
    }
}

void talk_path(struct talk *talk, int fd)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0) return;
    talk->has_path = true;
    talk->path_rtt_us = info.tcpi_rtt;
    talk->path_retransmits = info.tcpi_total_retrans;
    talk->path_mss_bytes = info.tcpi_snd_mss;
    /* Older kernels fill in less; what they leave out stays 0. */
    if (len >= offsetof(struct tcp_info, tcpi_min_rtt) + sizeof info.tcpi_min_rtt) {
        talk->path_rtt_us_min = info.tcpi_min_rtt;
    }
}
