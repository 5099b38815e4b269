/*
 * Routes: a table of the first parts of paths, and what may follow them.
 */
#include "gateway/service_http_route.h"

#include <string.h>

#define GETS (HTTP_GET | HTTP_HEAD | HTTP_OPTIONS)

/* What may stand behind the name. */
enum argument {
    ARGUMENT_NONE,
    ARGUMENT_NEEDED,
    ARGUMENT_ANY, /* and is not looked at: curl -T FILE http://demo.vitro/upload/ adds its name */
};

static const struct known {
    const char *name;
    enum http_route_kind kind;
    enum argument argument;
    uint32_t methods;
} known[] = {
    {"hello", HTTP_ROUTE_HELLO, ARGUMENT_NONE, GETS},
    {"bytes", HTTP_ROUTE_BYTES, ARGUMENT_NEEDED, GETS},
    {"upload", HTTP_ROUTE_UPLOAD, ARGUMENT_ANY, HTTP_POST | HTTP_PUT | HTTP_OPTIONS},
    {"echo", HTTP_ROUTE_ECHO, ARGUMENT_NONE, HTTP_POST | HTTP_PUT | HTTP_OPTIONS},
    {"status", HTTP_ROUTE_STATUS, ARGUMENT_NEEDED, GETS | HTTP_POST | HTTP_PUT},
    {"delay", HTTP_ROUTE_DELAY, ARGUMENT_NEEDED, GETS | HTTP_POST | HTTP_PUT},
    {"headers", HTTP_ROUTE_HEADERS, ARGUMENT_NONE, GETS | HTTP_POST | HTTP_PUT},
    {"reset", HTTP_ROUTE_RESET, ARGUMENT_NONE, GETS},
    {"drip", HTTP_ROUTE_DRIP, ARGUMENT_NEEDED, GETS},
    {"close", HTTP_ROUTE_CLOSE, ARGUMENT_NONE, GETS | HTTP_POST | HTTP_PUT},
};

/* How many digits a text begins with. */
static size_t digits_of(struct span text)
{
    size_t digits = 0;
    while (digits < text.len && text.data[digits] >= '0' && text.data[digits] <= '9') digits++;
    return digits;
}

bool http_size_parse(struct span text, uint64_t *size_bytes)
{
    static const struct {
        const char *unit;
        uint64_t bytes;
    } units[] = {{"", 1},
                 {"k", 1000},
                 {"m", 1000000},
                 {"g", 1000000000},
                 {"t", 1000000000000},
                 {"ki", 1ull << 10},
                 {"mi", 1ull << 20},
                 {"gi", 1ull << 30},
                 {"ti", 1ull << 40}};
    const size_t digits = digits_of(text);
    struct span unit = span_from(text, digits);
    uint64_t number;
    if (!http_span_number(span_slice(text, 0, digits), &number)) return false;
    if (unit.len > 0 && http_span_is_nocase(span_from(unit, unit.len - 1), "b")) unit.len--;
    for (size_t i = 0; i < ARRAY_COUNT(units); i++) {
        if (!http_span_is_nocase(unit, units[i].unit)) continue;
        if (number > HTTP_SIZE_BYTES_MAX / units[i].bytes) return false;
        *size_bytes = number * units[i].bytes;
        return true;
    }
    return false;
}

bool http_time_parse(struct span text, uint64_t us_max, uint64_t *time_us)
{
    const size_t digits = digits_of(text);
    const struct span unit = span_from(text, digits);
    const bool is_ms = http_span_is_nocase(unit, "ms");
    uint64_t number;
    if (!http_span_number(span_slice(text, 0, digits), &number)) return false;
    if (!is_ms && unit.len > 0 && !http_span_is_nocase(unit, "s")) return false;
    const uint64_t us = is_ms ? 1000 : 1000000;
    if (number > us_max / us) return false;
    *time_us = number * us;
    return true;
}

static bool read_drip(const struct http_head *head, struct span argument, struct http_route *route)
{
    const struct span time = http_query_value(head->query, "time");
    route->time_us = HTTP_DRIP_US;
    return http_size_parse(argument, &route->number) &&
           (time.len == 0 || http_time_parse(time, HTTP_DRIP_US_MAX, &route->time_us));
}

static bool read_argument(const struct http_head *head, struct span argument,
                          struct http_route *route)
{
    switch (route->kind) {
    case HTTP_ROUTE_BYTES: return http_size_parse(argument, &route->number);
    case HTTP_ROUTE_STATUS:
        return http_span_number(argument, &route->number) && route->number >= 200 &&
               route->number <= 599;
    case HTTP_ROUTE_DELAY: return http_time_parse(argument, HTTP_DELAY_US_MAX, &route->time_us);
    case HTTP_ROUTE_DRIP: return read_drip(head, argument, route);
    case HTTP_ROUTE_UPLOAD:
        route->checks = !http_span_is(http_query_value(head->query, "check"), "no");
        return true;
    default: return true;
    }
}

/* Whether `path` is the route's, with or without something behind it, as it wants. */
static bool matches(const struct known *route, struct span path, struct span *argument)
{
    const size_t len = strlen(route->name);
    if (path.len < 1 + len || memcmp(path.data + 1, route->name, len) != 0) return false;
    *argument = span_from(path, 1 + len);
    if (argument->len == 0) return route->argument != ARGUMENT_NEEDED;
    if (argument->data[0] != '/' || route->argument == ARGUMENT_NONE) return false;
    *argument = span_from(*argument, 1);
    return true;
}

static int find(const struct http_head *head, struct http_route *route, struct span *argument)
{
    if (http_span_is(head->path, "/")) {
        *route = (struct http_route){.kind = HTTP_ROUTE_PAGE, .methods = GETS};
        return 0;
    }
    for (size_t i = 0; i < ARRAY_COUNT(known); i++) {
        if (!matches(&known[i], head->path, argument)) continue;
        *route = (struct http_route){.kind = known[i].kind, .methods = known[i].methods};
        return 0;
    }
    return 404;
}

int http_route_find(const struct http_head *head, struct http_route *route)
{
    struct span argument = {.len = 0};
    *route = (struct http_route){.kind = HTTP_ROUTE_OPTIONS, .methods = GETS};
    if (http_span_is(head->path, "*")) return head->method == HTTP_OPTIONS ? 0 : 400;
    const int status = find(head, route, &argument);
    if (status != 0) return status;
    if (head->method == HTTP_OPTIONS) {
        route->kind = HTTP_ROUTE_OPTIONS;
        return 0;
    }
    if ((route->methods & head->method) == 0) return 405;
    return read_argument(head, argument, route) ? 0 : 400;
}
