/*
 * Plays scenes for tests.
 */
#include "lab_fixture.h"

#include "support.h"

#include "base/hash.h"
#include "base/text.h"
#include "wire/tcp.h"

static void add_flags(struct lab_seen *seen, const struct lab_sight *sight)
{
    struct text text;
    char flags[8];
    const uint8_t *ip = sight->bytes.data;
    const uint8_t bits = ip[(ip[0] >> 4 == 4 ? 20 : 40) + 13];
    text_init(&text, flags, sizeof flags);
    text_add_char(&text, sight->from == SIM_A ? '>' : '<');
    if ((bits & TCP_FLAG_FIN) != 0) text_add_char(&text, 'F');
    if ((bits & TCP_FLAG_SYN) != 0) text_add_char(&text, 'S');
    if ((bits & TCP_FLAG_RST) != 0) text_add_char(&text, 'R');
    if ((bits & TCP_FLAG_PSH) != 0) text_add_char(&text, 'P');
    if ((bits & TCP_FLAG_ACK) != 0) text_add_char(&text, '.');
    const size_t len = strlen(seen->flags);
    if (len + text.len + 2 > sizeof seen->flags) return;
    if (len > 0) seen->flags[len] = ' ';
    memcpy(seen->flags + len + (len > 0), flags, text.len + 1);
}

static void on_seen(void *owner, const struct lab_sight *sight)
{
    struct lab_seen *seen = owner;
    const struct hash_key key = {seen->hash, sight->now_us};
    seen->hash = hash_sip13(&key, sight->bytes.data, sight->bytes.len) ^ sight->notes;
    seen->count++;
    seen->notes[sight->side] |= sight->notes;
    if (sight->side == SIM_A) add_flags(seen, sight);
}

static struct lab_seen play(const char *name, bool is_v6, const char *fault)
{
    struct lab_seen seen = {0};
    struct lab_config config;
    const struct lab_watcher watcher = {&seen, on_seen};
    const struct lab_scene *scene = lab_scene_find(name);
    assert_non_null(scene);
    lab_config_default(&config, scene, is_v6, 1);
    if (fault != NULL) assert_true(sim_fault_parse(fault, &config.rule[config.rule_count++]));
    struct lab *lab = lab_create(scene, &config, &watcher);
    assert_non_null(lab);
    while (lab_step(lab)) continue;
    lab_report(lab, &seen.report);
    lab_destroy(lab);
    return seen;
}

struct lab_seen lab_play(const char *name, bool is_v6) { return play(name, is_v6, NULL); }

struct lab_seen lab_play_fault(const char *name, const char *fault)
{
    return play(name, false, fault);
}

void lab_must_note(const char *name, uint64_t client, uint64_t server)
{
    for (int v6 = 0; v6 < 2; v6++) {
        const struct lab_seen seen = lab_play(name, v6 == 1);
        assert_int_equal(seen.notes[SIM_A] & client, client);
        assert_int_equal(seen.notes[SIM_B] & server, server);
    }
}

void lab_must_show(const char *name, const char *flags)
{
    for (int v6 = 0; v6 < 2; v6++) {
        const struct lab_seen seen = lab_play(name, v6 == 1);
        assert_string_equal(seen.flags, flags);
    }
}
