/*
 * Random networks: sim_random --count N --seed S, network i having seed S + i.
 *
 * Each is two whole stacks on a hostile wire in virtual time; what they have to keep is in
 * sim_run.c. A network that fails is run once more with its last packets printed, and
 * `sim_random --one SEED` plays exactly that network again, with -v packet by packet. Every
 * sixteenth network runs twice, and both runs must agree in every packet.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim_run.h"

#define PLAN_TEXT_MAX   8192
#define TWICE_EVERY     16
#define SECONDS_PER_NET 120 /* of real time: more is an endless loop */

/* The seed being run, for the signal handler. */
static volatile uint64_t seed_now;

struct totals {
    uint64_t passed, failed;
    uint64_t payload_bytes, packets, lost, segments, retransmits, virtual_us, steps;
    uint64_t talks, complete;
};

struct arguments {
    uint64_t count, seed;
    bool is_one, is_verbose, is_timed;
};

/* An assertion, or a loop without end: says which seed it was. */
static void died(int number)
{
    char line[80];
    struct text text;
    text_init(&text, line, sizeof line);
    text_add(&text, number == SIGALRM ? "\nendless loop" : "\ncrash");
    text_add(&text, " with seed ");
    text_add_u64(&text, seed_now);
    text_add(&text, ": sim_random --one ");
    text_add_u64(&text, seed_now);
    text_add_char(&text, '\n');
    if (write(STDERR_FILENO, line, text.len) < 0) _exit(2);
    _exit(1);
}

static void print_plan(const struct plan *plan)
{
    char out[PLAN_TEXT_MAX];
    struct text text;
    text_init(&text, out, sizeof out);
    plan_format(plan, &text);
    fputs(out, stderr);
}

static void add(struct totals *totals, const struct run_result *result)
{
    if (result->passed) {
        totals->passed++;
    } else {
        totals->failed++;
    }
    totals->payload_bytes += result->payload_bytes;
    totals->packets += result->packets;
    totals->lost += result->lost;
    totals->segments += result->segments;
    totals->retransmits += result->retransmits;
    totals->virtual_us += result->virtual_us;
    totals->steps += result->steps;
    totals->talks += result->talks;
    totals->complete += result->complete;
}

static void run_one(const struct arguments *arguments, uint64_t seed, struct totals *totals)
{
    struct plan plan;
    struct run_result result;
    plan_make(&plan, seed);
    seed_now = seed;
    (void)alarm(SECONDS_PER_NET);
    if (arguments->is_verbose) print_plan(&plan);
    run_network(&plan, arguments->is_verbose ? RUN_LOG_ALL : RUN_LOG_NONE, &result);
    struct run_result again;
    if (result.passed && (arguments->is_one || seed % TWICE_EVERY == 0)) {
        run_network(&plan, RUN_LOG_NONE, &again);
        if (again.digest != result.digest) {
            result.passed = false;
            (void)snprintf(result.failure, sizeof result.failure, "two runs differ");
        }
    } else if (!result.passed && !arguments->is_verbose) {
        fprintf(stderr, "\nseed %llu failed: %s\n", (unsigned long long)seed, result.failure);
        print_plan(&plan);
        run_network(&plan, RUN_LOG_LAST, &again);
    }
    add(totals, &result);
    if (result.passed && !arguments->is_timed) return;
    if (arguments->is_timed) {
        printf("seed %llu: %llu steps\n", (unsigned long long)seed,
               (unsigned long long)result.steps);
        if (result.passed) return;
    }
    fprintf(stderr, "seed %llu failed: %s\n    again: sim_random --one %llu\n",
            (unsigned long long)seed, result.failure, (unsigned long long)seed);
}

static void print_totals(const struct totals *t)
{
    printf("%llu connections, %llu complete; %llu bytes in %llu segments, %llu retransmitted\n",
           (unsigned long long)t->talks, (unsigned long long)t->complete,
           (unsigned long long)t->payload_bytes, (unsigned long long)t->segments,
           (unsigned long long)t->retransmits);
    printf("%llu packets, %llu lost; %llu steps in %llu virtual seconds\n",
           (unsigned long long)t->packets, (unsigned long long)t->lost,
           (unsigned long long)t->steps, (unsigned long long)(t->virtual_us / 1000000));
    printf("%llu passed, %llu failed\n", (unsigned long long)t->passed,
           (unsigned long long)t->failed);
}

/* The number behind an option; false if there is none. */
static bool take_number(int argc, char **argv, int *at, uint64_t *value)
{
    if (*at + 1 >= argc) return false;
    char *end;
    *value = strtoull(argv[++*at], &end, 10);
    return *end == '\0' && end != argv[*at];
}

static bool read_arguments(int argc, char **argv, struct arguments *out)
{
    *out = (struct arguments){.count = 1000, .seed = 1};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-v") == 0) {
            out->is_verbose = true;
        } else if (strcmp(argv[i], "--steps") == 0) {
            out->is_timed = true;
        } else if (strcmp(argv[i], "--one") == 0) {
            out->is_one = true;
            out->count = 1;
            if (!take_number(argc, argv, &i, &out->seed)) return false;
        } else if (strcmp(argv[i], "--count") == 0) {
            if (!take_number(argc, argv, &i, &out->count)) return false;
        } else if (strcmp(argv[i], "--seed") == 0) {
            if (!take_number(argc, argv, &i, &out->seed)) return false;
        } else {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    struct totals totals = {0};
    if (!read_arguments(argc, argv, &arguments)) {
        fprintf(stderr, "usage: sim_random [--count N] [--seed S] [--one SEED] [--steps] [-v]\n");
        return 2;
    }
    (void)signal(SIGABRT, died);
    (void)signal(SIGALRM, died);
    (void)signal(SIGSEGV, died);
    for (uint64_t i = 0; i < arguments.count; i++) run_one(&arguments, arguments.seed + i, &totals);
    print_totals(&totals);
    return totals.failed == 0 ? 0 : 1;
}
