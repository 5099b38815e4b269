/*
 * The queue of those who wait; see tcp_starved.h. A connection stands in it once, whatever it waits
 * for, and leaves it when it is told.
 *
 * Fair: while somebody waits, no writer takes a chunk out of turn (tcp_starved_must_wait); one that
 * was told has a grant, which its next write uses up. Bounded: of ten thousand that wait, a chunk
 * that comes back wakes one. Who was told and does not want it any more must not keep it from the
 * others, so the next ones are told a little later, if there are chunks still.
 *
 * Chunks come back in many places. Nothing is done there: whoever drives the host asks
 * tcp_starved_deadline as it asks for timers.
 *
 * References: RFC 9293 3.8.6.2.2 (a window that opens is told), RFC 9293 MAY-8 (a window may stay
 * closed).
 */
#include "tcp/tcp_starved.h"

#include "base/base.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_window.h"

static struct tcp_conn *conn_of(struct list *link)
{
    return CONTAINER_OF(link, struct tcp_conn, starved);
}

static bool waits(const struct tcp_conn *conn)
{
    return conn->flags.chunk_to_send || conn->flags.chunk_to_receive;
}

/* Puts the connection at the end, unless it stands in the queue. */
static void enqueue(struct tcp_conn *conn)
{
    if (!waits(conn)) list_push_back(&conn->host->starved, &conn->starved);
}

void tcp_starved_writer(struct tcp_conn *conn)
{
    conn->flags.chunk_granted = false;
    if (pool_room(&conn->host->chunks) > 0 && list_is_empty(&conn->host->starved)) return;
    enqueue(conn);
    conn->flags.chunk_to_send = true;
}

void tcp_starved_served(struct tcp_conn *conn)
{
    conn->flags.chunk_granted = false;
    if (!conn->flags.chunk_to_send) return;
    conn->flags.chunk_to_send = false;
    if (!waits(conn)) list_remove(&conn->starved);
}

void tcp_starved_receiver(struct tcp_conn *conn)
{
    if (pool_room(&conn->host->chunks) > 0) return;
    if (conn->flags.fin_received || conn->state < TCP_ESTABLISHED) return;
    enqueue(conn);
    conn->flags.chunk_to_receive = true;
}

void tcp_starved_forget(struct tcp_conn *conn)
{
    conn->flags.chunk_granted = false;
    if (!waits(conn)) return;
    conn->flags.chunk_to_send = conn->flags.chunk_to_receive = false;
    list_remove(&conn->starved);
}

uint64_t tcp_starved_deadline(struct tcp_host *host)
{
    if (__builtin_expect(list_is_empty(&host->starved), 1)) return TIME_NEVER;
    if (pool_room(&host->chunks) > 0) return host->starved_not_before_us;
    host->starved_not_before_us = 0; /* the chunks were taken: the next that comes is news */
    return TIME_NEVER;
}

/* The window opens, if it is worth telling now. */
static void open_window(struct tcp_conn *conn, uint64_t now_us)
{
    if (conn->flags.fin_received || !tcp_window_should_tell(conn)) return;
    conn->flags.ack_now = true;
    tcp_output(conn, now_us);
}

void tcp_starved_wake(struct tcp_host *host, uint64_t now_us)
{
    host->now_us = now_us;
    for (uint32_t room = pool_room(&host->chunks); room > 0; room--) {
        struct list *link = list_first(&host->starved);
        if (link == NULL) return;
        struct tcp_conn *conn = conn_of(link);
        const bool sends = conn->flags.chunk_to_send;
        const bool receives = conn->flags.chunk_to_receive;
        tcp_starved_forget(conn);
        conn->flags.chunk_granted = sends;
        if (receives) open_window(conn, now_us);
        if (sends && host->ops->ready != NULL) host->ops->ready(host, conn);
    }
    host->starved_not_before_us = now_us + TCP_STARVED_ROUND_US;
}
