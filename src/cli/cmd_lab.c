/*
 * vitro lab: plays a scene.
 *
 * The table of options below is all that parsing and --help know. The capture is written beside its
 * place and renamed when it is whole, so that no partial file is left behind.
 */
#define _POSIX_C_SOURCE 200809L /* getpid, unlink */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/pool.h"
#include "cli/cli.h"
#include "cli/cli_options.h"
#include "cli/lab_show.h"

enum option {
    O_DELAY,
    O_JITTER,
    O_RATE,
    O_QUEUE,
    O_MTU,
    O_LOSS,
    O_DUPLICATE,
    O_REORDER,
    O_CORRUPT,
    O_FAULT,
    O_CC,
    O_NO_SACK,
    O_NO_TS,
    O_WSCALE,
    O_SYN_RETRIES,
    O_SYN_WAIT,
    O_MSS,
    O_RCVBUF,
    O_V6,
    O_AT,
    O_NO_NOTES,
    O_STATES,
    O_WRITE,
    O_LIST,
    O_SEED,
    O_LANG,
    O_SIZE,
    O_FILE,
    O_HELP,
    OPTION_COUNT,
};

#define FAULTS_MAX     12 /* besides the scene's own */
#define SIZE_BYTES_MAX (UINT64_C(1) << 30)
#define IP_HEADERS_MAX 60 /* of IPv6 and TCP */

static const char command[] = "lab";
static const char *const algorithms[] = {"cubic", "reno", NULL};
static const char *const sides[] = {"client", "server", NULL};

static const struct cli_option options[OPTION_COUNT] = {
    [O_DELAY] = {.name = "delay",
                 .kind = CLI_TIME,
                 .max = 3600000000,
                 .help = &word_lab_help_delay,
                 .group = &word_lab_group_wire},
    [O_JITTER] = {.name = "jitter",
                  .kind = CLI_TIME,
                  .max = 3600000000,
                  .help = &word_lab_help_jitter},
    [O_RATE] = {.name = "rate",
                .kind = CLI_RATE,
                .min = 1000,
                .max = 1000000000000,
                .help = &word_lab_help_rate},
    [O_QUEUE] = {.name = "queue",
                 .kind = CLI_NUMBER,
                 .min = 1,
                 .max = 1000000,
                 .value = &word_lab_value_packets,
                 .help = &word_lab_help_queue},
    [O_MTU] =
        {.name = "mtu", .kind = CLI_SIZE, .min = 68, .max = 65535, .help = &word_lab_help_mtu},
    [O_LOSS] = {.name = "loss", .kind = CLI_PERCENT, .max = 1000000, .help = &word_lab_help_loss},
    [O_DUPLICATE] = {.name = "duplicate",
                     .kind = CLI_PERCENT,
                     .max = 1000000,
                     .help = &word_lab_help_duplicate},
    [O_REORDER] = {.name = "reorder",
                   .kind = CLI_PERCENT,
                   .max = 1000000,
                   .help = &word_lab_help_reorder},
    [O_CORRUPT] = {.name = "corrupt",
                   .kind = CLI_PERCENT,
                   .max = 1000000,
                   .help = &word_lab_help_corrupt},
    [O_FAULT] = {.name = "fault",
                 .kind = CLI_TEXT,
                 .repeats = true,
                 .value = &word_lab_value_rule,
                 .help = &word_lab_help_fault},
    [O_CC] = {.name = "cc",
              .kind = CLI_CHOICE,
              .choices = algorithms,
              .help = &word_lab_help_cc,
              .group = &word_lab_group_stacks},
    [O_NO_SACK] = {.name = "no-sack", .help = &word_lab_help_no_sack},
    [O_NO_TS] = {.name = "no-ts", .help = &word_lab_help_no_ts},
    [O_WSCALE] = {.name = "wscale",
                  .kind = CLI_NUMBER,
                  .max = 14,
                  .value = &word_lab_value_shift,
                  .help = &word_lab_help_wscale},
    [O_SYN_RETRIES] = {.name = "syn-retries",
                       .kind = CLI_NUMBER,
                       .max = 20,
                       .help = &word_lab_help_syn_retries},
    [O_SYN_WAIT] = {.name = "syn-wait",
                    .kind = CLI_TIME,
                    .min = 1000,
                    .max = 120000000,
                    .help = &word_lab_help_syn_wait},
    [O_MSS] =
        {.name = "mss", .kind = CLI_SIZE, .min = 88, .max = 65495, .help = &word_lab_help_mss},
    [O_RCVBUF] = {.name = "rcvbuf",
                  .kind = CLI_SIZE,
                  .min = 1024,
                  .max = 1 << 28,
                  .help = &word_lab_help_rcvbuf},
    [O_V6] = {.name = "ipv6", .letter = '6', .help = &word_lab_help_v6},
    [O_AT] = {.name = "at",
              .kind = CLI_CHOICE,
              .choices = sides,
              .value = &word_lab_value_side,
              .help = &word_lab_help_at,
              .group = &word_lab_group_scene},
    [O_NO_NOTES] = {.name = "no-notes", .help = &word_lab_help_no_notes},
    [O_STATES] = {.name = "states", .help = &word_lab_help_states},
    [O_WRITE] = {.name = "write",
                 .letter = 'w',
                 .kind = CLI_TEXT,
                 .value = &word_value_file,
                 .help = &word_lab_help_write},
    [O_LIST] = {.name = "list", .help = &word_lab_help_list},
    [O_SEED] = {.name = "seed", .kind = CLI_NUMBER, .help = &word_lab_help_seed},
    [O_LANG] = {.name = "lang", .kind = CLI_LANG, .help = &word_help_lang},
    [O_SIZE] = {.name = "size",
                .kind = CLI_SIZE,
                .max = SIZE_BYTES_MAX,
                .help = &word_lab_help_size},
    [O_FILE] = {.name = "file",
                .kind = CLI_TEXT,
                .value = &word_value_file,
                .help = &word_lab_help_file},
    [O_HELP] = {.name = "help", .letter = 'h', .help = &word_help_help},
};

static void apply_wire(const struct cli_value *v, struct sim_way_config *way)
{
    if (v[O_DELAY].is_set) way->delay_us = v[O_DELAY].number;
    if (v[O_JITTER].is_set) way->chances.jitter_us = v[O_JITTER].number;
    if (v[O_RATE].is_set) way->rate_bits = v[O_RATE].number;
    if (v[O_QUEUE].is_set) way->queue_packets = (uint32_t)v[O_QUEUE].number;
    if (v[O_MTU].is_set) way->mtu_bytes = (uint32_t)v[O_MTU].number;
    if (v[O_LOSS].is_set) way->chances.loss_ppm = (uint32_t)v[O_LOSS].number;
    if (v[O_DUPLICATE].is_set) way->chances.duplicate_ppm = (uint32_t)v[O_DUPLICATE].number;
    if (v[O_CORRUPT].is_set) way->chances.corrupt_ppm = (uint32_t)v[O_CORRUPT].number;
    if (v[O_REORDER].is_set) {
        way->chances.reorder_ppm = (uint32_t)v[O_REORDER].number;
        way->chances.reorder_us = u64_max(way->delay_us / 2, 1000);
    }
}

static void apply_stack(const struct cli_value *v, struct sim_host_config *host)
{
    struct vitro_tcp_config *tcp = &host->stack.tcp;
    if (v[O_CC].is_set) tcp->congestion_control = v[O_CC].text;
    if (v[O_NO_SACK].is_set) tcp->sack = false;
    if (v[O_NO_TS].is_set) tcp->timestamps = false;
    if (v[O_WSCALE].is_set) tcp->window_shift = (uint8_t)v[O_WSCALE].number;
    if (v[O_SYN_RETRIES].is_set) tcp->syn_retries = (uint32_t)v[O_SYN_RETRIES].number;
    if (v[O_SYN_WAIT].is_set) tcp->syn_first_wait_us = v[O_SYN_WAIT].number;
    if (v[O_RCVBUF].is_set) {
        tcp->rcvbuf_bytes = (uint32_t)v[O_RCVBUF].number;
        tcp->rcvbuf_bytes_max = tcp->rcvbuf_bytes;
    }
    if (v[O_MSS].is_set) {
        const uint32_t packet = u32_min((uint32_t)v[O_MSS].number + IP_HEADERS_MAX, 65535);
        tcp->mss_bytes_max = (uint16_t)v[O_MSS].number;
        host->interface.mtu_bytes = u32_max(host->interface.mtu_bytes, packet);
    }
}

static bool apply(const struct cli_value *v, struct lab_config *config, enum lang lang)
{
    for (int end = 0; end < SIM_ENDS; end++) {
        apply_wire(v, &config->net.wire.way[end]);
        apply_stack(v, &config->net.host[end]);
    }
    if (v[O_SIZE].is_set) config->size_bytes = v[O_SIZE].number;
    if (config->is_v6 && v[O_MTU].is_set && v[O_MTU].number < 1280) {
        word_say(lang, command, &word_lab_small_mtu6, v[O_MTU].text);
        return false;
    }
    return true;
}

/* Exact faults of the command line come to those of the scene. */
static bool apply_faults(const struct cli_parser *parser, struct lab_config *config)
{
    const struct cli_value *value;
    for (size_t i = 0; (value = cli_nth(parser, O_FAULT, i)) != NULL; i++) {
        ASSERT(config->rule_count < LAB_RULES_MAX);
        if (!sim_fault_parse(value->text, &config->rule[config->rule_count])) {
            word_say(parser->lang, command, &word_lab_bad_rule, value->text);
            return false;
        }
        config->rule_count++;
    }
    return true;
}

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

/* Reads the file to send into a block that the caller frees; NULL and a word if it cannot. */
static uint8_t *read_file(const char *path, uint64_t *len, enum lang lang)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    long size = -1;
    errno = 0;
    if (file != NULL && fseek(file, 0, SEEK_END) == 0) size = ftell(file);
    if (size > (long)SIZE_BYTES_MAX) errno = EFBIG;
    if (size >= 0 && errno == 0) data = mem_get((size_t)size + 1);
    if (data != NULL) {
        rewind(file);
        *len = fread(data, 1, (size_t)size, file);
        if (ferror(file) != 0) {
            mem_put(data);
            data = NULL;
        }
    }
    if (data == NULL) {
        word_say(lang, command, &word_file_error, path, strerror(errno != 0 ? errno : EIO));
    }
    if (file != NULL) (void)fclose(file);
    return data;
}

static int play(const struct lab_scene *scene, const struct lab_config *config,
                struct lab_show *show)
{
    const struct lab_watcher watcher = {.owner = show, .seen = lab_show_seen};
    if (!lab_show_init(show)) return 1;
    if (show->has_notes) {
        printf("%s: %s\n%s\n\n", scene->name, scene_summary(scene->name, show->lang),
               scene_look(scene->name, show->lang));
    }
    struct lab *lab = lab_create(scene, config, &watcher);
    if (lab == NULL) {
        lab_show_deinit(show);
        word_say(show->lang, command, &word_lab_refused);
        return CLI_USAGE;
    }
    while (lab_step(lab)) {
        uint64_t now_us;
        enum vitro_tcp_state state[SIM_ENDS];
        lab_states(lab, &now_us, state);
        lab_show_states(show, now_us, state);
    }
    struct lab_report report;
    lab_report(lab, &report);
    if (show->has_notes) lab_show_report(show, &report);
    lab_destroy(lab);
    lab_show_deinit(show);
    return ferror(stdout) != 0 || fflush(stdout) != 0 ? 1 : 0;
}

/* Plays with the capture going to `path`, by way of a file beside it. */
static int play_saving(const struct lab_scene *scene, const struct lab_config *config,
                       struct lab_show *show, const char *path)
{
    char temporary[4096];
    const int len = snprintf(temporary, sizeof temporary, "%s.part%ld", path, (long)getpid());
    errno = len < (int)sizeof temporary ? 0 : ENAMETOOLONG;
    if (errno == 0) show->file = fopen(temporary, "wbx");
    if (show->file == NULL) {
        word_say(show->lang, command, &word_file_error, path, strerror(errno));
        return 1;
    }
    const int status = play(scene, config, show);
    bool is_bad = ferror(show->file) != 0;
    if (fclose(show->file) != 0) is_bad = true;
    if (status == 0 && !is_bad && rename(temporary, path) == 0) return 0;
    if (status == 0) word_say(show->lang, command, &word_file_error, path, strerror(errno));
    (void)unlink(temporary);
    return status != 0 ? status : 1;
}

static int run(const struct lab_scene *scene, const struct cli_parser *parser)
{
    const struct cli_value *v = parser->values;
    const enum lang lang = parser->lang;
    struct lab_config config;
    struct lab_show show = {.lang = lang,
                            .has_notes = !v[O_NO_NOTES].is_set,
                            .has_states = v[O_STATES].is_set,
                            .out = stdout};
    if (v[O_AT].is_set) show.side = v[O_AT].number == 0 ? SIM_A : SIM_B;
    lab_config_default(&config, scene, v[O_V6].is_set, v[O_SEED].is_set ? v[O_SEED].number : 1);
    if (!apply(v, &config, lang) || !apply_faults(parser, &config)) return CLI_USAGE;
    uint8_t *data = NULL;
    if (v[O_FILE].is_set) {
        data = read_file(v[O_FILE].text, &config.size_bytes, lang);
        if (data == NULL) return 1;
        config.data = data;
    }
    const int status = v[O_WRITE].is_set ? play_saving(scene, &config, &show, v[O_WRITE].text)
                                         : play(scene, &config, &show);
    mem_put(data);
    return status;
}

int cmd_lab(int argc, char **argv, enum lang lang)
{
    struct cli_value values[OPTION_COUNT] = {{0}};
    struct cli_repeat faults[FAULTS_MAX];
    const char *operands[1];
    struct cli_parser parser = {.command = command,
                                .options = options,
                                .option_count = OPTION_COUNT,
                                .values = values,
                                .repeats = faults,
                                .repeats_max = ARRAY_COUNT(faults),
                                .operands = operands,
                                .operands_max = ARRAY_COUNT(operands),
                                .lang = lang};
    if (!cli_parse(&parser, argc, argv)) return CLI_USAGE;
    lang = parser.lang;
    if (values[O_HELP].is_set) {
        word_print(lang, &word_lab_usage);
        cli_help(options, OPTION_COUNT, lang);
        return 0;
    }
    if (values[O_LIST].is_set) return list(lang);
    if (parser.operand_count == 0) {
        word_say(lang, command, &word_lab_no_scene);
        return CLI_USAGE;
    }
    const struct lab_scene *scene = lab_scene_find(operands[0]);
    if (scene == NULL) return unknown_scene(operands[0], lang);
    return run(scene, &parser);
}
