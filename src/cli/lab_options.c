/*
 * The table below is all that parsing and --help know. What cannot work is refused before anything
 * is played: a line that names the option and what to do instead.
 */
#include "cli/lab_options.h"

#include "cli/words_lab.h"

#define IP_HEADERS_MAX   60   /* of IPv6 and TCP */
#define MTU_BYTES_MIN_V4 552  /* below, the stack would rather fragment (ip_pmtu.h) */
#define MTU_BYTES_MIN_V6 1280 /* RFC 8200 5 */
#define REORDER_US_MIN   1000

static const char *const algorithms[] = {"cubic", "reno", NULL};
static const char *const points[] = {
    [LAB_AT_CLIENT] = "client", [LAB_AT_SERVER] = "server", [LAB_AT_BOTH] = "both", NULL};

const struct cli_option lab_options[LAB_OPTION_COUNT] = {
    [LAB_OPT_DELAY] = {.name = "delay",
                       .kind = CLI_TIME,
                       .max = 3600000000,
                       .help = &word_lab_help_delay,
                       .group = &word_lab_group_wire},
    [LAB_OPT_JITTER] = {.name = "jitter",
                        .kind = CLI_TIME,
                        .max = 3600000000,
                        .help = &word_lab_help_jitter},
    [LAB_OPT_RATE] = {.name = "rate",
                      .kind = CLI_RATE,
                      .min = 1000,
                      .max = 1000000000000,
                      .help = &word_lab_help_rate},
    [LAB_OPT_QUEUE] = {.name = "queue",
                       .kind = CLI_NUMBER,
                       .min = 1,
                       .max = 1000000,
                       .value = &word_lab_value_packets,
                       .help = &word_lab_help_queue},
    [LAB_OPT_MTU] = {.name = "mtu",
                     .kind = CLI_SIZE,
                     .min = MTU_BYTES_MIN_V4,
                     .max = 65535,
                     .help = &word_lab_help_mtu},
    [LAB_OPT_LOSS] = {.name = "loss",
                      .kind = CLI_PERCENT,
                      .max = 1000000,
                      .help = &word_lab_help_loss},
    [LAB_OPT_DUPLICATE] = {.name = "duplicate",
                           .kind = CLI_PERCENT,
                           .max = 1000000,
                           .help = &word_lab_help_duplicate},
    [LAB_OPT_REORDER] = {.name = "reorder",
                         .kind = CLI_PERCENT,
                         .max = 1000000,
                         .help = &word_lab_help_reorder},
    [LAB_OPT_CORRUPT] = {.name = "corrupt",
                         .kind = CLI_PERCENT,
                         .max = 1000000,
                         .help = &word_lab_help_corrupt},
    [LAB_OPT_FAULT] = {.name = "fault",
                       .kind = CLI_TEXT,
                       .repeats = true,
                       .value = &word_lab_value_rule,
                       .help = &word_lab_help_fault},
    [LAB_OPT_CC] = {.name = "cc",
                    .kind = CLI_CHOICE,
                    .choices = algorithms,
                    .help = &word_lab_help_cc,
                    .group = &word_lab_group_stacks},
    [LAB_OPT_NO_SACK] = {.name = "no-sack", .help = &word_lab_help_no_sack},
    [LAB_OPT_NO_TS] = {.name = "no-ts", .help = &word_lab_help_no_ts},
    [LAB_OPT_WSCALE] = {.name = "wscale",
                        .kind = CLI_NUMBER,
                        .max = 14,
                        .value = &word_lab_value_shift,
                        .help = &word_lab_help_wscale},
    [LAB_OPT_SYN_RETRIES] = {.name = "syn-retries",
                             .kind = CLI_NUMBER,
                             .max = 20,
                             .help = &word_lab_help_syn_retries},
    [LAB_OPT_SYN_WAIT] = {.name = "syn-wait",
                          .kind = CLI_TIME,
                          .min = 1000,
                          .max = 120000000,
                          .help = &word_lab_help_syn_wait},
    [LAB_OPT_MSS] =
        {.name = "mss", .kind = CLI_SIZE, .min = 88, .max = 65495, .help = &word_lab_help_mss},
    [LAB_OPT_RCVBUF] = {.name = "rcvbuf",
                        .kind = CLI_SIZE,
                        .min = 1024,
                        .max = 1 << 28,
                        .help = &word_lab_help_rcvbuf},
    [LAB_OPT_V6] = {.name = "ipv6", .letter = '6', .help = &word_lab_help_v6},
    [LAB_OPT_SIZE] = {.name = "size",
                      .kind = CLI_SIZE,
                      .max = LAB_SIZE_BYTES_MAX,
                      .help = &word_lab_help_size,
                      .group = &word_lab_group_scene},
    [LAB_OPT_FILE] = {.name = "file",
                      .kind = CLI_TEXT,
                      .value = &word_value_file,
                      .help = &word_lab_help_file},
    [LAB_OPT_SEED] = {.name = "seed", .kind = CLI_NUMBER, .help = &word_lab_help_seed},
    [LAB_OPT_AT] = {.name = "at",
                    .kind = CLI_CHOICE,
                    .choices = points,
                    .value = &word_lab_value_side,
                    .help = &word_lab_help_at},
    [LAB_OPT_NO_NOTES] = {.name = "no-notes", .help = &word_lab_help_no_notes},
    [LAB_OPT_STATES] = {.name = "states", .help = &word_lab_help_states},
    [LAB_OPT_WRITE] = {.name = "write",
                       .letter = 'w',
                       .kind = CLI_TEXT,
                       .value = &word_value_file,
                       .help = &word_lab_help_write},
    [LAB_OPT_LANG] = {.name = "lang", .kind = CLI_LANG, .help = &word_help_lang},
    [LAB_OPT_LIST] = {.name = "list", .help = &word_lab_help_list},
    [LAB_OPT_HELP] = {.name = "help", .letter = 'h', .help = &word_help_help},
};

/* Two options of which one makes the other meaningless, or needs it. */
static bool check_pairs(const struct cli_parser *p)
{
    const struct cli_value *v = p->values;
    const struct words *wrong = NULL;
    if (v[LAB_OPT_SIZE].is_set && v[LAB_OPT_FILE].is_set) wrong = &word_lab_size_or_file;
    if (v[LAB_OPT_STATES].is_set && v[LAB_OPT_NO_NOTES].is_set) wrong = &word_lab_states_or_not;
    if (v[LAB_OPT_WRITE].is_set && v[LAB_OPT_AT].is_set && v[LAB_OPT_AT].number == LAB_AT_BOTH) {
        wrong = &word_lab_write_one_side;
    }
    if (wrong == NULL) return true;
    word_say(p->lang, p->command, wrong);
    return false;
}

bool lab_options_check(const struct cli_parser *p, const struct lab_scene *scene)
{
    const struct cli_value *v = p->values;
    struct lab_config own;
    if (!check_pairs(p)) return false;
    if (v[LAB_OPT_V6].is_set && v[LAB_OPT_MTU].is_set && v[LAB_OPT_MTU].number < MTU_BYTES_MIN_V6) {
        word_say(p->lang, p->command, &word_lab_small_mtu6, v[LAB_OPT_MTU].text);
        return false;
    }
    const bool gives_data = v[LAB_OPT_SIZE].is_set || v[LAB_OPT_FILE].is_set;
    if (gives_data && !lab_scene_takes_size(scene)) {
        word_say(p->lang, p->command, &word_lab_no_size,
                 lab_options[v[LAB_OPT_SIZE].is_set ? LAB_OPT_SIZE : LAB_OPT_FILE].name,
                 scene->name);
        return false;
    }
    lab_config_default(&own, scene, false, 1);
    if (v[LAB_OPT_QUEUE].is_set && !v[LAB_OPT_RATE].is_set &&
        own.net.wire.way[SIM_A].rate_bits == 0) {
        word_say(p->lang, p->command, &word_lab_queue_needs_rate);
        return false;
    }
    return true;
}

static void apply_wire(const struct cli_value *v, struct sim_way_config *way)
{
    if (v[LAB_OPT_DELAY].is_set) way->delay_us = v[LAB_OPT_DELAY].number;
    if (v[LAB_OPT_JITTER].is_set) way->chances.jitter_us = v[LAB_OPT_JITTER].number;
    if (v[LAB_OPT_RATE].is_set) way->rate_bits = v[LAB_OPT_RATE].number;
    if (v[LAB_OPT_QUEUE].is_set) way->queue_packets = (uint32_t)v[LAB_OPT_QUEUE].number;
    if (v[LAB_OPT_MTU].is_set) way->mtu_bytes = (uint32_t)v[LAB_OPT_MTU].number;
    if (v[LAB_OPT_LOSS].is_set) way->chances.loss_ppm = (uint32_t)v[LAB_OPT_LOSS].number;
    if (v[LAB_OPT_DUPLICATE].is_set)
        way->chances.duplicate_ppm = (uint32_t)v[LAB_OPT_DUPLICATE].number;
    if (v[LAB_OPT_CORRUPT].is_set) way->chances.corrupt_ppm = (uint32_t)v[LAB_OPT_CORRUPT].number;
    if (v[LAB_OPT_REORDER].is_set) {
        way->chances.reorder_ppm = (uint32_t)v[LAB_OPT_REORDER].number;
        way->chances.reorder_us = u64_max(way->delay_us / 2, REORDER_US_MIN);
    }
}

static void apply_stack(const struct cli_value *v, struct sim_host_config *host)
{
    struct vitro_tcp_config *tcp = &host->stack.tcp;
    if (v[LAB_OPT_CC].is_set) tcp->congestion_control = v[LAB_OPT_CC].text;
    if (v[LAB_OPT_NO_SACK].is_set) tcp->sack = false;
    if (v[LAB_OPT_NO_TS].is_set) tcp->timestamps = false;
    if (v[LAB_OPT_WSCALE].is_set) tcp->window_shift = (uint8_t)v[LAB_OPT_WSCALE].number;
    if (v[LAB_OPT_SYN_RETRIES].is_set) tcp->syn_retries = (uint32_t)v[LAB_OPT_SYN_RETRIES].number;
    if (v[LAB_OPT_SYN_WAIT].is_set) tcp->syn_first_wait_us = v[LAB_OPT_SYN_WAIT].number;
    if (v[LAB_OPT_RCVBUF].is_set) {
        tcp->rcvbuf_bytes = (uint32_t)v[LAB_OPT_RCVBUF].number;
        tcp->rcvbuf_bytes_max = tcp->rcvbuf_bytes;
    }
    if (v[LAB_OPT_MSS].is_set) {
        const uint32_t packet = u32_min((uint32_t)v[LAB_OPT_MSS].number + IP_HEADERS_MAX, 65535);
        tcp->mss_bytes_max = (uint16_t)v[LAB_OPT_MSS].number;
        host->interface.mtu_bytes = u32_max(host->interface.mtu_bytes, packet);
    }
}

/* Exact faults of the command line come to those of the scene. */
static bool apply_faults(const struct cli_parser *parser, struct lab_config *config)
{
    const struct cli_value *value;
    for (size_t i = 0; (value = cli_nth(parser, LAB_OPT_FAULT, i)) != NULL; i++) {
        ASSERT(config->rule_count < LAB_RULES_MAX);
        if (!sim_fault_parse(value->text, &config->rule[config->rule_count])) {
            word_say(parser->lang, parser->command, &word_lab_bad_rule, value->text);
            return false;
        }
        config->rule_count++;
    }
    return true;
}

bool lab_options_apply(const struct cli_parser *parser, struct lab_config *config)
{
    const struct cli_value *v = parser->values;
    for (int end = 0; end < SIM_ENDS; end++) {
        apply_wire(v, &config->net.wire.way[end]);
        apply_stack(v, &config->net.host[end]);
    }
    if (v[LAB_OPT_SIZE].is_set) config->size_bytes = v[LAB_OPT_SIZE].number;
    return apply_faults(parser, config);
}
