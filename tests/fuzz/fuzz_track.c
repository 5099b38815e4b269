/*
 * Any packets through the tracker and the folding behind it.
 *
 * The first byte chooses: packets of any bytes under any link type, each behind a length byte; or
 * segments of a few conversations, twelve bytes each, whose numbers stay near each other, so that
 * holes, probes and closes happen. Properties: no read beyond a packet; a table of three stays one
 * of three; each direction's holes are ascending, apart, and not far before its end; the counts
 * agree with each other; every packet is shown or counted in exactly one fold.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "observe/print.h"
#include "observe/print_notable.h"
#include "observe/track_summary.h"
#include "wire/ip_proto.h"
#include "wire/tcp.h"

#define REQUIRE(expr)     ((expr) ? (void)0 : abort())
#define CONVERSATIONS_MAX 3u
#define SEGMENT_BYTES     12u
#define HOLE_BACK_MAX     (UINT32_C(1) << 30)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
    struct track track;
    struct notable notable;
    uint64_t now_us;
    uint64_t packets, shown, folded;
    uint32_t next[2]; /* what each end would send next, about */
};

static void check_way(const struct track_way *way)
{
    REQUIRE(way->hole_count <= TRACK_HOLES_MAX);
    for (uint32_t i = 0; i < way->hole_count; i++) {
        const struct track_hole *hole = &way->hole[i];
        REQUIRE((int32_t)(hole->end - hole->start) > 0);
        REQUIRE(way->next - hole->end < HOLE_BACK_MAX && way->next - hole->start <= HOLE_BACK_MAX);
        if (i > 0) REQUIRE((int32_t)(hole->start - way->hole[i - 1].end) >= 0);
    }
    REQUIRE(way->bytes_again <= way->bytes);
    REQUIRE(way->wire_segments >= way->segments && way->data_segments <= way->segments);
    REQUIRE(way->fast_retransmissions + way->spurious_retransmissions <= way->retransmissions);
    REQUIRE(way->retransmissions + way->out_of_order <= way->segments);
}

static void check_all(struct world *world)
{
    uint32_t count = 0;
    uint64_t number = 0;
    struct track_summary summary;
    for (struct track_conversation *c = track_next(&world->track, NULL); c != NULL;
         c = track_next(&world->track, c)) {
        REQUIRE(c->number > number);
        number = c->number;
        count++;
        check_way(&c->way[0]);
        check_way(&c->way[1]);
        track_summarize(c, &summary);
        REQUIRE(track_state_text(summary.state[0])[0] != '?');
        REQUIRE(track_close_code(summary.close)[0] != '?');
        REQUIRE(c->way[0].segments + c->way[1].segments > 0);
    }
    REQUIRE(count <= CONVERSATIONS_MAX && count <= world->track.conversations);
}

static void take_folds(struct world *world)
{
    struct notable_fold fold;
    while (notable_take(&world->notable, &fold)) {
        char line[512];
        struct text text;
        text_init(&text, line, sizeof line);
        notable_format(&fold, &notable_words_english, &text);
        REQUIRE(!text.truncated);
        REQUIRE(fold.segments[0] + fold.segments[1] > 0 && fold.last_us >= fold.first_us);
        world->folded += fold.segments[0] + fold.segments[1];
    }
}

static void input(struct world *world, const struct track_packet *packet, bool takes)
{
    const struct track_verdict verdict = track_input(&world->track, packet, world->now_us);
    REQUIRE(verdict.from <= 1);
    REQUIRE(packet->kind != TRACK_KIND_OTHER || verdict.conversation == NULL);
    world->packets++;
    world->shown += notable_decide(&world->notable, packet, &verdict, world->now_us);
    if (takes) take_folds(world);
    check_all(world);
}

/* A packet of any bytes, in memory of exactly its size. */
static void input_bytes(struct world *world, uint8_t how, const uint8_t *bytes, size_t len)
{
    static const uint16_t link_types[] = {
        PRINT_LINK_ETHERNET, PRINT_LINK_RAW,  PRINT_LINK_SLL, PRINT_LINK_SLL2,
        PRINT_LINK_NULL,     PRINT_LINK_LOOP, PRINT_LINK_IP4, PRINT_LINK_IP6,
    };
    uint8_t *copy = malloc(len > 0 ? len : 1);
    REQUIRE(copy != NULL);
    if (len > 0) memcpy(copy, bytes, len);
    struct track_packet packet;
    track_packet_read(&packet, link_types[how >> 1 & 7], span_of(copy, len),
                      (uint32_t)len + how * 16u, how & 0x40 ? 100 : 0);
    world->now_us += how * 5000u;
    input(world, &packet, (how & 0x80) == 0);
    free(copy);
}

/* A segment made of twelve bytes. */
static void input_segment(struct world *world, const uint8_t *b)
{
    const uint32_t from = b[0] & 1;
    struct track_packet packet = {.kind = TRACK_KIND_TCP,
                                  .protocol = IP_PROTO_TCP,
                                  .wire_segments = 1u + (b[0] >> 6),
                                  .ecn = b[1] & 3};
    packet.src = ip_addr_from_v4(from);
    packet.dst = ip_addr_from_v4(from ^ 1);
    packet.src_port = (uint16_t)(from == 0 ? 1000 + (b[0] >> 1 & 3) : 80);
    packet.dst_port = (uint16_t)(from == 1 ? 1000 + (b[0] >> 1 & 3) : 80);
    packet.flags = b[2] | ((b[0] & 8) ? 0 : TCP_FLAG_ACK);
    if ((b[0] & 16) == 0) packet.flags &= TCP_FLAG_ACK | TCP_FLAG_PSH;
    packet.seq = world->next[from] + (uint32_t)(int8_t)b[3] * (b[0] & 32 ? 0x01010101u : 10u);
    packet.ack = world->next[from ^ 1] - (b[4] & 15) * (b[4] >> 4);
    packet.window = b[5] < 64 ? 0 : get_be16(b + 5);
    packet.payload_bytes = b[7] < 64 ? 0 : b[7] < 128 ? 1 : b[7] * 10u;
    packet.options.has_wscale = (b[8] & 1) != 0;
    packet.options.wscale = b[8] >> 1 & 7;
    packet.options.sack_count = b[9] & 3;
    for (uint32_t i = 0; i < packet.options.sack_count; i++) {
        const uint32_t start = packet.ack + b[10] * (i + 1) - 64;
        packet.options.sack[i] = (struct tcp_sack_block){start, start + b[11]};
    }
    if (b[3] < 64) world->next[from] = packet.seq + packet.payload_bytes;
    world->now_us += (uint64_t)b[11] * b[11] * b[11];
    input(world, &packet, (b[9] & 0x80) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct world world = {.now_us = 1};
    const struct track_options options = {
        .conversations_max = CONVERSATIONS_MAX, .evict = notable_forget, .context = &world.notable};
    REQUIRE(track_init(&world.track, &options));
    notable_init(&world.notable, CONVERSATIONS_MAX);
    size_t at = 1;
    while ((data[0] & 1) != 0 && size - at > 1) {
        const size_t len = size_min(data[at], size - at - 2);
        input_bytes(&world, data[at + 1], data + at + 2, len);
        at += len + 2;
    }
    while ((data[0] & 1) == 0 && size - at >= SEGMENT_BYTES) {
        input_segment(&world, data + at);
        at += SEGMENT_BYTES;
    }
    notable_flush(&world.notable);
    take_folds(&world);
    REQUIRE(world.shown + world.folded == world.packets);
    REQUIRE(world.notable.pool.in_use <= CONVERSATIONS_MAX);
    notable_deinit(&world.notable);
    track_deinit(&world.track);
    return 0;
}
