/*
 * Chunks: "4\r\nWiki\r\n0\r\n\r\n".
 *
 * A state machine, a byte of framing at a time and data in one go. Bare LF ends a line, too.
 */
#include "gateway/service_http_chunk.h"

/* 16 digits would be 2^64; no body is near 2^60. */
#define DIGITS_MAX 15

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* The line of the size has ended. */
static void size_done(struct http_chunk *chunk)
{
    chunk->state = chunk->left_bytes > 0 ? HTTP_CHUNK_DATA : HTTP_CHUNK_TRAILER;
    if (chunk->digits == 0) chunk->state = HTTP_CHUNK_BAD;
    chunk->digits = 0;
    chunk->line_bytes = 0;
}

static void read_size(struct http_chunk *chunk, uint8_t c)
{
    const int value = hex_value(c);
    if (value >= 0) {
        chunk->left_bytes = chunk->left_bytes << 4 | (uint64_t)value;
        if (++chunk->digits > DIGITS_MAX) chunk->state = HTTP_CHUNK_BAD;
    } else if (c == '\n') {
        size_done(chunk);
    } else if (chunk->digits > 0 && (c == ';' || c == '\r' || c == ' ' || c == '\t')) {
        chunk->state = HTTP_CHUNK_EXTENSION;
    } else {
        chunk->state = HTTP_CHUNK_BAD;
    }
}

static void read_trailer(struct http_chunk *chunk, uint8_t c)
{
    if (c == '\n') {
        if (chunk->line_bytes == 0) chunk->state = HTTP_CHUNK_END;
        chunk->line_bytes = 0;
    } else if (c != '\r') {
        chunk->line_bytes++;
    }
}

/* One byte that is no data. */
static void read_framing(struct http_chunk *chunk, uint8_t c)
{
    switch (chunk->state) {
    case HTTP_CHUNK_SIZE: read_size(chunk, c); break;
    case HTTP_CHUNK_EXTENSION:
        if (c == '\n') size_done(chunk);
        break;
    case HTTP_CHUNK_DATA_END:
        if (c == '\n') {
            chunk->state = HTTP_CHUNK_SIZE;
        } else if (c != '\r') {
            chunk->state = HTTP_CHUNK_BAD;
        }
        break;
    case HTTP_CHUNK_TRAILER: read_trailer(chunk, c); break;
    case HTTP_CHUNK_DATA:
    case HTTP_CHUNK_END:
    case HTTP_CHUNK_BAD: break;
    }
    if (++chunk->overhead_bytes > HTTP_CHUNK_OVERHEAD_MAX) chunk->state = HTTP_CHUNK_BAD;
}

size_t http_chunk_read(struct http_chunk *chunk, struct span bytes, size_t data_max,
                       struct span *data)
{
    size_t at = 0;
    *data = (struct span){.len = 0};
    while (at < bytes.len && chunk->state != HTTP_CHUNK_DATA && chunk->state < HTTP_CHUNK_END) {
        read_framing(chunk, bytes.data[at++]);
    }
    if (chunk->state != HTTP_CHUNK_DATA) return at;
    const size_t take =
        size_min(data_max, chunk->left_bytes > SIZE_MAX ? SIZE_MAX : (size_t)chunk->left_bytes);
    *data = span_slice(bytes, at, take);
    chunk->left_bytes -= data->len;
    if (data->len > 0) chunk->overhead_bytes = 0;
    if (chunk->left_bytes == 0) chunk->state = HTTP_CHUNK_DATA_END;
    return at + data->len;
}
