/*
 * What the doctor says of the host; it differs between machines, the lines do not. Name servers are
 * asked in tests/interop/test_doctor.py.
 */
#define _GNU_SOURCE

#include "cli/doctor_outside.h"

#include "doctor_fixture.h"
#include "support.h"

static void every_check_has_its_line(void **state)
{
    (void)state;
    static const char *const parts[] = {" network",
                                        "  descriptors: ", "  ping: ", "  IPv4: the host has ",
                                        "  IPv6: the host has "};
    struct diagnose_facts facts;
    diagnose_read(&facts, "");
    doctor_keep();
    doctor_try_host(LANG_EN, &facts);
    const char *text = doctor_kept();
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
        if (strstr(text, parts[i]) == NULL) fail_msg("missing: %s in %s", parts[i], text);
    }
}

static void few_descriptors_are_a_warning(void **state)
{
    (void)state;
    struct diagnose_facts facts;
    diagnose_read(&facts, "");
    facts.descriptors_max = 1024;
    doctor_keep();
    doctor_try_host(LANG_EN, &facts);
    assert_non_null(strstr(doctor_kept(), "  warn  descriptors: 1024, "));
}

static void the_jail_is_tried_in_a_child(void **state)
{
    (void)state;
    doctor_keep();
    const bool works = doctor_try_jail(LANG_EN);
    const char *text = doctor_kept();
    assert_non_null(strstr(text, works ? "  ok    giving up rights" : "  FAIL  giving up rights"));
}

static void nobody_is_asked_offline(void **state)
{
    (void)state;
    doctor_keep();
    doctor_try_resolvers(LANG_EN, true);
    const char *text = doctor_kept();
    assert_null(strstr(text, " answers "));
    assert_non_null(strstr(text, "name server"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_check_has_its_line),
        cmocka_unit_test(few_descriptors_are_a_warning),
        cmocka_unit_test(the_jail_is_tried_in_a_child),
        cmocka_unit_test(nobody_is_asked_offline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
