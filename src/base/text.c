/*
 * Text in a fixed buffer.
 *
 * What holds: len < cap and data[len] is zero. Once something was cut, what still fits is added
 * all the same; `truncated` tells the reader that there was more.
 */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Digits of UINT64_MAX. */
#define TEXT_U64_DIGITS_MAX 20

void text_init(struct text *t, char *data, size_t cap)
{
    ASSERT(cap > 0);
    *t = (struct text){.data = data, .cap = cap};
    data[0] = '\0';
}

void text_clear(struct text *t) { text_init(t, t->data, t->cap); }

void text_add_bytes(struct text *t, const char *bytes, size_t len)
{
    size_t fits = size_min(len, t->cap - t->len - 1);
    if (fits < len) t->truncated = true;
    if (fits == 0) return;
    memcpy(t->data + t->len, bytes, fits);
    t->len += fits;
    t->data[t->len] = '\0';
}

void text_add(struct text *t, const char *string) { text_add_bytes(t, string, strlen(string)); }

void text_addf(struct text *t, const char *format, ...)
{
    size_t room = t->cap - t->len;
    va_list args;
    va_start(args, format);
    int wanted = vsnprintf(t->data + t->len, room, format, args);
    va_end(args);
    if (wanted < 0) { /* an encoding error of the C library: nothing can be said of the bytes */
        t->data[t->len] = '\0';
        t->truncated = true;
        return;
    }
    if ((size_t)wanted >= room) t->truncated = true;
    t->len += size_min((size_t)wanted, room - 1);
}

void text_add_u64(struct text *t, uint64_t value)
{
    char digits[TEXT_U64_DIGITS_MAX];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    text_add_bytes(t, digits + at, sizeof(digits) - at);
}
