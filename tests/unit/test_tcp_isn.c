/*
 * Initial sequence numbers and time stamp offsets: the clock, the placing, the next incarnation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tcp/tcp_isn.h"
#include "tcp_passive.h"

static int setup(void **state)
{
    *state = passive_new(NULL);
    return 0;
}

static int teardown(void **state)
{
    passive_free(*state);
    return 0;
}

/* RFC 9293 MUST-8: a clock of 64 ns ticks */
static void isn_of_one_tuple_moves_15625_ticks_a_millisecond(void **state)
{
    struct passive *p = *state;
    const struct tcp_tuple tuple = passive_tuple(1);
    const tcp_seq at_0 = tcp_isn(&p->host, &tuple, 0);
    assert_int_equal(tcp_isn(&p->host, &tuple, 1000).value - at_0.value, 15625);
    assert_int_equal(tcp_isn(&p->host, &tuple, 64).value - at_0.value, 1000);
    /* wraps after 2^32 ticks of 64 ns: 274.877906944 s */
    const uint64_t wrap_us = 274877907;
    assert_in_range(tcp_isn(&p->host, &tuple, wrap_us).value - at_0.value, 0, 16);
}

/* RFC 9293 SHLD-1, MUST-9 (RFC 6528): each part of the tuple, and the secret, place it elsewhere */
static void isn_of_another_tuple_or_secret_is_elsewhere(void **state)
{
    struct passive *p = *state;
    const struct tcp_tuple tuple = passive_tuple(1);
    struct tcp_tuple others[5] = {tuple, tuple, tuple, tuple, tuple};
    others[0].local.bytes[15] ^= 1;
    others[1].remote.bytes[15] ^= 1;
    others[2].local_port ^= 1;
    others[3].remote_port ^= 1;
    others[4].zone ^= 1;
    const uint32_t isn = tcp_isn(&p->host, &tuple, 0).value;
    for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
        const uint32_t far = tcp_isn(&p->host, &others[i], 0).value - isn;
        assert_in_range(far, 1000, UINT32_MAX - 1000);
    }
    p->host.isn_key.k0 ^= 1;
    assert_int_not_equal(tcp_isn(&p->host, &tuple, 0).value, isn);
}

static void ts_offset_stays_with_the_tuple(void **state)
{
    struct passive *p = *state;
    const struct tcp_tuple a = passive_tuple(1), b = passive_tuple(2);
    const uint32_t offset = tcp_isn_ts_offset(&p->host, &a);
    assert_int_equal(tcp_isn_ts_offset(&p->host, &a), offset);
    assert_int_not_equal(tcp_isn_ts_offset(&p->host, &b), offset);
    /* knowing the one number does not give the other */
    assert_int_not_equal(tcp_isn(&p->host, &a, 0).value, offset);
}

/* RFC 9293 MAY-2 */
static void isn_beyond_is_ahead_of_a_connection_that_outran_the_clock(void **state)
{
    struct passive *p = *state;
    const struct tcp_tuple tuple = passive_tuple(1);
    const tcp_seq isn = tcp_isn(&p->host, &tuple, p->now_us);
    const tcp_seq ahead = tcp_seq_add(isn, 5000000);
    const tcp_seq behind = tcp_seq_add(isn, UINT32_MAX - 5000000);
    assert_int_equal(tcp_isn_beyond(&p->host, &tuple, ahead, p->now_us).value, ahead.value + 65537);
    assert_int_equal(tcp_isn_beyond(&p->host, &tuple, behind, p->now_us).value, isn.value);
}

static void tuple_bytes_hold_every_field(void **state)
{
    (void)state;
    uint8_t a[TCP_TUPLE_BYTES], b[TCP_TUPLE_BYTES];
    struct tcp_tuple tuple = passive_tuple(0x0102);
    tuple.zone = 0x0304;
    tcp_tuple_bytes(&tuple, a);
    assert_int_equal(a[33], 80);
    assert_int_equal(a[34] << 8 | a[35], 10000 + 0x0102);
    assert_int_equal(a[36] << 8 | a[37], 0x0304);
    tuple.remote.bytes[0] = 1;
    tcp_tuple_bytes(&tuple, b);
    assert_memory_not_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(isn_of_one_tuple_moves_15625_ticks_a_millisecond, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(isn_of_another_tuple_or_secret_is_elsewhere, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(ts_offset_stays_with_the_tuple, setup, teardown),
        cmocka_unit_test_setup_teardown(isn_beyond_is_ahead_of_a_connection_that_outran_the_clock,
                                        setup, teardown),
        cmocka_unit_test(tuple_bytes_hold_every_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
