/*
 * Why a packet was dropped. Each packet that is dropped counts exactly one of these.
 */
#ifndef VITRO_DROP_H
#define VITRO_DROP_H

#include "vitro/export.h"

VITRO_BEGIN

enum vitro_drop {
    VITRO_DROP_NONE,                  /* none */
    VITRO_DROP_LINK_TRUNCATED,        /* link header truncated */
    VITRO_DROP_LINK_NOT_FOR_US,       /* link address is not ours */
    VITRO_DROP_LINK_UNKNOWN_PROTOCOL, /* unknown ethertype */
    VITRO_DROP_ARP_MALFORMED,         /* malformed ARP */
    VITRO_DROP_IP_MALFORMED,          /* malformed IP header */
    VITRO_DROP_IP_CHECKSUM,           /* bad IP header checksum */
    VITRO_DROP_IP_NOT_FOR_US,         /* IP destination is not ours */
    VITRO_DROP_IP_BAD_SOURCE,         /* IP source address is not acceptable */
    VITRO_DROP_IP_TTL,                /* time to live exceeded */
    VITRO_DROP_IP_NO_ROUTE,           /* no route to destination */
    VITRO_DROP_IP_UNKNOWN_PROTOCOL,   /* unknown IP protocol */
    VITRO_DROP_IP_TOO_BIG,            /* packet larger than the path's MTU */
    VITRO_DROP_FRAGMENT_OVERLAP,      /* overlapping IP fragments */
    VITRO_DROP_FRAGMENT_LIMIT,        /* reassembly limit reached */
    VITRO_DROP_FRAGMENT_TIMEOUT,      /* reassembly timed out */
    VITRO_DROP_FRAGMENT_MALFORMED,    /* malformed IP fragment */
    VITRO_DROP_NEIGHBOUR_UNREACHABLE, /* neighbour does not answer */
    VITRO_DROP_NEIGHBOUR_QUEUE_FULL,  /* neighbour queue is full */
    VITRO_DROP_ICMP_MALFORMED,        /* malformed ICMP */
    VITRO_DROP_ICMP_CHECKSUM,         /* bad ICMP checksum */
    VITRO_DROP_ICMP_RATE_LIMIT,       /* ICMP rate limit */
    VITRO_DROP_ICMP_UNSOLICITED,      /* ICMP error matches nothing sent */
    VITRO_DROP_PING_QUEUE_FULL,       /* ping request queue is full */
    VITRO_DROP_UDP_MALFORMED,         /* malformed UDP header */
    VITRO_DROP_UDP_CHECKSUM,          /* bad UDP checksum */
    VITRO_DROP_UDP_NO_SOCKET,         /* no UDP socket on this port */
    VITRO_DROP_UDP_QUEUE_FULL,        /* UDP receive queue is full */
    VITRO_DROP_TCP_MALFORMED,         /* malformed TCP header */
    VITRO_DROP_TCP_CHECKSUM,          /* bad TCP checksum */
    VITRO_DROP_TCP_NO_CONNECTION,     /* no TCP connection or listener */
    VITRO_DROP_TCP_BAD_ADDRESS,       /* TCP to or from a multicast or broadcast address */
    VITRO_DROP_TCP_OUT_OF_WINDOW,     /* outside the receive window */
    VITRO_DROP_TCP_OLD_DUPLICATE,     /* nothing new: old duplicate */
    VITRO_DROP_TCP_PAWS,              /* old time stamp (PAWS) */
    VITRO_DROP_TCP_NO_TIMESTAMP,      /* time stamp option missing */
    VITRO_DROP_TCP_BAD_RST,           /* RST that does not match exactly */
    VITRO_DROP_TCP_BAD_SYN,           /* SYN inside a connection */
    VITRO_DROP_TCP_BAD_ACK,           /* unacceptable acknowledgement */
    VITRO_DROP_TCP_NO_ACK_FLAG,       /* segment without ACK */
    VITRO_DROP_TCP_CLOSED_DATA,       /* data after the receiver has closed */
    VITRO_DROP_TCP_WINDOW_FULL,       /* beyond the receive window or no buffer left */
    VITRO_DROP_TCP_SYN_CACHE_FULL,    /* SYN cache is full */
    VITRO_DROP_TCP_ACCEPT_QUEUE_FULL, /* accept queue is full */
    VITRO_DROP_TCP_BAD_COOKIE,        /* ACK is not one of our SYN cookies */
    VITRO_DROP_TCP_TIME_WAIT,         /* old segment in TIME-WAIT */
    VITRO_DROP_TCP_SYN_HELD,          /* SYN of a connection whose answer is still held */
    VITRO_DROP_TCP_RST_RATE_LIMIT,    /* RST rate limit */
    VITRO_DROP_NO_MEMORY,             /* out of memory or of a configured limit */
    VITRO_DROP_FAULT_LOSS,            /* lost by the fault link */
    VITRO_DROP_FAULT_QUEUE_FULL,      /* queue of the rate limit is full */
    VITRO_DROP_FAULT_CUT,             /* link is cut */
    VITRO_DROP_FAULT_MTU,             /* larger than the link's MTU */
    VITRO_DROP_COUNT,
};

/* The reason in words, for example "bad TCP checksum"; a static string. */
VITRO_API const char *vitro_drop_text(enum vitro_drop drop);

VITRO_END

#endif
