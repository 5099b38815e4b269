/*
 * Connections that wait for buffer memory: writers that found no chunk left, and receivers whose
 * window stays closed for want of one. They are told in turn when chunks have come back.
 */
#ifndef VITRO_TCP_STARVED_H
#define VITRO_TCP_STARVED_H

#include "tcp/tcp_conn.h"

/* How long those who wait beyond the number of free chunks are left waiting, when chunks stay free
 * though as many connections as there are chunks have been told. */
#define TCP_STARVED_ROUND_US 1000u

/* Whether a writer may take no chunk now, because others have waited longer. */
static inline bool tcp_starved_must_wait(const struct tcp_conn *conn)
{
    const struct list *first = conn->host->starved.next;
    return first != &conn->host->starved && first != &conn->starved && !conn->flags.chunk_granted;
}

/* A writer got nothing: ops->ready will tell it when chunks have come back. If there are chunks, it
 * is the system's memory that is out, and nothing will tell. */
void tcp_starved_writer(struct tcp_conn *conn);

/* A writer got some: its turn is over. */
void tcp_starved_served(struct tcp_conn *conn);

/* The window that was just advertised, or would be, is smaller than a segment: if that is for want
 * of chunks, it will be opened when they have come back. */
void tcp_starved_receiver(struct tcp_conn *conn);

/* The connection waits no more. */
void tcp_starved_forget(struct tcp_conn *conn);

/* When tcp_starved_wake has something to do: TIME_NEVER, or a time that may have passed. */
uint64_t tcp_starved_deadline(struct tcp_host *host);

/* Tells as many connections as there are free chunks, those who have waited longest first. */
void tcp_starved_wake(struct tcp_host *host, uint64_t now_us);

#endif
