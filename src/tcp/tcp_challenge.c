/*
 * The throttle is the time of the connection's own last challenge. A counter shared by all
 * connections would let an attacker who has one of his own count the challenges of others, and so
 * find their ports and sequence numbers (CVE-2016-5696).
 *
 * References: RFC 5961 3.2, 4.2, 5.2 (when), 7 (throttling); RFC 9293 3.10.7.4.
 */
#include "tcp/tcp_challenge.h"

#include "tcp/tcp_event.h"
#include "tcp/tcp_output.h"

bool tcp_challenge_may(struct tcp_conn *conn, uint64_t now_us)
{
    /* 0 says that there was none yet, so a challenge in the first millisecond counts as one in the
     * second. */
    const uint32_t now_ms = u32_max((uint32_t)(now_us / 1000), 1);
    const uint32_t since_ms = now_ms - conn->challenge_ms;
    const uint64_t interval_ms = conn->host->config.challenge_interval_us / 1000;
    if (conn->challenge_ms != 0 && since_ms < interval_ms) return false;
    conn->challenge_ms = now_ms;
    return true;
}

void tcp_challenge_send(struct tcp_conn *conn, uint64_t now_us)
{
    if (!tcp_challenge_may(conn, now_us)) return;
    conn->host->counters.challenges++;
    tcp_event_plain(conn, TCP_EVENT_CHALLENGE);
    tcp_output_ack(conn, now_us);
}
