/*
 * Reading blocks and options, written from the format's description.
 */
#include "pcapng_read.h"

#include "base/bytes.h"
#include "support.h"

bool pcapng_read_block(struct span *file, struct pcapng_block *block)
{
    if (file->len == 0) return false;
    assert_true(file->len >= 12);
    const uint32_t len = get_le32(file->data + 4);
    assert_true(len >= 12 && len % 4 == 0 && len <= file->len);
    assert_int_equal(get_le32(file->data + len - 4), len);
    block->type = get_le32(file->data);
    block->body = span_slice(*file, 8, len - 12);
    *file = span_from(*file, len);
    return true;
}

bool pcapng_read_option(struct span *options, struct pcapng_option *option)
{
    if (options->len == 0) return false;
    assert_true(options->len >= 4);
    const uint32_t head = get_le32(options->data);
    const uint32_t len = head >> 16;
    option->code = (uint16_t)head;
    if (option->code == 0) {
        assert_int_equal(len, 0);
        assert_int_equal(options->len, 4);
        return false;
    }
    const uint32_t padded = (len + 3) / 4 * 4;
    assert_true(options->len - 4 > padded); /* an end of options follows */
    option->value = span_slice(*options, 4, len);
    for (uint32_t i = len; i < padded; i++) assert_int_equal(options->data[4 + i], 0);
    *options = span_from(*options, 4 + padded);
    return true;
}

struct span pcapng_read_find(struct span options, uint16_t code)
{
    struct pcapng_option option;
    while (pcapng_read_option(&options, &option)) {
        if (option.code == code) return option.value;
    }
    fail_msg("no option %u", code);
    return options;
}
