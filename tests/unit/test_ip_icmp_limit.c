/* ip/ip_icmp_limit: bursts, rates, and no number that repeats. */
#include "ip_text.h"

#include "ip/ip_icmp_limit.h"

static struct ip_icmp_limit limit;

static void start(uint32_t per_destination)
{
    struct ip_icmp_limit_config config;
    const struct hash_key key = {3, 4};
    ip_icmp_limit_config_default(&config);
    config.destination_per_second = per_destination;
    ip_icmp_limit_init(&limit, &config, &key, 1000);
}

static uint32_t granted(uint32_t asked, uint32_t hosts, uint64_t now_us)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < asked; i++) {
        const struct ip_addr dst = ip_addr_from_v4(0x0a000000 + i % hosts);
        if (ip_icmp_limit_allow(&limit, &dst, now_us)) count++;
    }
    return count;
}

static void one_destination_gets_its_burst_then_its_rate(void **state)
{
    (void)state;
    start(10);
    assert_int_equal(granted(100, 1, 1000), 10);
    assert_int_equal(granted(100, 1, 100999), 0);
    assert_int_equal(granted(100, 1, 101000), 1);
    assert_int_equal(granted(100, 1, 100000000), 10);
}

static void all_together_are_limited(void **state)
{
    (void)state;
    start(0);
    assert_in_range(granted(1000, 1000, 1000), 26, 100); /* 50 tokens, one each on average */
    uint32_t count = 0;
    for (uint64_t ms = 1; ms <= 10000; ms++) count += granted(5, 1000, 1000 + ms * 1000);
    assert_in_range(count, 9000, 11000);
}

static void time_that_runs_backwards_gives_nothing(void **state)
{
    (void)state;
    start(10);
    assert_int_equal(granted(100, 1, 1000), 10);
    assert_int_equal(granted(100, 1, 0), 0);
}

static void no_limits(void **state)
{
    (void)state;
    struct ip_icmp_limit_config config = {.per_second = 0};
    const struct hash_key key = {3, 4};
    ip_icmp_limit_init(&limit, &config, &key, 0);
    assert_int_equal(granted(10000, 1, 0), 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_destination_gets_its_burst_then_its_rate),
        cmocka_unit_test(all_together_are_limited),
        cmocka_unit_test(time_that_runs_backwards_gives_nothing),
        cmocka_unit_test(no_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
