/*
 * Addresses, endpoints and frames of the public interface.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

static void addresses_are_read_and_written(void **state)
{
    (void)state;
    struct vitro_ip ip;
    char text[VITRO_IP_TEXT_MAX];
    assert_int_equal(vitro_ip_parse("10.0.2.2", &ip), 0);
    assert_true(vitro_ip_is_v4(&ip));
    const struct vitro_ip same = vitro_ip_v4(10, 0, 2, 2);
    assert_true(vitro_ip_equal(&ip, &same));
    assert_int_equal(vitro_ip_format(&ip, text), 8);
    assert_string_equal(text, "10.0.2.2");
    assert_int_equal(vitro_ip_parse("fd00:0:0::2", &ip), 0);
    assert_false(vitro_ip_is_v4(&ip));
    const struct vitro_ip copy = vitro_ip_v6(ip.bytes);
    assert_true(vitro_ip_equal(&ip, &copy));
    vitro_ip_format(&ip, text);
    assert_string_equal(text, "fd00::2");
    assert_int_equal(vitro_ip_parse("10.0.2", &ip), -EINVAL);
    assert_int_equal(vitro_ip_parse("", &ip), -EINVAL);
}

static void prefixes_count_in_their_own_version(void **state)
{
    (void)state;
    struct vitro_ip ip;
    uint8_t bits = 0;
    assert_int_equal(vitro_prefix_parse("10.1.2.3/8", &ip, &bits), 0);
    assert_int_equal(bits, 8);
    assert_int_equal(vitro_prefix_parse("10.1.2.3", &ip, &bits), 0);
    assert_int_equal(bits, 32);
    assert_int_equal(vitro_prefix_parse("fd00::/64", &ip, &bits), 0);
    assert_int_equal(bits, 64);
    assert_int_equal(vitro_prefix_parse("10.0.0.0/33", &ip, &bits), -EINVAL);
}

static void endpoints_are_read_and_written(void **state)
{
    (void)state;
    static const char *const good[] = {"10.0.2.2:80", "[fd00::2]:443", "[::]:0", "0.0.0.0:65535"};
    static const char *const bad[] = {"",        "10.0.2.2",    "10.0.2.2:",   "10.0.2.2:65536",
                                      "fd00::2", "[fd00::2]",   "[fd00::2]80", "[10.0.2.2]:80",
                                      "::1:80",  "10.0.2.2:8x", "[]:1",        "10.0.2.2:000080"};
    struct vitro_endpoint endpoint;
    char text[VITRO_ENDPOINT_TEXT_MAX];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(vitro_endpoint_parse(good[i], &endpoint), 0);
        assert_int_equal(vitro_endpoint_format(&endpoint, text), strlen(good[i]));
        assert_string_equal(text, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(vitro_endpoint_parse(bad[i], &endpoint), -EINVAL);
}

static void the_longest_endpoint_fits(void **state)
{
    (void)state;
    struct vitro_endpoint endpoint = vitro_endpoint_any(65535);
    char text[VITRO_ENDPOINT_TEXT_MAX];
    for (int i = 0; i < 16; i++) endpoint.ip.bytes[i] = 0xaa;
    assert_int_equal(vitro_endpoint_format(&endpoint, text), 39 + 8);
    assert_string_equal(text, "[aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa]:65535");
}

static void frames_are_copied_whole_or_cut(void **state)
{
    (void)state;
    const struct vitro_span spans[] = {{(const uint8_t *)"abc", 3}, {(const uint8_t *)"defg", 4}};
    const struct vitro_frame frame = {.spans = spans, .span_count = 2, .len_bytes = 7};
    char out[8] = "........";
    assert_int_equal(vitro_frame_copy(&frame, out, sizeof out), 7);
    assert_memory_equal(out, "abcdefg.", 8);
    memset(out, '.', sizeof out);
    assert_int_equal(vitro_frame_copy(&frame, out, 5), 5);
    assert_memory_equal(out, "abcde...", 8);
}

static void endpoints_are_the_same_in_all_three(void **state)
{
    (void)state;
    const struct vitro_endpoint a = vitro_endpoint_of(vitro_ip_v4(10, 0, 2, 2), 80);
    struct vitro_endpoint b = a;
    assert_true(vitro_endpoint_equal(&a, &b));
    b.port = 81;
    assert_false(vitro_endpoint_equal(&a, &b));
    b = a;
    b.zone = 1;
    assert_false(vitro_endpoint_equal(&a, &b));
    b = vitro_endpoint_of(vitro_ip_v4(10, 0, 2, 3), 80);
    assert_false(vitro_endpoint_equal(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_and_written),
        cmocka_unit_test(prefixes_count_in_their_own_version),
        cmocka_unit_test(endpoints_are_read_and_written),
        cmocka_unit_test(the_longest_endpoint_fits),
        cmocka_unit_test(endpoints_are_the_same_in_all_three),
        cmocka_unit_test(frames_are_copied_whole_or_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
