/*
 * The data of a TCP segment, as far as a port tells what it is: DNS, and protocols of text lines.
 *
 * Of text the first line is shown, with -v all lines. A line is printable characters and tabs up to
 * its end; anything else is taken for binary data and ends the display. Where the segment ends
 * before the line does, tcpdump takes it for cut.
 *
 * Other ports are not explained: nothing is added behind the length.
 */
#include "observe/print_layer.h"

#define TOKEN_BYTES_MAX 127

enum data_kind {
    DATA_UNKNOWN,
    DATA_HTTP,
    DATA_RTSP,
    DATA_SMTP,
    DATA_FTP,
    DATA_WHOIS,
    DATA_SSH,
    DATA_DNS,
};

/* In tcpdump's order: the first port that is one of the segment's decides. */
static const struct {
    uint16_t port;
    uint8_t kind;
} ports[] = {
    {25, DATA_SMTP},   {43, DATA_WHOIS}, {22, DATA_SSH},    {21, DATA_FTP}, {80, DATA_HTTP},
    {8080, DATA_HTTP}, {554, DATA_RTSP}, {8554, DATA_RTSP}, {53, DATA_DNS},
};

static const char *const http_methods[] = {
    "GET",
    "PUT",
    "COPY",
    "HEAD",
    "LOCK",
    "MOVE",
    "POLL",
    "POST",
    "BCOPY",
    "BMOVE",
    "MKCOL",
    "TRACE",
    "LABEL",
    "MERGE",
    "DELETE",
    "SEARCH",
    "UNLOCK",
    "REPORT",
    "UPDATE",
    "NOTIFY",
    "BDELETE",
    "CONNECT",
    "OPTIONS",
    "CHECKIN",
    "PROPFIND",
    "CHECKOUT",
    "CCM_POST",
    "SUBSCRIBE",
    "PROPPATCH",
    "BPROPFIND",
    "BPROPPATCH",
    "UNCHECKOUT",
    "MKACTIVITY",
    "MKWORKSPACE",
    "UNSUBSCRIBE",
    "RPC_CONNECT",
    "VERSION-CONTROL",
    "BASELINE-CONTROL",
    NULL,
};

static const char *const rtsp_methods[] = {
    "OPTIONS",  "DESCRIBE",      "ANNOUNCE",      "SETUP",    "PLAY",   "PAUSE",
    "TEARDOWN", "GET_PARAMETER", "SET_PARAMETER", "REDIRECT", "RECORD", NULL,
};

/* A protocol of text lines. */
struct text_protocol {
    const char *proto;
    const char *name;
    const char *const *methods; /* NULL: any first line is worth showing */
};

static const struct text_protocol text_protocols[] = {
    [DATA_HTTP] = {"http", ": HTTP", http_methods}, [DATA_RTSP] = {"rtsp", ": RTSP", rtsp_methods},
    [DATA_SMTP] = {"smtp", ": SMTP", NULL},         [DATA_FTP] = {"ftp", ": FTP", NULL},
    [DATA_WHOIS] = {"whois", ": WHOIS", NULL},
};

static bool is_space(uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

static bool is_printable(uint8_t byte) { return byte >= ' ' && byte <= '~'; }

static uint8_t upper(uint8_t byte)
{
    return byte >= 'a' && byte <= 'z' ? (uint8_t)(byte - 'a' + 'A') : byte;
}

/*
 * The word at the front of `text`, and what follows the space behind it. Empty if the word ends in
 * something else, or where the captured bytes do and not the segment (`is_whole`).
 */
static struct span take_word(struct span text, bool is_whole, struct span *rest)
{
    size_t len = 0;
    while (len < text.len && len < TOKEN_BYTES_MAX && is_printable(text.data[len]) &&
           text.data[len] != ' ') {
        len++;
    }
    const bool is_ended = len < text.len ? is_space(text.data[len]) : is_whole;
    if (!is_ended) len = 0;
    size_t next = len;
    while (next < text.len && (text.data[next] == ' ')) {
        next++;
    }
    *rest = span_from(text, next);
    return span_slice(text, 0, len);
}

static bool word_is(struct span word, const char *method)
{
    size_t i = 0;
    while (i < word.len && method[i] != '\0' && upper(word.data[i]) == (uint8_t)method[i]) {
        i++;
    }
    return i == word.len && method[i] == '\0';
}

static bool is_status(struct span word)
{
    if (word.len != 3) return false;
    for (size_t i = 0; i < 3; i++) {
        if (word.data[i] < '0' || word.data[i] > '9') return false;
    }
    return true;
}

/* True when the text begins as a request or a response does. */
static bool is_message(const struct text_protocol *protocol, struct span text, bool is_whole)
{
    if (protocol->methods == NULL) return true;
    struct span rest;
    const struct span first = take_word(text, is_whole, &rest);
    if (first.len == 0) return false;
    for (const char *const *method = protocol->methods; *method != NULL; method++) {
        if (word_is(first, *method)) return true;
    }
    return is_status(take_word(rest, is_whole, &rest));
}

/* Prints the line at `from`; returns where the next begins, 0 when there is none to look for. */
static uint32_t print_line(struct print *p, const char *before, uint32_t from, uint32_t end)
{
    uint32_t at = from;
    uint32_t next = 0;
    while (at < end && next == 0) {
        const uint8_t byte = print_get_u8(p, at);
        if (print_is_cut(p)) return 0;
        if (byte == '\n') {
            next = at + 1;
        } else if (byte == '\r') {
            if (at + 1 >= end || print_get_u8(p, at + 1) != '\n') return 0;
            next = at + 2;
        } else if (!is_printable(byte) && byte != '\t') {
            return 0;
        } else {
            at++;
        }
    }
    print_string(p, before);
    print_bytes(p, (const char *)p->bytes + from, at - from);
    if (next == 0) print_trunc(p);
    return next;
}

static void print_text(struct print *p, const struct text_protocol *protocol, uint32_t at,
                       uint32_t len)
{
    const uint32_t end = at + len;
    p->proto = protocol->proto;
    print_string(p, protocol->name);
    const uint32_t here = u32_min(len, print_left(p, at));
    if (!is_message(protocol, span_of(p->bytes + at, here), here == len)) return;
    if (p->options.verbosity == 0) {
        (void)print_line(p, ": ", at, end);
        return;
    }
    PRINT(p, ", length: ");
    print_u32(p, len);
    while (at != 0 && at < end) {
        at = print_line(p, "\n\t", at, end);
    }
}

/* Only the line in which the two ends say which version they speak. */
static void print_ssh(struct print *p, uint32_t at, uint32_t len)
{
    static const char version[] = "SSH-";
    p->proto = "ssh";
    if (len < 4 || !print_has(p, at, 4) || memcmp(p->bytes + at, version, 4) != 0) return;
    uint32_t line = 0;
    while (line < len && print_has(p, at + line, 1) && is_printable(p->bytes[at + line])) {
        line++;
    }
    if (line >= len) return;
    if (!print_has(p, at + line, 1)) {
        print_trunc(p);
        return;
    }
    const uint8_t stop = p->bytes[at + line];
    if (stop == '\r' && line + 1 < len && !print_has(p, at + line, 2)) {
        print_trunc(p);
        return;
    }
    const bool is_crlf = stop == '\r' && line + 1 < len && p->bytes[at + line + 1] == '\n';
    if (stop != '\n' && !is_crlf) return;
    PRINT(p, ": SSH: ");
    print_bytes(p, (const char *)p->bytes + at, line);
}

void print_tcp_data(struct print *p, uint16_t src_port, uint16_t dst_port, uint32_t at,
                    uint32_t len)
{
    enum data_kind kind = DATA_UNKNOWN;
    for (size_t i = 0; i < ARRAY_COUNT(ports) && kind == DATA_UNKNOWN; i++) {
        if (src_port == ports[i].port || dst_port == ports[i].port) {
            kind = (enum data_kind)ports[i].kind;
        }
    }
    switch (kind) {
    case DATA_UNKNOWN: break;
    case DATA_SSH: print_ssh(p, at, len); break;
    case DATA_DNS: print_dns(p, at, len, true, false); break;
    default: print_text(p, &text_protocols[kind], at, len); break;
    }
}
