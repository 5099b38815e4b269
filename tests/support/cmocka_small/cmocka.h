/*
 * The part of cmocka that vitro's tests use, under cmocka's own names, for targets on which cmocka
 * is not installed: a 32-bit build on a 64-bit machine, usually. Written anew; output in cmocka's
 * form, so that tools/run-tests reads both alike. No mocks: nothing in vitro needs them.
 */
#ifndef VITRO_CMOCKA_SMALL_H
#define VITRO_CMOCKA_SMALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uintmax_t LargestIntegralType;
typedef void (*CMUnitTestFunction)(void **state);
typedef int (*CMFixtureFunction)(void **state);

struct CMUnitTest {
    const char *name;
    CMUnitTestFunction test_func;
    CMFixtureFunction setup_func;
    CMFixtureFunction teardown_func;
    void *initial_state;
};

/* Initialisers, which clang-format takes for blocks. */
/* clang-format off */
#define cmocka_unit_test(f)                            {#f, f, NULL, NULL, NULL}
#define cmocka_unit_test_setup(f, s)                   {#f, f, s, NULL, NULL}
#define cmocka_unit_test_teardown(f, t)                {#f, f, NULL, t, NULL}
#define cmocka_unit_test_setup_teardown(f, s, t)       {#f, f, s, t, NULL}
#define cmocka_unit_test_prestate(f, p)                {#f, f, NULL, NULL, p}
#define cmocka_unit_test_prestate_setup_teardown(f, s, t, p) {#f, f, s, t, p}
/* clang-format on */

#define cmocka_run_group_tests(tests, setup, teardown)                                             \
    cmocka_small_run(#tests, tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown)
#define cmocka_run_group_tests_name(name, tests, setup, teardown)                                  \
    cmocka_small_run(name, tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown)

#define cast_to_largest_integral_type(value) ((LargestIntegralType)(value))
#define CMOCKA_SMALL_INT(value)              cast_to_largest_integral_type(value)
#define CMOCKA_SMALL_PTR(value)              ((LargestIntegralType)(uintptr_t)(value))

#define assert_true(c)  cmocka_small_true(!!(c), #c, __FILE__, __LINE__)
#define assert_false(c) cmocka_small_true(!(c), "!(" #c ")", __FILE__, __LINE__)
#define assert_non_null(p)                                                                         \
    cmocka_small_true(CMOCKA_SMALL_PTR(p) != 0, #p " is not NULL", __FILE__, __LINE__)
#define assert_null(p)                                                                             \
    cmocka_small_true(CMOCKA_SMALL_PTR(p) == 0, #p " is NULL", __FILE__, __LINE__)
#define assert_int_equal(a, b)                                                                     \
    cmocka_small_equal(CMOCKA_SMALL_INT(a), CMOCKA_SMALL_INT(b), true, __FILE__, __LINE__)
#define assert_int_not_equal(a, b)                                                                 \
    cmocka_small_equal(CMOCKA_SMALL_INT(a), CMOCKA_SMALL_INT(b), false, __FILE__, __LINE__)
#define assert_ptr_equal(a, b)                                                                     \
    cmocka_small_equal(CMOCKA_SMALL_PTR(a), CMOCKA_SMALL_PTR(b), true, __FILE__, __LINE__)
#define assert_ptr_not_equal(a, b)                                                                 \
    cmocka_small_equal(CMOCKA_SMALL_PTR(a), CMOCKA_SMALL_PTR(b), false, __FILE__, __LINE__)
#define assert_string_equal(a, b)        cmocka_small_string(a, b, true, __FILE__, __LINE__)
#define assert_string_not_equal(a, b)    cmocka_small_string(a, b, false, __FILE__, __LINE__)
#define assert_memory_equal(a, b, n)     cmocka_small_memory(a, b, n, true, __FILE__, __LINE__)
#define assert_memory_not_equal(a, b, n) cmocka_small_memory(a, b, n, false, __FILE__, __LINE__)
#define assert_in_range(v, lo, hi)                                                                 \
    cmocka_small_range(CMOCKA_SMALL_INT(v), CMOCKA_SMALL_INT(lo), CMOCKA_SMALL_INT(hi), true,      \
                       __FILE__, __LINE__)
#define assert_not_in_range(v, lo, hi)                                                             \
    cmocka_small_range(CMOCKA_SMALL_INT(v), CMOCKA_SMALL_INT(lo), CMOCKA_SMALL_INT(hi), false,     \
                       __FILE__, __LINE__)
#define assert_float_equal(a, b, epsilon)                                                          \
    cmocka_small_true((a) - (b) <= (epsilon) && (b) - (a) <= (epsilon), #a " == " #b, __FILE__,    \
                      __LINE__)
#define assert_return_code(rc, error)                                                              \
    cmocka_small_true((rc) >= 0, #rc " >= 0 (" #error ")", __FILE__, __LINE__)

#define fail() cmocka_small_fail(__FILE__, __LINE__)
#define fail_msg(...)                                                                              \
    do {                                                                                           \
        print_error("ERROR: " __VA_ARGS__);                                                        \
        print_error("\n");                                                                         \
        cmocka_small_fail(__FILE__, __LINE__);                                                     \
    } while (0)
#define skip() cmocka_small_skip()

void print_message(const char *format, ...) __attribute__((format(printf, 1, 2)));
void print_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Runs the tests in order, each between its setup and teardown; returns how many failed. */
int cmocka_small_run(const char *group, const struct CMUnitTest *tests, size_t count,
                     CMFixtureFunction group_setup, CMFixtureFunction group_teardown);

/* Each ends the running test when what it says does not hold. */
void cmocka_small_true(bool holds, const char *text, const char *file, int line);
void cmocka_small_equal(LargestIntegralType a, LargestIntegralType b, bool wanted, const char *file,
                        int line);
void cmocka_small_string(const char *a, const char *b, bool wanted, const char *file, int line);
void cmocka_small_memory(const void *a, const void *b, size_t len, bool wanted, const char *file,
                         int line);
void cmocka_small_range(LargestIntegralType value, LargestIntegralType lo, LargestIntegralType hi,
                        bool wanted, const char *file, int line);

/* End the running test: as failed, as skipped. */
void cmocka_small_fail(const char *file, int line) __attribute__((noreturn));
void cmocka_small_skip(void) __attribute__((noreturn));

#endif
