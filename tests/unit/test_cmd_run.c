/*
 * The command line of `vitro run`, and what stays when nothing could be started. Runs with a
 * program are in tests/interop.
 */
#define _GNU_SOURCE

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "run_fixture.h"

#define WORDS_MAX 8

/* Runs the command in this process; its stderr is then in `said`. Returns the exit status. */
static int run(const char *const *words, char said[4096])
{
    char *argv[WORDS_MAX + 1] = {NULL};
    int argc = 0;
    while (words[argc] != NULL) {
        argv[argc] = strdup(words[argc]);
        argc++;
    }
    const int fd = run_file();
    const int kept = dup(STDERR_FILENO);
    assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    const int status = cmd_run(argc, argv, LANG_EN);
    (void)fflush(stderr);
    assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
    (void)snprintf(said, 4096, "%s", run_file_text(fd));
    close(kept);
    close(fd);
    for (int i = 0; i < argc; i++) free(argv[i]);
    return status;
}

static void a_wrong_command_line_is_told_in_one_line(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS_MAX];
        const char *part; /* of what is said */
        int status;
    } cases[] = {
        {{NULL}, "which program?", 2},
        {{"--", NULL}, "which program?", 2},
        {{"--prnt", "all", "true", NULL}, "did you mean `--print`?", 2},
        {{"--print", "some", "true", NULL}, "choose one of", 2},
        {{"--mtu", "100", "true", NULL}, "must be from 1280", 2},
        {{"-p", "0", "true", NULL}, "--publish `0`", 2},
        {{"-p", "80:80:80:80", "true", NULL}, "such as 8080:80", 2},
        {{"--json", "-", "true", NULL}, "--json -: stdout is the program's", 2},
        {{"-o", "/tmp/vitro-same", "-w", "/tmp/vitro-same", "true", NULL}, "to one file", 125},
        {{"-o", "/no/such/folder/x", "true", NULL}, "/no/such/folder/x: ", 125},
        {{"-w", "/", "true", NULL}, "/: ", 125},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char said[4096];
        assert_int_equal(run(cases[i].words, said), cases[i].status);
        if (strstr(said, cases[i].part) == NULL) fail_msg("case %zu: %s", i, said);
        assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
        assert_int_equal(strncmp(said, "vitro run: ", 11), 0);
    }
}

static void nothing_started_leaves_no_file(void **state)
{
    (void)state;
    char dir[] = "/tmp/vitro-run-XXXXXX";
    char capture[64], kept[64], said[4096];
    assert_non_null(mkdtemp(dir));
    (void)snprintf(capture, sizeof capture, "%s/new.pcapng", dir);
    (void)snprintf(kept, sizeof kept, "%s/old.txt", dir);
    FILE *old = fopen(kept, "w");
    assert_non_null(old);
    assert_true(fputs("precious\n", old) >= 0);
    assert_int_equal(fclose(old), 0);
    const char *const words[] = {"-w", capture, "-o", kept, "-p", "192.0.2.9:7:7", "true", NULL};
    assert_int_equal(run(words, said), 125);
    assert_int_equal(access(capture, F_OK), -1);
    char line[16] = "";
    old = fopen(kept, "r");
    assert_non_null(old);
    assert_non_null(fgets(line, sizeof line, old));
    assert_string_equal(line, "precious\n");
    assert_int_equal(fclose(old), 0);
    assert_int_equal(unlink(kept), 0);
    assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_command_line_is_told_in_one_line),
        cmocka_unit_test(nothing_started_leaves_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
