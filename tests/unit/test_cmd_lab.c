/*
 * vitro lab as a command: what it prints is what the machine's tcpdump prints of what it saves, and
 * a wrong command line ends with status 2.
 */
#define _POSIX_C_SOURCE 200809L /* setenv, mkdtemp, dup */

#include "support.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"
#include "sim/lab.h"

static char dir[] = "/tmp/vitro-lab-XXXXXX";

/* Runs the command with its standard output in a file of the test's folder. */
static int run(const char *name, int argc, const char **argv)
{
    char path[64];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    (void)fflush(stdout);
    const int kept = dup(STDOUT_FILENO);
    assert_non_null(freopen(path, "w", stdout));
    const int status = cmd_lab(argc, (char **)argv, LANG_EN);
    (void)fflush(stdout);
    assert_int_equal(dup2(kept, STDOUT_FILENO), STDOUT_FILENO);
    (void)close(kept);
    return status;
}

static void the_text_is_that_of_tcpdump(void **state)
{
    (void)state;
    char pcap[64], compare[256];
    if (system("tcpdump --version >/dev/null 2>&1") != 0) skip();
    (void)snprintf(pcap, sizeof pcap, "%s/a.pcap", dir);
    (void)snprintf(compare, sizeof compare,
                   "TZ=UTC tcpdump -n -r %s 2>/dev/null | cmp - %s/a.txt >&2", pcap, dir);
    static const char *const sides[] = {"--at=client", "--at=server"};
    for (size_t i = 0; lab_scenes[i] != NULL; i++) {
        for (int way = 0; way < 4; way++) {
            const char *argv[] = {lab_scenes[i]->name, "--no-notes", "-w", pcap,
                                  sides[way & 1],      "-6"};
            assert_int_equal(run("a.txt", way < 2 ? 5 : 6, argv), 0);
            if (system(compare) != 0) fail_msg("%s %d differs", lab_scenes[i]->name, way);
        }
    }
}

static void bad_command_lines_end_with_status_2(void **state)
{
    (void)state;
    const char *lines[][3] = {
        {"nosuch", "-6", "-6"},           {"loss", "--deley", "3ms"}, {"loss", "--delay", "3"},
        {"loss", "--cc", "vegas"},        {"loss", "--at", "moon"},   {"loss", "--mss", "70000"},
        {"loss", "--fault", "drop it"},   {"loss", "--lang", "fr"},   {"loss", "--size", "x"},
        {"-6", "--mtu=576", "handshake"}, {"loss", "upload", "-6"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_int_equal(run("bad.txt", 3, lines[i]), CLI_USAGE);
    }
    assert_int_equal(run("bad.txt", 0, lines[0]), CLI_USAGE);
}

static void no_partial_file_is_left_behind(void **state)
{
    (void)state;
    char look[96];
    const char *argv[] = {"handshake", "-w", "/no/such/folder/a.pcap"};
    char bad[64];
    (void)snprintf(bad, sizeof bad, "%s/bad.pcap", dir);
    const char *refused[] = {"handshake", "-w", bad, "--rcvbuf=1"};
    assert_int_equal(run("out.txt", 3, argv), 1);
    assert_int_equal(run("out.txt", 4, refused), CLI_USAGE);
    (void)snprintf(look, sizeof look, "! ls %s | grep -q -e part -e bad.pcap", dir);
    assert_int_equal(system(look), 0);
}

static void a_file_that_is_sent_may_come_from_a_pipe(void **state)
{
    (void)state;
    char fifo[64], command[256], look[128];
    (void)snprintf(fifo, sizeof fifo, "%s/fifo", dir);
    (void)snprintf(command, sizeof command, "mkfifo %s && (head -c 70000 /dev/zero > %s &)", fifo,
                   fifo);
    assert_int_equal(system(command), 0);
    const char *argv[] = {"upload", "--file", fifo};
    assert_int_equal(run("fifo.txt", 3, argv), 0);
    (void)snprintf(look, sizeof look, "grep -q '^client: connected; sent 70000 ' %s/fifo.txt", dir);
    assert_int_equal(system(look), 0);
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    const char *argv[] = {"upload", "-w", "/dev/full"};
    if (access("/dev/full", W_OK) != 0) skip();
    assert_int_equal(run("full.txt", 3, argv), 1);
}

static void both_sides_are_named(void **state)
{
    (void)state;
    char look[160];
    const char *argv[] = {"handshake", "--at", "both"};
    assert_int_equal(run("both.txt", 3, argv), 0);
    (void)snprintf(look, sizeof look,
                   "test $(grep -c -e ' client Out IP ' -e ' server In  IP ' %s/both.txt) = 4",
                   dir);
    assert_int_equal(system(look), 0);
}

static int setup(void **state)
{
    (void)state;
    return mkdtemp(dir) == NULL;
}

static int teardown(void **state)
{
    (void)state;
    char command[64];
    (void)snprintf(command, sizeof command, "rm -r %s", dir);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_is_that_of_tcpdump),
        cmocka_unit_test(bad_command_lines_end_with_status_2),
        cmocka_unit_test(no_partial_file_is_left_behind),
        cmocka_unit_test(a_file_that_is_sent_may_come_from_a_pipe),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(both_sides_are_named),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
