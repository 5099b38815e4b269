/*
 * The jail: what the gateway gives up.
 *
 *     capabilities   all, and the bounding set, so that nothing could bring them back
 *     privileges     no_new_privs: no exec gains any
 *     memory         not dumpable: no other process of the user may look into it or trace it
 *     resources      no core, no new processes
 *     system calls   the list below; whatever else ends the process with SIGSYS
 *
 * The list is what a loop over sockets and open files needs. No file can be opened, nothing
 * executed, no memory made executable, no other process signalled, no namespace entered.
 *
 * Sanitizers need more of the system than the program (they read /proc, make stacks, start a tracer
 * for leaks at the end), so a build with one gets a second list, and may open files.
 */
#define _GNU_SOURCE /* SOCK_CLOEXEC, AT_EMPTY_PATH */

#include "gateway/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gateway/sandbox_ids.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define JAIL_HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) ||                         \
    __has_feature(thread_sanitizer)
#define JAIL_HAS_SANITIZER 1
#endif
#endif
#ifndef JAIL_HAS_SANITIZER
#define JAIL_HAS_SANITIZER 0
#endif

/* What is allowed whatever its arguments are. */
static const int allowed[] = {
    /* bytes */
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(fstat64),
    /* sockets; socket() itself is below */
    SCMP_SYS(recv),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(recvmmsg_time64),
    SCMP_SYS(send),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(accept4),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(getsockname),
    SCMP_SYS(shutdown),
    /* waiting */
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_pwait2),
    SCMP_SYS(poll), /* for an output that somebody has set not to block */
    SCMP_SYS(ppoll),
    SCMP_SYS(ppoll_time64),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(futex),
    SCMP_SYS(futex_time64),
    /* time and chance */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_gettime64),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getrandom),
    /* memory; mmap() and mprotect() are below */
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    /* an assertion that fails, and the end */
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigreturn),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* What a sanitizer needs beside that. */
static const int allowed_sanitizer[] = {
    SCMP_SYS(open),         SCMP_SYS(openat),
    SCMP_SYS(readlink),     SCMP_SYS(readlinkat),
    SCMP_SYS(stat),         SCMP_SYS(newfstatat),
    SCMP_SYS(access),       SCMP_SYS(getdents64),
    SCMP_SYS(mmap),         SCMP_SYS(mmap2),
    SCMP_SYS(mprotect),     SCMP_SYS(sigaltstack),
    SCMP_SYS(rt_sigaction), SCMP_SYS(prlimit64),
    SCMP_SYS(getrlimit),    SCMP_SYS(prctl),
    SCMP_SYS(sched_yield),  SCMP_SYS(sched_getaffinity),
    SCMP_SYS(nanosleep),    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clone),        SCMP_SYS(wait4),
    SCMP_SYS(ptrace),       SCMP_SYS(process_vm_readv),
    SCMP_SYS(getppid),      SCMP_SYS(getuid),
    SCMP_SYS(pipe),         SCMP_SYS(pipe2),
    SCMP_SYS(kill),         SCMP_SYS(tgkill),
    SCMP_SYS(getrusage),    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),         SCMP_SYS(dup),
    SCMP_SYS(dup2),         SCMP_SYS(uname),
};

uint32_t jail_raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    return limit.rlim_cur > UINT32_MAX ? UINT32_MAX : (uint32_t)limit.rlim_cur;
}

static int drop_capabilities(void)
{
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); /* before Linux 4.3: none */
    /* Needs CAP_SETPCAP: who lacks it has no_new_privs to keep file capabilities away. */
    for (int capability = 0; capability <= 63; capability++)
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) break;
    sandbox_ids_keep(0);
    for (int capability = 0; capability <= CAP_LAST_CAP; capability++)
        if (sandbox_ids_can(capability)) return EPERM;
    return 0;
}

static int limit_process(void)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    if (prctl(PR_SET_DUMPABLE, JAIL_HAS_SANITIZER, 0, 0, 0) != 0) return errno;
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0) return errno;
    if (!JAIL_HAS_SANITIZER && setrlimit(RLIMIT_NPROC, &none) != 0) return errno;
    return 0;
}

/* Allows calls whatever their arguments are; those that this architecture lacks are passed over. */
static int allow(scmp_filter_ctx filter, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (calls[i] == __NR_SCMP_ERROR) continue;
        const int error = -seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
        if (error != 0 && error != EDOM) return error;
    }
    return 0;
}

/* Allows a call when one argument, as far as `mask` goes, is `value`. */
static int allow_if(scmp_filter_ctx filter, int call, unsigned argument, uint64_t mask,
                    uint64_t value)
{
    const struct scmp_arg_cmp is = SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, mask, value);
    const int error = -seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, is);
    return error == EDOM ? 0 : error;
}

/* socket(): IPv4 and IPv6, TCP, UDP and ping. */
static int allow_socket(scmp_filter_ctx filter)
{
    static const struct {
        int type, protocol;
    } kinds[] = {
        {SOCK_STREAM, 0},          {SOCK_STREAM, IPPROTO_TCP}, {SOCK_DGRAM, 0},
        {SOCK_DGRAM, IPPROTO_UDP}, {SOCK_DGRAM, IPPROTO_ICMP}, {SOCK_DGRAM, IPPROTO_ICMPV6},
    };
    static const uint64_t families[] = {AF_INET, AF_INET6};
    const uint64_t type_mask = (uint32_t) ~(SOCK_CLOEXEC | SOCK_NONBLOCK);
    for (size_t i = 0; i < 2 * ARRAY_COUNT(kinds); i++) {
        const struct scmp_arg_cmp is[] = {
            SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, UINT32_MAX, families[i % 2]),
            SCMP_CMP64(1, SCMP_CMP_MASKED_EQ, type_mask, (uint64_t)kinds[i / 2].type),
            SCMP_CMP64(2, SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint64_t)kinds[i / 2].protocol),
        };
        const int error = -seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket),
                                                  (unsigned)ARRAY_COUNT(is), is);
        if (error != 0) return error;
    }
    return 0;
}

/* Calls that are harmless with some arguments only. */
static int allow_some(scmp_filter_ctx filter)
{
    const struct {
        int call;
        unsigned argument;
        uint64_t mask, value;
    } rules[] = {
        {SCMP_SYS(mmap), 2, PROT_EXEC, 0},
        {SCMP_SYS(mmap2), 2, PROT_EXEC, 0},
        {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
        {SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFL},
        {SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETFL},
        {SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFD},
        {SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETFD},
        {SCMP_SYS(fcntl64), 1, UINT32_MAX, F_GETFL},
        {SCMP_SYS(fcntl64), 1, UINT32_MAX, F_SETFL},
        {SCMP_SYS(ioctl), 1, UINT32_MAX, FIONREAD},
        {SCMP_SYS(ioctl), 1, UINT32_MAX, SIOCOUTQ},
        {SCMP_SYS(ioctl), 1, UINT32_MAX, TCGETS}, /* isatty() of stdio */
        {SCMP_SYS(ioctl), 1, UINT32_MAX, TIOCGWINSZ},
        {SCMP_SYS(newfstatat), 3, AT_EMPTY_PATH, AT_EMPTY_PATH}, /* fstat() of the C library */
        {SCMP_SYS(tgkill), 0, UINT32_MAX, (uint32_t)getpid()},   /* abort() */
        {SCMP_SYS(kill), 0, UINT32_MAX, (uint32_t)getpid()},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rules); i++) {
        const int error =
            allow_if(filter, rules[i].call, rules[i].argument, rules[i].mask, rules[i].value);
        if (error != 0) return error;
    }
    return 0;
}

static int filter_calls(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (filter == NULL) return ENOSYS; /* the kernel does not know the action; or no memory */
    int error = allow(filter, allowed, ARRAY_COUNT(allowed));
    if (error == 0 && JAIL_HAS_SANITIZER)
        error = allow(filter, allowed_sanitizer, ARRAY_COUNT(allowed_sanitizer));
    if (error == 0) error = allow_socket(filter);
    if (error == 0) error = allow_some(filter);
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree; else a long list */
    if (error == 0) error = -seccomp_load(filter);
    seccomp_release(filter);
    return error;
}

int jail_enter(void)
{
    int error = drop_capabilities();
    if (error == 0) error = limit_process();
    if (error != 0) return error;
    error = filter_calls();
    return error == ECANCELED || error == EINVAL ? ENOSYS : error;
}
