/*
 * vitro lab: plays a scene.
 *
 * The capture is written beside its place and renamed when it is whole; a signal that would end the
 * program ends the scene first, so that no partial file is left behind. What is no regular file
 * (/dev/full, a FIFO) is written where it is.
 */
#define _POSIX_C_SOURCE 200809L /* getpid, sigaction, unlink */

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/pool.h"
#include "cli/cli.h"
#include "cli/lab_options.h"
#include "cli/lab_show.h"

#define READ_BYTES_FIRST 65536

static const char command[] = "lab";

/* The signal that wants to end the program while a capture is written; 0: none. */
static volatile sig_atomic_t stopped_by;

static void stop(int signal_number) { stopped_by = signal_number; }

static int list(enum lang lang)
{
    for (size_t i = 0; lab_scenes[i] != NULL; i++) {
        const char *name = lab_scenes[i]->name;
        printf("%-13s %s\n", name, scene_summary(name, lang));
    }
    return 0;
}

static int unknown_scene(const char *name, enum lang lang)
{
    const char *names[64];
    size_t count = 0;
    while (lab_scenes[count] != NULL && count < ARRAY_COUNT(names)) {
        names[count] = lab_scenes[count]->name;
        count++;
    }
    const char *near = cli_nearest(name, names, count);
    if (near != NULL)
        word_say(lang, command, &word_lab_unknown_scene_near, name, near);
    else
        word_say(lang, command, &word_lab_unknown_scene, name);
    return CLI_USAGE;
}

static void say_file_error(const char *path, int error, enum lang lang)
{
    word_say(lang, command, &word_file_error, path, word_error(lang, error, strerror(error)));
}

/* Reads all of it into *data, a block of *cap bytes; a positive errno value if it cannot. */
static int read_all(FILE *file, uint8_t **data, uint64_t *len)
{
    size_t cap = READ_BYTES_FIRST;
    *len = 0;
    *data = mem_get(cap);
    while (*data != NULL) {
        errno = 0;
        *len += fread(*data + *len, 1, cap - (size_t)*len, file);
        if (ferror(file) != 0) return errno != 0 ? errno : EIO;
        if (*len < cap) return 0;
        if (cap > LAB_SIZE_BYTES_MAX) return EFBIG;
        uint8_t *grown = mem_grow(*data, cap, 2 * cap);
        if (grown == NULL) break;
        *data = grown;
        cap *= 2;
    }
    return ENOMEM;
}

/* Reads the file to send into a block that the caller frees; NULL and a word if it cannot. */
static uint8_t *read_file(const char *path, uint64_t *len, enum lang lang)
{
    uint8_t *data = NULL;
    FILE *file = fopen(path, "rb");
    int error = file != NULL ? read_all(file, &data, len) : errno;
    if (error == 0 && *len > LAB_SIZE_BYTES_MAX) error = EFBIG;
    if (file != NULL) (void)fclose(file);
    if (error == 0) return data;
    if (error == EFBIG)
        word_say(lang, command, &word_lab_big_file, path, (unsigned long long)LAB_SIZE_BYTES_MAX);
    else
        say_file_error(path, error, lang);
    mem_put(data);
    return NULL;
}

/* Whether all of a file has been written; if not, says why. */
static bool is_written(FILE *file, const char *name, enum lang lang)
{
    errno = 0;
    if (fflush(file) == 0 && ferror(file) == 0) return true;
    if (errno != EPIPE) say_file_error(name, errno != 0 ? errno : EIO, lang);
    return false;
}

static void play_steps(struct lab *lab, struct lab_show *show)
{
    while (stopped_by == 0 && lab_step(lab)) {
        uint64_t now_us;
        enum vitro_tcp_state state[SIM_ENDS];
        lab_states(lab, &now_us, state);
        lab_show_states(show, now_us, state);
    }
}

static int play(const struct lab_scene *scene, const struct lab_config *config,
                struct lab_show *show)
{
    const struct lab_watcher watcher = {.owner = show, .seen = lab_show_seen};
    if (!lab_show_init(show)) {
        word_say(show->lang, command, &word_no_memory);
        return 1;
    }
    if (show->has_notes) {
        word_print(show->lang, &word_lab_head, scene->name, scene_summary(scene->name, show->lang),
                   scene_look(scene->name, show->lang));
    }
    struct lab *lab = lab_create(scene, config, &watcher); /* the first packet leaves at once */
    if (lab == NULL) {
        lab_show_deinit(show);
        word_say(show->lang, command, &word_no_memory);
        return 1;
    }
    play_steps(lab, show);
    struct lab_report report;
    lab_report(lab, &report);
    if (show->has_notes && stopped_by == 0) lab_show_report(show, &report);
    lab_destroy(lab);
    lab_show_deinit(show);
    return is_written(stdout, word_text(show->lang, &word_output), show->lang) ? 0 : 1;
}

/* What would end the program shall end the scene, until `old` is put back. */
static void catch_signals(const int *signals, size_t count, struct sigaction *old)
{
    for (size_t i = 0; i < count; i++) {
        const struct sigaction action = {.sa_handler = stop};
        (void)sigaction(signals[i], NULL, &old[i]);
        if (old[i].sa_handler != SIG_IGN) (void)sigaction(signals[i], &action, NULL);
    }
}

/* Plays with the capture going to `path`, by way of a file beside it. */
static int play_saving(const struct lab_scene *scene, const struct lab_config *config,
                       struct lab_show *show, const char *path)
{
    char temporary[4096];
    struct stat existing;
    const bool is_direct = stat(path, &existing) == 0 && !S_ISREG(existing.st_mode);
    const int len = snprintf(temporary, sizeof temporary, "%s.part%ld", path, (long)getpid());
    errno = len < (int)sizeof temporary ? 0 : ENAMETOOLONG;
    if (errno == 0) show->file = is_direct ? fopen(path, "wb") : fopen(temporary, "wbx");
    if (show->file == NULL) {
        say_file_error(path, errno, show->lang);
        return 1;
    }
    const int status = play(scene, config, show);
    bool is_good = stopped_by == 0 && is_written(show->file, path, show->lang);
    (void)fclose(show->file);
    if (is_direct) return is_good ? status : 1;
    if (is_good && rename(temporary, path) != 0) {
        say_file_error(path, errno, show->lang);
        is_good = false;
    }
    if (!is_good) (void)unlink(temporary);
    return is_good ? status : 1;
}

static int play_unless_stopped(const struct lab_scene *scene, const struct lab_config *config,
                               struct lab_show *show, const char *path)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
    struct sigaction old[ARRAY_COUNT(signals)];
    if (path == NULL) return play(scene, config, show);
    stopped_by = 0;
    catch_signals(signals, ARRAY_COUNT(signals), old);
    const int status = play_saving(scene, config, show, path);
    for (size_t i = 0; i < ARRAY_COUNT(signals); i++) (void)sigaction(signals[i], &old[i], NULL);
    if (stopped_by != 0) (void)raise(stopped_by);
    return status;
}

static int run(const struct lab_scene *scene, const struct cli_parser *parser)
{
    const struct cli_value *v = parser->values;
    struct lab_config config;
    struct lab_show show = {.lang = parser->lang,
                            .has_notes = !v[LAB_OPT_NO_NOTES].is_set,
                            .has_states = v[LAB_OPT_STATES].is_set,
                            .out = stdout};
    if (v[LAB_OPT_AT].is_set) {
        show.is_both = v[LAB_OPT_AT].number == LAB_AT_BOTH;
        show.side = v[LAB_OPT_AT].number == LAB_AT_SERVER ? SIM_B : SIM_A;
    }
    if (!lab_options_check(parser, scene)) return CLI_USAGE;
    lab_config_default(&config, scene, v[LAB_OPT_V6].is_set,
                       v[LAB_OPT_SEED].is_set ? v[LAB_OPT_SEED].number : 1);
    if (!lab_options_apply(parser, &config)) return CLI_USAGE;
    const char *path = v[LAB_OPT_WRITE].text;
    if (path != NULL && (path[0] == '\0' || strcmp(path, "-") == 0)) {
        word_say(parser->lang, command, &word_lab_write_where, path);
        return CLI_USAGE;
    }
    uint8_t *data = NULL;
    if (v[LAB_OPT_FILE].is_set) {
        data = read_file(v[LAB_OPT_FILE].text, &config.size_bytes, parser->lang);
        if (data == NULL) return 1;
        config.data = data;
    }
    const int status = play_unless_stopped(scene, &config, &show, path);
    mem_put(data);
    return status;
}

int cmd_lab(int argc, char **argv, enum lang lang)
{
    struct cli_value values[LAB_OPTION_COUNT] = {{0}};
    struct cli_repeat faults[LAB_FAULTS_MAX];
    const char *operands[1];
    struct cli_parser parser = {.command = command,
                                .options = lab_options,
                                .option_count = LAB_OPTION_COUNT,
                                .values = values,
                                .repeats = faults,
                                .repeats_max = ARRAY_COUNT(faults),
                                .operands = operands,
                                .operands_max = ARRAY_COUNT(operands),
                                .lang = lang};
    if (!cli_parse(&parser, argc, argv)) return CLI_USAGE;
    lang = parser.lang;
    if (values[LAB_OPT_HELP].is_set) {
        word_print(lang, &word_lab_usage);
        cli_help(lab_options, LAB_OPTION_COUNT, lang);
        return 0;
    }
    if (values[LAB_OPT_LIST].is_set) return list(lang);
    if (parser.operand_count == 0) {
        word_say(lang, command, &word_lab_no_scene);
        return CLI_USAGE;
    }
    const struct lab_scene *scene = lab_scene_find(operands[0]);
    if (scene == NULL) return unknown_scene(operands[0], lang);
    return run(scene, &parser);
}
