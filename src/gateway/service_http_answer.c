/*
 * Heads of answers, and texts.
 *
 * References: RFC 9110, RFC 9112.
 */
#include "gateway/service_http_answer.h"

#include <inttypes.h>

static const struct {
    uint16_t status;
    const char *reason;
    const char *refusal;
} statuses[] = {
    {200, "OK", NULL},
    {201, "Created", NULL},
    {202, "Accepted", NULL},
    {204, "No Content", NULL},
    {206, "Partial Content", NULL},
    {301, "Moved Permanently", NULL},
    {302, "Found", NULL},
    {303, "See Other", NULL},
    {304, "Not Modified", NULL},
    {307, "Temporary Redirect", NULL},
    {308, "Permanent Redirect", NULL},
    {400, "Bad Request",
     "This request is not understood. SIZE is a number like 1000, 64k, 100M or 2G (at most 1T), "
     "TIME is like 500ms or 2s, CODE is 200 to 599; GET / lists all."},
    {401, "Unauthorized", NULL},
    {403, "Forbidden", NULL},
    {404, "Not Found", "There is nothing at this path; GET / lists what there is."},
    {405, "Method Not Allowed", "This path does not take this method; see the field Allow."},
    {408, "Request Timeout", "The request did not come to its end in time."},
    {411, "Length Required", "A body is expected here: send Content-Length, or chunked."},
    {413, "Content Too Large", "The body is longer than 1 TiB."},
    {414, "URI Too Long", "The first line of the request is longer than 8 KiB."},
    {416, "Range Not Satisfiable", "The range lies behind the end."},
    {417, "Expectation Failed", "The only expectation understood is 100-continue."},
    {418, "I'm a teapot", NULL},
    {429, "Too Many Requests", NULL},
    {431, "Request Header Fields Too Large", "The head of the request is longer than 8 KiB."},
    {500, "Internal Server Error", NULL},
    {501, "Not Implemented", "This method or transfer coding is not known here."},
    {502, "Bad Gateway", NULL},
    {503, "Service Unavailable", NULL},
    {504, "Gateway Timeout", NULL},
    {505, "HTTP Version Not Supported", "This server speaks HTTP/1.1 and HTTP/1.0."},
};

const char http_answer_page[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head><meta charset=\"utf-8\"><title>demo.vitro</title></head>\n"
    "<body>\n"
    "<h1>demo.vitro</h1>\n"
    "<p>This page came through vitro's own TCP. Nothing here needs a network.</p>\n"
    "<table>\n"
    "<tr><td><a href=\"/hello\">/hello</a><td>a few words\n"
    "<tr><td><a href=\"/bytes/1000\">/bytes/SIZE</a><td>SIZE bytes of text, always the same: 1000, "
    "64k, 100M, 2G (k is 1000, Ki is 1024); takes Range\n"
    "<tr><td>/upload<td>POST or PUT anything: tells how many bytes came, and their CRC-32 "
    "(python3: zlib.crc32); ?check=no leaves it out\n"
    "<tr><td>/echo<td>POST or PUT: the body comes back\n"
    "<tr><td><a href=\"/headers\">/headers</a><td>the head of your request comes back\n"
    "<tr><td><a href=\"/status/404\">/status/CODE</a><td>an answer with this status, 200 to 599\n"
    "<tr><td><a href=\"/delay/2s\">/delay/TIME</a><td>an answer after TIME: 500ms, 2s, up to 60s\n"
    "<tr><td><a href=\"/drip/1000\">/drip/SIZE</a><td>SIZE bytes, slowly; ?time=5s\n"
    "<tr><td><a href=\"/reset\">/reset</a><td>the beginning of an answer, then a reset (RST)\n"
    "<tr><td><a href=\"/close\">/close</a><td>closes without an answer (FIN)\n"
    "</table>\n"
    "<p>Other ports: echo 7, discard 9, daytime 13 (TCP and UDP), chargen 19 (TCP).</p>\n"
    "<p>Byte i of /bytes is, with k = i mod 3904, a newline where k mod 64 = 63, else the "
    "character 33 + (k*k div 7) mod 94. In Python:</p>\n"
    "<pre>bytes(10 if k % 64 == 63 else 33 + k*k//7 % 94 for k in range(3904))</pre>\n"
    "</body>\n"
    "</html>\n";

const char *http_answer_reason(uint32_t status)
{
    for (size_t i = 0; i < ARRAY_COUNT(statuses); i++) {
        if (statuses[i].status == status) return statuses[i].reason;
    }
    return "Status";
}

const char *http_answer_refusal(uint32_t status)
{
    for (size_t i = 0; i < ARRAY_COUNT(statuses); i++) {
        if (statuses[i].status == status && statuses[i].refusal != NULL) {
            return statuses[i].refusal;
        }
    }
    return http_answer_reason(status);
}

static void add_allow(struct text *out, uint32_t methods)
{
    static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "OPTIONS"};
    const char *before = "Allow: ";
    for (uint32_t i = 0; i < ARRAY_COUNT(names); i++) {
        if ((methods >> i & 1) == 0) continue;
        text_addf(out, "%s%s", before, names[i]);
        before = ", ";
    }
    text_add(out, "\r\n");
}

static void add_range(struct text *out, const struct http_answer *answer)
{
    if (answer->status == 416) {
        text_addf(out, "Content-Range: bytes */%" PRIu64 "\r\n", answer->size_bytes);
    } else {
        text_addf(out, "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n",
                  answer->first, answer->last, answer->size_bytes);
    }
}

/* Fields that some statuses cannot do without (RFC 9110 15.4, 11.6.1). */
static void add_by_status(struct text *out, int status)
{
    const bool redirects =
        status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    if (redirects) text_add(out, "Location: /hello\r\n");
    if (status == 401) text_add(out, "WWW-Authenticate: Basic realm=\"demo.vitro\"\r\n");
}

void http_answer_head(struct text *out, const struct http_answer *answer,
                      const struct http_manners *manners)
{
    text_addf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\nServer: vitro\r\n", answer->status,
              http_answer_reason((uint32_t)answer->status), manners->date);
    if (answer->type != NULL) text_addf(out, "Content-Type: %s\r\n", answer->type);
    if (answer->is_chunked) {
        text_add(out, "Transfer-Encoding: chunked\r\n");
    } else if (answer->type != NULL) {
        text_addf(out, "Content-Length: %" PRIu64 "\r\n", answer->length_bytes);
    }
    if (answer->allow != 0) add_allow(out, answer->allow);
    if (answer->has_range) add_range(out, answer);
    add_by_status(out, answer->status);
    if (!manners->keeps_alive) {
        text_add(out, "Connection: close\r\n");
    } else if (manners->minor == 0) {
        text_add(out, "Connection: keep-alive\r\n");
    }
    text_add(out, "\r\n");
}
