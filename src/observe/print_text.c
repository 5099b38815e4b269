/*
 * Numbers as text.
 *
 * Digits are made from the right into a small buffer, two at a time in decimal; most numbers of a
 * packet have one to five digits. Addresses are put together in a buffer and appended at once.
 */
#include "observe/print_text.h"

#include "wire/ip_addr.h"

#define DIGITS_MAX     20 /* of UINT64_MAX in decimal */
#define IP4_TEXT_MAX   15
#define MAC_TEXT_BYTES 17
#define MAC_BYTES      6
#define HIGH_BIT       0x80
#define CONTROL_FLIP   0x40
#define IP6_MAPPED_LEN 12

static const char digit_pairs[] = "00010203040506070809"
                                  "10111213141516171819"
                                  "20212223242526272829"
                                  "30313233343536373839"
                                  "40414243444546474849"
                                  "50515253545556575859"
                                  "60616263646566676869"
                                  "70717273747576777879"
                                  "80818283848586878889"
                                  "90919293949596979899";

static const char hex_digits[] = "0123456789abcdef";

/* Writes a number so that it ends before `end`; returns where it begins. */
static char *decimal_before(char *end, uint32_t value)
{
    while (value >= 100) {
        const char *pair = digit_pairs + (size_t)(value % 100) * 2;
        value /= 100;
        *--end = pair[1];
        *--end = pair[0];
    }
    if (value >= 10) {
        *--end = digit_pairs[value * 2 + 1];
        *--end = digit_pairs[value * 2];
        return end;
    }
    *--end = (char)('0' + value);
    return end;
}

static char *decimal64_before(char *end, uint64_t value)
{
    while (value > UINT32_MAX) {
        *--end = (char)('0' + value % 10);
        value /= 10;
    }
    return decimal_before(end, (uint32_t)value);
}

void print_u32(struct print *p, uint32_t value)
{
    char digits[DIGITS_MAX];
    char *end = digits + sizeof digits;
    const char *at = decimal_before(end, value);
    print_bytes(p, at, (size_t)(end - at));
}

void print_u64(struct print *p, uint64_t value) { print_digits(p, value, 1); }

void print_digits(struct print *p, uint64_t value, uint32_t digits)
{
    char buffer[DIGITS_MAX];
    char *end = buffer + sizeof buffer;
    char *at = decimal64_before(end, value);
    while (end - at < (ptrdiff_t)u32_min(digits, DIGITS_MAX)) {
        *--at = '0';
    }
    print_bytes(p, at, (size_t)(end - at));
}

void print_padded(struct print *p, uint32_t value, uint32_t width)
{
    char buffer[DIGITS_MAX];
    char *end = buffer + sizeof buffer;
    char *at = decimal_before(end, value);
    while (end - at < (ptrdiff_t)u32_min(width, DIGITS_MAX)) {
        *--at = ' ';
    }
    print_bytes(p, at, (size_t)(end - at));
}

void print_hex(struct print *p, uint64_t value, uint32_t digits)
{
    char buffer[DIGITS_MAX];
    char *end = buffer + sizeof buffer;
    char *at = end;
    while (value > 0 || end - at < (ptrdiff_t)u32_min(digits, 16)) {
        *--at = hex_digits[value & 15];
        value >>= 4;
    }
    print_bytes(p, at, (size_t)(end - at));
}

void print_hex_bytes(struct print *p, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const char pair[2] = {hex_digits[bytes[i] >> 4], hex_digits[bytes[i] & 15]};
        print_bytes(p, pair, sizeof pair);
    }
}

void print_ip4_addr(struct print *p, const uint8_t *bytes)
{
    char buffer[IP4_TEXT_MAX];
    char *end = buffer + sizeof buffer;
    char *at = end;
    for (int i = 3; i >= 0; i--) {
        at = decimal_before(at, bytes[i]);
        if (i > 0) *--at = '.';
    }
    print_bytes(p, at, (size_t)(end - at));
}

void print_ip6_addr(struct print *p, const uint8_t *bytes)
{
    const struct ip_addr addr = ip_addr_from_v6(bytes);
    if (ip_addr_is_v4(&addr)) {
        PRINT(p, "::ffff:");
        print_ip4_addr(p, bytes + IP6_MAPPED_LEN);
        return;
    }
    char buffer[IP_ADDR_TEXT_MAX];
    print_bytes(p, buffer, ip_addr_format(&addr, buffer));
}

void print_mac(struct print *p, const uint8_t *bytes)
{
    char buffer[MAC_TEXT_BYTES];
    char *at = buffer;
    for (int i = 0; i < MAC_BYTES; i++) {
        if (i > 0) *at++ = ':';
        *at++ = hex_digits[bytes[i] >> 4];
        *at++ = hex_digits[bytes[i] & 15];
    }
    print_bytes(p, buffer, sizeof buffer);
}

void print_colon_bytes(struct print *p, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (i > 0) print_char(p, ':');
        print_hex_bytes(p, bytes + i, 1);
    }
}

void print_visible(struct print *p, uint8_t byte)
{
    if (byte & HIGH_BIT) {
        PRINT(p, "M-");
        byte ^= HIGH_BIT;
    }
    if (byte < ' ' || byte > '~') {
        PRINT(p, "^");
        byte ^= CONTROL_FLIP;
    }
    print_char(p, (char)byte);
}

const char *print_word_find(const struct print_word *words, uint32_t value)
{
    for (; words->word != NULL; words++) {
        if (words->value == value) return words->word;
    }
    return NULL;
}

void print_word(struct print *p, const struct print_word *words, uint32_t value,
                const char *otherwise)
{
    const char *word = print_word_find(words, value);
    print_string(p, word != NULL ? word : otherwise);
}

void print_word_or_number(struct print *p, const struct print_word *words, uint32_t value,
                          const char *prefix, const char *suffix)
{
    const char *word = print_word_find(words, value);
    if (word != NULL) {
        print_string(p, word);
        return;
    }
    print_string(p, prefix);
    print_u32(p, value);
    print_string(p, suffix);
}

void print_bits(struct print *p, const struct print_word *words, uint32_t value,
                const char *separator, const char *otherwise)
{
    bool is_first = true;
    for (; words->word != NULL; words++) {
        if ((value & words->value) != words->value) continue;
        if (!is_first) print_string(p, separator);
        print_string(p, words->word);
        is_first = false;
    }
    if (is_first) print_string(p, otherwise);
}
