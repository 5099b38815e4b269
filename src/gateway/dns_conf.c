/*
 * resolv.conf and nsswitch.conf.
 *
 * Both are read as the C library does: leniently. What a line means is decided by its first word; a
 * line that makes no sense is passed over.
 */
#define _GNU_SOURCE /* if_nametoindex */

#include "gateway/dns_conf.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define DNS_PORT   53
#define WORD_BREAK " \t\r\n"

/* A stretch of a text. */
struct piece {
    const char *at;
    size_t len;
};

/* Takes the next line off `*text`, without its end; false: there is none. */
static bool next_line(const char **text, struct piece *line)
{
    if (*text == NULL || **text == '\0') return false;
    *line = (struct piece){.at = *text, .len = strcspn(*text, "\n")};
    *text += line->len;
    if (**text == '\n') (*text)++;
    return true;
}

/* Takes the next word off a line; empty: there is none. */
static struct piece next_word(struct piece *line)
{
    while (line->len > 0 && strchr(WORD_BREAK, *line->at) != NULL) {
        line->at++;
        line->len--;
    }
    struct piece word = {.at = line->at};
    while (word.len < line->len && strchr(WORD_BREAK, line->at[word.len]) == NULL) word.len++;
    line->at += word.len;
    line->len -= word.len;
    return word;
}

static bool is_word(struct piece word, const char *text)
{
    return strlen(text) == word.len && memcmp(word.at, text, word.len) == 0;
}

/* The interface a zone names, by name or number; 0: none that could be meant. */
static uint16_t zone_of(const char *zone)
{
    const unsigned int index = if_nametoindex(zone);
    if (index != 0) return index <= UINT16_MAX ? (uint16_t)index : 0;
    char *end = NULL;
    const unsigned long number = strtoul(zone, &end, 10);
    return *zone >= '0' && *zone <= '9' && *end == '\0' && number <= UINT16_MAX ? (uint16_t)number
                                                                                : 0;
}

static bool read_server(struct piece word, struct vitro_endpoint *server)
{
    char text[VITRO_IP_TEXT_MAX + IF_NAMESIZE + 1];
    if (word.len == 0 || word.len >= sizeof text) return false;
    memcpy(text, word.at, word.len);
    text[word.len] = '\0';
    char *percent = strchr(text, '%');
    if (percent != NULL) *percent = '\0';
    struct vitro_ip ip;
    if (vitro_ip_parse(text, &ip) != 0) return false;
    *server = vitro_endpoint_of(ip, DNS_PORT);
    if (percent != NULL) server->zone = zone_of(percent + 1);
    return true;
}

uint32_t dns_read_resolv_conf(const char *text,
                              struct vitro_endpoint resolver[GATEWAY_RESOLVERS_MAX])
{
    uint32_t count = 0;
    struct piece line;
    while (count < GATEWAY_RESOLVERS_MAX && next_line(&text, &line)) {
        if (!is_word(next_word(&line), "nameserver")) continue;
        if (read_server(next_word(&line), &resolver[count])) count++;
    }
    if (count > 0) return count;
    resolver[0] = vitro_endpoint_of(vitro_ip_v4(127, 0, 0, 1), DNS_PORT);
    return 1;
}

static void add_line(struct text *text, struct piece line)
{
    text_add_bytes(text, line.at, line.len);
    text_add_char(text, '\n');
}

size_t dns_write_resolv_conf(const char *host_text, const struct policy_addresses *addresses,
                             char *out, size_t cap)
{
    struct text text;
    char server[VITRO_IP_TEXT_MAX];
    text_init(&text, out, cap);
    (void)vitro_ip_format(&addresses->dns[0], server);
    text_addf(&text,
              "# the network of vitro run: questions go on to the host's own resolvers\n"
              "nameserver %s\n",
              server);
    struct piece line;
    struct piece search = {.len = 0}; /* `search` and `domain`: the last of both counts */
    while (next_line(&host_text, &line)) {
        struct piece rest = line;
        const struct piece word = next_word(&rest);
        if (is_word(word, "search") || is_word(word, "domain")) search = line;
        if (is_word(word, "options")) add_line(&text, line);
    }
    if (search.len > 0) add_line(&text, search);
    return text.len;
}

/* Services of `hosts:` that only look at files, at the machine's own name, or ask by DNS. */
static bool is_harmless(struct piece word)
{
    static const char *const services[] = {"files", "altfiles",   "usrfiles",
                                           "db",    "myhostname", "dns"};
    for (uint32_t i = 0; i < ARRAY_COUNT(services); i++) {
        if (is_word(word, services[i])) return true;
    }
    return false;
}

/* Whether a word has come before in the line. */
static bool came_before(struct piece line, struct piece word)
{
    for (struct piece w; (w = next_word(&line)).len > 0 && w.at < word.at;) {
        if (w.len == word.len && memcmp(w.at, word.at, w.len) == 0) return true;
    }
    return false;
}

/* Takes "[...]" off, which may hold blanks. */
static void skip_action(struct piece *line, struct piece word)
{
    const char *end = memchr(word.at, ']', (size_t)(line->at + line->len - word.at));
    if (end == NULL) end = line->at + line->len - 1;
    const size_t skipped = (size_t)(end + 1 - line->at);
    if (end + 1 < line->at) return; /* the line went on behind it already */
    line->at += skipped;
    line->len -= skipped;
}

/* Writes the line `hosts:`. Actions are left out: with the services that remain they would do no
 * more than keep the name server from being asked. */
static void add_hosts(struct text *text, struct piece services)
{
    bool has_dns = false;
    const struct piece all = services;
    text_add(text, "hosts:");
    for (struct piece word; (word = next_word(&services)).len > 0;) {
        if (word.at[0] == '#') break;
        if (word.at[0] == '[') {
            skip_action(&services, word);
            continue;
        }
        if (!is_harmless(word) || came_before(all, word)) continue;
        has_dns = has_dns || is_word(word, "dns");
        text_add_char(text, ' ');
        text_add_bytes(text, word.at, word.len);
    }
    text_add(text, has_dns ? "\n" : " dns\n");
}

size_t dns_write_nsswitch(const char *host_text, char *out, size_t cap)
{
    static const char usual[] = "files";
    struct text text;
    struct piece line;
    bool has_hosts = false;
    text_init(&text, out, cap);
    while (next_line(&host_text, &line)) {
        struct piece rest = line;
        const struct piece word = next_word(&rest);
        const size_t name_len = strlen("hosts:");
        if (word.len < name_len || memcmp(word.at, "hosts:", name_len) != 0) {
            add_line(&text, line);
            continue;
        }
        /* "hosts:files dns" needs no blank behind the colon. */
        const struct piece services = {.at = word.at + name_len,
                                       .len = (size_t)(line.at + line.len - word.at) - name_len};
        add_hosts(&text, services);
        has_hosts = true;
    }
    if (!has_hosts) add_hosts(&text, (struct piece){.at = usual, .len = strlen(usual)});
    return text.len;
}
