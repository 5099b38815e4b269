/*
 * Writing the text of a packet: strings, numbers and addresses, without printf.
 *
 * All write to the text the packet goes to and cut what does not fit. For speed the zero behind the
 * text is left out until the packet is done: print_packet() sets it.
 */
#ifndef VITRO_OBSERVE_PRINT_TEXT_H
#define VITRO_OBSERVE_PRINT_TEXT_H

#include <stdint.h>
#include <string.h>

#include "observe/print.h"

/* A word for each of some numbers; the last has no word. */
struct print_word {
    uint32_t value;
    const char *word;
};

/* Appends bytes. */
static inline void print_bytes(struct print *p, const char *bytes, size_t len)
{
    struct text *t = p->out;
    if (t->cap - t->len <= len) {
        text_add_bytes(t, bytes, len);
        return;
    }
    memcpy(t->data + t->len, bytes, len);
    t->len += len;
}

/* Appends a string literal. */
#define PRINT(p, literal) print_bytes(p, "" literal, sizeof(literal) - 1)

/* Appends one character. */
static inline void print_char(struct print *p, char c) { print_bytes(p, &c, 1); }

/* Appends a terminated string. */
static inline void print_string(struct print *p, const char *string)
{
    print_bytes(p, string, strlen(string));
}

/* Appends a number in decimal. */
void print_u32(struct print *p, uint32_t value);

/* Appends a number in decimal. */
void print_u64(struct print *p, uint64_t value);

/* Appends a number in decimal of at least `digits` digits, filled with zeros. At most 20. */
void print_digits(struct print *p, uint64_t value, uint32_t digits);

/* Appends a number in decimal, filled with spaces on the left to `width`. At most 20. */
void print_padded(struct print *p, uint32_t value, uint32_t width);

/* Appends a number in lower-case hexadecimal of at least `digits` digits, at most 16. */
void print_hex(struct print *p, uint64_t value, uint32_t digits);

/* Appends bytes, two digits each. */
void print_hex_bytes(struct print *p, const uint8_t *bytes, size_t len);

/* Appends a.b.c.d from four bytes. */
void print_ip4_addr(struct print *p, const uint8_t *bytes);

/* Appends an IPv6 address from sixteen bytes. */
void print_ip6_addr(struct print *p, const uint8_t *bytes);

/* Appends aa:bb:cc:dd:ee:ff from six bytes. */
void print_mac(struct print *p, const uint8_t *bytes);

/* Appends bytes in hexadecimal with colons between them. */
void print_colon_bytes(struct print *p, const uint8_t *bytes, size_t len);

/*
 * Appends a byte as it is shown on a terminal: control characters as ^X, bytes above 127 as M-x.
 */
void print_visible(struct print *p, uint8_t byte);

/* The word for `value` in a table that ends with a NULL word; NULL if there is none. */
const char *print_word_find(const struct print_word *words, uint32_t value);

/* Appends the word for `value`, or `otherwise`. */
void print_word(struct print *p, const struct print_word *words, uint32_t value,
                const char *otherwise);

/* Appends the word for `value`, or `prefix`, the number and `suffix`. */
void print_word_or_number(struct print *p, const struct print_word *words, uint32_t value,
                          const char *prefix, const char *suffix);

/*
 * Appends the words of all bits that are set in `value`, in the order of the table, with
 * `separator` between them; `otherwise` if there are none.
 */
void print_bits(struct print *p, const struct print_word *words, uint32_t value,
                const char *separator, const char *otherwise);

#endif
