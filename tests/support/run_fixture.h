/*
 * For the tests of what `vitro run` shows: a file for what is written, packets to be seen, and
 * conversations to be told of.
 */
#ifndef VITRO_TESTS_RUN_FIXTURE_H
#define VITRO_TESTS_RUN_FIXTURE_H

#include "gateway/gateway.h"
#include "support.h"

/* A file without a name. */
int run_file(void);

/* What was written to it, as a string; valid until the next call. */
const char *run_file_text(int fd);

/* A TCP segment in an Ethernet frame, from 10.0.2.100:4711 to 10.0.2.4:80 or back. */
struct run_segment {
    bool is_back;
    uint16_t flags; /* TCP_FLAG_* */
    uint32_t seq, ack;
    uint32_t len_bytes;     /* of payload, zeros; at most 60000 */
    uint16_t segment_bytes; /* a super-segment */
};

/* Shows the segment to a watcher. */
void run_show_segment(const struct gateway_watcher *watcher, const struct run_segment *segment,
                      uint64_t now_us);

/* A TCP conversation between these two, closed by the program. */
struct talk run_talk_closed(uint64_t begun_us, uint64_t ended_us);

#endif
