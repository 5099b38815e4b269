/*
 * Packets to print: the frames of tests/golden/tcpdump/cases.pcap by name, and bytes written out.
 * Every text is checked against exactly what is expected, without its last newline.
 */
#ifndef VITRO_TESTS_PRINT_FIXTURE_H
#define VITRO_TESTS_PRINT_FIXTURE_H

#include "observe/print.h"

/* Options of `tcpdump -t -n` with `verbosity` times -v. */
struct print_options print_fixture_options(uint8_t verbosity);

/* Reads a whole file below the project's folder; `*len` gets its length. Freed by the caller. */
char *print_fixture_read(const char *path, size_t *len);

/* Prints frame `name` of cases.names on its own and compares. */
void print_check_case(const char *name, uint8_t verbosity, const char *expected);

/* The same with any options. */
void print_check_case_with(const char *name, const struct print_options *options,
                           const char *expected);

/* Prints a raw IP packet, or with another link type what that begins with, given in hexadecimal. */
void print_check_hex(const char *hex, uint16_t link_type, const struct print_options *options,
                     const char *expected);

#endif
