/*
 * Capture file headers.
 */
#include "observe/pcap_write.h"

#include "base/bytes.h"

#define MAGIC_MICROSECONDS UINT32_C(0xa1b2c3d4)
#define MAGIC_NANOSECONDS  UINT32_C(0xa1b23c4d)
#define VERSION_MAJOR      2
#define VERSION_MINOR      4

void pcap_write_file_header(uint8_t out[PCAP_FILE_HEADER_BYTES], uint16_t link_type,
                            bool has_nanoseconds)
{
    put_le32(out, has_nanoseconds ? MAGIC_NANOSECONDS : MAGIC_MICROSECONDS);
    put_le16(out + 4, VERSION_MAJOR);
    put_le16(out + 6, VERSION_MINOR);
    put_le32(out + 8, 0);  /* times are in UTC */
    put_le32(out + 12, 0); /* of no stated accuracy */
    put_le32(out + 16, PCAP_SNAPSHOT_BYTES_MAX);
    put_le32(out + 20, link_type);
}

void pcap_write_packet_header(uint8_t out[PCAP_PACKET_HEADER_BYTES], uint64_t time_s, uint32_t frac,
                              uint32_t captured_bytes, uint32_t wire_bytes)
{
    put_le32(out, (uint32_t)time_s);
    put_le32(out + 4, frac);
    put_le32(out + 8, captured_bytes);
    put_le32(out + 12, wire_bytes);
}
