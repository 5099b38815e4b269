/*
 * A ring of links that live inside the objects they connect.
 *
 * One `struct list` is the head; the others are fields of objects (find the object again with
 * CONTAINER_OF). An empty head, and a link that is in no ring, point to themselves, so removing a
 * link twice does no harm. Heads and links in a ring must not move in memory.
 */
#ifndef VITRO_BASE_LIST_H
#define VITRO_BASE_LIST_H

#include "base/assert.h"

struct list {
    struct list *prev, *next;
};

/* Makes `l` an empty head, or a link that is in no ring. */
static inline void list_init(struct list *l)
{
    l->prev = l;
    l->next = l;
}

/* Whether a head has no links, or a link is in no ring. */
static inline bool list_is_empty(const struct list *head) { return head->next == head; }

/* Puts `link`, which must be in no ring, right before `at`. */
static inline void list_insert_before(struct list *at, struct list *link)
{
    link->prev = at->prev;
    link->next = at;
    at->prev->next = link;
    at->prev = link;
}

/* Puts `link`, which must be in no ring, at the end. */
static inline void list_push_back(struct list *head, struct list *link)
{
    list_insert_before(head, link);
}

/* Puts `link`, which must be in no ring, at the beginning. */
static inline void list_push_front(struct list *head, struct list *link)
{
    list_insert_before(head->next, link);
}

/* Takes `link` out of its ring, if it is in one. */
static inline void list_remove(struct list *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    list_init(link);
}

/* The first link, NULL when there is none. */
static inline struct list *list_first(const struct list *head)
{
    return head->next == head ? NULL : head->next;
}

/* The last link, NULL when there is none. */
static inline struct list *list_last(const struct list *head)
{
    return head->prev == head ? NULL : head->prev;
}

/* The link after `link`, NULL at the end. Ask before `link` is removed. */
static inline struct list *list_next(const struct list *head, const struct list *link)
{
    return link->next == head ? NULL : link->next;
}

/* Takes out the first link and returns it, NULL when there is none. */
static inline struct list *list_pop_front(struct list *head)
{
    struct list *link = list_first(head);
    if (link != NULL) list_remove(link);
    return link;
}

/* Moves all links of `from` to the end of `to`, in their order; `from` is empty afterwards. */
static inline void list_splice_back(struct list *to, struct list *from)
{
    if (list_is_empty(from)) return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    list_init(from);
}

#endif
