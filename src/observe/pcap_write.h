/*
 * The classic capture file format, as bytes: a file header, and a header before each packet.
 *
 *     file   magic 4 | version 2 + 2 | zone 4 | accuracy 4 | snapshot length 4 | link type 4
 *     packet seconds 4 | fraction 4 | captured bytes 4 | bytes on the wire 4 | captured ...
 *
 * All numbers are written in little-endian order, whatever the machine. No I/O here: the caller
 * writes header and packet where it likes.
 *
 * References: draft-ietf-opsawg-pcap.
 */
#ifndef VITRO_OBSERVE_PCAP_WRITE_H
#define VITRO_OBSERVE_PCAP_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#define PCAP_FILE_HEADER_BYTES   24
#define PCAP_PACKET_HEADER_BYTES 16
#define PCAP_SNAPSHOT_BYTES_MAX  262144 /* what readers accept */

/*
 * Writes a file header. `link_type` is one of enum print_link_type; fractions of seconds are in
 * nanoseconds if `has_nanoseconds`, else in microseconds.
 */
void pcap_write_file_header(uint8_t out[PCAP_FILE_HEADER_BYTES], uint16_t link_type,
                            bool has_nanoseconds);

/*
 * Writes the header of a packet of which `captured_bytes` follow and `wire_bytes` were sent. `frac`
 * is in the unit the file header announced. Seconds beyond 32 bits (the year 2106) wrap.
 */
void pcap_write_packet_header(uint8_t out[PCAP_PACKET_HEADER_BYTES], uint64_t time_s, uint32_t frac,
                              uint32_t captured_bytes, uint32_t wire_bytes);

#endif
