/*
 * Paths and their arguments.
 */
#include "gateway/service_http_route.h"
#include "support.h"

static int find(enum http_method method, const char *path, const char *query,
                struct http_route *route)
{
    const struct http_head head = {.method = method,
                                   .path = span_of(path, strlen(path)),
                                   .query = span_of(query, strlen(query))};
    return http_route_find(&head, route);
}

static uint64_t size_of(const char *text)
{
    uint64_t size;
    return http_size_parse(span_of(text, strlen(text)), &size) ? size : UINT64_MAX;
}

static uint64_t time_of(const char *text)
{
    uint64_t time_us;
    const struct span span = span_of(text, strlen(text));
    return http_time_parse(span, HTTP_DELAY_US_MAX, &time_us) ? time_us : UINT64_MAX;
}

static void test_sizes(void **state)
{
    (void)state;
    assert_int_equal(size_of("0"), 0);
    assert_int_equal(size_of("1000"), 1000);
    assert_int_equal(size_of("64k"), 64000);
    assert_int_equal(size_of("100M"), 100000000);
    assert_int_equal(size_of("2GB"), 2000000000);
    assert_int_equal(size_of("1T"), HTTP_SIZE_BYTES_MAX);
    assert_int_equal(size_of("1KiB"), 1024);
    assert_int_equal(size_of("3mi"), 3 << 20);
    assert_int_equal(size_of("5b"), 5);
    static const char *const wrong[] = {"",   "k",    "-1",  "1x",
                                        "2T", "1.5M", "1 k", "99999999999999999999"};
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        assert_int_equal(size_of(wrong[i]), UINT64_MAX);
    }
}

static void test_times(void **state)
{
    (void)state;
    assert_int_equal(time_of("500ms"), 500000);
    assert_int_equal(time_of("2s"), 2000000);
    assert_int_equal(time_of("60"), 60000000);
    assert_int_equal(time_of("61s"), UINT64_MAX);
    assert_int_equal(time_of("s"), UINT64_MAX);
    assert_int_equal(time_of("1m"), UINT64_MAX);
}

static void test_paths(void **state)
{
    (void)state;
    struct http_route route;
    assert_int_equal(find(HTTP_GET, "/", "", &route), 0);
    assert_int_equal(route.kind, HTTP_ROUTE_PAGE);
    assert_int_equal(find(HTTP_HEAD, "/bytes/2M", "", &route), 0);
    assert_int_equal(route.number, 2000000);
    assert_int_equal(find(HTTP_PUT, "/upload/file.bin", "check=no", &route), 0);
    assert_false(route.checks);
    assert_int_equal(find(HTTP_POST, "/upload", "", &route), 0);
    assert_true(route.checks);
    assert_int_equal(find(HTTP_GET, "/drip/100", "time=2s", &route), 0);
    assert_int_equal(route.time_us, 2000000);
    assert_int_equal(find(HTTP_GET, "/status/599", "", &route), 0);
    assert_int_equal(find(HTTP_OPTIONS, "*", "", &route), 0);
    assert_int_equal(find(HTTP_OPTIONS, "/bytes/zz", "", &route), 0);
    assert_int_equal(route.kind, HTTP_ROUTE_OPTIONS);
}

static void test_refusals(void **state)
{
    (void)state;
    struct http_route route;
    assert_int_equal(find(HTTP_GET, "/nothing", "", &route), 404);
    assert_int_equal(find(HTTP_GET, "/hello/you", "", &route), 404);
    assert_int_equal(find(HTTP_GET, "/bytes", "", &route), 404);
    assert_int_equal(find(HTTP_GET, "/bytesize/1", "", &route), 404);
    assert_int_equal(find(HTTP_GET, "/bytes/lots", "", &route), 400);
    assert_int_equal(find(HTTP_GET, "/status/100", "", &route), 400);
    assert_int_equal(find(HTTP_GET, "/status/600", "", &route), 400);
    assert_int_equal(find(HTTP_GET, "/drip/10", "time=x", &route), 400);
    assert_int_equal(find(HTTP_GET, "*", "", &route), 400);
    assert_int_equal(find(HTTP_GET, "/upload", "", &route), 405);
    assert_int_equal(find(HTTP_OTHER, "/hello", "", &route), 405);
    assert_int_equal(route.methods, HTTP_GET | HTTP_HEAD | HTTP_OPTIONS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
