/*
 * The head of an HTTP/1 request: the request line and the fields behind it (RFC 9112).
 *
 * Pure: bytes in, a description of them out, which points into those bytes. Whatever is not
 * understood for certain is refused rather than guessed at, with the status code to answer it with.
 */
#ifndef VITRO_GATEWAY_SERVICE_HTTP_HEAD_H
#define VITRO_GATEWAY_SERVICE_HTTP_HEAD_H

#include "base/span.h"

/* The longest head, with its final empty line. */
#define HTTP_HEAD_BYTES_MAX 8192

/* Fields of one head, at most. */
#define HTTP_FIELDS_MAX 128

enum http_method {
    HTTP_GET = 1,
    HTTP_HEAD = 2,
    HTTP_POST = 4,
    HTTP_PUT = 8,
    HTTP_OPTIONS = 16,
    HTTP_OTHER = 32, /* one that is known, and allowed nowhere here: DELETE, PATCH, ... */
};

/* What "Range: bytes=..." asks for. */
enum http_range {
    HTTP_RANGE_NONE,   /* all, also where the field is not understood (RFC 9110 14.2) */
    HTTP_RANGE_FROM,   /* first to last, last UINT64_MAX: the end */
    HTTP_RANGE_SUFFIX, /* the last `range_first` bytes */
};

struct http_head {
    enum http_method method;
    struct span path;  /* "/bytes/100" */
    struct span query; /* behind the "?"; empty: none */
    uint8_t minor;     /* HTTP/1.0 or 1.1 */
    bool has_host;
    bool keeps_alive;      /* another request may follow on this connection */
    bool says_close;       /* Connection: close */
    bool expects_continue; /* Expect: 100-continue */
    bool has_length;
    bool is_chunked;
    uint64_t length_bytes; /* of the body, if it has one */
    enum http_range range;
    uint64_t range_first, range_last;
};

/*
 * Where the head ends: the length up to and with the empty line, 0 when it is not there yet. Empty
 * lines before the request line are counted in.
 */
size_t http_head_find(struct span bytes);

/*
 * Reads a head as http_head_find() found it. 0, or the status of the answer that refuses it: 400,
 * 417, 431, 501, 505. What was understood before the mistake is filled in.
 */
WARN_UNUSED int http_head_parse(struct span bytes, struct http_head *head);

/* The value of `key` in a query, "key=value&..."; empty if there is none. Nothing is decoded. */
struct span http_query_value(struct span query, const char *key);

/* Whether the bytes are those of the string. */
bool http_span_is(struct span bytes, const char *text);

/* The same, whatever the case of letters (ASCII). */
bool http_span_is_nocase(struct span bytes, const char *text);

/* Reads decimal digits, all of them; false: something else, none, or more than 2^63. */
WARN_UNUSED bool http_span_number(struct span digits, uint64_t *number);

#endif
