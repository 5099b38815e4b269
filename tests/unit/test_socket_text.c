/*
 * Names and short texts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

static void the_version_is_the_headers(void **state)
{
    (void)state;
    assert_string_equal(vitro_version(), VITRO_VERSION_TEXT);
}

static void errors_have_names_of_either_sign(void **state)
{
    (void)state;
    assert_string_equal(vitro_error_name(ECONNREFUSED), "ECONNREFUSED");
    assert_string_equal(vitro_error_name(-ETIMEDOUT), "ETIMEDOUT");
    assert_string_equal(vitro_error_name(0), "OK");
    assert_string_equal(vitro_error_name(99999), "unknown error");
    assert_string_equal(vitro_error_text(-ECONNREFUSED), "connection refused");
    assert_string_equal(vitro_error_text(0), "no error");
    assert_string_equal(vitro_error_text(99999), "unknown error");
}

static void every_enumerator_has_a_text(void **state)
{
    (void)state;
    for (int i = 0; i < VITRO_DROP_COUNT; i++)
        assert_true(strlen(vitro_drop_text((enum vitro_drop)i)) > 3);
    for (int i = 0; i < VITRO_TCP_STATE_COUNT; i++)
        assert_true(strlen(vitro_tcp_state_text((enum vitro_tcp_state)i)) > 3);
    for (int i = 0; i < VITRO_EVENT_KIND_COUNT; i++)
        assert_true(strlen(vitro_event_kind_text((enum vitro_event_kind)i)) > 3);
    assert_string_equal(vitro_tcp_state_text(VITRO_TCP_FIN_WAIT_1), "FIN-WAIT-1");
    assert_string_equal(vitro_tcp_cause_text(VITRO_CAUSE_RST), "RST arrived");
    assert_string_equal(vitro_retransmit_cause_text(VITRO_RETRANSMIT_TIMEOUT), "timeout");
    assert_string_equal(vitro_drop_text(VITRO_DROP_TCP_CHECKSUM), "bad TCP checksum");
    assert_string_equal(vitro_drop_text(VITRO_DROP_COUNT), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_version_is_the_headers),
        cmocka_unit_test(errors_have_names_of_either_sign),
        cmocka_unit_test(every_enumerator_has_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
