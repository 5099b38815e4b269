/*
 * The runner behind cmocka_small/cmocka.h. A failing assertion jumps back to the runner, which
 * counts it and goes on to the next test. A crash ends the program: CTest counts that as a failure.
 */
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum outcome { PASSED, FAILED, SKIPPED };

static jmp_buf to_runner;

void print_message(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
}

void print_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
}

void cmocka_small_fail(const char *file, int line)
{
    fprintf(stderr, "[   LINE   ] --- %s:%d: error: Failure!\n", file, line);
    longjmp(to_runner, 1 + FAILED);
}

void cmocka_small_skip(void) { longjmp(to_runner, 1 + SKIPPED); }

void cmocka_small_true(bool holds, const char *text, const char *file, int line)
{
    if (holds) return;
    fprintf(stderr, "[  ERROR   ] --- %s\n", text);
    cmocka_small_fail(file, line);
}

void cmocka_small_equal(LargestIntegralType a, LargestIntegralType b, bool wanted, const char *file,
                        int line)
{
    if ((a == b) == wanted) return;
    fprintf(stderr, "[  ERROR   ] --- %#" PRIxMAX " %s %#" PRIxMAX "\n", a,
            wanted ? "!=" : "==", b);
    cmocka_small_fail(file, line);
}

void cmocka_small_string(const char *a, const char *b, bool wanted, const char *file, int line)
{
    if ((strcmp(a, b) == 0) == wanted) return;
    fprintf(stderr, "[  ERROR   ] --- \"%s\" %s \"%s\"\n", a, wanted ? "!=" : "==", b);
    cmocka_small_fail(file, line);
}

void cmocka_small_memory(const void *a, const void *b, size_t len, bool wanted, const char *file,
                         int line)
{
    const unsigned char *x = a;
    const unsigned char *y = b;
    size_t at = 0;
    while (at < len && x[at] == y[at]) at++;
    if ((at == len) == wanted) return;
    if (wanted) {
        fprintf(stderr, "[  ERROR   ] --- byte %zu of %zu: 0x%02x != 0x%02x\n", at, len,
                (unsigned)x[at], (unsigned)y[at]);
    } else {
        fprintf(stderr, "[  ERROR   ] --- %zu bytes are the same\n", len);
    }
    cmocka_small_fail(file, line);
}

void cmocka_small_range(LargestIntegralType value, LargestIntegralType lo, LargestIntegralType hi,
                        bool wanted, const char *file, int line)
{
    if ((value >= lo && value <= hi) == wanted) return;
    fprintf(stderr, "[  ERROR   ] --- %" PRIuMAX " is %s %" PRIuMAX "..%" PRIuMAX "\n", value,
            wanted ? "not within" : "within", lo, hi);
    cmocka_small_fail(file, line);
}

static enum outcome run_one(const struct CMUnitTest *test, void **state)
{
    int jumped = setjmp(to_runner);
    if (jumped != 0) return (enum outcome)(jumped - 1);
    if (test->setup_func != NULL && test->setup_func(state) != 0) return FAILED;
    test->test_func(state);
    return PASSED;
}

static enum outcome run_teardown(const struct CMUnitTest *test, void **state)
{
    if (test->teardown_func == NULL) return PASSED;
    if (setjmp(to_runner) != 0) return FAILED;
    return test->teardown_func(state) == 0 ? PASSED : FAILED;
}

int cmocka_small_run(const char *group, const struct CMUnitTest *tests, size_t count,
                     CMFixtureFunction group_setup, CMFixtureFunction group_teardown)
{
    static const char *const says[] = {"[       OK ]", "[  FAILED  ]", "[  SKIPPED ]"};
    unsigned counts[3] = {0};
    void *group_state = NULL;
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("[==========] Running %zu test(s).\n", count);
    if (group_setup != NULL && group_setup(&group_state) != 0) {
        printf("[  FAILED  ] %s: group setup\n", group);
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        void *state = tests[i].initial_state != NULL ? tests[i].initial_state : group_state;
        printf("[ RUN      ] %s\n", tests[i].name);
        enum outcome outcome = run_one(&tests[i], &state);
        if (run_teardown(&tests[i], &state) != PASSED) outcome = FAILED;
        counts[outcome]++;
        printf("%s %s\n", says[outcome], tests[i].name);
    }
    if (group_teardown != NULL && group_teardown(&group_state) != 0) counts[FAILED]++;
    printf("[==========] %zu test(s) run.\n[  PASSED  ] %u test(s).\n", count, counts[PASSED]);
    if (counts[SKIPPED] > 0) printf("[  SKIPPED ] %u test(s).\n", counts[SKIPPED]);
    if (counts[FAILED] > 0) printf("[  FAILED  ] %u test(s), listed above.\n", counts[FAILED]);
    return (int)counts[FAILED];
}
