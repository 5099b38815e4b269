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

#define SIZE_BYTES_MAX (UINT64_C(1) << 30)
#define IP_HEADERS_MAX 60 /* of IPv6 and TCP */

static const struct cli_option options[OPTION_COUNT] = {
    [O_DELAY] = {0, "delay", CLI_TIME, 0, 3600000000, WORD_HELP_DELAY},
    [O_JITTER] = {0, "jitter", CLI_TIME, 0, 3600000000, WORD_HELP_JITTER},
    [O_RATE] = {0, "rate", CLI_RATE, 1000, 1000000000000, WORD_HELP_RATE},
    [O_QUEUE] = {0, "queue", CLI_NUMBER, 1, 1000000, WORD_HELP_QUEUE},
    [O_MTU] = {0, "mtu", CLI_SIZE, 68, 65535, WORD_HELP_MTU},
    [O_LOSS] = {0, "loss", CLI_PERCENT, 0, 1000000, WORD_HELP_LOSS},
    [O_DUPLICATE] = {0, "duplicate", CLI_PERCENT, 0, 1000000, WORD_HELP_DUPLICATE},
    [O_REORDER] = {0, "reorder", CLI_PERCENT, 0, 1000000, WORD_HELP_REORDER},
    [O_CORRUPT] = {0, "corrupt", CLI_PERCENT, 0, 1000000, WORD_HELP_CORRUPT},
    [O_FAULT] = {0, "fault", CLI_TEXT, 0, 0, WORD_HELP_FAULT},
    [O_CC] = {0, "cc", CLI_TEXT, 0, 0, WORD_HELP_CC},
    [O_NO_SACK] = {0, "no-sack", CLI_FLAG, 0, 0, WORD_HELP_NO_SACK},
    [O_NO_TS] = {0, "no-ts", CLI_FLAG, 0, 0, WORD_HELP_NO_TS},
    [O_WSCALE] = {0, "wscale", CLI_NUMBER, 0, 14, WORD_HELP_WSCALE},
    [O_SYN_RETRIES] = {0, "syn-retries", CLI_NUMBER, 0, 20, WORD_HELP_SYN_RETRIES},
    [O_SYN_WAIT] = {0, "syn-wait", CLI_TIME, 1000, 120000000, WORD_HELP_SYN_WAIT},
    [O_MSS] = {0, "mss", CLI_SIZE, 88, 65495, WORD_HELP_MSS},
    [O_RCVBUF] = {0, "rcvbuf", CLI_SIZE, 1024, 1 << 28, WORD_HELP_RCVBUF},
    [O_V6] = {'6', "ipv6", CLI_FLAG, 0, 0, WORD_HELP_V6},
    [O_AT] = {0, "at", CLI_TEXT, 0, 0, WORD_HELP_AT},
    [O_NO_NOTES] = {0, "no-notes", CLI_FLAG, 0, 0, WORD_HELP_NO_NOTES},
    [O_STATES] = {0, "states", CLI_FLAG, 0, 0, WORD_HELP_STATES},
    [O_WRITE] = {'w', "write", CLI_TEXT, 0, 0, WORD_HELP_WRITE},
    [O_LIST] = {0, "list", CLI_FLAG, 0, 0, WORD_HELP_LIST},
    [O_SEED] = {0, "seed", CLI_NUMBER, 0, 0, WORD_HELP_SEED},
    [O_LANG] = {0, "lang", CLI_TEXT, 0, 0, WORD_HELP_LANG},
    [O_SIZE] = {0, "size", CLI_SIZE, 0, SIZE_BYTES_MAX, WORD_HELP_SIZE},
    [O_FILE] = {0, "file", CLI_TEXT, 0, 0, WORD_HELP_FILE},
    [O_HELP] = {'h', "help", CLI_FLAG, 0, 0, WORD_HELP_HELP},
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
        word_say(lang, WORD_SMALL_MTU6, v[O_MTU].text);
        return false;
    }
    if (v[O_CC].is_set && strcmp(v[O_CC].text, "cubic") != 0 && strcmp(v[O_CC].text, "reno") != 0) {
        word_say(lang, WORD_BAD_CHOICE, "cc", v[O_CC].text, "cubic, reno");
        return false;
    }
    if (v[O_FAULT].is_set) {
        config->rule_count = 1;
        if (!sim_fault_parse(v[O_FAULT].text, &config->rule[0])) {
            word_say(lang, WORD_BAD_RULE, v[O_FAULT].text);
            return false;
        }
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
        word_say(lang, WORD_UNKNOWN_SCENE_NEAR, name, near);
    else
        word_say(lang, WORD_UNKNOWN_SCENE, name);
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
        word_say(lang, WORD_FILE_ERROR, path, strerror(errno != 0 ? errno : EIO));
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
        word_say(show->lang, WORD_REFUSED_CONFIG);
        return CLI_USAGE;
    }
    while (lab_step(lab)) continue;
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
        word_say(show->lang, WORD_FILE_ERROR, path, strerror(errno));
        return 1;
    }
    const int status = play(scene, config, show);
    bool is_bad = ferror(show->file) != 0;
    if (fclose(show->file) != 0) is_bad = true;
    if (status == 0 && !is_bad && rename(temporary, path) == 0) return 0;
    if (status == 0) word_say(show->lang, WORD_FILE_ERROR, path, strerror(errno));
    (void)unlink(temporary);
    return status != 0 ? status : 1;
}

static int run(const struct lab_scene *scene, const struct cli_value *v, enum lang lang)
{
    struct lab_config config;
    struct lab_show show = {.lang = lang,
                            .has_notes = !v[O_NO_NOTES].is_set,
                            .has_states = v[O_STATES].is_set,
                            .out = stdout};
    if (v[O_AT].is_set) {
        if (strcmp(v[O_AT].text, "server") == 0)
            show.side = SIM_B;
        else if (strcmp(v[O_AT].text, "client") != 0) {
            word_say(lang, WORD_BAD_CHOICE, "at", v[O_AT].text, "client, server");
            return CLI_USAGE;
        }
    }
    lab_config_default(&config, scene, v[O_V6].is_set, v[O_SEED].is_set ? v[O_SEED].number : 1);
    if (!apply(v, &config, lang)) return CLI_USAGE;
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
    const char *operands[1];
    struct cli_parser parser = {.options = options,
                                .option_count = OPTION_COUNT,
                                .values = values,
                                .operands = operands,
                                .operands_max = ARRAY_COUNT(operands),
                                .lang = lang};
    if (!cli_parse(&parser, argc, argv)) return CLI_USAGE;
    if (values[O_LANG].is_set && !lang_find(values[O_LANG].text, &lang)) {
        word_say(lang, WORD_BAD_CHOICE, "lang", values[O_LANG].text, "en, zh");
        return CLI_USAGE;
    }
    if (values[O_HELP].is_set) {
        word_print(lang, WORD_USAGE_LAB);
        cli_help(options, OPTION_COUNT, lang);
        return 0;
    }
    if (values[O_LIST].is_set) return list(lang);
    if (parser.operand_count == 0) {
        word_say(lang, WORD_NO_SCENE);
        return CLI_USAGE;
    }
    const struct lab_scene *scene = lab_scene_find(operands[0]);
    if (scene == NULL) return unknown_scene(operands[0], lang);
    return run(scene, values, lang);
}
