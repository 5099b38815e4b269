/*
 * Reading the head of a request, a line at a time.
 *
 * Lines end in CRLF, or a bare LF (RFC 9112 2.2). Where two readers could disagree about the length
 * of a body (both Content-Length and chunked, two lengths, space before a colon, folded lines) the
 * head is refused with 400 (RFC 9112 5.1, 5.2, 6.3).
 *
 * References: RFC 9110, RFC 9112.
 */
#include "gateway/service_http_head.h"

#include <string.h>

#define NUMBER_MAX (UINT64_MAX >> 1)

static bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }

static uint8_t lower(uint8_t c) { return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c; }

/* RFC 9110 5.6.2: what names of methods and fields are made of. */
static bool is_token(uint8_t c)
{
    if (is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z')) return true;
    return c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

bool http_span_is(struct span bytes, const char *text)
{
    if (bytes.len != strlen(text)) return false;
    return bytes.len == 0 || memcmp(bytes.data, text, bytes.len) == 0;
}

bool http_span_is_nocase(struct span bytes, const char *text)
{
    if (bytes.len != strlen(text)) return false;
    for (size_t i = 0; i < bytes.len; i++) {
        if (lower(bytes.data[i]) != lower((uint8_t)text[i])) return false;
    }
    return true;
}

bool http_span_number(struct span digits, uint64_t *number)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (!is_digit(digits.data[i]) || sum > NUMBER_MAX / 10 - 1) return false;
        sum = sum * 10 + (digits.data[i] - '0');
    }
    *number = sum;
    return digits.len > 0;
}

size_t http_head_find(struct span bytes)
{
    bool has_line = false;
    for (size_t at = 0; at < bytes.len;) {
        const uint8_t *end = memchr(bytes.data + at, '\n', bytes.len - at);
        if (end == NULL) return 0;
        const size_t line = (size_t)(end - bytes.data) - at;
        const bool is_empty = line == 0 || (line == 1 && bytes.data[at] == '\r');
        at += line + 1;
        if (is_empty && has_line) return at;
        has_line = has_line || !is_empty;
    }
    return 0;
}

/* Takes a line off the front, without its end. The head is whole, so that there is one. */
static struct span line_take(struct span *bytes)
{
    const uint8_t *end = bytes->len > 0 ? memchr(bytes->data, '\n', bytes->len) : NULL;
    size_t len = end != NULL ? (size_t)(end - bytes->data) : bytes->len;
    struct span line = span_slice(*bytes, 0, len);
    *bytes = span_from(*bytes, len + 1);
    if (line.len > 0 && line.data[line.len - 1] == '\r') line.len--;
    return line;
}

/* Takes what stands before the first `c` off the front, and `c`; false: there is none. */
static bool cut(struct span *rest, uint8_t c, struct span *before)
{
    const uint8_t *at = rest->len > 0 ? memchr(rest->data, c, rest->len) : NULL;
    if (at == NULL) return false;
    *before = span_slice(*rest, 0, (size_t)(at - rest->data));
    *rest = span_from(*rest, before->len + 1);
    return true;
}

static struct span trim(struct span s)
{
    while (s.len > 0 && (s.data[0] == ' ' || s.data[0] == '\t')) s = span_from(s, 1);
    while (s.len > 0 && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t')) s.len--;
    return s;
}

static enum http_method method_of(struct span name)
{
    static const struct {
        const char *name;
        enum http_method method;
    } known[] = {
        {"GET", HTTP_GET},     {"HEAD", HTTP_HEAD},       {"POST", HTTP_POST},
        {"PUT", HTTP_PUT},     {"OPTIONS", HTTP_OPTIONS}, {"DELETE", HTTP_OTHER},
        {"PATCH", HTTP_OTHER}, {"CONNECT", HTTP_OTHER},   {"TRACE", HTTP_OTHER},
    };
    for (size_t i = 0; i < ARRAY_COUNT(known); i++) {
        if (http_span_is(name, known[i].name)) return known[i].method;
    }
    return 0;
}

/* RFC 9112 3.2: a path, a whole URL as to a proxy, or "*"; the host's name does not matter here. */
static int read_target(struct span target, struct http_head *head)
{
    static const char scheme[] = "http://";
    const size_t scheme_len = sizeof scheme - 1;
    for (size_t i = 0; i < target.len; i++) {
        if (target.data[i] <= ' ' || target.data[i] >= 0x7f) return 400;
    }
    if (target.len > scheme_len && http_span_is_nocase(span_slice(target, 0, scheme_len), scheme)) {
        size_t at = scheme_len;
        while (at < target.len && target.data[at] != '/' && target.data[at] != '?') at++;
        target = span_from(target, at);
        if (target.len == 0 || target.data[0] == '?') {
            head->path = span_of("/", 1);
            head->query = span_from(target, 1);
            return 0;
        }
    }
    if (target.len == 0 || (target.data[0] != '/' && !http_span_is(target, "*"))) return 400;
    head->query = target;
    if (!cut(&head->query, '?', &head->path)) {
        head->path = target;
        head->query = (struct span){.len = 0};
    }
    return 0;
}

static int read_version(struct span version, struct http_head *head)
{
    if (version.len != 8 || memcmp(version.data, "HTTP/", 5) != 0 || version.data[6] != '.' ||
        !is_digit(version.data[5]) || !is_digit(version.data[7])) {
        return 400;
    }
    if (version.data[5] != '1') return 505;
    head->minor = version.data[7] == '0' ? 0 : 1;
    head->keeps_alive = head->minor == 1;
    return 0;
}

static int read_request_line(struct span line, struct http_head *head)
{
    struct span method, target;
    if (!cut(&line, ' ', &method) || !cut(&line, ' ', &target) || method.len == 0) return 400;
    for (size_t i = 0; i < method.len; i++) {
        if (!is_token(method.data[i])) return 400;
    }
    int status = read_version(line, head);
    head->method = method_of(method);
    if (status == 0 && head->method == 0) status = 501;
    return status != 0 ? status : read_target(target, head);
}

/* The options that Connection lists (RFC 9110 7.6.1). */
static void read_connection(struct span value, struct http_head *head)
{
    for (bool more = true; more;) {
        struct span option = value;
        more = cut(&value, ',', &option);
        option = trim(option);
        if (http_span_is_nocase(option, "close")) head->says_close = true;
        if (http_span_is_nocase(option, "keep-alive")) head->keeps_alive = true;
    }
}

/* "bytes=0-99", "bytes=100-", "bytes=-5". Several ranges at a time are answered with all. */
static void read_range(struct span value, struct http_head *head)
{
    struct span unit, first;
    if (!cut(&value, '=', &unit) || !http_span_is_nocase(trim(unit), "bytes")) return;
    if (!cut(&value, '-', &first)) return;
    first = trim(first);
    value = trim(value);
    uint64_t from = 0, to = UINT64_MAX;
    if (first.len == 0) {
        if (http_span_number(value, &head->range_first)) head->range = HTTP_RANGE_SUFFIX;
        return;
    }
    if (!http_span_number(first, &from)) return;
    if (value.len > 0 && (!http_span_number(value, &to) || to < from)) return;
    head->range = HTTP_RANGE_FROM;
    head->range_first = from;
    head->range_last = to;
}

static int read_length(struct span value, struct http_head *head)
{
    uint64_t length;
    if (!http_span_number(value, &length)) return 400;
    if (head->has_length && length != head->length_bytes) return 400;
    head->has_length = true;
    head->length_bytes = length;
    return 0;
}

static int read_field(struct span name, struct span value, struct http_head *head)
{
    if (http_span_is_nocase(name, "content-length")) return read_length(value, head);
    if (http_span_is_nocase(name, "host")) {
        if (head->has_host) return 400; /* RFC 9112 3.2 */
        head->has_host = true;
    } else if (http_span_is_nocase(name, "connection")) {
        read_connection(value, head);
    } else if (http_span_is_nocase(name, "transfer-encoding")) {
        if (head->is_chunked) return 400;
        if (!http_span_is_nocase(value, "chunked")) return 501;
        head->is_chunked = true;
    } else if (http_span_is_nocase(name, "expect")) {
        if (!http_span_is_nocase(value, "100-continue")) return 417;
        head->expects_continue = true;
    } else if (http_span_is_nocase(name, "range")) {
        read_range(value, head);
    }
    return 0;
}

static int read_field_line(struct span line, struct http_head *head)
{
    struct span name;
    if (!cut(&line, ':', &name) || name.len == 0) return 400;
    for (size_t i = 0; i < name.len; i++) {
        if (!is_token(name.data[i])) return 400;
    }
    for (size_t i = 0; i < line.len; i++) {
        if ((line.data[i] < ' ' && line.data[i] != '\t') || line.data[i] == 0x7f) return 400;
    }
    return read_field(name, trim(line), head);
}

int http_head_parse(struct span bytes, struct http_head *head)
{
    *head = (struct http_head){.minor = 1};
    struct span line = line_take(&bytes);
    while (line.len == 0 && bytes.len > 0) line = line_take(&bytes);
    int status = read_request_line(line, head);
    for (uint32_t fields = 0; status == 0 && bytes.len > 0; fields++) {
        line = line_take(&bytes);
        if (line.len == 0) break;
        status = fields < HTTP_FIELDS_MAX ? read_field_line(line, head) : 431;
    }
    if (head->says_close) head->keeps_alive = false;
    if (status != 0) return status;
    if (head->minor == 1 && !head->has_host) return 400;
    if (head->is_chunked && (head->has_length || head->minor == 0)) return 400;
    if (head->minor == 0) head->expects_continue = false; /* RFC 9110 10.1.1 */
    return 0;
}

struct span http_query_value(struct span query, const char *key)
{
    for (bool more = true; more;) {
        struct span pair = query, name;
        more = cut(&query, '&', &pair);
        if (cut(&pair, '=', &name) && http_span_is(name, key)) return pair;
    }
    return (struct span){.len = 0};
}
