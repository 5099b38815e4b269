/*
 * Reading capture files.
 */
#include "pcap_read.h"

#include "base/bytes.h"

#define FILE_HEADER_BYTES   24
#define PACKET_HEADER_BYTES 16
#define MAGIC_MICROSECONDS  0xa1b2c3d4u
#define MAGIC_NANOSECONDS   0xa1b23c4du

static uint32_t number(const struct pcap_read *reader, size_t at)
{
    const uint8_t *p = reader->file.data + at;
    return reader->is_big_endian ? get_be32(p) : get_le32(p);
}

bool pcap_read_init(struct pcap_read *reader, struct span file)
{
    *reader = (struct pcap_read){.file = file, .at = FILE_HEADER_BYTES};
    if (file.len < FILE_HEADER_BYTES) return false;
    const uint32_t first = get_be32(file.data);
    reader->is_big_endian = first == MAGIC_MICROSECONDS || first == MAGIC_NANOSECONDS;
    const uint32_t magic = number(reader, 0);
    reader->has_nanoseconds = magic == MAGIC_NANOSECONDS;
    reader->link_type = (uint16_t)number(reader, 20);
    return magic == MAGIC_MICROSECONDS || magic == MAGIC_NANOSECONDS;
}

bool pcap_read_next(struct pcap_read *reader, struct print_packet_info *info, struct span *bytes)
{
    if (reader->file.len - reader->at < PACKET_HEADER_BYTES) return false;
    const uint32_t captured = number(reader, reader->at + 8);
    const uint32_t unit_ns = reader->has_nanoseconds ? 1 : 1000;
    *info = (struct print_packet_info){.link_type = reader->link_type,
                                       .wire_bytes = number(reader, reader->at + 12),
                                       .time_s = number(reader, reader->at),
                                       .time_ns = number(reader, reader->at + 4) * unit_ns};
    reader->at += PACKET_HEADER_BYTES;
    if (reader->file.len - reader->at < captured) return false;
    *bytes = span_of(reader->file.data + reader->at, captured);
    reader->at += captured;
    return true;
}
