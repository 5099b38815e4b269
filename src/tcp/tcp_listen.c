/*
 * LISTEN. Listeners are found by address and port in one hash, asked up to six times: the segment's
 * own address before the unspecified ones, its own port before port 0, which stands for any. So it
 * costs the same however many listeners there are.
 *
 *     (addr, port)  (0.0.0.0 if IPv4, port)  (::, port)      then the same with port 0
 *
 * On a SYN a listener has three answers: a record of the SYN cache; a record that is held, for a
 * listener that holds_syns; and, when there is no room for a record, a cookie. On an ACK it can but
 * look for a cookie. A complete handshake makes the connection, which waits in the accept queue.
 *
 * A closed listener leaves the hash at once, but its memory stays until the last SYN record that
 * points to it has gone. So closing costs nothing per record, and no record needs a link.
 *
 * References: RFC 9293 3.9.1.1 (OPEN), 3.10.7.2 (LISTEN), 3.10.4 (CLOSE).
 */
#include "tcp/tcp_listen.h"

#include <errno.h>

#include "base/bytes.h"
#include "tcp/tcp_app.h"
#include "tcp/tcp_cookie.h"
#include "tcp/tcp_input.h"
#include "tcp/tcp_isn.h"
#include "tcp/tcp_negotiate.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_record.h"
#include "tcp/tcp_syn_cache.h"

static struct tcp_listener **bucket_of(const struct tcp_host *host, const struct ip_addr *addr,
                                       uint16_t port)
{
    const uint64_t halves = get_be64(addr->bytes) ^ hash_mix64(get_be64(addr->bytes + 8));
    const uint64_t mixed = hash_mix64(halves + port);
    return &host->listener_hash[mixed % TCP_LISTENER_BUCKETS];
}

/* The listener of exactly this address and port: of the zone, or else of any zone. */
static struct tcp_listener *find_exact(const struct tcp_host *host, const struct ip_addr *addr,
                                       uint16_t port, uint16_t zone)
{
    struct tcp_listener *any_zone = NULL;
    for (struct tcp_listener *l = *bucket_of(host, addr, port); l != NULL; l = l->bucket_next) {
        if (l->port != port || !ip_addr_eq(&l->addr, addr)) continue;
        if (l->zone == zone) return l;
        if (l->zone == 0) any_zone = l;
    }
    return any_zone;
}

/* As tcp_listen_find, among the listeners that were opened on `port`. */
static struct tcp_listener *find_at_port(const struct tcp_host *host, const struct tcp_tuple *tuple,
                                         uint16_t port)
{
    struct tcp_listener *l = find_exact(host, &tuple->local, port, tuple->zone);
    if (l != NULL) return l;
    const bool is_v4 = ip_addr_is_v4(&tuple->local);
    if (is_v4) {
        const struct ip_addr any_v4 = ip_addr_from_v4(0);
        l = find_exact(host, &any_v4, port, tuple->zone);
        if (l != NULL) return l;
    }
    const struct ip_addr any = ip_addr_any_v6();
    l = find_exact(host, &any, port, tuple->zone);
    if (l == NULL || (is_v4 ? l->v6_only : l->v4_only)) return NULL;
    return l;
}

struct tcp_listener *tcp_listen_find_port(const struct tcp_host *host,
                                          const struct tcp_tuple *tuple)
{
    return find_at_port(host, tuple, tuple->local_port);
}

struct tcp_listener *tcp_listen_find(const struct tcp_host *host, const struct tcp_tuple *tuple)
{
    struct tcp_listener *listener = find_at_port(host, tuple, tuple->local_port);
    return listener != NULL ? listener : find_at_port(host, tuple, 0);
}

static bool is_taken(const struct tcp_host *host, const struct ip_addr *addr, uint16_t port,
                     uint16_t zone)
{
    const struct tcp_listener *there = find_exact(host, addr, port, zone);
    return there != NULL && there->zone == zone;
}

int tcp_listen(struct tcp_host *host, const struct ip_addr *addr, uint16_t port, uint16_t zone,
               uint32_t backlog, uint64_t owner, struct tcp_listener **listener)
{
    if (ip_addr_is_multicast(addr) || ip_addr_is_broadcast(addr)) return EINVAL;
    /* RFC 9293 MUST-41, MUST-42: only another listener stands in the way. Connections that use the
     * port, or are being opened from it, neither hinder a listener nor notice one. */
    if (is_taken(host, addr, port, zone)) return EADDRINUSE;
    struct tcp_listener *l = pool_get(&host->listener_pool);
    if (l == NULL) return ENOBUFS;
    *l = (struct tcp_listener){
        .host = host,
        .addr = *addr,
        .port = port,
        .zone = zone,
        .backlog = u32_max(u32_min(backlog, host->config.backlog_max), 1),
        .owner = owner,
        .hold_clock = {.kind = TCP_ENTRY_LISTENER},
    };
    list_init(&l->held);
    list_init(&l->deciding);
    wheel_node_init(&l->hold_clock.timer);
    list_init(&l->link);
    list_push_back(&host->listeners, &l->link);
    struct tcp_listener **bucket = bucket_of(host, addr, port);
    l->bucket_next = *bucket;
    *bucket = l;
    *listener = l;
    return 0;
}

static void bucket_remove(struct tcp_listener *listener)
{
    struct tcp_listener **link = bucket_of(listener->host, &listener->addr, listener->port);
    while (*link != listener) link = &(*link)->bucket_next;
    *link = listener->bucket_next;
}

static struct tcp_syn *syn_from_link(struct list *link)
{
    struct wheel_node *node = CONTAINER_OF(link, struct wheel_node, link);
    return tcp_syn_of(CONTAINER_OF(node, struct tcp_entry, timer));
}

static void refuse_all(struct tcp_listener *listener, struct list *records, uint64_t now_us)
{
    struct list *link;
    while ((link = list_first(records)) != NULL)
        tcp_syn_refuse(listener->host, syn_from_link(link), now_us);
}

void tcp_listen_close(struct tcp_listener *listener, uint64_t now_us)
{
    struct tcp_host *host = listener->host;
    host->now_us = now_us;
    listener->closed = true;
    listener->owner = 0;
    bucket_remove(listener);
    list_remove(&listener->link);
    listener->syn_count++; /* the close itself holds the listener until it is done */
    refuse_all(listener, &listener->held, now_us);
    refuse_all(listener, &listener->deciding, now_us);
    struct tcp_conn *conn;
    while ((conn = tcp_listen_accept(listener)) != NULL) tcp_abort(conn, now_us);
    tcp_listen_syn_gone(listener);
}

void tcp_listen_syn_gone(struct tcp_listener *listener)
{
    ASSERT(listener->syn_count > 0);
    listener->syn_count--;
    if (!listener->closed || listener->syn_count > 0) return;
    wheel_cancel(listener->host->wheel, &listener->hold_clock.timer);
    pool_put(&listener->host->listener_pool, listener);
}

struct tcp_conn *tcp_listen_accept(struct tcp_listener *listener)
{
    struct tcp_conn *conn = listener->accept_head;
    if (conn == NULL) return NULL;
    listener->accept_head = conn->accept_next;
    if (listener->accept_head == NULL) listener->accept_tail = NULL;
    listener->accept_count--;
    conn->flags.waits_for_accept = false;
    conn->last_sent_us = conn->stats.established_us; /* takes the link's place */
    return conn;
}

static void accept_push(struct tcp_listener *listener, struct tcp_conn *conn)
{
    conn->flags.waits_for_accept = true;
    conn->accept_next = NULL;
    if (listener->accept_tail != NULL) {
        listener->accept_tail->accept_next = conn;
    } else {
        listener->accept_head = conn;
    }
    listener->accept_tail = conn;
    listener->accept_count++;
}

static void tell_owner(struct tcp_listener *listener)
{
    struct tcp_host *host = listener->host;
    if (host->ops->listener_ready != NULL) host->ops->listener_ready(host, listener);
}

static bool is_queue_full(const struct tcp_listener *listener)
{
    return listener->accept_count >= listener->backlog;
}

bool tcp_listen_establish(struct tcp_listener *listener, const struct tcp_handshake *handshake,
                          const struct tcp_segment *seg, enum drop_reason *reason, uint64_t now_us)
{
    *reason = DROP_TCP_ACCEPT_QUEUE_FULL;
    if (is_queue_full(listener)) return false;
    *reason = DROP_NO_MEMORY;
    struct tcp_conn *conn = tcp_negotiate_passive_conn(listener, handshake, now_us);
    if (conn == NULL) return false;
    accept_push(listener, conn);
    if (tcp_segment_len(seg) > 0) {
        /* What comes with the ACK is processed as if it had come right after it. */
        struct tcp_segment rest = *seg;
        tcp_input(conn, &rest, now_us);
    }
    tell_owner(listener);
    return true;
}

bool tcp_listen_has_room(const struct tcp_listener *listener)
{
    const struct tcp_host *host = listener->host;
    return !is_queue_full(listener) && listener->syn_count < listener->backlog &&
           host->syn_count < host->config.syn_cache_max;
}

/* Puts a SYN into the cache, held or answered; false when the cache has no room. */
static bool take_record(struct tcp_listener *listener, const struct tcp_segment *seg,
                        const tcp_seq *last, uint64_t now_us)
{
    if (!listener->holds_syns) return tcp_syn_open(listener, seg, last, now_us);
    if (!tcp_syn_hold(listener, seg, last, now_us)) return false;
    tell_owner(listener);
    return true;
}

void tcp_listen_reopen(struct tcp_listener *listener, const struct tcp_segment *seg, tcp_seq last,
                       uint64_t now_us)
{
    if (take_record(listener, seg, &last, now_us)) return;
    tcp_event_drop(listener->host, NULL, seg, DROP_TCP_SYN_CACHE_FULL, now_us);
}

/* RFC 9293 3.10.7.2, third: a SYN. */
static void input_syn(struct tcp_listener *listener, const struct tcp_segment *seg, uint64_t now_us)
{
    enum drop_reason reason = DROP_TCP_ACCEPT_QUEUE_FULL;
    if (!is_queue_full(listener)) {
        if (take_record(listener, seg, NULL, now_us)) return;
        /* A cookie is an answer; a listener that holds SYNs has not given one yet. */
        if (!listener->holds_syns && tcp_cookie_send(listener, seg, now_us)) return;
        reason = DROP_TCP_SYN_CACHE_FULL;
    }
    tcp_event_drop(listener->host, NULL, seg, reason, now_us);
}

/* RFC 9293 3.10.7.2, second: an ACK is wrong in LISTEN, unless it brings a cookie back. */
static void input_ack(struct tcp_listener *listener, const struct tcp_segment *seg, uint64_t now_us)
{
    struct tcp_host *host = listener->host;
    struct tcp_handshake agreed;
    if (tcp_cookie_check(listener, seg, &agreed, now_us)) {
        enum drop_reason reason = DROP_NONE;
        if (tcp_listen_establish(listener, &agreed, seg, &reason, now_us)) {
            host->counters.cookies_taken++;
        } else {
            tcp_event_drop(host, NULL, seg, reason, now_us); /* the peer repeats its data */
        }
        return;
    }
    const bool expected = tcp_cookie_expected(host, now_us);
    tcp_output_rst_reply(host, seg, now_us);
    tcp_event_drop(host, NULL, seg, expected ? DROP_TCP_BAD_COOKIE : DROP_TCP_NO_CONNECTION,
                   now_us);
}

void tcp_listen_input(struct tcp_listener *listener, const struct tcp_segment *seg, uint64_t now_us)
{
    if ((seg->flags & TCP_FLAG_RST) != 0) {
        tcp_event_drop(listener->host, NULL, seg, DROP_TCP_BAD_RST, now_us);
    } else if ((seg->flags & TCP_FLAG_ACK) != 0) {
        input_ack(listener, seg, now_us);
    } else if ((seg->flags & TCP_FLAG_SYN) != 0) {
        input_syn(listener, seg, now_us);
    } else {
        tcp_event_drop(listener->host, NULL, seg, DROP_TCP_NO_ACK_FLAG, now_us);
    }
}

bool tcp_listen_next_held(struct tcp_listener *listener, struct tcp_tuple *tuple)
{
    struct list *link = list_pop_front(&listener->held);
    if (link == NULL) return false;
    list_push_back(&listener->deciding, link);
    *tuple = syn_from_link(link)->entry.tuple;
    return true;
}

bool tcp_listen_decide(struct tcp_host *host, const struct tcp_tuple *tuple,
                       enum tcp_decision decision, uint64_t now_us)
{
    struct tcp_entry *entry = tcp_table_find(&host->table, tuple);
    if (entry == NULL || entry->kind != TCP_ENTRY_SYN || !tcp_syn_of(entry)->held) return false;
    host->now_us = now_us;
    switch (decision) {
    case TCP_DECIDE_ACCEPT: tcp_syn_accept(host, tcp_syn_of(entry), now_us); break;
    case TCP_DECIDE_REFUSE: tcp_syn_refuse(host, tcp_syn_of(entry), now_us); break;
    case TCP_DECIDE_NOTHING: tcp_syn_free(host, tcp_syn_of(entry)); break;
    }
    return true;
}

/* When the first of `records` is given up. */
static uint64_t first_deadline_us(const struct list *records)
{
    struct list *first = list_first(records);
    return first != NULL ? syn_from_link(first)->entry.timer.deadline_us : TIME_NEVER;
}

void tcp_listen_hold_clock_set(struct tcp_listener *listener)
{
    const uint64_t at_us =
        u64_min(first_deadline_us(&listener->held), first_deadline_us(&listener->deciding));
    wheel_arm(listener->host->wheel, &listener->hold_clock.timer, at_us);
}

static void forget_due(struct tcp_listener *listener, const struct list *records,
                       uint64_t deadline_us)
{
    while (first_deadline_us(records) <= deadline_us)
        tcp_syn_free(listener->host, syn_from_link(list_first(records)));
}

void tcp_listen_timer(struct tcp_entry *entry, uint64_t deadline_us)
{
    struct tcp_listener *listener = CONTAINER_OF(entry, struct tcp_listener, hold_clock);
    ASSERT(!listener->closed);
    forget_due(listener, &listener->held, deadline_us);
    forget_due(listener, &listener->deciding, deadline_us);
}

void tcp_listen_clocks_stop(struct tcp_host *host)
{
    struct list *link = list_first(&host->listeners);
    for (; link != NULL; link = list_next(&host->listeners, link)) {
        struct tcp_listener *listener = CONTAINER_OF(link, struct tcp_listener, link);
        wheel_cancel(host->wheel, &listener->hold_clock.timer);
    }
}
