/*
 * Reading and writing frames of a TAP or a packet socket.
 *
 * How it works: one system call moves a whole frame, which is up to 64 KiB of payload: header and
 * all pieces at once, gathered by the kernel. A TAP gives one frame per read; they are laid one
 * behind the other, and a batch ends when it holds LINK_BATCH_BYTES: what the stack is about to
 * read is then still in the cache. A packet socket gives several per call, each in a slot of its
 * own; when frames come large, fewer slots are used, for the same reason.
 *
 *     memory   | header frame | header frame | ...          TAP: from one to the next 64 bytes
 *              | slot                | slot                 packet socket: LINK_SLOT_BYTES each
 *
 * A frame's place is a multiple of 64, so its IP header begins at a multiple of 8.
 *
 * References: virtio 1.2 5.1.6; RFC 1122 2.4 (what a link layer owes).
 */
#define _GNU_SOURCE /* recvmmsg */
#include "link/link.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/pool.h"
#include "link/link_header.h"
#include "wire/eth.h"

/* A frame's place begins at a multiple of this: a line of the cache. */
#define LINE_BYTES 64u
#define PAGE_BYTES 4096u

/* A place for any frame. */
#define LINK_SLOT_BYTES ((LINK_FRAME_BYTES_MAX + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES)

/* A batch that holds this much is enough: two full super-segments, well inside a second cache. */
#define LINK_BATCH_BYTES (128u * 1024u)

/* Frames that one recvmmsg() asks for while they come large. */
#define LINK_BATCH_LARGE 4u

/* Batches of nothing but malformed frames that one call throws away. */
#define LINK_ROUNDS_MAX 16u

int link_init(struct link *link, enum link_kind kind, int fd)
{
    memset(link, 0, sizeof *link);
    link->fd = -1;
    link->kind = kind;
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return errno;
    link->memory = mem_get(LINK_BATCH * LINK_SLOT_BYTES + PAGE_BYTES);
    if (link->memory == NULL) return ENOMEM;
    const uintptr_t past_page = (uintptr_t)link->memory % PAGE_BYTES;
    link->buffer = link->memory + (past_page == 0 ? 0 : PAGE_BYTES - past_page);
    link->fd = fd;
    return 0;
}

void link_deinit(struct link *link)
{
    if (link->memory == NULL) return;
    close(link->fd);
    mem_put(link->memory);
    memset(link, 0, sizeof *link);
    link->fd = -1;
}

/* Judges the `len` bytes at `place` and makes them a frame of the batch; false: counted. */
static bool frame_take(struct link *link, struct vitro_frame *frame, struct vitro_span *span,
                       const uint8_t *place, size_t len)
{
    if (len >= LINK_HEADER_BYTES + ETH_HEADER_BYTES && len <= LINK_FRAME_BYTES_MAX) {
        *span = (struct vitro_span){place + LINK_HEADER_BYTES, len - LINK_HEADER_BYTES};
        *frame =
            (struct vitro_frame){.spans = span, .span_count = 1, .len_bytes = (uint32_t)span->len};
        if (link_header_parse(place, frame)) {
            link->stats.frames_in++;
            return true;
        }
    }
    link->stats.malformed_in++;
    return false;
}

/* One read per frame, packed. */
static int receive_tap(struct link *link, struct vitro_frame *frames, uint32_t frames_max)
{
    uint32_t used = 0, count = 0;
    for (uint32_t i = 0; i < frames_max && used < LINK_BATCH_BYTES; i++) {
        uint8_t *place = link->buffer + used;
        const ssize_t got = read(link->fd, place, LINK_FRAME_BYTES_MAX);
        if (got < 0) {
            if (errno == EINTR) continue;
            link->is_drained = errno == EAGAIN;
            return count > 0 || link->is_drained ? (int)count : -errno;
        }
        if (!frame_take(link, &frames[count], &link->span[count], place, (size_t)got)) continue;
        count++;
        used += ((uint32_t)got + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
    }
    return (int)count;
}

/* A batch by one call. */
static int receive_packets(struct link *link, struct vitro_frame *frames, uint32_t frames_max)
{
    struct iovec room[LINK_BATCH];
    struct mmsghdr message[LINK_BATCH];
    const uint32_t asked = link->is_large ? u32_min(frames_max, LINK_BATCH_LARGE) : frames_max;
    for (uint32_t i = 0; i < asked; i++) {
        room[i] = (struct iovec){link->buffer + i * LINK_SLOT_BYTES, LINK_FRAME_BYTES_MAX};
        message[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &room[i], .msg_iovlen = 1}};
    }
    int got;
    do {
        got = recvmmsg(link->fd, message, asked, MSG_DONTWAIT, NULL);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        link->is_drained = errno == EAGAIN;
        link->is_large = false;
        return link->is_drained ? 0 : -errno;
    }
    uint32_t count = 0, bytes = 0;
    for (uint32_t i = 0; i < (uint32_t)got; i++) {
        const bool is_whole = (message[i].msg_hdr.msg_flags & MSG_TRUNC) == 0;
        const size_t len = is_whole ? message[i].msg_len : 0;
        bytes += (uint32_t)len;
        if (frame_take(link, &frames[count], &link->span[count], room[i].iov_base, len)) count++;
    }
    link->is_large = bytes > LINK_BATCH_BYTES / 2;
    link->is_drained = (uint32_t)got < asked;
    return (int)count;
}

int link_receive(struct link *link, struct vitro_frame *frames, uint32_t frames_max)
{
    frames_max = u32_min(frames_max, LINK_BATCH);
    link->is_drained = false;
    for (uint32_t round = 0; round < LINK_ROUNDS_MAX && frames_max > 0; round++) {
        const int count = link->kind == LINK_TAP ? receive_tap(link, frames, frames_max)
                                                 : receive_packets(link, frames, frames_max);
        if (count != 0 || link->is_drained) return count;
    }
    return 0;
}

void link_send(struct link *link, const struct vitro_frame *frame)
{
    uint8_t header[LINK_HEADER_BYTES];
    struct iovec pieces[1 + VITRO_FRAME_SPANS_MAX];
    const uint32_t count = u32_min(frame->span_count, VITRO_FRAME_SPANS_MAX);
    if (count == 0) return;
    link_header_emit(frame, header);
    pieces[0] = (struct iovec){header, sizeof header};
    for (uint32_t i = 0; i < count; i++) {
        pieces[1 + i] =
            (struct iovec){(void *)(uintptr_t)frame->spans[i].data, frame->spans[i].len};
    }
    ssize_t sent;
    do {
        sent = writev(link->fd, pieces, (int)count + 1);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        link->stats.refused_out++;
    } else {
        link->stats.frames_out++;
    }
}
