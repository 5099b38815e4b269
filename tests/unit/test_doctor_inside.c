/*
 * The sandbox as the doctor tries it (hosts that forbid it: tests/interop/test_doctor.py).
 */
#define _GNU_SOURCE

#include "cli/doctor_inside.h"

#include "doctor_fixture.h"
#include "in_namespace.h"
#include "sandbox_fixture.h"
#include "support.h"

static void every_step_is_told_in_order(void **state)
{
    FRONT_NEEDED();
    struct diagnose_facts facts;
    struct doctor_inside inside;
    diagnose_read(&facts, "");
    doctor_keep();
    doctor_try_sandbox(LANG_EN, &facts, &inside);
    const char *text = doctor_kept();
    assert_true(inside.works);
    const char *device =
        inside.kind == LINK_TAP ? "making a TAP device" : "opening a packet socket";
    const char *const parts[] = {"making a network namespace\n", "making a mount namespace\n",
                                 device, "setting addresses and routes: 10.", "/etc/resolv.conf"};
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
        text = strstr(text, parts[i]);
        if (text == NULL) fail_msg("missing, or not in order: %s", parts[i]);
    }
}

static void look_for_demo(void *unused)
{
    (void)unused;
    IN_NAMESPACE_REQUIRE(doctor_inside_main() != 0); /* demo.vitro is found inside only */
}

static void without_a_network_there_is_no_name(void **state)
{
    (void)state;
    const enum in_namespace outcome = in_namespace_run(look_for_demo, NULL);
    if (outcome == IN_NAMESPACE_FORBIDDEN) {
        print_message("this user may not make namespaces here\n");
        skip();
    }
    assert_int_equal(outcome, IN_NAMESPACE_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_is_told_in_order),
        cmocka_unit_test(without_a_network_there_is_no_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
