/*
 * Dumps of a packet's bytes.
 */
#include "print_fixture.h"
#include "support.h"

#define PACKET "99 41 0d 0a 20 09 7e"

static void check(enum print_dump_mode mode, const char *expected)
{
    struct print_options options = print_fixture_options(0);
    options.dump = mode;
    print_check_hex(PACKET, PRINT_LINK_RAW, &options, expected);
}

static void hexadecimal(void **state)
{
    (void)state;
    check(PRINT_DUMP_HEX, "unknown ip 9\n\t0x0000:  9941 0d0a 2009 7e");
}

static void hexadecimal_and_characters(void **state)
{
    (void)state;
    check(PRINT_DUMP_HEX_ASCII,
          "unknown ip 9\n\t0x0000:  9941 0d0a 2009 7e                        .A....~");
}

static void characters(void **state)
{
    (void)state;
    check(PRINT_DUMP_ASCII, "unknown ip 9\n.A\n \t~");
}

static void a_cut_packet_is_dumped_whole(void **state)
{
    (void)state;
    struct print_options options = print_fixture_options(0);
    options.dump = PRINT_DUMP_HEX;
    print_check_hex("0200000000020200000000010800", PRINT_LINK_ETHERNET, &options,
                    " [|ip]\n\t0x0000:  0200 0000 0002 0200 0000 0001 0800");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hexadecimal),
        cmocka_unit_test(hexadecimal_and_characters),
        cmocka_unit_test(characters),
        cmocka_unit_test(a_cut_packet_is_dumped_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
