/*
 * The option table's reader. One argument is looked at after the other, and a value is judged when
 * it is read, so that the first mistake of the line is the one that is told. "Nearest" is the least
 * number of letters to add, drop, change or swap, with three rows of the usual table; more than a
 * quarter of the name, and one, is not near.
 */
#include "cli/cli_options.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define NAME_MAX_BYTES 32
#define NAMES_MAX      64
#define LIMIT_TEXT_MAX 32
#define HELP_COLUMNS   22 /* of an option with its value */

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
        if (d >= best_distance || d > 1 + strlen(names[i]) / 4) continue;
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
    static const struct unit sizes[] = {{"", 1},        {"k", 1024},       {"K", 1024},
                                        {"M", 1048576}, {"G", 1073741824}, {NULL, 0}};
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
    case CLI_TEXT:
    case CLI_CHOICE:
    case CLI_LANG:
    case CLI_KIND_COUNT: break;
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
        if (*number == 0 && millionths != 0) return false; /* too little to be told from nothing */
        return unit->factor > 1 || rest == 0;
    }
    return false;
}

/* Writes a limit in the largest unit that leaves it whole: 3600000000 us is "60min". */
static void format_number(enum cli_kind kind, uint64_t number, char out[LIMIT_TEXT_MAX])
{
    const struct unit *best = units_of(kind);
    for (const struct unit *unit = best; number != 0 && unit->text != NULL; unit++) {
        if (number % unit->factor == 0 && unit->factor > best->factor) best = unit;
    }
    (void)snprintf(out, LIMIT_TEXT_MAX, "%llu%s", (unsigned long long)(number / best->factor),
                   number != 0 ? best->text : "");
}

static const struct cli_option *find(const struct cli_parser *p, const char *name, size_t len)
{
    for (size_t i = 0; i < p->option_count; i++) {
        const struct cli_option *o = &p->options[i];
        if (strlen(o->name) == len && memcmp(o->name, name, len) == 0) return o;
    }
    return NULL;
}

static const struct cli_option *find_letter(const struct cli_parser *p, char letter)
{
    for (size_t i = 0; i < p->option_count; i++) {
        if (p->options[i].letter == letter) return &p->options[i];
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
        word_say(p->lang, p->command, &word_unknown_option_near, argument, near);
    else
        word_say(p->lang, p->command, &word_unknown_option, argument);
    return false;
}

static bool take_number(const struct cli_parser *p, const struct cli_option *option,
                        struct cli_value *value)
{
    static const struct words *const shapes[CLI_KIND_COUNT] = {
        [CLI_NUMBER] = &word_shape_number,   [CLI_TIME] = &word_shape_time,
        [CLI_PERCENT] = &word_shape_percent, [CLI_SIZE] = &word_shape_size,
        [CLI_RATE] = &word_shape_rate,
    };
    if (!cli_number(option->kind, value->text, &value->number)) {
        word_say(p->lang, p->command, &word_bad_value, option->name, value->text,
                 word_text(p->lang, shapes[option->kind]));
        return false;
    }
    const bool has_max = option->max != 0;
    if (value->number >= option->min && (!has_max || value->number <= option->max)) return true;
    char min[LIMIT_TEXT_MAX], max[LIMIT_TEXT_MAX];
    format_number(option->kind, option->min, min);
    format_number(option->kind, option->max, max);
    word_say(p->lang, p->command, has_max ? &word_out_of_range : &word_too_small, option->name,
             value->text, min, max);
    return false;
}

static bool take_choice(const struct cli_parser *p, const struct cli_option *option,
                        struct cli_value *value)
{
    char list[256];
    struct text text;
    text_init(&text, list, sizeof list);
    for (size_t i = 0; option->choices[i] != NULL; i++) {
        if (strcmp(option->choices[i], value->text) == 0) {
            value->number = i;
            return true;
        }
        if (i > 0) text_add(&text, word_text(p->lang, &word_list_joint));
        text_add(&text, option->choices[i]);
    }
    word_say(p->lang, p->command, &word_bad_choice, option->name, value->text, list);
    return false;
}

static bool take_lang(struct cli_parser *p, const struct cli_option *option,
                      struct cli_value *value)
{
    if (!lang_find(value->text, &p->lang)) {
        word_say(p->lang, p->command, &word_bad_choice, option->name, value->text, "en, zh");
        return false;
    }
    value->number = (uint64_t)p->lang;
    return true;
}

static bool take(struct cli_parser *p, const struct cli_option *option, const char *text)
{
    struct cli_value *value = &p->values[option - p->options];
    *value = (struct cli_value){.is_set = true, .text = text};
    switch (option->kind) {
    case CLI_FLAG:
    case CLI_TEXT:
    case CLI_KIND_COUNT: break;
    case CLI_NUMBER:
    case CLI_TIME:
    case CLI_PERCENT:
    case CLI_SIZE:
    case CLI_RATE:
        if (!take_number(p, option, value)) return false;
        break;
    case CLI_CHOICE:
        if (!take_choice(p, option, value)) return false;
        break;
    case CLI_LANG:
        if (!take_lang(p, option, value)) return false;
        break;
    }
    if (!option->repeats) return true;
    if (p->repeat_count == p->repeats_max) {
        word_say(p->lang, p->command, &word_too_often, option->name, text,
                 (unsigned)p->repeats_max);
        return false;
    }
    p->repeats[p->repeat_count++] = (struct cli_repeat){option, *value};
    return true;
}

/* Takes an option whose value is `glued` to it or else the next argument. */
static bool take_option(struct cli_parser *p, const struct cli_option *option, const char *glued,
                        int *i, int argc, char **argv)
{
    if (option->kind == CLI_FLAG) {
        if (glued == NULL) return take(p, option, NULL);
        word_say(p->lang, p->command, &word_no_value_wanted, option->name);
        return false;
    }
    if (glued != NULL) return take(p, option, glued);
    if (*i + 1 == argc) {
        word_say(p->lang, p->command, &word_value_missing, option->name);
        return false;
    }
    return take(p, option, argv[++*i]);
}

/* -6, -6q, -w FILE, -wFILE, -6w FILE */
static bool take_letters(struct cli_parser *p, int *i, int argc, char **argv)
{
    const char *argument = argv[*i];
    for (const char *at = argument + 1; *at != '\0'; at++) {
        const struct cli_option *option = find_letter(p, *at);
        if (option == NULL) return unknown(p, argument);
        if (option->kind != CLI_FLAG) {
            return take_option(p, option, at[1] != '\0' ? at + 1 : NULL, i, argc, argv);
        }
        if (!take(p, option, NULL)) return false;
    }
    return true;
}

static bool take_name(struct cli_parser *p, int *i, int argc, char **argv)
{
    const char *name = argv[*i] + 2;
    const size_t len = strcspn(name, "=");
    const struct cli_option *option = find(p, name, len);
    if (option == NULL) return unknown(p, argv[*i]);
    return take_option(p, option, name[len] == '=' ? name + len + 1 : NULL, i, argc, argv);
}

static bool take_operand(struct cli_parser *p, const char *argument)
{
    if (p->operand_count == p->operands_max) {
        word_say(p->lang, p->command, &word_too_many, argument);
        return false;
    }
    p->operands[p->operand_count++] = argument;
    return true;
}

bool cli_parse(struct cli_parser *p, int argc, char **argv)
{
    bool options_end = false;
    for (int i = 0; i < argc; i++) {
        const char *argument = argv[i];
        const bool is_operand = options_end || argument[0] != '-' || argument[1] == '\0';
        const bool is_end = !is_operand && strcmp(argument, "--") == 0;
        if (p->stops_at_operand && (is_operand || is_end)) {
            p->rest = argv + i + (is_end ? 1 : 0);
            p->rest_count = argc - i - (is_end ? 1 : 0);
            return true;
        }
        if (is_end) {
            options_end = true;
            continue;
        }
        const bool is_good = is_operand           ? take_operand(p, argument)
                             : argument[1] == '-' ? take_name(p, &i, argc, argv)
                                                  : take_letters(p, &i, argc, argv);
        if (!is_good) return false;
    }
    return true;
}

const struct cli_value *cli_nth(const struct cli_parser *parser, size_t option, size_t n)
{
    for (size_t i = 0; i < parser->repeat_count; i++) {
        if (parser->repeats[i].option != &parser->options[option]) continue;
        if (n-- == 0) return &parser->repeats[i].value;
    }
    return NULL;
}

static const char *value_name(const struct cli_option *option, enum lang lang)
{
    static const struct words *const names[CLI_KIND_COUNT] = {
        [CLI_NUMBER] = &word_value_number,   [CLI_TIME] = &word_value_time,
        [CLI_PERCENT] = &word_value_percent, [CLI_SIZE] = &word_value_size,
        [CLI_RATE] = &word_value_rate,       [CLI_TEXT] = &word_value_text,
        [CLI_CHOICE] = &word_value_choice,   [CLI_LANG] = &word_value_lang,
    };
    if (option->kind == CLI_FLAG) return "";
    return word_text(lang, option->value != NULL ? option->value : names[option->kind]);
}

void cli_help(const struct cli_option *options, size_t count, enum lang lang)
{
    for (size_t i = 0; i < count; i++) {
        const struct cli_option *o = &options[i];
        const char letter[] = {o->letter != 0 ? '-' : ' ', o->letter != 0 ? o->letter : ' ', '\0'};
        const char *value = value_name(o, lang);
        const unsigned columns = (unsigned)strlen(o->name) + 1 + word_columns(value);
        const unsigned pad = columns < HELP_COLUMNS ? HELP_COLUMNS - columns : 1;
        if (o->group != NULL) printf("\n%s\n", word_text(lang, o->group));
        printf("  %s --%s %s%*s%s\n", letter, o->name, value, (int)pad, "",
               word_text(lang, o->help));
    }
}
