/* ip/ip_pmtu: floors against lies (pitfall 3), plateaus for routers that name no MTU. */
#include "support.h"

#include "ip/ip_pmtu.h"

static void honest_reports_are_believed(void **state)
{
    (void)state;
    assert_int_equal(ip_pmtu_from_report(true, 1400, 1500, 1500), 1400);
    assert_int_equal(ip_pmtu_from_report(false, 1400, 1500, 1500), 1400);
}

static void lies_end_at_the_floor(void **state)
{
    (void)state;
    for (uint32_t mtu = 1; mtu < 552; mtu++) {
        assert_int_equal(ip_pmtu_from_report(true, mtu, 1500, 1500), 552);
    }
    assert_int_equal(ip_pmtu_from_report(false, 0, 1500, 1500), 1280);
    assert_int_equal(ip_pmtu_from_report(false, 68, 1500, 1500), 1280);
}

static void never_raised_and_never_above_a_small_link(void **state)
{
    (void)state;
    assert_int_equal(ip_pmtu_from_report(true, 9000, 1500, 1500), 1500);
    assert_int_equal(ip_pmtu_from_report(true, 60, 100, 100), 100);
    assert_int_equal(ip_pmtu_from_report(true, UINT32_MAX, 0, 68), 68);
}

static void old_routers_step_down_the_plateaus(void **state)
{
    (void)state;
    assert_int_equal(ip_pmtu_from_report(true, 0, 1500, 1500), 1492);
    assert_int_equal(ip_pmtu_from_report(true, 0, 1492, 1500), 1006);
    assert_int_equal(ip_pmtu_from_report(true, 0, 1006, 1500), 552);
    assert_int_equal(ip_pmtu_from_report(true, 0, 0, 1006), 552);
    assert_int_equal(ip_pmtu_plateau_below(68), 68);
    assert_int_equal(ip_pmtu_plateau_below(UINT32_MAX), 65535);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(honest_reports_are_believed),
        cmocka_unit_test(lies_end_at_the_floor),
        cmocka_unit_test(never_raised_and_never_above_a_small_link),
        cmocka_unit_test(old_routers_step_down_the_plateaus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
