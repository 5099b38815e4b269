/*
 * A reader of classic capture files for tests: the whole file in memory, packet after packet.
 */
#ifndef VITRO_TESTS_PCAP_READ_H
#define VITRO_TESTS_PCAP_READ_H

#include "base/span.h"
#include "observe/print.h"

struct pcap_read {
    struct span file;
    size_t at; /* the next packet */
    bool is_big_endian;
    bool has_nanoseconds;
    uint16_t link_type;
};

/* Reads the file header; false if it is none. */
WARN_UNUSED bool pcap_read_init(struct pcap_read *reader, struct span file);

/* The next packet; false at the end or where the file is cut. */
WARN_UNUSED bool pcap_read_next(struct pcap_read *reader, struct print_packet_info *info,
                                struct span *bytes);

#endif
