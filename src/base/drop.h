/*
 * Why a packet was dropped: one list for the whole stack. Each dropped packet counts exactly one of
 * these, and the text is what users see in counters, summaries and capture comments.
 */
#ifndef VITRO_BASE_DROP_H
#define VITRO_BASE_DROP_H

#include "base/name_of.h"

#define DROP_REASONS(X)                                                                            \
    X(NONE, "none")                                                                                \
    X(LINK_TRUNCATED, "link header truncated")                                                     \
    X(LINK_NOT_FOR_US, "link address is not ours")                                                 \
    X(LINK_UNKNOWN_PROTOCOL, "unknown ethertype")                                                  \
    X(ARP_MALFORMED, "malformed ARP")                                                              \
    X(IP_MALFORMED, "malformed IP header")                                                         \
    X(IP_CHECKSUM, "bad IP header checksum")                                                       \
    X(IP_NOT_FOR_US, "IP destination is not ours")                                                 \
    X(IP_BAD_SOURCE, "IP source address is not acceptable")                                        \
    X(IP_TTL, "time to live exceeded")                                                             \
    X(IP_NO_ROUTE, "no route to destination")                                                      \
    X(IP_UNKNOWN_PROTOCOL, "unknown IP protocol")                                                  \
    X(IP_TOO_BIG, "packet larger than the path's MTU")                                             \
    X(FRAGMENT_OVERLAP, "overlapping IP fragments")                                                \
    X(FRAGMENT_LIMIT, "reassembly limit reached")                                                  \
    X(FRAGMENT_TIMEOUT, "reassembly timed out")                                                    \
    X(FRAGMENT_MALFORMED, "malformed IP fragment")                                                 \
    X(NEIGHBOUR_UNREACHABLE, "neighbour does not answer")                                          \
    X(NEIGHBOUR_QUEUE_FULL, "neighbour queue is full")                                             \
    X(ICMP_MALFORMED, "malformed ICMP")                                                            \
    X(ICMP_CHECKSUM, "bad ICMP checksum")                                                          \
    X(ICMP_RATE_LIMIT, "ICMP rate limit")                                                          \
    X(ICMP_UNSOLICITED, "ICMP error matches nothing sent")                                         \
    X(PING_QUEUE_FULL, "ping request queue is full")                                               \
    X(UDP_MALFORMED, "malformed UDP header")                                                       \
    X(UDP_CHECKSUM, "bad UDP checksum")                                                            \
    X(UDP_NO_SOCKET, "no UDP socket on this port")                                                 \
    X(UDP_QUEUE_FULL, "UDP receive queue is full")                                                 \
    X(TCP_MALFORMED, "malformed TCP header")                                                       \
    X(TCP_CHECKSUM, "bad TCP checksum")                                                            \
    X(TCP_NO_CONNECTION, "no TCP connection or listener")                                          \
    X(TCP_BAD_ADDRESS, "TCP to or from a multicast or broadcast address")                          \
    X(TCP_OUT_OF_WINDOW, "outside the receive window")                                             \
    X(TCP_OLD_DUPLICATE, "nothing new: old duplicate")                                             \
    X(TCP_PAWS, "old time stamp (PAWS)")                                                           \
    X(TCP_NO_TIMESTAMP, "time stamp option missing")                                               \
    X(TCP_BAD_RST, "RST that does not match exactly")                                              \
    X(TCP_BAD_SYN, "SYN inside a connection")                                                      \
    X(TCP_BAD_ACK, "unacceptable acknowledgement")                                                 \
    X(TCP_NO_ACK_FLAG, "segment without ACK")                                                      \
    X(TCP_CLOSED_DATA, "data after the receiver has closed")                                       \
    X(TCP_WINDOW_FULL, "beyond the receive window or no buffer left")                              \
    X(TCP_SYN_CACHE_FULL, "SYN cache is full")                                                     \
    X(TCP_ACCEPT_QUEUE_FULL, "accept queue is full")                                               \
    X(TCP_BAD_COOKIE, "ACK is not one of our SYN cookies")                                         \
    X(TCP_TIME_WAIT, "old segment in TIME-WAIT")                                                   \
    X(TCP_SYN_HELD, "SYN of a connection whose answer is still held")                              \
    X(TCP_RST_RATE_LIMIT, "RST rate limit")                                                        \
    X(NO_MEMORY, "out of memory or of a configured limit")                                         \
    X(FAULT_LOSS, "lost by the fault link")                                                        \
    X(FAULT_QUEUE_FULL, "queue of the rate limit is full")                                         \
    X(FAULT_CUT, "link is cut")                                                                    \
    X(FAULT_MTU, "larger than the link's MTU")

enum drop_reason {
#define DROP_ENUM(name, text) DROP_##name,
    DROP_REASONS(DROP_ENUM)
#undef DROP_ENUM
        DROP_REASON_COUNT,
};

/* The reason in words, a static string; "unknown" for a value out of range. */
static inline const char *drop_reason_text(enum drop_reason reason)
{
    static const char *const texts[] = {DROP_REASONS(NAME_SECOND)};
    return name_of(texts, DROP_REASON_COUNT, reason);
}

#endif
