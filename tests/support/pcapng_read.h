/*
 * A reader of pcapng files for tests: the whole file in memory, block after block, each held
 * against what the format demands of any block.
 */
#ifndef VITRO_TESTS_PCAPNG_READ_H
#define VITRO_TESTS_PCAPNG_READ_H

#include "base/assert.h"
#include "base/span.h"

struct pcapng_block {
    uint32_t type;
    struct span body; /* between the two lengths */
};

struct pcapng_option {
    uint16_t code;
    struct span value;
};

/* Takes the next block off `file`; fails the test if it is broken. False at the end. */
WARN_UNUSED bool pcapng_read_block(struct span *file, struct pcapng_block *block);

/* Takes the next option off `options`; fails the test if it is broken. False at the end, where
 * nothing may follow. */
WARN_UNUSED bool pcapng_read_option(struct span *options, struct pcapng_option *option);

/* The value of the first option `code` among `options`; fails the test if there is none. */
struct span pcapng_read_find(struct span options, uint16_t code);

#endif
