/*
 * The option table's reader. "Nearest" is the least number of letters to add, drop, change or swap,
 * with three rows of the usual table; more than a third of the name is not near.
 */
#include "cli/cli_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 32
#define NAMES_MAX      64

static size_t distance(const char *a, const char *b)
{
    size_t row[3][NAME_MAX_BYTES + 1] = {{0}};
    const size_t a_len = strlen(a);
    const size_t b_len = strlen(b);
    if (a_len > NAME_MAX_BYTES || b_len > NAME_MAX_BYTES) return SIZE_MAX;
    for (size_t j = 0; j <= b_len; j++) row[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *now = row[i % 3];
        const size_t *last = row[(i + 2) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            const size_t changed = last[j - 1] + (a[i - 1] != b[j - 1]);
            now[j] = size_min(changed, size_min(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                now[j] = size_min(now[j], row[(i + 1) % 3][j - 2] + 1);
            }
        }
    }
    return row[a_len % 3][b_len];
}

const char *cli_nearest(const char *text, const char *const *names, size_t count)
{
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        const size_t d = distance(text, names[i]);
        if (d >= best_distance || d > 1 + strlen(names[i]) / 3) continue;
        best = names[i];
        best_distance = d;
    }
    return best;
}

struct unit {
    const char *text;
    uint64_t factor;
};

static const struct unit *units_of(enum cli_kind kind)
{
    static const struct unit none[] = {{"", 1}, {NULL, 0}};
    static const struct unit times[] = {
        {"us", 1}, {"ms", 1000}, {"s", 1000000}, {"min", 60000000}, {NULL, 0}};
    static const struct unit percents[] = {{"%", 10000}, {"", 10000}, {NULL, 0}};
    static const struct unit sizes[] = {
        {"", 1}, {"k", 1024}, {"K", 1024}, {"M", 1048576}, {NULL, 0}};
    static const struct unit rates[] = {
        {"", 1},        {"k", 1000},       {"M", 1000000},       {"G", 1000000000},
        {"kbit", 1000}, {"Mbit", 1000000}, {"Gbit", 1000000000}, {NULL, 0}};
    switch (kind) {
    case CLI_TIME: return times;
    case CLI_PERCENT: return percents;
    case CLI_SIZE: return sizes;
    case CLI_RATE: return rates;
    case CLI_FLAG:
    case CLI_NUMBER:
    case CLI_TEXT: break;
    }
    return none;
}

/* Reads digits with up to six behind a point, as millionths. */
static bool read_millionths(const char **text, uint64_t *millionths)
{
    const char *at = *text;
    uint64_t value = 0;
    uint64_t scale = 1000000;
    bool has_digits = false;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (value > UINT64_MAX / 1000000 / 100) return false;
        value = value * 10 + (uint64_t)(*at - '0');
        has_digits = true;
    }
    value *= 1000000;
    if (*at == '.') {
        for (at++; *at >= '0' && *at <= '9' && scale > 1; at++) {
            scale /= 10;
            value += (uint64_t)(*at - '0') * scale;
        }
    }
    *millionths = value;
    *text = at;
    return has_digits;
}

bool cli_number(enum cli_kind kind, const char *text, uint64_t *number)
{
    uint64_t millionths;
    if (!read_millionths(&text, &millionths)) return false;
    for (const struct unit *unit = units_of(kind); unit->text != NULL; unit++) {
        if (strcmp(text, unit->text) != 0) continue;
        const uint64_t whole = millionths / 1000000;
        const uint64_t rest = millionths % 1000000;
        if (whole > UINT64_MAX / unit->factor - 1) return false;
        *number = whole * unit->factor + rest * unit->factor / 1000000;
        return unit->factor > 1 || rest == 0;
    }
    return false;
}

static const struct cli_option *find(const struct cli_parser *p, const char *name, size_t len)
{
    for (size_t i = 0; i < p->option_count; i++) {
        const struct cli_option *o = &p->options[i];
        if (strlen(o->name) == len && memcmp(o->name, name, len) == 0) return o;
    }
    return NULL;
}

static bool unknown(const struct cli_parser *p, const char *argument)
{
    const char *names[NAMES_MAX];
    char plain[NAME_MAX_BYTES + 1] = "";
    const size_t count = size_min(p->option_count, NAMES_MAX);
    for (size_t i = 0; i < count; i++) names[i] = p->options[i].name;
    const char *start = argument + strspn(argument, "-");
    (void)snprintf(plain, sizeof plain, "%.*s", (int)size_min(strcspn(start, "="), NAME_MAX_BYTES),
                   start);
    const char *near = cli_nearest(plain, names, count);
    if (near != NULL)
        word_say(p->lang, WORD_UNKNOWN_OPTION_NEAR, argument, near);
    else
        word_say(p->lang, WORD_UNKNOWN_OPTION, argument);
    return false;
}

static bool take(struct cli_parser *p, const struct cli_option *option, const char *text)
{
    struct cli_value *value = &p->values[option - p->options];
    value->is_set = true;
    value->text = text;
    if (option->kind == CLI_FLAG || option->kind == CLI_TEXT) return true;
    if (!cli_number(option->kind, text, &value->number)) {
        static const enum word shapes[] = {
            [CLI_NUMBER] = WORD_SHAPE_NUMBER,   [CLI_TIME] = WORD_SHAPE_TIME,
            [CLI_PERCENT] = WORD_SHAPE_PERCENT, [CLI_SIZE] = WORD_SHAPE_SIZE,
            [CLI_RATE] = WORD_SHAPE_RATE,
        };
        word_say(p->lang, WORD_BAD_VALUE, option->name, text,
                 word_text(p->lang, shapes[option->kind]));
        return false;
    }
    if (value->number < option->min || (option->max != 0 && value->number > option->max)) {
        word_say(p->lang, WORD_OUT_OF_RANGE, option->name, text, (unsigned long long)option->min,
                 (unsigned long long)option->max);
        return false;
    }
    return true;
}

/* The option that an argument names, and the value that is glued to it, if any. */
static const struct cli_option *option_of(const struct cli_parser *p, const char *argument,
                                          const char **value)
{
    *value = NULL;
    if (argument[1] == '-') {
        const size_t len = strcspn(argument + 2, "=");
        if (argument[2 + len] == '=') *value = argument + 2 + len + 1;
        return find(p, argument + 2, len);
    }
    for (size_t i = 0; i < p->option_count; i++) {
        if (p->options[i].letter != argument[1]) continue;
        if (argument[2] != '\0') *value = argument + 2;
        return &p->options[i];
    }
    return NULL;
}

bool cli_parse(struct cli_parser *p, int argc, char **argv)
{
    bool options_end = false;
    for (int i = 0; i < argc; i++) {
        const char *argument = argv[i];
        if (!options_end && strcmp(argument, "--") == 0) {
            options_end = true;
            continue;
        }
        if (options_end || argument[0] != '-' || argument[1] == '\0') {
            if (p->operand_count == p->operands_max) {
                word_say(p->lang, WORD_TOO_MANY, argument);
                return false;
            }
            p->operands[p->operand_count++] = argument;
            continue;
        }
        const char *value;
        const struct cli_option *option = option_of(p, argument, &value);
        if (option == NULL) return unknown(p, argument);
        if (option->kind == CLI_FLAG && value != NULL) {
            word_say(p->lang, WORD_NO_VALUE_WANTED, option->name);
            return false;
        }
        if (option->kind != CLI_FLAG && value == NULL) {
            if (++i == argc) {
                word_say(p->lang, WORD_VALUE_MISSING, option->name);
                return false;
            }
            value = argv[i];
        }
        if (!take(p, option, value)) return false;
    }
    return true;
}

void cli_help(const struct cli_option *options, size_t count, enum lang lang)
{
    for (size_t i = 0; i < count; i++) {
        const struct cli_option *o = &options[i];
        const char letter[] = {o->letter != 0 ? '-' : ' ', o->letter != 0 ? o->letter : ' ', '\0'};
        printf("  %s --%-12s %s\n", letter, o->name, word_text(lang, o->help));
    }
}
