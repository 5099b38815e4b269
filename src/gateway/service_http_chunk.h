/*
 * The chunked coding of a request's body (RFC 9112 7.1), undone a piece at a time. Pure.
 */
#ifndef VITRO_GATEWAY_SERVICE_HTTP_CHUNK_H
#define VITRO_GATEWAY_SERVICE_HTTP_CHUNK_H

#include "base/span.h"

/* Bytes that are no data (sizes, extensions, trailers), at most, between two bytes of data. */
#define HTTP_CHUNK_OVERHEAD_MAX 8192

enum http_chunk_state {
    HTTP_CHUNK_SIZE,      /* hexadecimal digits */
    HTTP_CHUNK_EXTENSION, /* the rest of that line */
    HTTP_CHUNK_DATA,
    HTTP_CHUNK_DATA_END, /* CRLF behind the data */
    HTTP_CHUNK_TRAILER,  /* lines up to an empty one */
    HTTP_CHUNK_END,
    HTTP_CHUNK_BAD,
};

/* All zero is the beginning of a body. */
struct http_chunk {
    enum http_chunk_state state;
    uint32_t digits;         /* of the size, read so far */
    uint32_t line_bytes;     /* of the trailer's line, without CR */
    uint32_t overhead_bytes; /* since the last data */
    uint64_t left_bytes;     /* of the chunk */
};

/*
 * Reads on. Returns how many of `bytes` are done with: all framing up to the next data, which
 * `data` then is (it lies in `bytes`, up to the end of the chunk; at most `data_max`), and that
 * data too. 0 with state END or BAD: there is no more to be done.
 */
size_t http_chunk_read(struct http_chunk *chunk, struct span bytes, size_t data_max,
                       struct span *data);

#endif
