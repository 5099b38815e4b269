/*
 * Heads of answers.
 */
#include "gateway/service_http_answer.h"
#include "support.h"

static const char *head_of(const struct http_answer *answer, uint8_t minor, bool keeps_alive)
{
    static char out[1024];
    const struct http_manners manners = {.minor = minor, .keeps_alive = keeps_alive, .date = "D"};
    struct text text;
    text_init(&text, out, sizeof out);
    http_answer_head(&text, answer, &manners);
    assert_false(text.truncated);
    return out;
}

static void test_usual_answer(void **state)
{
    (void)state;
    const struct http_answer answer = {.status = 200, .type = "text/plain", .length_bytes = 7};
    assert_string_equal(head_of(&answer, 1, true),
                        "HTTP/1.1 200 OK\r\nDate: D\r\nServer: vitro\r\n"
                        "Content-Type: text/plain\r\nContent-Length: 7\r\n\r\n");
    assert_non_null(strstr(head_of(&answer, 0, true), "Connection: keep-alive\r\n"));
    assert_non_null(strstr(head_of(&answer, 1, false), "Connection: close\r\n"));
}

static void test_what_some_statuses_need(void **state)
{
    (void)state;
    const struct http_answer none = {.status = 204};
    assert_null(strstr(head_of(&none, 1, true), "Content-Length"));
    const struct http_answer method = {.status = 405, .type = "t", .allow = HTTP_POST | HTTP_PUT};
    assert_non_null(strstr(head_of(&method, 1, true), "Allow: POST, PUT\r\n"));
    const struct http_answer moved = {.status = 302, .type = "t"};
    assert_non_null(strstr(head_of(&moved, 1, true), "Location: /hello\r\n"));
    const struct http_answer part = {
        .status = 206, .type = "t", .has_range = true, .first = 1, .last = 5, .size_bytes = 10};
    assert_non_null(strstr(head_of(&part, 1, true), "Content-Range: bytes 1-5/10\r\n"));
    const struct http_answer behind = {
        .status = 416, .type = "t", .has_range = true, .size_bytes = 10};
    assert_non_null(strstr(head_of(&behind, 1, true), "Content-Range: bytes */10\r\n"));
    const struct http_answer chunked = {.status = 200, .type = "t", .is_chunked = true};
    assert_non_null(strstr(head_of(&chunked, 1, true), "Transfer-Encoding: chunked\r\n"));
    assert_null(strstr(head_of(&chunked, 1, true), "Content-Length"));
}

static void test_words(void **state)
{
    (void)state;
    assert_string_equal(http_answer_reason(404), "Not Found");
    assert_string_equal(http_answer_reason(299), "Status");
    assert_non_null(strstr(http_answer_refusal(411), "Content-Length"));
    assert_string_equal(http_answer_refusal(500), "Internal Server Error");
    assert_non_null(strstr(http_answer_page, "</html>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usual_answer),
        cmocka_unit_test(test_what_some_statuses_need),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
