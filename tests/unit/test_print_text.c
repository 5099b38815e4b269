/*
 * Numbers and addresses as text.
 */
#include "observe/print_text.h"

#include <stdio.h>

#include "support.h"

static char buffer[256];
static struct text text;
static struct print print;

static int begin(void **state)
{
    (void)state;
    text_init(&text, buffer, sizeof buffer);
    print.out = &text;
    return 0;
}

static void expect(const char *expected)
{
    buffer[text.len] = '\0';
    assert_string_equal(buffer, expected);
    text_clear(&text);
}

static void decimal_numbers_are_printfs(void **state)
{
    (void)state;
    char right[32];
    uint64_t value = 1;
    for (int i = 0; i < 64; i++, value = value * 2 + 1) {
        snprintf(right, sizeof right, "%llu", (unsigned long long)value);
        print_u64(&print, value);
        expect(right);
        snprintf(right, sizeof right, "%u", (unsigned)value);
        print_u32(&print, (uint32_t)value);
        expect(right);
        snprintf(right, sizeof right, "%llx", (unsigned long long)value);
        print_hex(&print, value, 1);
        expect(right);
    }
    print_u32(&print, 0);
    expect("0");
}

static void widths_are_filled(void **state)
{
    (void)state;
    print_digits(&print, 42, 6);
    expect("000042");
    print_padded(&print, 7, 5);
    expect("    7");
    print_hex(&print, 0xab, 4);
    expect("00ab");
    print_hex(&print, 0, 1);
    expect("0");
}

static void addresses(void **state)
{
    (void)state;
    const uint8_t mapped[16] = {[10] = 0xff, 0xff, 10, 0, 0, 255};
    const uint8_t plain[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    print_ip4_addr(&print, mapped + 12);
    expect("10.0.0.255");
    print_ip6_addr(&print, mapped);
    expect("::ffff:10.0.0.255");
    print_ip6_addr(&print, plain);
    expect("2001:db8::1");
    print_mac(&print, plain);
    expect("20:01:0d:b8:00:00");
    print_colon_bytes(&print, plain, 3);
    expect("20:01:0d");
}

static void bytes_that_a_terminal_would_take_amiss(void **state)
{
    (void)state;
    const uint8_t bytes[] = {'a', 0, '\r', 0x7f, 0x80, 0xe1};
    for (size_t i = 0; i < sizeof bytes; i++) {
        print_visible(&print, bytes[i]);
    }
    expect("a^@^M^?M-^@M-a");
}

static void words(void **state)
{
    (void)state;
    static const struct print_word table[] = {{1, "one"}, {2, "two"}, {0, NULL}};
    print_bits(&print, table, 3, "+", "none");
    expect("one+two");
    print_bits(&print, table, 4, "+", "none");
    expect("none");
    print_word_or_number(&print, table, 9, "<", ">");
    expect("<9>");
    print_word(&print, table, 2, "?");
    expect("two");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(decimal_numbers_are_printfs, begin),
        cmocka_unit_test_setup(widths_are_filled, begin),
        cmocka_unit_test_setup(addresses, begin),
        cmocka_unit_test_setup(bytes_that_a_terminal_would_take_amiss, begin),
        cmocka_unit_test_setup(words, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
