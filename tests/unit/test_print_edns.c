/*
 * What tcpdump 4.99.3 prints of the options of an OPT record.
 */
#include <stdio.h>
#include <string.h>

#include "print_fixture.h"
#include "support.h"

#define FIXED_BYTES (20 + 8 + 12 + 7 + 11) /* IP, UDP, DNS, a question, the record without data */

/* Compares what is printed of these options, in hexadecimal, behind the record's "UDPsize=1232". */
static void check(const char *hex, const char *right)
{
    const unsigned len = (unsigned)strlen(hex) / 2;
    char packet[2048], expected[2048];
    (void)snprintf(packet, sizeof packet,
                   "4500%04x000000004011000000000000" /* the destination is all zeros, too */
                   "00000000"
                   "03e80035%04x0000"
                   "000101200001000000000001"
                   "01610000010001"
                   "00002904d000000000%04x%s",
                   FIXED_BYTES + len, FIXED_BYTES - 20 + len, len, hex);
    (void)snprintf(expected, sizeof expected,
                   "IP (tos 0x0, ttl 64, id 0, offset 0, flags [none], proto UDP (17), length %u, "
                   "bad cksum 0 (->%x)!)\n"
                   "    0.0.0.0.1000 > 0.0.0.0.53: [no cksum] 1+ [1au] A? a. ar: . OPT "
                   "UDPsize=1232%s",
                   FIXED_BYTES + len, 0xffff - (0x4500 + FIXED_BYTES + len + 0x4011), right);
    const struct print_options options = print_fixture_options(2);
    print_check_hex(packet, PRINT_LINK_RAW, &options, expected);
}

/* The same with the length of the whole message, which stands behind what makes sense. */
static void check_whole(const char *hex, const char *right)
{
    char text[1024];
    const unsigned len = FIXED_BYTES - 28 + (unsigned)strlen(hex) / 2;
    (void)snprintf(text, sizeof text, "%s (%u)", right, len);
    check(hex, text);
}

static void options_have_names_and_data(void **state)
{
    (void)state;
    check_whole("", "");
    check_whole("00030000", " [NSID]");
    check_whole("000300036e7331", " [NSID 6e7331]");
    check_whole("000f00020012", " [Opt15 0012]");
    check_whole("0010000101", " [CLIENT-TAG 01]");
    check_whole("000a0008000000000000000000030000", " [COOKIE 0000000000000000,NSID]");
}

static void cookies(void **state)
{
    (void)state;
    check_whole("000a00080001020304050607", " [COOKIE 0001020304050607]");
    check_whole("000a0010000102030405060708090a0b0c0d0e0f",
                " [COOKIE 0001020304050607 08090a0b0c0d0e0f]");
    check_whole("000a0009000000000000000000", " [COOKIE  (invalid)]");
    check_whole("000a000101", " [COOKIE  (invalid)]");
}

static void subnets(void **state)
{
    (void)state;
    check_whole("0008000700011800c00002", " [ECS 192.0.2.0/24/0]");
    check_whole("0008000700011810c00002", " [ECS 192.0.2.0/24/16]");
    check_whole("000800070001150001020f", " [ECS 1.2.15.0/21/0]");
    check_whole("0008000400010000", " [ECS 0.0.0.0/0/0]");
    check_whole("0008000b0002380020010db8000000", " [ECS 2001:db8::/56/0]");
    check_whole("0008000800011800c0000201", " [ECS  (invalid)]"); /* longer than the prefix */
    check_whole("0008000700011821c00002", " [ECS  (invalid)]");   /* scope 33 */
    check_whole("000800050003080001", " [ECS  (invalid)]");       /* family 3 */
    check_whole("000800050002810020", " [ECS  (invalid)]");       /* prefix 129 */
    check_whole("00080003000118", " [ECS  (invalid)]");
}

static void numbers(void **state)
{
    (void)state;
    check_whole("0009000400000e10", " [EXPIRE 3600 sec]");
    check_whole("0009000100", " [EXPIRE  (invalid)]");
    check_whole("000b00020064", " [KEEPALIVE 10.0 sec]");
    check_whole("000b000101", " [KEEPALIVE  (invalid)]");
    check_whole("000c00050000000000", " [PADDING (5)]");
    check_whole("000e000400010203", " [KEY-TAG 1 515]");
    check_whole("000e000101", " [KEY-TAG  (invalid)]");
    check_whole("0005000305080d", " [DAU RSASHA1 RSASHA256 ECDSAP256SHA256]");
    check_whole("000600020004", " [DHU Alg_0 SHA-384]");
    check_whole("000700020102", " [N3U SHA-1 Alg_2]");
}

static void cut_options_end_the_message(void **state)
{
    (void)state;
    check("000a00140000000000000000", " [COOKIE [|domain]");
    check("000a", " [COOKIE [|domain]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_have_names_and_data),
        cmocka_unit_test(cookies),
        cmocka_unit_test(subnets),
        cmocka_unit_test(numbers),
        cmocka_unit_test(cut_options_end_the_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
