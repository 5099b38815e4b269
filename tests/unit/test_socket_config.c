/*
 * The public configuration: its defaults, what is refused, and the seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

#include "socket/socket_config.h"

static void defaults_are_those_of_the_parts(void **state)
{
    (void)state;
    struct vitro_config config;
    struct stack_config inner;
    struct stack_config expected;
    vitro_config_default(&config);
    stack_config_default(&expected);
    assert_int_equal(socket_config_in(&config, &inner), 0);
    assert_int_equal(inner.tcp.syn_retries, expected.tcp.syn_retries);
    assert_true(inner.tcp.time_wait_us == 60000000);
    assert_ptr_equal(inner.tcp.cc, expected.tcp.cc);
    assert_int_equal(inner.tcp.ecn, expected.tcp.ecn);
    assert_int_equal(inner.udp.queue_bytes_max, expected.udp.queue_bytes_max);
    assert_int_equal(inner.neighbours.entries_max, expected.neighbours.entries_max);
    assert_int_equal(inner.reassembly.bytes_max, expected.reassembly.bytes_max);
    assert_int_equal(inner.hop_limit, 64);
    assert_true(inner.echo_reply);
    assert_int_equal(inner.nd.dad_probes, 0);
    assert_string_equal(config.tcp.congestion_control, "cubic");
}

static void what_cannot_work_is_refused(void **state)
{
    (void)state;
    struct vitro_config config;
    vitro_config_default(&config);
    config.tcp.congestion_control = "vegas";
    assert_null(vitro_stack_create(&config, NULL, 0));
    config.tcp.congestion_control = NULL;
    assert_null(vitro_stack_create(&config, NULL, 0));
    vitro_config_default(&config);
    config.sockets_max = 0;
    assert_null(vitro_stack_create(&config, NULL, 0));
    vitro_config_default(&config);
    config.ip.ttl = 0;
    assert_null(vitro_stack_create(&config, NULL, 0));
    vitro_config_default(&config);
    config.ip.neighbours_max = 0;
    assert_null(vitro_stack_create(&config, NULL, 0));
    vitro_config_default(&config);
    config.ip.reassembly_max = 0;
    assert_null(vitro_stack_create(&config, NULL, 0));
    vitro_config_default(&config);
    config.tcp.conns_max = 0;
    assert_null(vitro_stack_create(&config, NULL, 0));
    vitro_config_default(&config);
    config.tcp.delayed_ack_us = 600000; /* RFC 9293 MUST-40 */
    assert_null(vitro_stack_create(&config, NULL, 0));
}

static void the_same_seed_gives_the_same_secret(void **state)
{
    (void)state;
    struct vitro_config a;
    struct vitro_config b;
    vitro_config_default(&a);
    vitro_config_default(&b);
    vitro_config_seed(&a, 7);
    vitro_config_seed(&b, 7);
    assert_memory_equal(a.secret, b.secret, sizeof a.secret);
    vitro_config_seed(&b, 8);
    assert_memory_not_equal(a.secret, b.secret, sizeof a.secret);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_parts),
        cmocka_unit_test(what_cannot_work_is_refused),
        cmocka_unit_test(the_same_seed_gives_the_same_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
