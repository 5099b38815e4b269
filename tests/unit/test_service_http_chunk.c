/*
 * Chunked bodies: in every division, and what is refused.
 */
#include "gateway/service_http_chunk.h"
#include "support.h"

#define WIKI "4\r\nWiki\r\n6;a=b\r\npedia \r\nE\nin \r\n\r\nchunks.\r\n0\r\nX: y\r\n\r\n"

/* Reads `text` in pieces of `step` bytes; the data goes to `out`. Returns the bytes used. */
static size_t read_all(struct http_chunk *chunk, const char *text, size_t len, size_t step,
                       char *out, size_t *out_len)
{
    size_t used = 0;
    *chunk = (struct http_chunk){.state = HTTP_CHUNK_SIZE};
    *out_len = 0;
    while (used < len && chunk->state < HTTP_CHUNK_END) {
        struct span data;
        const struct span bytes = span_of(text + used, size_min(step, len - used));
        const size_t done = http_chunk_read(chunk, bytes, SIZE_MAX, &data);
        assert_true(done > 0 && done <= bytes.len);
        if (data.len > 0) memcpy(out + *out_len, data.data, data.len);
        *out_len += data.len;
        used += done;
    }
    return used;
}

static void test_every_division(void **state)
{
    (void)state;
    char out[256];
    size_t len;
    struct http_chunk chunk;
    for (size_t step = 1; step < sizeof WIKI; step++) {
        const size_t used = read_all(&chunk, WIKI "GET", sizeof WIKI + 2, step, out, &len);
        assert_int_equal(used, sizeof WIKI - 1);
        assert_int_equal(chunk.state, HTTP_CHUNK_END);
        assert_int_equal(len, 24);
        assert_memory_equal(out, "Wikipedia in \r\n\r\nchunks.", 24);
    }
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "\r\n", "x\r\n", "-1\r\n", "4\r\nWikiX", "1234567890abcdef0\r\n", ";\r\n",
    };
    char out[256];
    size_t len;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct http_chunk chunk;
        (void)read_all(&chunk, cases[i], strlen(cases[i]), 100, out, &len);
        assert_int_equal(chunk.state, HTTP_CHUNK_BAD);
    }
}

static void test_framing_without_end(void **state)
{
    (void)state;
    struct http_chunk chunk = {.state = HTTP_CHUNK_SIZE};
    struct span data;
    (void)http_chunk_read(&chunk, span_of("0\r\n", 3), SIZE_MAX, &data);
    for (int i = 0; i < HTTP_CHUNK_OVERHEAD_MAX; i++) {
        (void)http_chunk_read(&chunk, span_of("a", 1), SIZE_MAX, &data);
    }
    assert_int_equal(chunk.state, HTTP_CHUNK_BAD);
}

static void test_data_in_portions(void **state)
{
    (void)state;
    struct http_chunk chunk = {.state = HTTP_CHUNK_SIZE};
    struct span data;
    assert_int_equal(http_chunk_read(&chunk, span_of("a\r\n0123456789", 13), 4, &data), 7);
    assert_int_equal(data.len, 4);
    assert_int_equal(chunk.left_bytes, 6);
    assert_int_equal(http_chunk_read(&chunk, span_of("456789", 6), 0, &data), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_division),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_framing_without_end),
        cmocka_unit_test(test_data_in_portions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
