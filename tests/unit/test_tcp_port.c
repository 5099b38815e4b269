/*
 * Ephemeral ports: the range, what is skipped, how far apart, what the end of the range means.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "tcp/tcp_port.h"
#include "tcp_passive.h"

static int setup(void **state)
{
    struct tcp_config config = passive_config();
    config.ephemeral_port_first = 50000;
    config.ephemeral_port_last = 50099;
    *state = passive_new(&config);
    return 0;
}

static int teardown(void **state)
{
    passive_free(*state);
    return 0;
}

static struct tcp_tuple towards(uint32_t remote)
{
    return (struct tcp_tuple){.local = ip_addr_from_v4(0x0a000001),
                              .remote = ip_addr_from_v4(remote),
                              .remote_port = 443};
}

static void port_comes_from_the_range_and_differs_from_the_last(void **state)
{
    struct passive *p = *state;
    uint16_t last = 0;
    uint32_t steps = 0;
    for (int i = 0; i < 1000; i++) {
        struct tcp_tuple tuple = towards(0x0a000909);
        assert_int_equal(tcp_port_choose(&p->host, &tuple), 0);
        assert_in_range(tuple.local_port, 50000, 50099);
        assert_int_not_equal(tuple.local_port, last);
        steps |= 1u << ((uint32_t)(tuple.local_port + 100 - last) % 100 % 32);
        last = tuple.local_port;
    }
    /* RFC 6056 3.3.5: the steps are many, so the next port cannot be told from the last */
    assert_true(__builtin_popcount(steps) >= 14);
}

static void ports_towards_different_hosts_are_unrelated(void **state)
{
    struct passive *p = *state;
    bool seen[100] = {false};
    uint32_t distinct = 0;
    for (uint32_t i = 0; i < 50; i++) {
        struct tcp_tuple tuple = towards(0x0a020000 + i);
        assert_int_equal(tcp_port_choose(&p->host, &tuple), 0);
        distinct += !seen[tuple.local_port - 50000];
        seen[tuple.local_port - 50000] = true;
    }
    assert_true(distinct >= 25);
}

static void port_of_a_connection_or_a_listener_is_skipped(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener;
    const struct ip_addr any = ip_addr_any_v6();
    assert_int_equal(tcp_listen(&p->host, &any, 50007, 0, 1, 0, &listener), 0);
    static struct tcp_entry taken[99];
    uint32_t count = 0;
    for (uint16_t port = 50000; port < 50100; port++) {
        if (port == 50007 || port == 50050) continue;
        taken[count] = (struct tcp_entry){.tuple = towards(0x0a000909), .kind = TCP_ENTRY_CONN};
        taken[count].tuple.local_port = port;
        tcp_table_add(&p->host.table, &taken[count++]);
    }
    struct tcp_tuple tuple = towards(0x0a000909);
    assert_int_equal(tcp_port_choose(&p->host, &tuple), 0);
    assert_int_equal(tuple.local_port, 50050);
    assert_true(tcp_port_is_free(&p->host, &tuple));
    tuple.local_port = 50007;
    assert_false(tcp_port_is_free(&p->host, &tuple));
    /* with the last one taken there is none left, but other destinations have theirs */
    taken[count] = (struct tcp_entry){.tuple = towards(0x0a000909), .kind = TCP_ENTRY_CONN};
    taken[count].tuple.local_port = 50050;
    tcp_table_add(&p->host.table, &taken[count++]);
    tuple.local_port = 0;
    assert_int_equal(tcp_port_choose(&p->host, &tuple), EADDRNOTAVAIL);
    assert_int_equal(tuple.local_port, 0);
    tuple = towards(0x0a00090a);
    assert_int_equal(tcp_port_choose(&p->host, &tuple), 0);
    while (count > 0) tcp_table_remove(&p->host.table, &taken[--count]);
}

static void port_is_free_beside_a_gateway_that_listens_on_every_port(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener;
    const struct ip_addr any = ip_addr_any_v6();
    assert_int_equal(tcp_listen(&p->host, &any, 0, 0, 1, 0, &listener), 0);
    struct tcp_tuple tuple = towards(0x0a000909);
    assert_int_equal(tcp_port_choose(&p->host, &tuple), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(port_comes_from_the_range_and_differs_from_the_last, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(ports_towards_different_hosts_are_unrelated, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(port_of_a_connection_or_a_listener_is_skipped, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(port_is_free_beside_a_gateway_that_listens_on_every_port,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
