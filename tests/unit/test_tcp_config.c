/*
 * The defaults against the numbers that the RFCs ask for, and the configurations that are refused.
 */
#include "support.h"

#include <errno.h>

#include "base/base.h"
#include "tcp/tcp_host.h"
#include "tcp/tcp_timer.h"

#define SECOND_US 1000000ull

static void default_is_possible(void **state)
{
    (void)state;
    struct tcp_config config;
    tcp_config_default(&config);
    assert_int_equal(tcp_config_check(&config), 0);
}

/* RFC 9293 MUST-23, SHLD-10, SHLD-11: R2 of a SYN is at least 3 minutes, R1 at least 3
 * retransmissions, R2 at least 100 s. */
static void default_patience_is_long_enough(void **state)
{
    (void)state;
    struct tcp_config config;
    tcp_config_default(&config);
    uint64_t syn_us =
        tcp_timer_retries_us(config.syn_retries, config.syn_first_wait_us, config.rto_us_max);
    assert_true(syn_us >= 180 * SECOND_US);
    assert_true(config.r1_retries >= 3);
    uint64_t r2_us = tcp_timer_retries_us(config.r2_retries, config.rto_us_min, config.rto_us_max);
    assert_true(r2_us >= 100 * SECOND_US);
    assert_true(config.rto_us_max >= 60 * SECOND_US); /* RFC 6298 2.5 */
    assert_true(config.rto_us_initial == SECOND_US);  /* RFC 6298 2.1 */
}

/* RFC 9293 MUST-25, MUST-28: keepalive is off, and when switched on waits two hours at least. */
static void default_keepalive_is_off_and_slow(void **state)
{
    (void)state;
    struct tcp_config config;
    tcp_config_default(&config);
    assert_false(config.keepalive);
    assert_true(config.keepalive_idle_us >= 7200 * SECOND_US);
}

/* RFC 9293 MUST-40, SHLD-7: ACKs wait less than half a second, and Nagle's algorithm is on. */
static void default_delayed_ack_and_nagle(void **state)
{
    (void)state;
    struct tcp_config config;
    tcp_config_default(&config);
    assert_true(config.delayed_ack_us < SECOND_US / 2);
    assert_true(config.nagle);
    assert_int_equal(config.initial_cwnd_segments, 10); /* RFC 6928 2 */
}

/* RFC 9293 MUST-40: "must be less than 0.5 seconds", so half a second itself is too long. */
static void delayed_ack_of_half_a_second_is_refused(void **state)
{
    (void)state;
    struct tcp_config config;
    tcp_config_default(&config);
    config.delayed_ack_us = SECOND_US / 2 - 1;
    assert_int_equal(tcp_config_check(&config), 0);
    config.delayed_ack_us = SECOND_US / 2;
    assert_int_equal(tcp_config_check(&config), EINVAL);
}

#define REFUSED(change)                                                                            \
    do {                                                                                           \
        struct tcp_config config;                                                                  \
        tcp_config_default(&config);                                                               \
        change;                                                                                    \
        assert_int_equal(tcp_config_check(&config), EINVAL);                                       \
    } while (0)

static void impossible_values_are_refused(void **state)
{
    (void)state;
    REFUSED(config.cc = NULL);
    REFUSED(config.window_shift = 15); /* RFC 7323 2.3: 14 at most */
    REFUSED(config.rto_us_initial = 0);
    REFUSED(config.rto_us_max = config.rto_us_initial - 1);
    REFUSED(config.rto_us_min = config.rto_us_max + 1);
    REFUSED(config.rto_us_max = (uint64_t)UINT32_MAX + 1);
    REFUSED(config.syn_first_wait_us = 0);
    REFUSED(config.persist_us_max = 0);
    REFUSED(config.sndbuf_bytes = 0);
    REFUSED(config.rcvbuf_bytes = 0);
    REFUSED(config.rcvbuf_bytes_max = config.rcvbuf_bytes - 1);
    REFUSED(config.rcvbuf_bytes_max = 1u << 30); /* RFC 7323 2.3 */
    REFUSED(config.sndbuf_bytes = 1u << 30);
    REFUSED(config.mss_bytes_max = 27); /* MTU 68 less 40 */
    REFUSED(config.initial_cwnd_segments = 0);
    REFUSED(config.conns_max = 0);
    REFUSED(config.ephemeral_port_first = 0);
    REFUSED(config.ephemeral_port_first = 2; config.ephemeral_port_last = 1);
}

/* The count of SYNs and of keepalive probes is kept in 8 bits: more would never be reached, and the
 * connection would never be given up. */
static void counts_beyond_their_counter_are_refused(void **state)
{
    (void)state;
    REFUSED(config.syn_retries = 256);
    REFUSED(config.synack_retries = 256);
    REFUSED(config.keepalive_interval_us = 999); /* less than a millisecond */
    REFUSED(config.keepalive_idle_us = 999);
    REFUSED(config.keepalive_probes = 0);
}

/* Times that the connection keeps in milliseconds of 32 bits fit them: 49.7 days. */
static void times_beyond_their_field_are_refused(void **state)
{
    (void)state;
    const uint64_t too_long_us = ((uint64_t)UINT32_MAX + 1) * 1000;
    REFUSED(config.keepalive_interval_us = too_long_us);
    REFUSED(config.keepalive_idle_us = too_long_us);
    REFUSED(config.user_timeout_us = too_long_us);
    REFUSED(config.user_timeout_us = 999); /* would become 0, which means none */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_is_possible),
        cmocka_unit_test(default_patience_is_long_enough),
        cmocka_unit_test(default_keepalive_is_off_and_slow),
        cmocka_unit_test(default_delayed_ack_and_nagle),
        cmocka_unit_test(delayed_ack_of_half_a_second_is_refused),
        cmocka_unit_test(impossible_values_are_refused),
        cmocka_unit_test(counts_beyond_their_counter_are_refused),
        cmocka_unit_test(times_beyond_their_field_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
