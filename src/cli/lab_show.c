/*
 * One line for each packet at the chosen side. The capture's clock is the scene's: it begins at 0
 * seconds of 1970, so `TZ=UTC tcpdump -n -r FILE` prints the same lines.
 */
#include "cli/lab_show.h"

#include <string.h>

#include "base/pool.h"
#include "observe/pcap_write.h"
#include <vitro.h>

bool lab_show_init(struct lab_show *show)
{
    const struct print_options options = {.flows_max = 1024};
    show->line = mem_get(PRINT_TEXT_BYTES);
    if (show->line == NULL) return false;
    if (!print_init(&show->print, &options)) {
        mem_put(show->line);
        return false;
    }
    if (show->file != NULL) {
        uint8_t header[PCAP_FILE_HEADER_BYTES];
        pcap_write_file_header(header, PRINT_LINK_RAW, false);
        (void)fwrite(header, sizeof header, 1, show->file); /* ferror() is asked at the end */
    }
    return true;
}

void lab_show_deinit(struct lab_show *show)
{
    print_deinit(&show->print);
    mem_put(show->line);
}

static void save(struct lab_show *show, const struct lab_sight *sight)
{
    const uint32_t len = (uint32_t)sight->bytes.len;
    uint8_t header[PCAP_PACKET_HEADER_BYTES];
    pcap_write_packet_header(header, sight->now_us / 1000000, (uint32_t)(sight->now_us % 1000000),
                             len, len);
    (void)fwrite(header, sizeof header, 1, show->file);
    (void)fwrite(sight->bytes.data, len, 1, show->file);
}

/* The phase as RFC 5681 3.1 tells it: below ssthresh the window grows by what is acknowledged. */
static void show_cwnd(const struct lab_show *show, const struct lab_sight *sight)
{
    const struct words *phase = sight->is_recovering                        ? &word_lab_recovering
                                : sight->cwnd_bytes < sight->ssthresh_bytes ? &word_lab_slow_start
                                                                            : &word_lab_avoidance;
    (void)fprintf(show->out, word_text(show->lang, &word_lab_cwnd), word_text(show->lang, phase),
                  (unsigned long)sight->cwnd_bytes);
    if (sight->ssthresh_bytes == UINT32_MAX) return;
    (void)fprintf(show->out, word_text(show->lang, &word_lab_ssthresh),
                  (unsigned long)sight->ssthresh_bytes);
}

static void show_notes(const struct lab_show *show, const struct lab_sight *sight)
{
    const char *before = "    # ";
    for (int note = 0; note < LAB_NOTE_COUNT; note++) {
        if ((sight->notes >> note & 1) == 0) continue;
        (void)fputs(before, show->out);
        before = word_text(show->lang, &word_lab_note_joint);
        if (note != LAB_NOTE_CWND) {
            (void)fputs(note_text((enum lab_note)note, show->lang), show->out);
            continue;
        }
        show_cwnd(show, sight);
    }
}

void lab_show_states(struct lab_show *show, uint64_t now_us,
                     const enum vitro_tcp_state state[SIM_ENDS])
{
    if (!show->has_states) return;
    if (memcmp(show->state, state, sizeof show->state) == 0) return;
    memcpy(show->state, state, sizeof show->state);
    (void)fprintf(show->out, "%02u:%02u:%02u.%06u ", (unsigned)(now_us / 3600000000 % 24),
                  (unsigned)(now_us / 60000000 % 60), (unsigned)(now_us / 1000000 % 60),
                  (unsigned)(now_us % 1000000));
    (void)fprintf(show->out, word_text(show->lang, &word_lab_states),
                  vitro_tcp_state_text(state[SIM_A]), vitro_tcp_state_text(state[SIM_B]));
    (void)fputc('\n', show->out);
}

/*
 * Shows the time and the point, as tcpdump -i any names interface and direction; returns the length
 * of what has been shown of the line.
 */
static size_t show_point(const struct lab_show *show, const struct lab_sight *sight)
{
    const size_t time_len = strcspn(show->line, " ");
    const struct words *point = sight->side == SIM_A ? &word_lab_client : &word_lab_server;
    (void)fprintf(show->out, "%.*s %s %-3s", (int)time_len, show->line,
                  word_text(show->lang, point), sight->side == sight->from ? "Out" : "In");
    return time_len;
}

void lab_show_seen(void *owner, const struct lab_sight *sight)
{
    struct lab_show *show = owner;
    if (sight->side != show->side && !show->is_both) return;
    const struct print_packet_info info = {
        .link_type = PRINT_LINK_RAW,
        .wire_bytes = (uint32_t)sight->bytes.len,
        .time_s = sight->now_us / 1000000,
        .time_ns = (uint32_t)(sight->now_us % 1000000) * 1000,
    };
    struct text text;
    text_init(&text, show->line, PRINT_TEXT_BYTES);
    print_packet(&show->print, &info, sight->bytes, &text);
    const char *line = show->line;
    if (show->is_both) line += show_point(show, sight);
    if (show->has_notes && sight->notes != 0) {
        (void)fprintf(show->out, "%.*s", (int)strcspn(line, "\n"), line);
        show_notes(show, sight);
        (void)fputc('\n', show->out);
    } else {
        (void)fputs(line, show->out);
    }
    lab_show_states(show, sight->now_us, sight->state);
    if (show->file != NULL) save(show, sight);
}

static void show_fate(const struct lab_show *show, const struct words *who,
                      const struct lab_fate *fate)
{
    char outcome[160];
    const enum lang lang = show->lang;
    if (fate->error != 0) {
        (void)snprintf(outcome, sizeof outcome, word_text(lang, &word_lab_fate_error),
                       (unsigned long long)(fate->told_us / 1000000),
                       (unsigned long long)(fate->told_us % 1000000),
                       word_error(lang, -fate->error, vitro_error_text(fate->error)),
                       vitro_error_name(fate->error));
    } else {
        const struct words *state = fate->was_open    ? &word_lab_fate_open
                                    : fate->is_absent ? &word_lab_fate_absent
                                                      : &word_lab_fate_not;
        (void)snprintf(outcome, sizeof outcome, "%s", word_text(lang, state));
    }
    word_print(lang, &word_lab_fate, word_text(lang, who), outcome,
               (unsigned long long)fate->sent_bytes, (unsigned long long)fate->received_bytes,
               fate->saw_end ? word_text(lang, &word_lab_fate_end) : "");
}

void lab_show_report(struct lab_show *show, const struct lab_report *report)
{
    word_print(show->lang, &word_lab_summary, (unsigned long long)report->segments,
               (unsigned long long)report->wire_bytes, (unsigned long long)report->payload_bytes,
               (unsigned long long)report->retransmits,
               (unsigned long long)(report->last_us / 1000000),
               (unsigned long long)(report->last_us % 1000000));
    if (report->is_stopped) word_print(show->lang, &word_lab_stopped);
    show_fate(show, &word_lab_client, &report->fate[SIM_A]);
    show_fate(show, &word_lab_server, &report->fate[SIM_B]);
}
