/*
 * The event loop.
 *
 * One epoll set, edge-triggered; one timer wheel. A descriptor that is closed in the middle of a
 * round may still stand in the list that epoll has given us. Its object therefore stays, with fd
 * -1, until the round is over: only then the dead are freed.
 */
#define _GNU_SOURCE /* epoll_pwait2 */

#include "gateway/poll.h"

#include <errno.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

/* Descriptors told of in one round. */
#define POLL_EVENTS_MAX 64

#define US_PER_S  1000000u
#define NS_PER_US 1000u

uint64_t poll_now_us(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) return 0; /* never: the clock exists */
    return (uint64_t)now.tv_sec * US_PER_S + (uint64_t)now.tv_nsec / NS_PER_US;
}

int poll_init(struct poll *poll, uint64_t now_us)
{
    poll->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (poll->epoll_fd < 0) return errno;
    wheel_init(&poll->wheel, now_us);
    list_init(&poll->dead);
    return 0;
}

void poll_flush(struct poll *poll)
{
    while (!list_is_empty(&poll->dead)) {
        struct list *link = poll->dead.next;
        list_remove(link);
        struct poll_fd *self = CONTAINER_OF(link, struct poll_fd, dead);
        if (self->free != NULL) self->free(self);
    }
}

void poll_deinit(struct poll *poll)
{
    poll_flush(poll);
    close(poll->epoll_fd);
    poll->epoll_fd = -1;
}

int poll_add(struct poll *poll, struct poll_fd *self)
{
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET,
        .data.ptr = self,
    };
    list_init(&self->dead);
    return epoll_ctl(poll->epoll_fd, EPOLL_CTL_ADD, self->fd, &event) == 0 ? 0 : errno;
}

void poll_close(struct poll *poll, struct poll_fd *self)
{
    if (self->fd < 0) return;
    close(self->fd); /* which takes it out of the epoll set: there is no other descriptor of it */
    self->fd = -1;
    list_push_back(&poll->dead, &self->dead);
}

void poll_timer_arm(struct poll *poll, struct poll_timer *timer, uint64_t deadline_us)
{
    wheel_arm(&poll->wheel, &timer->node, deadline_us);
}

void poll_timer_cancel(struct poll *poll, struct poll_timer *timer)
{
    wheel_cancel(&poll->wheel, &timer->node);
}

static uint32_t bits_of(uint32_t events)
{
    uint32_t bits = 0;
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) bits |= POLL_READABLE;
    if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) bits |= POLL_WRITABLE;
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) bits |= POLL_HANGUP;
    if ((events & (EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) bits |= POLL_ENDING;
    return bits;
}

static int wait_for_events(struct poll *poll, struct epoll_event *events, uint64_t until_us)
{
    const uint64_t now_us = poll_now_us();
    const uint64_t wait_us = until_us > now_us ? until_us - now_us : 0;
    const struct timespec wait = {
        .tv_sec = (time_t)(wait_us / US_PER_S),
        .tv_nsec = (long)(wait_us % US_PER_S * NS_PER_US),
    };
    const struct timespec *limit = until_us == TIME_NEVER ? NULL : &wait;
    const int count = epoll_pwait2(poll->epoll_fd, events, POLL_EVENTS_MAX, limit, NULL);
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
    /* Before Linux 5.11, or in a container whose filter does not know it: milliseconds, rounded up
     * so as not to wake up too early all the time. */
    const uint64_t wait_ms = u64_min((wait_us + 999) / 1000, 60000);
    return epoll_wait(poll->epoll_fd, events, POLL_EVENTS_MAX, limit == NULL ? -1 : (int)wait_ms);
}

uint64_t poll_run(struct poll *poll, uint64_t until_us)
{
    struct epoll_event events[POLL_EVENTS_MAX];
    until_us = u64_min(until_us, wheel_next_deadline(&poll->wheel));
    const int count = wait_for_events(poll, events, until_us);
    const uint64_t now_us = poll_now_us();
    for (struct wheel_node *node; (node = wheel_expire(&poll->wheel, now_us)) != NULL;) {
        struct poll_timer *timer = CONTAINER_OF(node, struct poll_timer, node);
        timer->due(timer, now_us);
    }
    for (int i = 0; i < count; i++) {
        struct poll_fd *self = events[i].data.ptr;
        if (self->fd >= 0) self->ready(self, bits_of(events[i].events), now_us);
    }
    poll_flush(poll);
    return now_us;
}
