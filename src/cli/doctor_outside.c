/*
 * What the gateway meets outside.
 *
 * Nothing here sends a packet to the Internet: a way there is looked up by connecting a datagram
 * socket to an address of the documentation's, which only asks the routing table. The name servers
 * get two questions at most, all at a time, the second to those that did not answer the first.
 *
 * References: RFC 6761 6.3 (localhost), RFC 5737, RFC 3849 (documentation), RFC 1035 4.
 */
#define _GNU_SOURCE

#include "cli/doctor_outside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/words_doctor.h"
#include "gateway/dns_conf.h"
#include "gateway/host_ping.h"
#include "gateway/host_socket.h"
#include "gateway/jail.h"
#include "gateway/sandbox_net.h"

#define CONF_BYTES_MAX     65536
#define ROUND_US           1200000u
#define US_PER_MS          1000u
#define DESCRIPTORS_WANTED 10100 /* 10,000 connections, and what else is open */

/* localhost, A, IN; recursion desired as any stub asks. */
static const uint8_t question[] = {0x76, 0x69, 1,   0,   0,   1,   0,   0,   0, 0, 0, 0, 9, 'l',
                                   'o',  'c',  'a', 'l', 'h', 'o', 's', 't', 0, 0, 1, 0, 1};

/* ---- the jail ---- */

static int jail_status(void)
{
    (void)fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) _exit(jail_enter() & 0xff);
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) != pid) return EAGAIN;
    return WIFEXITED(status) ? WEXITSTATUS(status) : ENOSYS;
}

bool doctor_try_jail(enum lang lang)
{
    const int error = jail_status();
    const char *what = word_text(lang, &word_doctor_jail);
    if (error == 0) {
        doctor_show(lang, DOCTOR_OK, what, NULL, NULL);
        return true;
    }
    char line[DOCTOR_LINE_BYTES_MAX];
    (void)snprintf(line, sizeof line, word_text(lang, &word_doctor_check), what,
                   word_error(lang, error, strerror(error)));
    const enum explain_cause cause = error == ENOSYS ? CAUSE_NO_SECCOMP : CAUSE_UNKNOWN;
    doctor_show(lang, DOCTOR_FAIL, line, explain_cause(cause, lang), explain_fix(cause, lang));
    return false;
}

/* ---- the host ---- */

static uint32_t read_resolvers(struct vitro_endpoint resolver[GATEWAY_RESOLVERS_MAX],
                               bool *is_named)
{
    char text[CONF_BYTES_MAX];
    const int fd = open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC);
    const ssize_t len = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
    if (fd >= 0) (void)close(fd);
    text[len > 0 ? len : 0] = '\0';
    *is_named = strstr(text, "nameserver") != NULL;
    return dns_read_resolv_conf(text, resolver);
}

static void show_network(enum lang lang)
{
    struct vitro_endpoint resolver[GATEWAY_RESOLVERS_MAX];
    bool is_named;
    const uint32_t count = read_resolvers(resolver, &is_named);
    struct vitro_ip network;
    char text[VITRO_IP_TEXT_MAX];
    if (!sandbox_net_choose(resolver, count, &network)) {
        doctor_show(lang, DOCTOR_WARN, word_text(lang, &word_doctor_network_taken), NULL,
                    word_text(lang, &word_doctor_fix_network));
        return;
    }
    (void)vitro_ip_format(&network, text);
    doctor_showf(lang, DOCTOR_OK, &word_doctor_network, text);
}

static void show_ping(enum lang lang, const struct diagnose_facts *facts)
{
    struct host_ping ping;
    host_ping_open(&ping, true, false);
    if (ping.fd >= 0) {
        (void)close(ping.fd);
        doctor_showf(lang, DOCTOR_OK, ping.is_raw ? &word_doctor_ping_raw : &word_doctor_ping);
        return;
    }
    char line[DOCTOR_LINE_BYTES_MAX], why[DOCTOR_LINE_BYTES_MAX];
    (void)snprintf(line, sizeof line, word_text(lang, &word_doctor_ping_no),
                   word_error(lang, ping.error, strerror(ping.error)));
    (void)snprintf(why, sizeof why, word_text(lang, &word_doctor_why_ping),
                   (long long)facts->ping_low, (long long)facts->ping_high,
                   (long long)facts->group);
    doctor_show(lang, DOCTOR_WARN, line, why, word_text(lang, &word_doctor_fix_ping));
}

/* 0, or why there is no way to the address. */
static int route_error(const struct vitro_endpoint *to)
{
    struct sockaddr_storage address;
    const socklen_t len = host_address(to, &address);
    const int fd = host_socket_open(to, SOCK_DGRAM);
    if (fd < 0) return -fd;
    const int error = connect(fd, (const struct sockaddr *)&address, len) == 0 ? 0 : errno;
    (void)close(fd);
    return error;
}

static void show_route(enum lang lang, const char *name, const char *ip, bool is_needed)
{
    struct vitro_endpoint to = {.port = 9};
    char line[DOCTOR_LINE_BYTES_MAX];
    if (vitro_ip_parse(ip, &to.ip) != 0) return;
    const int error = route_error(&to);
    if (error == 0) {
        doctor_showf(lang, DOCTOR_OK, &word_doctor_route, name);
        return;
    }
    (void)snprintf(line, sizeof line, word_text(lang, &word_doctor_route_no), name,
                   word_error(lang, error, strerror(error)));
    if (!is_needed)
        doctor_show(lang, DOCTOR_NOTE, line, NULL, NULL);
    else
        doctor_show(lang, DOCTOR_WARN, line, word_text(lang, &word_doctor_why_route),
                    word_text(lang, &word_doctor_fix_route));
}

static void show_descriptors(enum lang lang, const struct diagnose_facts *facts)
{
    char line[DOCTOR_LINE_BYTES_MAX], why[DOCTOR_LINE_BYTES_MAX];
    (void)snprintf(line, sizeof line, word_text(lang, &word_doctor_descriptors),
                   (long long)facts->descriptors_max);
    if (facts->descriptors_max >= DESCRIPTORS_WANTED) {
        doctor_show(lang, DOCTOR_OK, line, NULL, NULL);
        return;
    }
    (void)snprintf(why, sizeof why, word_text(lang, &word_doctor_why_descriptors),
                   DESCRIPTORS_WANTED);
    doctor_show(lang, DOCTOR_WARN, line, why, word_text(lang, &word_doctor_fix_descriptors));
}

void doctor_try_host(enum lang lang, const struct diagnose_facts *facts)
{
    show_network(lang);
    show_descriptors(lang, facts);
    show_ping(lang, facts);
    show_route(lang, "IPv4", "192.0.2.1", true);
    show_route(lang, "IPv6", "2001:db8::1", false);
}

/* ---- name servers ---- */

struct asked {
    struct vitro_endpoint server;
    int fd;    /* -1: not to be had */
    int error; /* 0: none so far */
    bool has_answered;
    uint64_t sent_us, took_us;
};

static void ask(struct asked *asked)
{
    struct sockaddr_storage address;
    const socklen_t len = host_address(&asked->server, &address);
    if (asked->fd < 0) asked->fd = host_socket_open(&asked->server, SOCK_DGRAM);
    asked->error = asked->fd < 0 ? -asked->fd : 0;
    if (asked->error != 0) return;
    asked->sent_us = poll_now_us();
    if (connect(asked->fd, (const struct sockaddr *)&address, len) != 0 ||
        send(asked->fd, question, sizeof question, MSG_NOSIGNAL) < 0)
        asked->error = errno;
}

/* Takes what has come: an answer with our number, whatever it says, is one. */
static void hear(struct asked *asked)
{
    uint8_t answer[512];
    const ssize_t len = recv(asked->fd, answer, sizeof answer, 0);
    if (len < 0 && errno != EAGAIN) asked->error = errno;
    if (len < 4 || memcmp(answer, question, 2) != 0 || (answer[2] & 0x80) == 0) return;
    asked->has_answered = true;
    asked->took_us = poll_now_us() - asked->sent_us;
}

static bool is_waited_for(const struct asked *asked)
{
    return !asked->has_answered && asked->error == 0;
}

/* One round of questions; false: nobody is waited for any more. */
static bool ask_round(struct asked *asked, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!asked[i].has_answered) ask(&asked[i]);
    const uint64_t until_us = poll_now_us() + ROUND_US;
    for (;;) {
        struct pollfd fds[GATEWAY_RESOLVERS_MAX];
        uint32_t waiting = 0;
        for (uint32_t i = 0; i < count; i++) {
            fds[i] = (struct pollfd){.fd = is_waited_for(&asked[i]) ? asked[i].fd : -1,
                                     .events = POLLIN};
            waiting += fds[i].fd >= 0;
        }
        if (waiting == 0) return false;
        const uint64_t now_us = poll_now_us();
        if (now_us >= until_us) return true;
        if (poll(fds, count, (int)((until_us - now_us) / US_PER_MS) + 1) < 0) return true;
        for (uint32_t i = 0; i < count; i++)
            if (fds[i].fd >= 0 && fds[i].revents != 0) hear(&asked[i]);
    }
}

static void show_resolver(enum lang lang, const struct asked *asked)
{
    char name[VITRO_IP_TEXT_MAX], line[DOCTOR_LINE_BYTES_MAX];
    (void)vitro_ip_format(&asked->server.ip, name);
    if (asked->has_answered) {
        doctor_showf(lang, DOCTOR_OK, &word_doctor_resolver, name,
                     (unsigned)(asked->took_us / US_PER_MS),
                     (unsigned)(asked->took_us % US_PER_MS / 100));
        return;
    }
    if (asked->error == 0)
        (void)snprintf(line, sizeof line, word_text(lang, &word_doctor_resolver_silent), name);
    else
        (void)snprintf(line, sizeof line, word_text(lang, &word_doctor_resolver_error), name,
                       word_error(lang, asked->error, strerror(asked->error)));
    doctor_show(lang, DOCTOR_WARN, line, word_text(lang, &word_doctor_why_resolver),
                word_text(lang, &word_doctor_fix_resolver));
}

void doctor_try_resolvers(enum lang lang, bool is_offline)
{
    struct vitro_endpoint resolver[GATEWAY_RESOLVERS_MAX];
    struct asked asked[GATEWAY_RESOLVERS_MAX];
    bool is_named;
    const uint32_t count = read_resolvers(resolver, &is_named);
    if (!is_named) {
        doctor_show(lang, DOCTOR_WARN, word_text(lang, &word_doctor_resolver_none), NULL,
                    word_text(lang, &word_doctor_fix_resolver));
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        asked[i] = (struct asked){.server = resolver[i], .fd = -1};
        char name[VITRO_IP_TEXT_MAX];
        (void)vitro_ip_format(&resolver[i].ip, name);
        if (is_offline) doctor_showf(lang, DOCTOR_NOTE, &word_doctor_resolver_skipped, name);
    }
    if (is_offline) return;
    if (ask_round(asked, count)) (void)ask_round(asked, count);
    for (uint32_t i = 0; i < count; i++) {
        show_resolver(lang, &asked[i]);
        if (asked[i].fd >= 0) (void)close(asked[i].fd);
    }
}
