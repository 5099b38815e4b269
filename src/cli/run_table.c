/*
 * The table: cells first, then the width of each column, then lines.
 */
#include "cli/run_table.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/run_json.h"
#include "cli/words_run.h"

#define CELL_BYTES 96

/* Longer names are cut, so that one of them does not push everything else off the screen. */
#define PEER_CHARS_MAX 40
#define RULE_WIDTH     79 /* whole in a terminal of 80 */

enum column {
    NUMBER,
    PROTO,
    PEER,
    STATE,
    OUT,
    IN,
    RTT,
    RETR,
    TIME,
    PATH,
    ENDED,
    COLUMN_COUNT,
};

/* All rows' cells would be a megabyte: they are made twice, for widths and for lines. */
struct cells {
    char text[COLUMN_COUNT][CELL_BYTES];
};

void run_format_bytes(uint64_t bytes, char out[16])
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB"};
    if (bytes < 1000) {
        (void)snprintf(out, 16, "%u B", (unsigned)bytes);
        return;
    }
    double value = (double)bytes / 1000;
    size_t unit = 0;
    while (value >= 999.5 && unit + 1 < ARRAY_COUNT(units)) {
        value /= 1000;
        unit++;
    }
    const int digits = value < 9.95 ? 1 : 0;
    (void)snprintf(out, 16, "%.*f %s", digits, value, units[unit]);
}

void run_format_time(uint64_t us, char out[16])
{
    const double ms = (double)us / 1000;
    if (us == 0)
        (void)snprintf(out, 16, "-");
    else if (ms < 0.095)
        (void)snprintf(out, 16, "%.2f ms", ms);
    else if (ms < 9.95)
        (void)snprintf(out, 16, "%.1f ms", ms);
    else if (ms < 999.5)
        (void)snprintf(out, 16, "%.0f ms", ms);
    else
        (void)snprintf(out, 16, "%.2f s", ms / 1000);
}

static void format_peer(const struct talk *talk, char out[CELL_BYTES])
{
    char address[VITRO_ENDPOINT_TEXT_MAX];
    if (talk->kind == TALK_DNS) {
        (void)snprintf(out, CELL_BYTES, "%s", talk->name);
        return;
    }
    if (talk->kind == TALK_PING)
        (void)vitro_ip_format(&talk->peer.ip, address);
    else
        (void)vitro_endpoint_format(&talk->peer, address);
    if (talk->name[0] == '\0')
        (void)snprintf(out, CELL_BYTES, "%s%s", talk->is_inbound ? "< " : "", address);
    else if (talk->kind == TALK_PING)
        (void)snprintf(out, CELL_BYTES, "%s", talk->name);
    else
        (void)snprintf(out, CELL_BYTES, "%s%s:%u", talk->is_inbound ? "< " : "", talk->name,
                       talk->peer.port);
}

static const struct words *end_words(enum talk_end end)
{
    static const struct words *const words[] = {
        [TALK_OPEN] = &word_run_end_open,
        [TALK_CLOSED] = &word_run_end_closed,
        [TALK_RESET] = &word_run_end_reset,
        [TALK_REFUSED] = &word_run_end_refused,
        [TALK_UNREACHABLE] = &word_run_end_unreachable,
        [TALK_TIMED_OUT] = &word_run_end_timed_out,
        [TALK_IDLE] = &word_run_end_idle,
        [TALK_ANSWERED] = &word_run_end_answered,
        [TALK_FAILED] = &word_run_end_failed,
    };
    return words[end];
}

static const struct words *party_words(const struct talk *talk)
{
    switch (talk->ended_by) {
    case TALK_PROGRAM: return &word_run_party_program;
    case TALK_GATEWAY: return &word_run_party_vitro;
    case TALK_PEER: return talk->is_inbound ? &word_run_party_client : &word_run_party_server;
    case TALK_NOBODY: break;
    }
    return &word_run_party_nobody;
}

static const struct words *close_words(enum track_close close)
{
    switch (close) {
    case TRACK_CLOSE_THREE: return &word_run_close_three;
    case TRACK_CLOSE_FOUR: return &word_run_close_four;
    case TRACK_CLOSE_SIMULTANEOUS: return &word_run_close_both;
    default: return NULL;
    }
}

/* Who ended it, by what, and in which form. */
static void format_ended(const struct run_talk *row, enum lang lang, char out[CELL_BYTES])
{
    const struct talk *talk = &row->talk;
    struct text text;
    text_init(&text, out, CELL_BYTES);
    if (talk->kind == TALK_DNS && talk->detail[0] != '\0') {
        text_add(&text, talk->detail);
        return;
    }
    if (talk->ended_by == TALK_NOBODY) {
        if (talk->end == TALK_TIMED_OUT) text_add(&text, word_text(lang, &word_run_no_answer));
        return;
    }
    text_add(&text, word_text(lang, party_words(talk)));
    switch (talk->end) {
    case TALK_CLOSED: text_addf(&text, word_text(lang, &word_run_by_what), "FIN"); break;
    case TALK_RESET: text_addf(&text, word_text(lang, &word_run_by_what), "RST"); break;
    default:
        if (talk->error == 0) break;
        const char *error = word_error(lang, talk->error, strerror(talk->error));
        text_addf(&text, word_text(lang, &word_run_by_what), error);
        break;
    }
    const struct words *form = row->has_wire ? close_words(row->wire.close) : NULL;
    if (form != NULL && talk->end == TALK_CLOSED) {
        text_add(&text, lang == LANG_ZH ? "，" : ", ");
        text_add(&text, word_text(lang, form));
    }
}

static void format_path(const struct talk *talk, enum lang lang, char out[CELL_BYTES])
{
    if (!talk->has_path || talk->path_rtt_us == 0) {
        (void)snprintf(out, CELL_BYTES, "-");
        return;
    }
    char rtt[16];
    run_format_time(talk->path_rtt_us, rtt);
    if (talk->path_retransmits == 0)
        (void)snprintf(out, CELL_BYTES, "%s", rtt);
    else
        (void)snprintf(out, CELL_BYTES, word_text(lang, &word_run_path_retr), rtt,
                       talk->path_retransmits);
}

static void make_cells(const struct run_talk *row, enum lang lang, struct cells *cells)
{
    const struct talk *talk = &row->talk;
    (void)snprintf(cells->text[NUMBER], CELL_BYTES, "%2llu", (unsigned long long)row->number);
    (void)snprintf(cells->text[PROTO], CELL_BYTES, "%s", run_code_kind(talk->kind));
    format_peer(talk, cells->text[PEER]);
    if (strlen(cells->text[PEER]) > PEER_CHARS_MAX) {
        memcpy(cells->text[PEER] + PEER_CHARS_MAX - 3, "...", sizeof "...");
    }
    (void)snprintf(cells->text[STATE], CELL_BYTES, "%s", word_text(lang, end_words(talk->end)));
    run_format_bytes(talk->bytes_out, cells->text[OUT]);
    run_format_bytes(talk->bytes_in, cells->text[IN]);
    run_format_time(talk->handshake_us, cells->text[RTT]);
    (void)snprintf(cells->text[RETR], CELL_BYTES, talk->kind == TALK_TCP ? "%u" : "-",
                   talk->retransmits_out + talk->retransmits_in);
    run_format_time(talk->ended_us - talk->begun_us, cells->text[TIME]);
    format_path(talk, lang, cells->text[PATH]);
    format_ended(row, lang, cells->text[ENDED]);
}

static void add_cell(struct text *line, const char *cell, unsigned width)
{
    text_add(line, cell);
    for (unsigned columns = word_columns(cell); columns < width + 2; columns++) {
        text_add_char(line, ' ');
    }
}

static void add_line(struct run_out *out, const struct cells *cells, const unsigned *width)
{
    char bytes[2048];
    struct text line;
    text_init(&line, bytes, sizeof bytes);
    text_add_char(&line, ' ');
    for (int c = 0; c < COLUMN_COUNT; c++) add_cell(&line, cells->text[c], width[c]);
    while (line.len > 0 && line.data[line.len - 1] == ' ') line.len--;
    run_out_add(out, line.data, line.len);
    run_out_add(out, "\n", 1);
}

static void make_head(enum lang lang, struct cells *cells)
{
    static const struct words *const heads[COLUMN_COUNT] = {
        &word_run_head_number, &word_run_head_proto, &word_run_head_peer, &word_run_head_state,
        &word_run_head_out,    &word_run_head_in,    &word_run_head_rtt,  &word_run_head_retr,
        &word_run_head_time,   &word_run_head_path,  &word_run_head_ended};
    for (int c = 0; c < COLUMN_COUNT; c++) {
        (void)snprintf(cells->text[c], CELL_BYTES, "%s", word_text(lang, heads[c]));
    }
}

static void add_rule(const struct run_talks *talks, enum lang lang, struct run_out *out)
{
    char bytes[512];
    char time[16];
    struct text line;
    text_init(&line, bytes, sizeof bytes);
    run_format_time(poll_now_us() - talks->began_us, time);
    text_add(&line, "-- ");
    const uint64_t tcp = talks->ended[TALK_TCP];
    text_addf(&line, word_text(lang, tcp == 1 ? &word_run_connection : &word_run_connections),
              (unsigned long long)tcp);
    text_addf(&line, word_text(lang, talks->segments == 1 ? &word_run_segment : &word_run_segments),
              (unsigned long long)talks->segments);
    text_addf(&line, word_text(lang, &word_run_sum), (unsigned long long)talks->retransmits, time);
    text_add_char(&line, ' ');
    while (word_columns(line.data) < RULE_WIDTH) text_add_char(&line, '-');
    text_add_char(&line, '\n');
    run_out_add(out, line.data, line.len);
}

static void add_rest(const struct run_talks *talks, uint32_t shown, enum lang lang,
                     struct run_out *out)
{
    uint64_t all = 0;
    for (size_t kind = 0; kind < ARRAY_COUNT(talks->ended); kind++) all += talks->ended[kind];
    if (all <= shown) return;
    char line[256];
    const int len = snprintf(line, sizeof line, word_text(lang, &word_run_more),
                             (unsigned long long)(all - shown));
    run_out_add(out, line, (size_t)len);
}

void run_table(const struct run_talks *talks, enum lang lang, struct run_out *out)
{
    unsigned width[COLUMN_COUNT] = {0};
    struct cells cells;
    const uint32_t count = u32_min(talks->row_count, RUN_TABLE_ROWS);
    add_rule(talks, lang, out);
    if (count == 0) return;
    for (uint32_t i = 0; i <= count; i++) {
        if (i == count)
            make_head(lang, &cells);
        else
            make_cells(&talks->rows[i], lang, &cells);
        for (int c = 0; c < COLUMN_COUNT; c++) {
            width[c] = u32_max(width[c], word_columns(cells.text[c]));
        }
    }
    add_line(out, &cells, width);
    for (uint32_t i = 0; i < count; i++) {
        make_cells(&talks->rows[i], lang, &cells);
        add_line(out, &cells, width);
    }
    add_rest(talks, count, lang, out);
}
