/*
 * Exact faults: a reader for a language of one line.
 *
 * The text is split into words, and the words are taken from the front: action, then kind and
 * numbers in either order, then the end. Filler words are skipped wherever a word is looked for.
 */
#include "sim/sim_fault.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "base/name_of.h"

/* Words of a rule that are read; more are an error. */
#define WORDS_MAX 12

struct word {
    const char *at;
    size_t len;
};

struct words {
    uint32_t count, next;
    struct word word[WORDS_MAX];
};

const char *sim_fault_text(enum sim_fault fault)
{
    static const char *const texts[] = {SIM_FAULTS(NAME_SECOND)};
    return name_of(texts, ARRAY_COUNT(texts), fault);
}

size_t sim_faults_format(uint32_t faults, char *out, size_t cap)
{
    struct text text;
    text_init(&text, out, cap);
    for (int fault = 0; fault < SIM_FAULT_COUNT; fault++) {
        if ((faults & 1u << fault) == 0) continue;
        if (text.len > 0) text_add(&text, ", ");
        text_add(&text, sim_fault_text((enum sim_fault)fault));
    }
    return text.len;
}

static bool word_is(const struct word *word, const char *text)
{
    return strlen(text) == word->len && strncasecmp(word->at, text, word->len) == 0;
}

static bool split(const char *text, struct words *words)
{
    words->count = 0;
    words->next = 0;
    for (const char *at = text + strspn(text, " \t"); *at != '\0'; at += strspn(at, " \t")) {
        if (words->count == WORDS_MAX) return false;
        const size_t len = strcspn(at, " \t");
        words->word[words->count++] = (struct word){.at = at, .len = len};
        at += len;
    }
    return true;
}

/* The word to be read, NULL at the end; "the" is passed over. */
static const struct word *peek(struct words *words)
{
    while (words->next < words->count && word_is(&words->word[words->next], "the")) words->next++;
    return words->next < words->count ? &words->word[words->next] : NULL;
}

static bool take(struct words *words, const char *text)
{
    const struct word *word = peek(words);
    if (word == NULL || !word_is(word, text)) return false;
    words->next++;
    return true;
}

/* Decimal digits at the front of a word; returns how many, 0 also for a number too large. */
static size_t digits(const char *at, size_t len, uint64_t *value)
{
    size_t used = 0;
    uint64_t sum = 0;
    while (used < len && at[used] >= '0' && at[used] <= '9') {
        sum = sum * 10 + (uint64_t)(at[used] - '0');
        if (++used > 12) return 0;
    }
    *value = sum;
    return used;
}

/* "st", "nd", "rd", "th" or nothing. */
static bool is_ending(const char *at, size_t len)
{
    static const char *const endings[] = {"", "st", "nd", "rd", "th"};
    const struct word rest = {.at = at, .len = len};
    for (size_t i = 0; i < ARRAY_COUNT(endings); i++) {
        if (word_is(&rest, endings[i])) return true;
    }
    return false;
}

/* "2", "2nd", "3-5" or "3-" */
static bool read_range(const struct word *word, struct sim_rule *rule)
{
    uint64_t first;
    size_t used = digits(word->at, word->len, &first);
    if (used == 0 || first == 0) return false;
    rule->first = first;
    rule->last = first;
    rule->step = 1;
    const char *rest = word->at + used;
    size_t len = word->len - used;
    if (len == 0 || *rest != '-') return is_ending(rest, len);
    rest++;
    len--;
    rule->last = UINT64_MAX;
    if (len == 0) return true;
    used = digits(rest, len, &rule->last);
    return used > 0 && rule->last >= first && is_ending(rest + used, len - used);
}

static bool read_time(const struct word *word, uint64_t *us)
{
    static const struct {
        const char *unit;
        uint64_t us;
    } units[] = {{"us", 1}, {"ms", 1000}, {"s", 1000000}};
    uint64_t number;
    const size_t used = digits(word->at, word->len, &number);
    if (used == 0) return false;
    const struct word rest = {.at = word->at + used, .len = word->len - used};
    for (size_t i = 0; i < ARRAY_COUNT(units); i++) {
        if (!word_is(&rest, units[i].unit)) continue;
        *us = number * units[i].us;
        return true;
    }
    return false;
}

static bool read_action(struct words *words, struct sim_rule *rule)
{
    static const struct {
        const char *word;
        enum sim_fault fault;
    } actions[] = {
        {"drop", SIM_FAULT_DROP},       {"delay", SIM_FAULT_DELAY},
        {"corrupt", SIM_FAULT_CORRUPT}, {"duplicate", SIM_FAULT_DUPLICATE},
        {"reorder", SIM_FAULT_REORDER},
    };
    for (size_t i = 0; i < ARRAY_COUNT(actions); i++) {
        if (!take(words, actions[i].word)) continue;
        rule->fault = actions[i].fault;
        if (rule->fault != SIM_FAULT_DELAY) return true;
        const struct word *word = peek(words);
        if (word == NULL || !read_time(word, &rule->delay_us)) return false;
        words->next++;
        return true;
    }
    return false;
}

/* True if there were numbers; a word that is no number stays. */
static bool take_numbers(struct words *words, struct sim_rule *rule)
{
    if (take(words, "all")) return true;
    const bool is_every = take(words, "every");
    const struct word *word = peek(words);
    if (!is_every && take(words, "first")) {
        rule->first = rule->last = 1;
        return true;
    }
    struct sim_rule range = *rule;
    if (word == NULL || !read_range(word, &range)) return is_every;
    words->next++;
    *rule = range;
    if (is_every) {
        rule->step = range.first;
        rule->last = UINT64_MAX;
    }
    return true;
}

/* A kind's word, or its plural. */
static bool take_kind(struct words *words, struct sim_rule *rule)
{
    const struct word *word = peek(words);
    if (word == NULL) return false;
    const bool is_plural = word->len > 1 && (word->at[word->len - 1] | 0x20) == 's';
    if (!sim_kind_find(word->at, word->len, &rule->kind) &&
        !(is_plural && sim_kind_find(word->at, word->len - 1, &rule->kind))) {
        return false;
    }
    words->next++;
    if (rule->kind == SIM_KIND_PACKET || rule->kind == SIM_KIND_SEGMENT) return true;
    if (take(words, "packet") || take(words, "packets") || take(words, "segment")) return true;
    (void)take(words, "segments");
    return true;
}

static bool read_end(struct words *words, struct sim_rule *rule)
{
    if (!take(words, "from")) return true;
    if (take(words, "a")) {
        rule->ends = 1u << SIM_A;
        return true;
    }
    rule->ends = 1u << SIM_B;
    return take(words, "b");
}

bool sim_fault_parse(const char *text, struct sim_rule *rule)
{
    struct words words;
    struct sim_rule out = {
        .first = 1, .last = UINT64_MAX, .step = 1, .ends = 1u << SIM_A | 1u << SIM_B};
    if (strlen(text) >= SIM_RULE_TEXT_MAX || !split(text, &words)) return false;
    if (!read_action(&words, &out)) return false;
    const bool has_numbers = take_numbers(&words, &out);
    if (!take_kind(&words, &out)) return false;
    if (!has_numbers) (void)take_numbers(&words, &out);
    if (!read_end(&words, &out) || words.next != words.count) return false;
    memcpy(out.text, text, strlen(text) + 1);
    *rule = out;
    return true;
}
