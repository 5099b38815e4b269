/*
 * Published ports come and go with the gateway.
 */
#include "gateway/publish.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/host_socket.h"
#include "publish_fixture.h"

static void test_none(void **state)
{
    (void)state;
    struct gateway_fixture fixture;
    fixture_setup(&fixture, NULL);
    assert_false(publish_is_busy(fixture.gateway->publish));
    fixture_teardown(&fixture);
}

/* Ends with connections in every state; afterwards the port is free. */
static void test_end_closes_everything(void **state)
{
    (void)state;
    struct publish_fixture *p = publish_fixture_make(true);
    const struct publish_rule rule = {.host = p->publish[PUBLISHED_TCP_V4].host};
    const vitro_socket listener = publish_fixture_listen(p);
    const int first = publish_fixture_client(p, PUBLISHED_TCP_V4);
    (void)publish_fixture_accept(p, listener, NULL);
    const int second = publish_fixture_client(p, PUBLISHED_TCP_V4);
    const int third = publish_fixture_client(p, PUBLISHED_UDP_V4);
    assert_int_equal(send(third, "x", 1, 0), 1);
    gateway_step(p->fixture.gateway, poll_now_us() + 10000);
    fixture_teardown(&p->fixture);
    const int clients[] = {first, second};
    for (size_t i = 0; i < ARRAY_COUNT(clients); i++) {
        struct pollfd end = {.fd = clients[i], .events = POLLIN};
        char byte;
        assert_int_equal(poll(&end, 1, -1), 1);
        assert_int_equal(recv(clients[i], &byte, 1, MSG_DONTWAIT), -1);
        assert_int_equal(errno, ECONNRESET);
    }
    const int fd = publish_open(&rule);
    assert_true(fd >= 0);
    close(fd);
    close(first);
    close(second);
    close(third);
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_end_closes_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
