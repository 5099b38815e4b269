/*
 * Text put together in a buffer of fixed size.
 *
 * What does not fit is cut and `truncated` set, once and for all; so a caller adds freely and looks
 * at the end. The text is always terminated.
 */
#ifndef VITRO_BASE_TEXT_H
#define VITRO_BASE_TEXT_H

#include "base/assert.h"

struct text {
    char *data;     /* the caller's buffer */
    size_t cap;     /* its size, at least 1 */
    size_t len;     /* of the text, without the terminating zero */
    bool truncated; /* something did not fit */
};

/* Begins an empty text in `data`, which has room for `cap` bytes (at least 1), zero included. */
void text_init(struct text *t, char *data, size_t cap);

/* Makes the text empty and forgets that something did not fit. */
void text_clear(struct text *t);

/* Appends a terminated string. */
void text_add(struct text *t, const char *string);

/* Appends `len` bytes. */
void text_add_bytes(struct text *t, const char *bytes, size_t len);

/* Appends as printf formats. */
PRINTF_LIKE(2, 3) void text_addf(struct text *t, const char *format, ...);

/* Appends one character. */
static inline void text_add_char(struct text *t, char c)
{
    if (t->len + 1 >= t->cap) {
        t->truncated = true;
        return;
    }
    t->data[t->len++] = c;
    t->data[t->len] = '\0';
}

/* Appends a number in decimal; faster than text_addf. */
void text_add_u64(struct text *t, uint64_t value);

#endif
