/*
 * The shown line: packet, margin note, states, and the saved capture. That the text is tcpdump's is
 * shown by test_cmd_lab.c.
 */
#include "support.h"

#include "cli/lab_show.h"
#include "observe/pcap_write.h"

static void a_line_has_its_note_and_its_states(void **state)
{
    (void)state;
    /* 10.0.0.1.1 > 10.0.0.2.2, SYN, of 40 bytes */
    static const uint8_t packet[40] = {0x45, 0, 0, 40, 0,  1, 0x40, 0, 64,   6, 0x26, 0xcd,
                                       10,   0, 0, 1,  10, 0, 0,    2, 0,    1, 0,    2,
                                       0,    0, 0, 9,  0,  0, 0,    0, 0x50, 2, 0,    7};
    struct lab_show show = {.has_notes = true, .has_states = true};
    const struct lab_sight sight = {.now_us = 1500000,
                                    .bytes = span_of(packet, sizeof packet),
                                    .notes = LAB_NOTE_BIT(SYN),
                                    .state = {VITRO_TCP_SYN_SENT, VITRO_TCP_LISTEN}};
    char text[512];
    uint8_t file[256];
    show.out = tmpfile();
    show.file = tmpfile();
    assert_non_null(show.out);
    assert_non_null(show.file);
    assert_true(lab_show_init(&show));
    lab_show_seen(&show, &sight);
    lab_show_deinit(&show);
    rewind(show.out);
    rewind(show.file);
    const size_t len = fread(text, 1, sizeof text - 1, show.out);
    text[len] = '\0';
    assert_string_equal(text,
                        "00:00:01.500000 IP 10.0.0.1.1 > 10.0.0.2.2: Flags [S], seq 9, win 7, "
                        "length 0    # asks to open\n"
                        "00:00:01.500000 [client SYN-SENT, server LISTEN]\n");
    assert_int_equal(fread(file, 1, sizeof file, show.file),
                     PCAP_FILE_HEADER_BYTES + PCAP_PACKET_HEADER_BYTES + sizeof packet);
    (void)fclose(show.out);
    (void)fclose(show.file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_line_has_its_note_and_its_states)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
