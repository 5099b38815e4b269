/*
 * Watching resolv.conf: however it becomes another file, its new servers are found, and only they.
 */
#define _GNU_SOURCE /* mkdtemp, symlink */

#include "support.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/resolver_watch.h"

struct place {
    char folder[64];
    char path[96], other[96], target[96];
    struct resolver_watch watch;
};

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    (void)snprintf(p->folder, sizeof p->folder, "/tmp/test_resolver_watch.XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    (void)snprintf(p->path, sizeof p->path, "%s/resolv.conf", p->folder);
    (void)snprintf(p->other, sizeof p->other, "%s/other", p->folder);
    (void)snprintf(p->target, sizeof p->target, "%s/target", p->folder);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    resolver_watch_close(&p->watch);
    assert_int_equal(p->watch.fd, -1);
    (void)unlink(p->path);
    (void)unlink(p->other);
    (void)unlink(p->target);
    assert_int_equal(rmdir(p->folder), 0);
    free(p);
    return 0;
}

static void open_watch(struct place *p)
{
    struct gateway_resolvers known = {.count = 1};
    known.server[0] = vitro_endpoint_of(vitro_ip_v4(192, 0, 2, 1), 53);
    resolver_watch_open(&p->watch, p->path, &known);
    assert_true(p->watch.fd >= 0);
}

/* Events stand in the queue before the call that caused them returns. */
static bool has_events(const struct place *p)
{
    struct pollfd fd = {.fd = p->watch.fd, .events = POLLIN};
    return poll(&fd, 1, 0) == 1;
}

static void assert_new(struct place *p, uint8_t last)
{
    assert_true(has_events(p));
    assert_true(resolver_watch_take(&p->watch));
    const struct vitro_ip ip = vitro_ip_v4(192, 0, 2, last);
    assert_int_equal(p->watch.known.count, 1);
    assert_true(vitro_ip_equal(&p->watch.known.server[0].ip, &ip));
    assert_false(has_events(p));
}

static void test_written_in_place(void **state)
{
    struct place *p = *state;
    write_file(p->path, "nameserver 192.0.2.1\n");
    open_watch(p);
    assert_false(has_events(p));
    write_file(p->path, "nameserver 192.0.2.2\n");
    assert_new(p, 2);
    write_file(p->path, "nameserver 192.0.2.3\n");
    assert_new(p, 3);
}

static void test_replaced(void **state)
{
    struct place *p = *state;
    write_file(p->path, "nameserver 192.0.2.1\n");
    open_watch(p);
    for (uint8_t i = 2; i < 5; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "nameserver 192.0.2.%u\n", i);
        write_file(p->other, text);
        assert_int_equal(rename(p->other, p->path), 0);
        assert_new(p, i);
    }
}

static void test_link_is_turned_round(void **state)
{
    struct place *p = *state;
    write_file(p->target, "nameserver 192.0.2.1\n");
    assert_int_equal(symlink(p->target, p->path), 0);
    open_watch(p);
    write_file(p->target, "nameserver 192.0.2.2\n");
    assert_new(p, 2);
    write_file(p->other, "nameserver 192.0.2.3\n");
    assert_int_equal(unlink(p->path), 0);
    assert_int_equal(symlink(p->other, p->path), 0);
    assert_new(p, 3);
}

static void test_gone_and_back(void **state)
{
    struct place *p = *state;
    write_file(p->path, "nameserver 192.0.2.1\n");
    open_watch(p);
    assert_int_equal(unlink(p->path), 0);
    assert_false(resolver_watch_take(&p->watch));
    write_file(p->path, "");
    assert_true(has_events(p));
    assert_false(resolver_watch_take(&p->watch));
    write_file(p->path, "nameserver 192.0.2.2\n");
    assert_new(p, 2);
}

static void test_the_same_is_no_news(void **state)
{
    struct place *p = *state;
    write_file(p->path, "nameserver 192.0.2.1\n");
    open_watch(p);
    write_file(p->path, "# another text\nnameserver 192.0.2.1\noptions edns0\n");
    assert_true(has_events(p));
    assert_false(resolver_watch_take(&p->watch));
    write_file(p->path, "nameserver 192.0.2.1\nnameserver 192.0.2.9\n");
    assert_true(resolver_watch_take(&p->watch));
    assert_int_equal(p->watch.known.count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_written_in_place, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(test_link_is_turned_round, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gone_and_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_same_is_no_news, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
