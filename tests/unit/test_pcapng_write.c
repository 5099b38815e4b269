/*
 * pcapng blocks, read back by the tests' own reader and, where it is installed, by tcpdump.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <unistd.h>

#include "observe/pcapng_write.h"

#include "observe/print.h"
#include "pcapng_read.h"
#include "support.h"

#define FILE_BYTES 8192

struct file {
    uint8_t bytes[FILE_BYTES];
    size_t len;
};

static struct span_mut room_of(struct file *file)
{
    return span_mut_of(file->bytes + file->len, sizeof file->bytes - file->len);
}

static struct span whole(const struct file *file) { return span_of(file->bytes, file->len); }

static void check_text(struct span value, const char *text)
{
    assert_int_equal(value.len, strlen(text));
    assert_memory_equal(value.data, text, value.len);
}

static void check_u64(struct span value, uint64_t right)
{
    assert_int_equal(value.len, 8);
    assert_true(get_le64(value.data) == right);
}

/* A UDP datagram of four bytes from 10.0.2.100.1234 to 10.0.2.4.9. */
static const uint8_t packet_bytes[] = {0x45, 0,  0, 32, 0,   0,  0x40, 0,   64,  17, 0x22,
                                       0x63, 10, 0, 2,  100, 10, 0,    2,   4,   4,  0xd2,
                                       0,    9,  0, 12, 0,   0,  'a',  'b', 'c', 'd'};

static void add_packet(struct file *file, const struct pcapng_packet *packet)
{
    assert_true(room_of(file).len > PCAPNG_PACKET_HEADER_BYTES + packet->captured_bytes);
    pcapng_write_packet_header(file->bytes + file->len, packet);
    file->len += PCAPNG_PACKET_HEADER_BYTES;
    memcpy(file->bytes + file->len, packet_bytes, packet->captured_bytes);
    file->len += packet->captured_bytes;
    file->len += pcapng_write_packet_trailer(room_of(file), packet);
}

static void sections_and_interfaces_are_read_back(void **state)
{
    (void)state;
    struct file file = {.len = 0};
    struct pcapng_block block;
    const struct pcapng_section section = {.application = "vitro", .comment = "seed 7"};
    file.len += pcapng_write_section(room_of(&file), &section);
    const struct pcapng_interface interface = {
        .link_type = PRINT_LINK_ETHERNET, .snapshot_bytes = 96, .name = "eth0"};
    file.len += pcapng_write_interface(room_of(&file), &interface);
    struct span rest = whole(&file);

    assert_true(pcapng_read_block(&rest, &block));
    static const uint8_t front[] = {0x4d, 0x3c, 0x2b, 0x1a, 1,   0,   0,   0,
                                    255,  255,  255,  255,  255, 255, 255, 255};
    assert_int_equal(block.type, 0x0a0d0d0a);
    assert_memory_equal(block.body.data, front, sizeof front);
    check_text(pcapng_read_find(span_from(block.body, 16), 4), "vitro");
    check_text(pcapng_read_find(span_from(block.body, 16), 1), "seed 7");

    assert_true(pcapng_read_block(&rest, &block));
    static const uint8_t interface_front[] = {1, 0, 0, 0, 96, 0, 0, 0};
    assert_int_equal(block.type, 1);
    assert_memory_equal(block.body.data, interface_front, sizeof interface_front);
    check_text(pcapng_read_find(span_from(block.body, 8), 2), "eth0");
    check_text(pcapng_read_find(span_from(block.body, 8), 9), "\x06");
    assert_false(pcapng_read_block(&rest, &block));
}

/* Every captured length modulo four, with and without options. */
static void packets_are_read_back(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 32; i++) {
        struct file file = {.len = 0};
        const struct pcapng_packet packet = {
            .interface = 3,
            .time_us = UINT64_C(0x123456789abcd),
            .captured_bytes = 20 + i % 4,
            .wire_bytes = 1500,
            .way = i & 4 ? PCAPNG_WAY_OUTBOUND : PCAPNG_WAY_UNKNOWN,
            .comment = i & 8 ? "too late" : NULL,
            .drops = i & 16 ? 5 : 0,
            .packet_id = i & 16 ? 77 : 0,
        };
        add_packet(&file, &packet);
        struct span rest = whole(&file);
        struct pcapng_block block;
        assert_true(pcapng_read_block(&rest, &block));
        assert_false(pcapng_read_block(&rest, &block));
        assert_int_equal(block.type, 6);
        const uint8_t *b = block.body.data;
        assert_int_equal(get_le32(b), 3);
        assert_int_equal(get_le32(b + 4), 0x12345);
        assert_int_equal(get_le32(b + 8), 0x6789abcd);
        assert_int_equal(get_le32(b + 12), packet.captured_bytes);
        assert_int_equal(get_le32(b + 16), 1500);
        assert_memory_equal(b + 20, packet_bytes, packet.captured_bytes);
        const struct span options = span_from(block.body, 20 + (packet.captured_bytes + 3) / 4 * 4);
        assert_int_equal(options.len == 0, i < 4);
        if (i & 4) assert_int_equal(get_le32(pcapng_read_find(options, 2).data), 2);
        if (i & 8) check_text(pcapng_read_find(options, 1), "too late");
        if (i & 16) check_u64(pcapng_read_find(options, 4), 5);
        if (i & 16) check_u64(pcapng_read_find(options, 5), 77);
    }
}

static void names_are_taken_as_far_as_they_fit(void **state)
{
    (void)state;
    static const uint8_t addr6[16] = {0xfd, 0x76, [15] = 4};
    const struct pcapng_name names[] = {{ip_addr_from_v4(0x0a000204), "demo.vitro"},
                                        {ip_addr_from_v6(addr6), "demo.vitro"}};
    struct file file = {.len = 0};
    uint32_t taken;
    struct pcapng_block block;
    file.len = pcapng_write_names(room_of(&file), names, 2, &taken);
    assert_int_equal(taken, 2);
    struct span rest = whole(&file);
    assert_true(pcapng_read_block(&rest, &block));
    assert_int_equal(block.type, 4);
    static const uint8_t right[] = {1,    0,    15,  0,   10,  0,   2,   4,   'd', 'e', 'm', 'o',
                                    '.',  'v',  'i', 't', 'r', 'o', 0,   0,   2,   0,   27,  0,
                                    0xfd, 0x76, 0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
                                    0,    0,    0,   4,   'd', 'e', 'm', 'o', '.', 'v', 'i', 't',
                                    'r',  'o',  0,   0,   0,   0,   0,   0,   0,   0,   0,   0};
    assert_int_equal(block.body.len, sizeof right);
    assert_memory_equal(block.body.data, right, sizeof right);

    assert_int_not_equal(pcapng_write_names(span_mut_of(file.bytes, 560), names, 2, &taken), 0);
    assert_int_equal(taken, 1);
    assert_int_equal(pcapng_write_names(span_mut_of(file.bytes, 100), names, 2, &taken), 0);
    assert_int_equal(taken, 0);
}

static void statistics_are_read_back(void **state)
{
    (void)state;
    struct file file = {.len = 0};
    const struct pcapng_statistics statistics = {1, 0x100000002, 0x300000004, 10, 2, 8};
    struct pcapng_block block;
    file.len = pcapng_write_statistics(room_of(&file), &statistics);
    struct span rest = whole(&file);
    assert_true(pcapng_read_block(&rest, &block));
    assert_int_equal(block.type, 5);
    assert_int_equal(get_le32(block.body.data), 1);
    assert_int_equal(get_le32(block.body.data + 4), 3);
    assert_int_equal(get_le32(block.body.data + 8), 4);
    const struct span options = span_from(block.body, 12);
    check_u64(pcapng_read_find(options, 2), 0x200000001); /* halves, the high one first */
    check_u64(pcapng_read_find(options, 4), 10);
    check_u64(pcapng_read_find(options, 5), 2);
    check_u64(pcapng_read_find(options, 8), 8);
}

/* Texts are cut between characters, and the lengths still agree. */
static void long_texts_are_cut(void **state)
{
    (void)state;
    char text[3 * 300 + 1];
    for (uint32_t i = 0; i < 300; i++) memcpy(text + 3 * i, "丢", 4);
    struct file file = {.len = 0};
    const struct pcapng_packet packet = {
        .captured_bytes = 20, .wire_bytes = 20, .way = PCAPNG_WAY_INBOUND, .comment = text};
    add_packet(&file, &packet);
    struct span rest = whole(&file);
    struct pcapng_block block;
    assert_true(pcapng_read_block(&rest, &block));
    assert_int_equal(pcapng_read_find(span_from(block.body, 40), 1).len, 510);
}

/* A command line has any bytes; readers of the file rely on UTF-8. */
static void texts_are_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *given, *written;
    } cases[] = {
        {"plain", "plain"},
        {"\xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80", "\xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80"},
        {"a\xff\xfe z", "a?? z"},          /* no letter begins so */
        {"\xd6\xd0\xce\xc4", "????"},      /* another encoding */
        {"end \xe4\xb8", "end ??"},        /* cut */
        {"\xe4z\x80", "?z?"},              /* interrupted */
        {"\xc0\xaf\xe0\x80\xaf", "?????"}, /* longer than need be */
        {"\xed\xa0\x80", "???"},           /* half a pair of UTF-16 */
        {"\xf4\x90\x80\x80", "????"},      /* beyond the last */
        {"\xef\xbf\xbf\xf4\x8f\xbf\xbf", "\xef\xbf\xbf\xf4\x8f\xbf\xbf"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct file file = {.len = 0};
        const struct pcapng_section section = {.comment = cases[i].given};
        file.len += pcapng_write_section(room_of(&file), &section);
        struct span rest = whole(&file);
        struct pcapng_block block;
        assert_true(pcapng_read_block(&rest, &block));
        const struct span text = pcapng_read_find(span_from(block.body, 16), 1);
        assert_int_equal(text.len, strlen(cases[i].written));
        assert_memory_equal(text.data, cases[i].written, text.len);
    }
}

/* With every size of room, each block is either whole or not there. */
static void without_room_nothing_is_written(void **state)
{
    (void)state;
    const struct pcapng_section section = {"vitro", "amd64", "Linux", "a comment"};
    const struct pcapng_interface interface = {1, 0, "eth0", "the program's"};
    const struct pcapng_statistics statistics = {.interface = 1};
    const struct pcapng_packet packet = {.captured_bytes = 1,
                                         .wire_bytes = 1,
                                         .packet_id = 1,
                                         .drops = 1,
                                         .way = PCAPNG_WAY_INBOUND,
                                         .comment = "reason"};
    size_t last[4] = {0};
    for (size_t room = 0; room < 200; room++) {
        uint8_t *bytes = malloc(room + 1);
        assert_non_null(bytes);
        const struct span_mut out = span_mut_of(bytes, room);
        const size_t len[4] = {
            pcapng_write_section(out, &section), pcapng_write_interface(out, &interface),
            pcapng_write_statistics(out, &statistics), pcapng_write_packet_trailer(out, &packet)};
        for (uint32_t i = 0; i < 4; i++) {
            assert_true(len[i] <= room && len[i] >= last[i]);
            if (last[i] != 0) assert_int_equal(len[i], last[i]);
            last[i] = len[i];
        }
        free(bytes);
    }
    for (uint32_t i = 0; i < 4; i++) assert_int_not_equal(last[i], 0);
}

/* Reads a line of what tcpdump says about the file; false if it cannot be run. */
static bool ask_tcpdump(const struct file *file, char *line, int line_bytes)
{
    char path[] = "/tmp/test_pcapng_XXXXXX";
    char command[128];
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, file->bytes, file->len), file->len);
    close(fd);
    snprintf(command, sizeof command, "tcpdump -n -tt -r - <%s 2>/dev/null", path);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    const bool has_line = fgets(line, line_bytes, pipe) != NULL;
    pclose(pipe);
    unlink(path);
    return has_line;
}

static void tcpdump_reads_it(void **state)
{
    (void)state;
    if (system("command -v tcpdump >/dev/null 2>&1") != 0) skip();
    struct file file = {.len = 0};
    char line[256];
    const struct pcapng_section section = {.application = "vitro"};
    const struct pcapng_interface interface = {.link_type = PRINT_LINK_RAW, .name = "eth0"};
    const struct pcapng_name name = {ip_addr_from_v4(0x0a000204), "demo.vitro"};
    const struct pcapng_packet packet = {.time_us = 1234567890654321,
                                         .captured_bytes = sizeof packet_bytes,
                                         .wire_bytes = sizeof packet_bytes,
                                         .way = PCAPNG_WAY_INBOUND,
                                         .comment = "why"};
    uint32_t taken;
    file.len += pcapng_write_section(room_of(&file), &section);
    file.len += pcapng_write_interface(room_of(&file), &interface);
    file.len += pcapng_write_names(room_of(&file), &name, 1, &taken);
    add_packet(&file, &packet);
    assert_true(ask_tcpdump(&file, line, sizeof line));
    assert_string_equal(line, "1234567890.654321 IP 10.0.2.100.1234 > 10.0.2.4.9: UDP, length 4\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_and_interfaces_are_read_back),
        cmocka_unit_test(packets_are_read_back),
        cmocka_unit_test(names_are_taken_as_far_as_they_fit),
        cmocka_unit_test(statistics_are_read_back),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(texts_are_utf8),
        cmocka_unit_test(without_room_nothing_is_written),
        cmocka_unit_test(tcpdump_reads_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
