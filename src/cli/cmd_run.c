/*
 * vitro run: a program on a network of its own.
 *
 * The front's work, in order: read the options and everything of the host that is needed (its name
 * servers, which networks it uses), open what will be written and the published ports, make the
 * sandbox, fork the gateway, and only then start the program. Whatever fails before that leaves
 * nothing behind: no file, no process.
 *
 * Afterwards the front waits: for the last process inside, and for the gateway to finish. Should
 * the host's name servers become others meanwhile, it tells the gateway.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/pool.h"
#include "cli/cli.h"
#include "cli/cli_options.h"
#include "cli/explain.h"
#include "cli/run_descriptors.h"
#include "cli/run_file.h"
#include "cli/run_gateway.h"
#include "cli/words_doctor.h"
#include "cli/words_run.h"
#include "gateway/dns.h"
#include "gateway/publish.h"
#include "gateway/resolver_watch.h"
#include "gateway/sandbox.h"
#include "gateway/sandbox_net.h"

#define RESOLV_CONF "/etc/resolv.conf"

enum option {
    O_PRINT,
    O_OUT,
    O_QUIET,
    O_VERBOSE,
    O_WRITE,
    O_JSON,
    O_PUBLISH,
    O_LOOPBACK,
    O_MTU,
    O_DEVICE,
    O_V4,
    O_LANG,
    O_HELP,
    OPTION_COUNT,
};

#define PUBLISH_MAX       64
#define CONF_BYTES_MAX    65536
#define MTU_BYTES_DEFAULT 1500
#define EXIT_CANNOT_START 125 /* as env(1) and timeout(1): we failed, not the program */
#define EXIT_CANNOT_EXEC  126
#define EXIT_NO_PROGRAM   127
#define COMMAND_BYTES_MAX 512
#define LOW_PORTS         1024

static const char command[] = "run";
static const char *const prints[] = {"notable", "all", "none", NULL}; /* enum run_print */
static const char *const devices[] = {"auto", "tap", "packet", NULL}; /* enum sandbox_device */

static const struct cli_option options[OPTION_COUNT] = {
    [O_PRINT] = {.name = "print",
                 .kind = CLI_CHOICE,
                 .choices = prints,
                 .help = &word_run_help_print,
                 .group = &word_run_group_show},
    [O_OUT] = {.name = "output",
               .letter = 'o',
               .kind = CLI_TEXT,
               .value = &word_value_file,
               .help = &word_run_help_out},
    [O_QUIET] = {.name = "quiet", .letter = 'q', .help = &word_run_help_quiet},
    [O_VERBOSE] = {.name = "verbose",
                   .letter = 'v',
                   .repeats = true,
                   .help = &word_run_help_verbose},
    [O_WRITE] = {.name = "write",
                 .letter = 'w',
                 .kind = CLI_TEXT,
                 .value = &word_value_file,
                 .help = &word_run_help_write,
                 .group = &word_run_group_save},
    [O_JSON] = {.name = "json",
                .kind = CLI_TEXT,
                .value = &word_value_file,
                .help = &word_run_help_json},
    [O_PUBLISH] = {.name = "publish",
                   .letter = 'p',
                   .kind = CLI_TEXT,
                   .repeats = true,
                   .value = &word_run_value_rule,
                   .help = &word_run_help_publish,
                   .group = &word_run_group_net},
    [O_LOOPBACK] = {.name = "host-loopback", .help = &word_run_help_loopback},
    [O_MTU] =
        {.name = "mtu", .kind = CLI_SIZE, .min = 1280, .max = 65520, .help = &word_run_help_mtu},
    [O_DEVICE] = {.name = "device",
                  .kind = CLI_CHOICE,
                  .choices = devices,
                  .help = &word_run_help_device},
    [O_V4] = {.name = "ipv4", .letter = '4', .help = &word_run_help_v4},
    [O_LANG] = {.name = "lang",
                .kind = CLI_LANG,
                .help = &word_help_lang,
                .group = &word_run_group_other},
    [O_HELP] = {.name = "help", .letter = 'h', .help = &word_help_help},
};

struct run {
    const struct cli_parser *parser;
    enum lang lang;
    char **argv;
    struct run_file text, capture, json;
    struct gateway_publish publish[PUBLISH_MAX];
    struct gateway_config gateway;
    struct sandbox_config sandbox_config;
    struct sandbox sandbox;
    struct run_gateway process;
    struct resolver_watch watch;
    char *host_conf, *conf, *host_nsswitch, *nsswitch;
    char command_line[COMMAND_BYTES_MAX];
};

static bool option_is_set(const struct run *run, enum option option)
{
    return run->parser->values[option].is_set;
}

static void say_file_error(const struct run *run, const char *path, int error)
{
    word_say(run->lang, command, &word_file_error, path,
             word_error(run->lang, error, strerror(error)));
}

static bool open_file(struct run *run, struct run_file *file, enum option option)
{
    file->fd = -1;
    if (!option_is_set(run, option)) return true;
    const char *path = run->parser->values[option].text;
    const int error = run_file_open(file, path);
    if (error == EEXIST) /* what it is called meanwhile is taken by this very run */
        word_say(run->lang, command, &word_run_same_file, path);
    else if (error != 0)
        say_file_error(run, path, error);
    return error == 0;
}

static void keep_file(const struct run *run, struct run_file *file)
{
    const int error = run_file_keep(file);
    if (error != 0) say_file_error(run, file->path, error);
}

/* Whether all files are files: standard output is not vitro's. */
static bool check_files(const struct cli_parser *parser)
{
    static const enum option files[] = {O_OUT, O_WRITE, O_JSON};
    for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
        const struct cli_value *value = &parser->values[files[i]];
        if (!value->is_set || strcmp(value->text, "-") != 0) continue;
        word_say(parser->lang, command, &word_run_no_dash, options[files[i]].name);
        return false;
    }
    return true;
}

/* Whether all rules are rules. */
static bool check_ports(const struct cli_parser *parser)
{
    const struct cli_value *value;
    for (size_t i = 0; (value = cli_nth(parser, O_PUBLISH, i)) != NULL; i++) {
        struct publish_rule rule;
        if (publish_parse(value->text, &rule)) continue;
        word_say(parser->lang, command, &word_run_bad_publish, value->text);
        return false;
    }
    return true;
}

static bool open_one_port(struct run *run, const char *text, struct gateway_publish *publish)
{
    struct publish_rule rule;
    if (!publish_parse(text, &rule)) return false; /* never: check_ports() has read it */
    const int fd = publish_open(&rule);
    if (fd == -EACCES && rule.host.port < LOW_PORTS) {
        word_say(run->lang, command, &word_run_cannot_publish_low, text, rule.port);
    } else if (fd < 0) {
        word_say(run->lang, command, &word_run_cannot_publish, text,
                 word_error(run->lang, -fd, strerror(-fd)));
    }
    *publish = (struct gateway_publish){fd, rule.is_udp, rule.host, rule.port};
    return fd >= 0;
}

static bool open_ports(struct run *run)
{
    run->gateway.publish = run->publish;
    const struct cli_value *value;
    for (uint32_t i = 0; (value = cli_nth(run->parser, O_PUBLISH, i)) != NULL; i++) {
        ASSERT(i < PUBLISH_MAX);
        if (!open_one_port(run, value->text, &run->publish[i])) return false;
        run->gateway.publish_count = i + 1;
    }
    return true;
}

static void close_ports(struct run *run)
{
    for (uint32_t i = 0; i < run->gateway.publish_count; i++) close(run->publish[i].fd);
    run->gateway.publish_count = 0;
}

/* A text of the host, cut to CONF_BYTES_MAX; empty where there is none. NULL: no memory. */
static char *read_text(const char *path)
{
    char *text = mem_get(CONF_BYTES_MAX);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    while (text != NULL && fd >= 0 && len < CONF_BYTES_MAX - 1) {
        const ssize_t n = read(fd, text + len, CONF_BYTES_MAX - 1 - len);
        if (n <= 0) break;
        len += (size_t)n;
    }
    if (fd >= 0) close(fd);
    return text;
}

/* Chooses the network and writes what the program will read of it. */
static bool plan_network(struct run *run)
{
    struct gateway_config *gateway = &run->gateway;
    run->host_conf = read_text(RESOLV_CONF);
    run->host_nsswitch = read_text("/etc/nsswitch.conf");
    run->conf = mem_get(CONF_BYTES_MAX);
    run->nsswitch = mem_get(CONF_BYTES_MAX);
    if (run->host_conf == NULL || run->host_nsswitch == NULL || run->conf == NULL ||
        run->nsswitch == NULL) {
        word_say(run->lang, command, &word_no_memory);
        return false;
    }
    gateway->resolver_count = dns_read_resolv_conf(run->host_conf, gateway->resolver);
    struct vitro_ip network;
    if (!sandbox_net_choose(gateway->resolver, gateway->resolver_count, &network)) {
        word_say(run->lang, command, &word_run_subnet_taken);
    }
    const bool has_ip6 = !option_is_set(run, O_V4) && sandbox_net_host_has_ip6();
    policy_addresses_init(&gateway->policy.addresses, &network, has_ip6);
    gateway->policy.opens_loopback = option_is_set(run, O_LOOPBACK);
    gateway->mtu_bytes = MTU_BYTES_DEFAULT;
    if (option_is_set(run, O_MTU)) gateway->mtu_bytes = (uint32_t)run->parser->values[O_MTU].number;
    (void)dns_write_resolv_conf(run->host_conf, &gateway->policy.addresses, run->conf,
                                CONF_BYTES_MAX);
    const size_t len = dns_write_nsswitch(run->host_nsswitch, run->nsswitch, CONF_BYTES_MAX);
    run->sandbox_config = (struct sandbox_config){
        .argv = run->argv,
        .addresses = &gateway->policy.addresses,
        .mtu_bytes = gateway->mtu_bytes,
        .device = (enum sandbox_device)run->parser->values[O_DEVICE].number,
        .resolv_conf = run->conf,
        .nsswitch = len > 0 ? run->nsswitch : NULL,
    };
    return true;
}

/* Why it is so, and what to do. */
static void say_cause(const struct run *run, enum explain_cause cause)
{
    word_say(run->lang, command, &word_why, explain_cause(cause, run->lang));
    word_say(run->lang, command, &word_fix, explain_fix(cause, run->lang));
}

static void say_failure(struct run *run, const struct sandbox_failure *failure)
{
    struct diagnose_facts facts;
    diagnose_read(&facts, "");
    const enum explain_cause cause = explain_find(failure, &facts);
    word_say(run->lang, command, &word_run_cannot_start, explain_step(failure->step, run->lang),
             word_error(run->lang, failure->error, strerror(failure->error)));
    say_cause(run, cause);
}

static bool open_sandbox(struct run *run)
{
    struct sandbox_failure failure;
    if (sandbox_open(&run->sandbox, &run->sandbox_config, &failure) != 0) {
        say_failure(run, &failure);
        return false;
    }
    if (!run->sandbox.has_ip6) run->gateway.policy.addresses.has_ip6 = false;
    run->gateway.link_kind = run->sandbox.link_kind;
    run->gateway.link_fd = run->sandbox.link_fd;
    if (run->sandbox.warning.step == SANDBOX_RESOLV_CONF) {
        const int error = run->sandbox.warning.error;
        word_say(run->lang, command, &word_run_warning_resolv,
                 word_error(run->lang, error, strerror(error)));
    }
    return true;
}

static struct run_show_config show_config(const struct run *run)
{
    const bool is_quiet = option_is_set(run, O_QUIET);
    struct run_show_config config = {
        .lang = run->lang,
        .print = (enum run_print)run->parser->values[O_PRINT].number,
        .has_table = !is_quiet,
        .text_fd = run->text.fd >= 0 ? run->text.fd : STDERR_FILENO,
        .capture_fd = run->capture.fd,
        .json_fd = run->json.fd,
        .command = run->command_line,
        .closed = run->gateway.policy.opens_loopback ? NULL : run->gateway.policy.addresses.gateway,
    };
    if (is_quiet) config.print = RUN_PRINT_NONE;
    while (cli_nth(run->parser, O_VERBOSE, config.verbosity) != NULL) config.verbosity++;
    return config;
}

static void child_ended(void *owner, pid_t pid, int wait_status)
{
    struct run *run = owner;
    run_gateway_ended(&run->process, pid, wait_status, run->lang);
}

static void program_ended(void *owner, int exit_status, uint32_t others)
{
    (void)exit_status;
    const struct run *run = owner;
    if (others > 0 && !option_is_set(run, O_QUIET)) {
        word_say(run->lang, command, &word_run_others, others);
    }
}

static int say_no_start(struct run *run, const struct sandbox_failure *failure)
{
    if (failure->step != SANDBOX_EXEC) {
        say_failure(run, failure);
        return EXIT_CANNOT_START;
    }
    if (failure->error == ENOENT) {
        const char *name = run->argv[0]; /* one that is searched for may be anywhere */
        const bool is_there = strchr(name, '/') != NULL && access(name, F_OK) == 0;
        word_say(run->lang, command, is_there ? &word_run_no_interpreter : &word_run_no_program,
                 name);
        return EXIT_NO_PROGRAM;
    }
    word_say(run->lang, command, &word_run_cannot_exec, run->argv[0],
             word_error(run->lang, failure->error, strerror(failure->error)));
    return EXIT_CANNOT_EXEC;
}

static bool start_gateway(struct run *run)
{
    const struct run_show_config show = show_config(run);
    const int error = run_gateway_start(&run->process, &run->sandbox, &run->gateway, &show);
    if (error == 0) return true;
    word_say(run->lang, command, &word_run_gateway_failed,
             word_error(run->lang, error, strerror(error)));
    if (error == ENOSYS) say_cause(run, CAUSE_NO_SECCOMP);
    return false;
}

static void resolvers_changed(void *owner)
{
    struct run *run = owner;
    if (resolver_watch_take(&run->watch)) run_gateway_tell(&run->process, &run->watch.known);
}

/* The program runs: what is written takes its place, and the front waits. */
static int wait_for_program(struct run *run)
{
    run_descriptors_drop();
    keep_file(run, &run->text);
    keep_file(run, &run->capture);
    keep_file(run, &run->json);
    struct gateway_resolvers resolvers = {.count = run->gateway.resolver_count};
    memcpy(resolvers.server, run->gateway.resolver, sizeof resolvers.server);
    resolver_watch_open(&run->watch, RESOLV_CONF, &resolvers);
    resolvers_changed(run); /* what has happened before is not told */
    const struct sandbox_hooks hooks = {.owner = run,
                                        .program_ended = program_ended,
                                        .child_ended = child_ended,
                                        .watch_fd = run->watch.fd,
                                        .watched = resolvers_changed};
    const int status = sandbox_wait(&run->sandbox, &hooks);
    resolver_watch_close(&run->watch);
    return status;
}

/* Starts everything and waits for it. Returns the exit status. */
static int play(struct run *run)
{
    if (!open_sandbox(run)) return EXIT_CANNOT_START;
    int status = EXIT_CANNOT_START;
    if (start_gateway(run)) {
        struct sandbox_failure failure;
        if (sandbox_start(&run->sandbox, &failure) == 0) {
            status = wait_for_program(run);
        } else {
            status = say_no_start(run, &failure);
            run_gateway_kill(&run->process); /* it has nothing to tell */
        }
    }
    run_gateway_wait(&run->process, run->lang);
    sandbox_close(&run->sandbox);
    return status;
}

static void join_command_line(struct run *run)
{
    struct text text;
    text_init(&text, run->command_line, sizeof run->command_line);
    text_add(&text, "vitro run --");
    for (char **word = run->argv; *word != NULL; word++) text_addf(&text, " %s", *word);
}

static int run_program(const struct cli_parser *parser)
{
    struct run run = {.parser = parser,
                      .lang = parser->lang,
                      .argv = parser->rest,
                      .process = {.fd = -1},
                      .text = {.fd = -1},
                      .capture = {.fd = -1},
                      .json = {.fd = -1}};
    join_command_line(&run);
    int status = EXIT_CANNOT_START;
    if (open_file(&run, &run.text, O_OUT) && open_file(&run, &run.capture, O_WRITE) &&
        open_file(&run, &run.json, O_JSON) && open_ports(&run) && plan_network(&run)) {
        status = play(&run);
    }
    close_ports(&run);
    run_file_close(&run.text);
    run_file_close(&run.capture);
    run_file_close(&run.json);
    mem_put(run.host_conf);
    mem_put(run.host_nsswitch);
    mem_put(run.conf);
    mem_put(run.nsswitch);
    return status;
}

int cmd_run(int argc, char **argv, enum lang lang)
{
    struct cli_value values[OPTION_COUNT] = {{0}};
    struct cli_repeat repeats[PUBLISH_MAX];
    struct cli_parser parser = {.command = command,
                                .options = options,
                                .option_count = OPTION_COUNT,
                                .values = values,
                                .repeats = repeats,
                                .repeats_max = ARRAY_COUNT(repeats),
                                .stops_at_operand = true,
                                .lang = lang};
    if (!cli_parse(&parser, argc, argv)) return CLI_USAGE;
    if (values[O_HELP].is_set) {
        word_print(parser.lang, &word_run_usage);
        cli_help(options, OPTION_COUNT, parser.lang);
        return 0;
    }
    if (parser.rest_count == 0) {
        word_say(parser.lang, command, &word_run_no_command);
        return CLI_USAGE;
    }
    return check_files(&parser) && check_ports(&parser) ? run_program(&parser) : CLI_USAGE;
}
