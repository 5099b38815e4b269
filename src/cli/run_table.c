/*
 * The table: cells first, then the width of each column, then lines.
 *
 * On a terminal that is too narrow for it, the table does without what says least, one thing after
 * the other, until it fits: lines that wrap cannot be read.
 */
#include "cli/run_table.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/run_json.h"
#include "cli/words_run.h"

#define CELL_BYTES 96

/* Longer names are cut, so that one of them does not push everything else off the screen; but what
 * is at their end stays: the port. */
#define PEER_CHARS_MAX        40
#define PEER_CHARS_MAX_NARROW 22 /* any of IPv4 */
#define PEER_CHARS_END        8
#define ENDED_WIDTH_MIN       13 /* "program (FIN)"; the rest may be cut */
#define RULE_WIDTH            79 /* whole in a terminal of 80 */

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

/* All rows' cells would be a megabyte: they are made anew for widths and for lines. */
struct cells {
    char text[COLUMN_COUNT][CELL_BYTES];
};

/* How the table is to look. */
struct layout {
    enum lang lang;
    unsigned columns; /* of the terminal; 0: no limit */
    unsigned peer_chars_max;
    unsigned width[COLUMN_COUNT]; /* 0: not shown */
};

/* Numbers stand under each other. */
static const bool is_right[COLUMN_COUNT] = {
    [NUMBER] = true, [OUT] = true, [IN] = true, [RTT] = true, [RETR] = true, [TIME] = true};

/* Columns in the order in which a table can do without them. */
static const enum column expendable[] = {PATH, PROTO, NUMBER, RTT, RETR, TIME};

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
    else if (us < 5)
        (void)snprintf(out, 16, "<0.01 ms");
    else if (ms < 0.095)
        (void)snprintf(out, 16, "%.2f ms", ms);
    else if (ms < 9.95)
        (void)snprintf(out, 16, "%.1f ms", ms);
    else if (ms < 999.5)
        (void)snprintf(out, 16, "%.0f ms", ms);
    else
        (void)snprintf(out, 16, "%.2f s", ms / 1000);
}

/* Cuts a name in its middle. */
static void cut_peer(char *peer, size_t chars_max)
{
    const size_t len = strlen(peer);
    if (len <= chars_max) return;
    char *cut = peer + chars_max - PEER_CHARS_END;
    memmove(cut, peer + len - PEER_CHARS_END, PEER_CHARS_END + 1);
    memcpy(cut - 3, "...", 3);
}

static void format_peer(const struct talk *talk, size_t chars_max, char out[CELL_BYTES])
{
    char address[VITRO_ENDPOINT_TEXT_MAX];
    char whole[NAME_BYTES_MAX + 16];
    struct text text;
    text_init(&text, whole, sizeof whole);
    const bool is_name = talk->name[0] != '\0';
    if (talk->is_inbound) text_add(&text, "< ");
    if (talk->kind == TALK_PING)
        (void)vitro_ip_format(&talk->peer.ip, address);
    else
        (void)vitro_endpoint_format(&talk->peer, address);
    text_add(&text, is_name ? talk->name : address);
    const bool has_port = talk->kind == TALK_TCP || talk->kind == TALK_UDP;
    if (is_name && has_port) text_addf(&text, ":%u", talk->peer.port);
    cut_peer(whole, chars_max);
    (void)snprintf(out, CELL_BYTES, "%.*s", PEER_CHARS_MAX, whole);
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

static void make_cells(const struct run_talk *row, const struct layout *layout, struct cells *cells)
{
    const enum lang lang = layout->lang;
    const struct talk *talk = &row->talk;
    (void)snprintf(cells->text[NUMBER], CELL_BYTES, "%2llu", (unsigned long long)row->number);
    (void)snprintf(cells->text[PROTO], CELL_BYTES, "%s", run_code_kind(talk->kind));
    format_peer(talk, layout->peer_chars_max, cells->text[PEER]);
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

/* Finds how wide each column must be. */
static void measure(const struct run_talks *talks, uint32_t count, struct layout *layout)
{
    struct cells cells;
    memset(layout->width, 0, sizeof layout->width);
    for (uint32_t i = 0; i <= count; i++) {
        if (i == count)
            make_head(layout->lang, &cells);
        else
            make_cells(&talks->rows[i], layout, &cells);
        for (int c = 0; c < COLUMN_COUNT; c++) {
            layout->width[c] = u32_max(layout->width[c], word_columns(cells.text[c]));
        }
    }
}

/* How wide a line is in front of its last cell. */
static unsigned width_before_ended(const struct layout *layout)
{
    unsigned width = 1;
    for (int c = 0; c < ENDED; c++) {
        if (layout->width[c] > 0) width += layout->width[c] + 2;
    }
    return width;
}

/* Decides how the table is to look: names are cut shorter, columns go, and the last is cut at the
 * edge, as far as is needed. */
static void lay_out(const struct run_talks *talks, uint32_t count, struct layout *layout)
{
    layout->peer_chars_max = PEER_CHARS_MAX;
    measure(talks, count, layout);
    const unsigned columns = layout->columns;
    if (columns == 0 || width_before_ended(layout) + layout->width[ENDED] <= columns) return;
    layout->peer_chars_max = PEER_CHARS_MAX_NARROW;
    measure(talks, count, layout);
    const unsigned ended = u32_min(layout->width[ENDED], ENDED_WIDTH_MIN);
    for (size_t i = 0; i < ARRAY_COUNT(expendable); i++) {
        if (width_before_ended(layout) + ended <= columns) break;
        layout->width[expendable[i]] = 0;
    }
    const unsigned before = width_before_ended(layout);
    const unsigned left = before + ended <= columns ? columns - before : ended;
    layout->width[ENDED] = u32_min(layout->width[ENDED], left);
}

static void add_spaces(struct text *line, unsigned count)
{
    for (unsigned i = 0; i < count; i++) text_add_char(line, ' ');
}

/* Cuts a text of UTF-8 to so many columns. */
static void cut_to_columns(char *text, unsigned columns)
{
    size_t len = strlen(text);
    while (word_columns(text) > columns) {
        do len--;
        while (((unsigned char)text[len] & 0xc0) == 0x80); /* the rest of a letter */
        text[len] = '\0';
    }
}

static void add_line(struct run_out *out, struct cells *cells, const struct layout *layout)
{
    char bytes[2048];
    struct text line;
    text_init(&line, bytes, sizeof bytes);
    text_add_char(&line, ' ');
    cut_to_columns(cells->text[ENDED], layout->width[ENDED]);
    for (int c = 0; c < COLUMN_COUNT; c++) {
        if (layout->width[c] == 0) continue;
        const unsigned padding = layout->width[c] - word_columns(cells->text[c]);
        if (is_right[c]) add_spaces(&line, padding);
        text_add(&line, cells->text[c]);
        add_spaces(&line, is_right[c] ? 2 : padding + 2);
    }
    while (line.len > 0 && line.data[line.len - 1] == ' ') line.len--;
    run_out_add(out, line.data, line.len);
    run_out_add(out, "\n", 1);
}

static void add_rule(const struct run_talks *talks, const struct layout *layout,
                     struct run_out *out)
{
    const enum lang lang = layout->lang;
    char bytes[512];
    char time[16];
    struct text line;
    text_init(&line, bytes, sizeof bytes);
    run_format_time(poll_now_us() - talks->began_us, time);
    text_add(&line, "-- ");
    const uint64_t tcp = talks->ended[TALK_TCP];
    text_addf(&line, word_text(lang, tcp == 1 ? &word_run_connection : &word_run_connections),
              (unsigned long long)tcp);
    text_addf(&line, word_text(lang, talks->segments == 1 ? &word_run_packet : &word_run_packets),
              (unsigned long long)talks->segments);
    text_addf(&line, word_text(lang, &word_run_sum), (unsigned long long)talks->retransmits, time);
    text_add_char(&line, ' ');
    const bool is_wide = layout->columns == 0 || layout->columns > RULE_WIDTH;
    const unsigned width = is_wide ? RULE_WIDTH : layout->columns;
    while (word_columns(line.data) < width) text_add_char(&line, '-');
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

void run_table(const struct run_talks *talks, enum lang lang, unsigned columns, struct run_out *out)
{
    struct layout layout = {.lang = lang, .columns = columns};
    struct cells cells;
    const uint32_t count = u32_min(talks->row_count, RUN_TABLE_ROWS);
    add_rule(talks, &layout, out);
    if (count == 0) return;
    lay_out(talks, count, &layout);
    make_head(lang, &cells);
    add_line(out, &cells, &layout);
    for (uint32_t i = 0; i < count; i++) {
        make_cells(&talks->rows[i], &layout, &cells);
        add_line(out, &cells, &layout);
    }
    add_rest(talks, count, lang, out);
}
