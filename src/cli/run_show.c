/*
 * Shows a run.
 *
 * Each frame goes to the capture, then through the tracker, whose verdict decides with --print
 * notable whether it is printed or counted. A frame is put into one piece only when it is printed:
 * the bulk of a transfer is neither copied nor looked at beyond its headers.
 *
 * The times of the gateway are those of a clock that only counts; what is shown is the time of day,
 * by the difference of both when the run began.
 */
#define _GNU_SOURCE /* tm_gmtoff */

#include "cli/run_show.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <time.h>

#include "base/pool.h"
#include "cli/run_table.h"
#include "cli/words_run.h"
#include "observe/capture_checksum.h"
#include "wire/ip_proto.h"

#define US_PER_S 1000000u

/* Text gathered before it is written. */
#define TEXT_BUFFER_BYTES (2 * PRINT_TEXT_BYTES)

/* ICMPv6 types of multicast listener and neighbour discovery (RFC 2710, RFC 4861, RFC 3810). */
#define ICMP6_HOUSEKEEPING_FIRST 130
#define ICMP6_HOUSEKEEPING_LAST  143

/* Conversations that are followed at a time. */
#define TRACK_MAX GATEWAY_TCP_MAX

static uint64_t epoch_us(void)
{
    struct timespec real;
    if (clock_gettime(CLOCK_REALTIME, &real) != 0) return 0; /* never: the clock exists */
    return (uint64_t)real.tv_sec * US_PER_S + (uint64_t)real.tv_nsec / 1000 - poll_now_us();
}

static int32_t utc_offset_s(void *context, uint64_t time_s)
{
    (void)context;
    const time_t time = (time_t)time_s;
    struct tm local;
    return localtime_r(&time, &local) != NULL ? (int32_t)local.tm_gmtoff : 0;
}

static bool init_parts(struct run_show *show)
{
    const struct run_show_config *config = &show->config;
    const struct print_options print = {
        .verbosity = config->verbosity, .key = config->key, .utc_offset_s = utc_offset_s};
    if (!print_init(&show->print, &print)) return false;
    const struct track_options track = {.conversations_max = TRACK_MAX,
                                        .key = config->key,
                                        .evict = notable_forget,
                                        .context = &show->notable};
    notable_init(&show->notable, TRACK_MAX);
    if (!track_init(&show->track, &track)) return false;
    return run_out_init(&show->text, config->text_fd, TEXT_BUFFER_BYTES) &&
           run_capture_init(&show->capture, config->capture_fd, config->command) &&
           run_talks_init(&show->talks, &show->track, config->json_fd, show->epoch_us);
}

bool run_show_init(struct run_show *show, const struct run_show_config *config)
{
    *show = (struct run_show){.config = *config, .epoch_us = epoch_us()};
    (void)utc_offset_s(NULL, 0); /* the C library reads the time zone's file now */
    show->line = mem_get(PRINT_TEXT_BYTES);
    show->packet = mem_get(LINK_FRAME_BYTES_MAX);
    return show->line != NULL && show->packet != NULL && init_parts(show);
}

/* The frame in one piece: where it lies, if it lies so. */
static struct span in_one_piece(struct run_show *show, const struct vitro_frame *frame)
{
    if (frame->span_count == 1) return span_of(frame->spans[0].data, frame->spans[0].len);
    return span_of(show->packet, vitro_frame_copy(frame, show->packet, LINK_FRAME_BYTES_MAX));
}

/* What a capture file could not say of a super-segment stands behind the line, as a note. */
static void add_note(struct text *text, const struct track_packet *packet,
                     const struct vitro_frame *frame)
{
    if (packet->wire_segments < 2 || text->len == 0 || text->data[text->len - 1] != '\n') return;
    text->len--;
    text_addf(text, "    # %u x %u\n", packet->wire_segments, frame->segment_bytes);
}

static void print_frame(struct run_show *show, const struct vitro_frame *frame,
                        const struct track_packet *packet, uint64_t real_us)
{
    const struct print_packet_info info = {
        .link_type = PRINT_LINK_ETHERNET,
        .wire_bytes = frame->len_bytes,
        .time_s = real_us / US_PER_S,
        .time_ns = (uint32_t)(real_us % US_PER_S) * 1000,
    };
    struct text text;
    text_init(&text, show->line, PRINT_TEXT_BYTES);
    print_packet(&show->print, &info, in_one_piece(show, frame), &text);
    add_note(&text, packet, frame);
    run_out_add(&show->text, text.data, text.len);
}

static void print_folds(struct run_show *show)
{
    struct notable_fold fold;
    while (notable_take(&show->notable, &fold)) {
        struct text text;
        text_init(&text, show->line, PRINT_TEXT_BYTES);
        notable_format(&fold, run_notable_words(show->config.lang), &text);
        text_add_char(&text, '\n');
        run_out_add(&show->text, text.data, text.len);
    }
}

/* Finding neighbours and joining groups goes on all the time and says nothing about the program. */
static bool is_housekeeping(const struct track_packet *packet)
{
    if (packet->kind == TRACK_KIND_OTHER) return true;
    return packet->is_ip6 && packet->protocol == IP_PROTO_ICMP6 &&
           packet->icmp_type >= ICMP6_HOUSEKEEPING_FIRST &&
           packet->icmp_type <= ICMP6_HOUSEKEEPING_LAST;
}

/* A packet with the checksum that it would have on a wire, its headers in a place of their own. */
struct whole_frame {
    struct vitro_frame frame;
    struct vitro_span spans[VITRO_FRAME_SPANS_MAX + 1];
    uint8_t headers[CAPTURE_HEADER_BYTES_MAX];
};

/* The frame, or `whole` made of it where its checksum was left to a device that does not exist. */
static const struct vitro_frame *complete(const struct vitro_frame *frame,
                                          struct whole_frame *whole)
{
    if (!frame->checksum_partial || frame->segment_bytes > 0) return frame;
    struct span pieces[VITRO_FRAME_SPANS_MAX];
    for (uint32_t i = 0; i < frame->span_count; i++) {
        pieces[i] = span_of(frame->spans[i].data, frame->spans[i].len);
        whole->spans[i + 1] = frame->spans[i];
    }
    const uint32_t len =
        capture_checksum_complete(PRINT_LINK_ETHERNET, pieces, frame->span_count, whole->headers);
    if (len == 0) return frame;
    whole->spans[0] = (struct vitro_span){whole->headers, len};
    whole->spans[1].data += len;
    whole->spans[1].len -= len;
    whole->frame = *frame;
    whole->frame.spans = whole->spans;
    whole->frame.span_count = frame->span_count + 1;
    return &whole->frame;
}

static bool is_to_be_shown(struct run_show *show, const struct track_packet *packet,
                           const struct track_verdict *verdict, uint64_t now_us)
{
    if (show->config.print != RUN_PRINT_NOTABLE) return show->config.print == RUN_PRINT_ALL;
    const bool is_notable = notable_decide(&show->notable, packet, verdict, now_us);
    print_folds(show);
    return is_notable && !is_housekeeping(packet);
}

static void saw_frame(void *owner, enum gateway_way way, const struct vitro_frame *frame,
                      uint64_t now_us)
{
    struct run_show *show = owner;
    const uint64_t real_us = now_us + show->epoch_us;
    struct track_packet packet;
    track_packet_read(&packet, PRINT_LINK_ETHERNET,
                      span_of(frame->spans[0].data, frame->spans[0].len), frame->len_bytes,
                      frame->segment_bytes);
    const struct track_verdict verdict = track_input(&show->track, &packet, now_us);
    const bool is_shown = is_to_be_shown(show, &packet, &verdict, now_us);
    if (!is_shown && show->capture.out.fd < 0) return;
    struct whole_frame whole;
    frame = complete(frame, &whole);
    run_capture_frame(&show->capture, way, frame, real_us);
    if (is_shown) print_frame(show, frame, &packet, real_us);
}

static void saw_talk(void *owner, const struct talk *talk)
{
    struct run_show *show = owner;
    run_talks_add(&show->talks, talk);
}

static void is_idle(void *owner, uint64_t now_us)
{
    struct run_show *show = owner;
    if (show->config.print == RUN_PRINT_NOTABLE) {
        notable_due(&show->notable, now_us);
        print_folds(show);
    }
    run_talks_settle(&show->talks, now_us);
    run_out_flush(&show->text);
    run_out_flush(&show->capture.out);
}

static uint64_t deadline(void *owner)
{
    const struct run_show *show = owner;
    uint64_t due_us = run_talks_deadline(&show->talks);
    if (show->config.print == RUN_PRINT_NOTABLE) {
        due_us = u64_min(due_us, notable_next_deadline(&show->notable));
    }
    return due_us;
}

struct gateway_watcher run_show_watcher(struct run_show *show)
{
    return (struct gateway_watcher){
        .owner = show, .frame = saw_frame, .talk = saw_talk, .idle = is_idle, .deadline = deadline};
}

/* How wide the terminal is by now; 0: it is none, or does not say. */
static unsigned columns_of(int fd)
{
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* A connection to the host itself was refused because nobody has opened it. */
static bool is_to_closed_host(const struct run_show *show, const struct talk *talk)
{
    if (talk->end != TALK_REFUSED || talk->ended_by != TALK_GATEWAY) return false;
    for (int v = 0; show->config.closed != NULL && v < 2; v++) {
        if (vitro_ip_equal(&talk->peer.ip, &show->config.closed[v])) return true;
    }
    return false;
}

static void add_hint(struct run_show *show)
{
    for (uint32_t i = 0; i < show->talks.row_count; i++) {
        if (!is_to_closed_host(show, &show->talks.rows[i].talk)) continue;
        const char *hint = word_text(show->config.lang, &word_run_closed_host);
        run_out_add(&show->text, hint, strlen(hint));
        return;
    }
}

bool run_show_end(struct run_show *show, const struct gateway_stats *stats)
{
    if (show->config.print == RUN_PRINT_NOTABLE) {
        notable_flush(&show->notable);
        print_folds(show);
    }
    run_talks_settle(&show->talks, TIME_NEVER);
    if (show->config.has_table) {
        run_table(&show->talks, show->config.lang, columns_of(show->config.text_fd), &show->text);
        add_hint(show);
    }
    run_talks_names(&show->talks, &show->capture);
    run_talks_summary(&show->talks, stats);
    const int capture_error = run_capture_deinit(&show->capture);
    const int json_error = run_talks_deinit(&show->talks);
    run_out_deinit(&show->text);
    const int text_error = show->config.text_fd == STDERR_FILENO ? 0 : show->text.error;
    notable_deinit(&show->notable);
    track_deinit(&show->track);
    print_deinit(&show->print);
    mem_put(show->line);
    mem_put(show->packet);
    if (capture_error != 0) run_say_write_error(show->config.lang, "-w", capture_error);
    if (json_error != 0) run_say_write_error(show->config.lang, "--json", json_error);
    if (text_error != 0) run_say_write_error(show->config.lang, "-o", text_error);
    return capture_error == 0 && json_error == 0 && text_error == 0;
}
