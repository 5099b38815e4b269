/*
 * The sandbox, tried for real.
 *
 * sandbox_open() stops at the first step that fails and names it, so all steps before that have
 * worked: one attempt with each device tells everything. What lies between (whether names resolve,
 * whether the gateway answers) is told by a program inside a whole `vitro run`: vitro itself, which
 * is the one program that is certain to be there.
 */
#define _GNU_SOURCE

#include "cli/doctor_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/pool.h"
#include "cli/cli.h"
#include "cli/words_doctor.h"
#include "gateway/dns_conf.h"
#include "gateway/sandbox_net.h"

/* Exit statuses of doctor_inside_main(). */
enum {
    TALKED = 0,
    NO_NAME = 61,
    NO_TALK = 62,
};

#define TALK_TIMEOUT_S   5
#define TIMEOUT_S        20 /* of all that is done inside */
#define CONF_BYTES_MAX   4096
#define MTU_BYTES        1500
#define NO_COMMAND_FIRST 125 /* statuses from here on are vitro run's own, or signals */

/* An attempt with one device. */
struct attempt {
    bool is_open;
    bool has_user_namespace; /* if it is open */
    bool has_ip6;            /* likewise */
    struct sandbox_failure failure, warning;
};

struct doctor {
    enum lang lang;
    const struct diagnose_facts *facts;
    struct policy_addresses addresses;
    char conf[CONF_BYTES_MAX];
    struct attempt tap, packet;
};

static void plan(struct doctor *doctor)
{
    struct vitro_ip network;
    (void)sandbox_net_choose(NULL, 0, &network); /* whether it is free is told elsewhere */
    policy_addresses_init(&doctor->addresses, &network, sandbox_net_host_has_ip6());
    (void)dns_write_resolv_conf(NULL, &doctor->addresses, doctor->conf, sizeof doctor->conf);
}

/* Whether a process is in another user namespace than we are. */
static bool is_elsewhere(pid_t pid)
{
    char path[64];
    struct stat own, other;
    (void)snprintf(path, sizeof path, "/proc/%d/ns/user", (int)pid);
    if (stat("/proc/self/ns/user", &own) != 0 || stat(path, &other) != 0) return true;
    return own.st_ino != other.st_ino;
}

static void try_device(struct doctor *doctor, enum sandbox_device device, struct attempt *attempt)
{
    char *const nothing[] = {NULL}; /* no program is started */
    const struct sandbox_config config = {
        .argv = nothing,
        .addresses = &doctor->addresses,
        .mtu_bytes = MTU_BYTES,
        .device = device,
        .resolv_conf = doctor->conf,
    };
    struct sandbox sandbox;
    *attempt = (struct attempt){.is_open = false};
    if (sandbox_open(&sandbox, &config, &attempt->failure) != 0) return;
    attempt->is_open = true;
    attempt->has_user_namespace = is_elsewhere(sandbox.inner);
    attempt->has_ip6 = sandbox.has_ip6;
    attempt->warning = sandbox.warning;
    sandbox_close(&sandbox);
}

/* ---- what is said ---- */

static void show_good(const struct doctor *doctor, enum sandbox_step step)
{
    const struct sandbox_failure good = {.step = step};
    doctor_show_step(doctor->lang, DOCTOR_OK, &good, doctor->facts);
}

static void show_bad(const struct doctor *doctor, enum doctor_mark mark,
                     const struct sandbox_failure *failure)
{
    doctor_show_step(doctor->lang, mark, failure, doctor->facts);
}

/* Steps are shown in the order in which they are done; up to a failure they have worked. True: all
 * of them have. */
static bool show_steps(const struct doctor *doctor, const struct attempt *attempt,
                       const enum sandbox_step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!attempt->is_open && attempt->failure.step == steps[i]) {
            show_bad(doctor, DOCTOR_FAIL, &attempt->failure);
            return false;
        }
        if (steps[i] != SANDBOX_FORK) show_good(doctor, steps[i]);
    }
    return true;
}

/* Root goes on without a user namespace: then the reason is shown, but nothing has failed. */
static bool show_namespaces(const struct doctor *doctor, const struct attempt *attempt)
{
    static const enum sandbox_step steps[] = {
        SANDBOX_FORK,   SANDBOX_USER_NAMESPACE,    SANDBOX_CAPABILITIES,
        SANDBOX_ID_MAP, SANDBOX_NETWORK_NAMESPACE, SANDBOX_MOUNT_NAMESPACE};
    size_t first = 0;
    if (attempt->is_open && !attempt->has_user_namespace) {
        doctor_showf(doctor->lang, DOCTOR_NOTE, &word_doctor_no_userns,
                     explain_step(SANDBOX_USER_NAMESPACE, doctor->lang));
        first = 4;
    }
    return show_steps(doctor, attempt, steps + first, ARRAY_COUNT(steps) - first);
}

/* What comes behind the device. */
static bool show_rest(const struct doctor *doctor, const struct attempt *attempt)
{
    if (!attempt->is_open && attempt->failure.step == SANDBOX_ADDRESSES) {
        show_bad(doctor, DOCTOR_FAIL, &attempt->failure);
        return false;
    }
    char v4[VITRO_IP_TEXT_MAX], v6[VITRO_IP_TEXT_MAX] = "";
    (void)vitro_ip_format(&doctor->addresses.program[0], v4);
    if (attempt->has_ip6) (void)vitro_ip_format(&doctor->addresses.program[1], v6);
    doctor_showf(doctor->lang, DOCTOR_OK,
                 attempt->has_ip6 ? &word_doctor_addresses : &word_doctor_address,
                 explain_step(SANDBOX_ADDRESSES, doctor->lang), v4, v6);
    if (attempt->warning.step == SANDBOX_RESOLV_CONF)
        show_bad(doctor, DOCTOR_WARN, &attempt->warning);
    else
        show_good(doctor, SANDBOX_RESOLV_CONF);
    return attempt->is_open;
}

static bool is_tun(enum sandbox_step step)
{
    return step == SANDBOX_TUN_OPEN || step == SANDBOX_TUN_DEVICE;
}

/* The device, and what is behind it. The attempt with a TAP got as far as the device. */
static bool show_devices(struct doctor *doctor, struct doctor_inside *inside)
{
    static const enum sandbox_step tap_steps[] = {SANDBOX_TUN_OPEN, SANDBOX_TUN_DEVICE};
    static const enum sandbox_step packet_steps[] = {SANDBOX_NETWORK_NAMESPACE, SANDBOX_VETH,
                                                     SANDBOX_PACKET_SOCKET};
    const struct attempt *tap = &doctor->tap, *packet = &doctor->packet;
    const bool has_tap = tap->is_open || !is_tun(tap->failure.step);
    try_device(doctor, SANDBOX_DEVICE_PACKET, &doctor->packet);
    inside->kind = has_tap ? LINK_TAP : LINK_PACKET;
    inside->failure = has_tap ? tap->failure : packet->failure;
    if (has_tap) {
        (void)show_steps(doctor, tap, tap_steps, ARRAY_COUNT(tap_steps));
        if (packet->is_open)
            doctor_showf(doctor->lang, DOCTOR_OK, &word_doctor_spare);
        else
            show_bad(doctor, DOCTOR_NOTE, &packet->failure);
        return show_rest(doctor, tap);
    }
    if (tap->failure.step == SANDBOX_TUN_DEVICE) show_good(doctor, SANDBOX_TUN_OPEN);
    show_bad(doctor, packet->is_open ? DOCTOR_NOTE : DOCTOR_FAIL, &tap->failure);
    const bool is_first_taken = packet->is_open || packet->failure.step != packet_steps[0];
    const size_t skip = is_first_taken ? 1 : 0; /* it was shown before */
    return show_steps(doctor, packet, packet_steps + skip, ARRAY_COUNT(packet_steps) - skip) &&
           show_rest(doctor, packet);
}

void doctor_try_sandbox(enum lang lang, const struct diagnose_facts *facts,
                        struct doctor_inside *inside)
{
    struct doctor doctor = {.lang = lang, .facts = facts};
    *inside = (struct doctor_inside){.works = false};
    plan(&doctor);
    try_device(&doctor, SANDBOX_DEVICE_TAP, &doctor.tap);
    inside->failure = doctor.tap.failure;
    inside->works = show_namespaces(&doctor, &doctor.tap) && show_devices(&doctor, inside);
}

/* ---- a whole run ---- */

/* What `vitro run` has to say goes to `said_fd`. */
static void be_silent(int said_fd)
{
    const int fd = open("/dev/null", O_RDWR);
    if (fd < 0) return;
    (void)dup2(fd, STDIN_FILENO);
    (void)dup2(fd, STDOUT_FILENO);
    (void)dup2(said_fd >= 0 ? said_fd : fd, STDERR_FILENO);
    if (fd > STDERR_FILENO) (void)close(fd);
}

static int run_whole(enum lang lang, enum link_kind kind, int said_fd)
{
    char quiet[] = "--quiet", device[] = "--device", end[] = "--", program[] = "/proc/self/exe";
    char command[] = "doctor", inside[] = DOCTOR_FROM_INSIDE;
    char tap[] = "tap", packet[] = "packet";
    char *argv[] = {quiet,  device, kind == LINK_TAP ? tap : packet, end, program, command,
                    inside, NULL};
    be_silent(said_fd);
    return cmd_run((int)ARRAY_COUNT(argv) - 1, argv, lang);
}

/* The first line of what was said, without who says it; NULL: nothing. */
static const char *read_said(int fd, char line[DOCTOR_LINE_BYTES_MAX])
{
    static const char who[] = "vitro run: ";
    const ssize_t len = fd >= 0 ? pread(fd, line, DOCTOR_LINE_BYTES_MAX - 1, 0) : 0;
    line[len > 0 ? len : 0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, who, sizeof who - 1) == 0) return line + sizeof who - 1;
    return line[0] != '\0' ? line : NULL;
}

static void show_whole_failure(enum lang lang, int status, int said_fd)
{
    char line[DOCTOR_LINE_BYTES_MAX], said[DOCTOR_LINE_BYTES_MAX];
    const struct words *words = status == NO_NAME   ? &word_doctor_whole_name
                                : status == NO_TALK ? &word_doctor_whole_talk
                                                    : &word_doctor_whole_status;
    (void)snprintf(line, sizeof line, word_text(lang, words), status);
    doctor_show(lang, DOCTOR_FAIL, line, read_said(said_fd, said),
                word_text(lang, &word_doctor_fix_whole));
}

bool doctor_try_whole(enum lang lang, enum link_kind kind)
{
    (void)fflush(NULL);
    const int said_fd = memfd_create("said", MFD_CLOEXEC);
    const pid_t pid = fork();
    if (pid == 0) _exit(run_whole(lang, kind, said_fd));
    int wait_status = 0;
    if (pid < 0 || waitpid(pid, &wait_status, 0) != pid) wait_status = -1;
    const int status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : NO_COMMAND_FIRST;
    if (status == TALKED)
        doctor_showf(lang, DOCTOR_OK, &word_doctor_whole);
    else
        show_whole_failure(lang, status, said_fd);
    if (said_fd >= 0) (void)close(said_fd);
    return status == TALKED;
}

/* ---- inside ---- */

/* Sends a few bytes to the echo service, and wants them back. */
static bool talk(const struct addrinfo *to)
{
    static const char said[] = "vitro doctor\n";
    char heard[sizeof said] = "";
    const struct timeval limit = {.tv_sec = TALK_TIMEOUT_S};
    const int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    const bool is_good = setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
                         setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 &&
                         connect(fd, to->ai_addr, to->ai_addrlen) == 0 &&
                         send(fd, said, sizeof said, MSG_NOSIGNAL) == (ssize_t)sizeof said &&
                         recv(fd, heard, sizeof heard, MSG_WAITALL) == (ssize_t)sizeof heard &&
                         memcmp(said, heard, sizeof said) == 0;
    (void)close(fd);
    return is_good;
}

int doctor_inside_main(void)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    (void)alarm(TIMEOUT_S);
    if (getaddrinfo("demo.vitro", "7", &hints, &found) != 0) return NO_NAME;
    int status = TALKED;
    for (const struct addrinfo *one = found; one != NULL; one = one->ai_next)
        if (!talk(one)) status = NO_TALK;
    freeaddrinfo(found);
    return status;
}
