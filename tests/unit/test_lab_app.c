/*
 * What applications are told at the end of scenes.
 */
#include "support.h"

#include "sim/lab.h"
#include <vitro.h>

static void on_seen(void *owner, const struct lab_sight *sight)
{
    (void)owner;
    (void)sight;
}

static struct lab_report play(const char *name)
{
    struct lab_report report;
    struct lab_config config;
    const struct lab_watcher watcher = {NULL, on_seen};
    const struct lab_scene *scene = lab_scene_find(name);
    assert_non_null(scene);
    lab_config_default(&config, scene, false, 1);
    struct lab *lab = lab_create(scene, &config, &watcher);
    assert_non_null(lab);
    while (lab_step(lab)) continue;
    lab_report(lab, &report);
    lab_destroy(lab);
    return report;
}

static void nothing_is_lost_between_the_applications(void **state)
{
    (void)state;
    static const char *const names[] = {"upload",      "http",         "telnet",     "loss",
                                        "rto",         "reorder",      "duplicate",  "corrupt",
                                        "zero-window", "window-scale", "congestion", "mtu",
                                        "half-close",  "syn-flood",    "delayed-ack"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        const struct lab_report report = play(names[i]);
        assert_int_equal(report.fate[SIM_A].sent_bytes, report.fate[SIM_B].received_bytes);
        assert_int_equal(report.fate[SIM_B].sent_bytes, report.fate[SIM_A].received_bytes);
        assert_int_equal(report.fate[SIM_A].error, 0);
        assert_int_equal(report.fate[SIM_B].error, 0);
    }
}

static void errors_are_told(void **state)
{
    (void)state;
    assert_int_equal(play("refused").fate[SIM_A].error, -ECONNREFUSED);
    assert_int_equal(play("reset").fate[SIM_B].error, -ECONNRESET);
    assert_int_equal(play("keepalive").fate[SIM_A].error, -ETIMEDOUT);
}

/* 1 + 2 + 4 + 8 + 16 + 32 + 64 + 120 s: the eighth wait is cut to the largest RTO. */
static void a_connect_gives_up_after_its_waits(void **state)
{
    (void)state;
    const struct lab_report report = play("timeout");
    assert_int_equal(report.fate[SIM_A].error, -ETIMEDOUT);
    assert_int_equal(report.last_us, 247000000);
    assert_int_equal(report.segments, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_between_the_applications),
        cmocka_unit_test(errors_are_told),
        cmocka_unit_test(a_connect_gives_up_after_its_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
