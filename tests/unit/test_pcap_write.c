/*
 * Capture file headers, read back by the tests' own reader.
 */
#include "observe/pcap_write.h"

#include "pcap_read.h"
#include "support.h"

static void check(bool has_nanoseconds, uint32_t frac, uint32_t time_ns)
{
    uint8_t file[PCAP_FILE_HEADER_BYTES + PCAP_PACKET_HEADER_BYTES + 3] = {0};
    pcap_write_file_header(file, PRINT_LINK_SLL2, has_nanoseconds);
    pcap_write_packet_header(file + PCAP_FILE_HEADER_BYTES, 1234567890, frac, 3, 1500);
    struct pcap_read reader;
    struct print_packet_info info;
    struct span bytes;
    assert_true(pcap_read_init(&reader, span_of(file, sizeof file)));
    assert_true(pcap_read_next(&reader, &info, &bytes));
    assert_int_equal(info.link_type, PRINT_LINK_SLL2);
    assert_int_equal(info.time_s, 1234567890);
    assert_int_equal(info.time_ns, time_ns);
    assert_int_equal(info.wire_bytes, 1500);
    assert_int_equal(bytes.len, 3);
    assert_false(pcap_read_next(&reader, &info, &bytes));
}

static void headers_are_read_back(void **state)
{
    (void)state;
    check(false, 654321, 654321000);
    check(true, 654321987, 654321987);
}

/* The format's own bytes, so that reader and writer cannot err together. */
static void headers_are_little_endian(void **state)
{
    (void)state;
    static const uint8_t right[PCAP_FILE_HEADER_BYTES] = {
        0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, [16] = 0, 0, 4, 0, 1, 0, 0, 0};
    uint8_t file[PCAP_FILE_HEADER_BYTES];
    pcap_write_file_header(file, PRINT_LINK_ETHERNET, false);
    assert_memory_equal(file, right, sizeof right);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_read_back),
        cmocka_unit_test(headers_are_little_endian),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
