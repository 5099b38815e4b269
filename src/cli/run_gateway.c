/*
 * The gateway's process.
 *
 * Between both is a socket: the gateway says once how its start went, an int32_t; then the front
 * writes a byte when the run is over, and closes it to end the gateway at once. If the front is
 * gone the gateway sees the same. Until then it may tell of new name servers.
 */
#define _GNU_SOURCE

#include "cli/run_gateway.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/run_descriptors.h"
#include "cli/words_run.h"
#include "gateway/jail.h"

/* Makes the gateway and gives up all rights. NULL with `error`. */
static struct gateway *set_up(struct gateway_config *config, struct run_show *show, int *error)
{
    config->watcher = run_show_watcher(show);
    (void)jail_raise_descriptors();
    struct gateway *gateway = gateway_create(config, error);
    if (gateway == NULL) return NULL;
    *error = jail_enter();
    if (*error == 0) return gateway;
    gateway_destroy(gateway);
    return NULL;
}

/* Tells the front how the start went: 0 or an errno value. */
static void report(int control_fd, int error)
{
    const int32_t word = error;
    /* If the front is gone, the end of file on the same descriptor tells. */
    (void)send(control_fd, &word, sizeof word, MSG_NOSIGNAL);
}

/* The gateway's process, from its fork to its end. Returns its exit status: 0, or 1 and it has been
 * said why. */
static int gateway_main(struct gateway_config *config, struct run_show_config *show_config,
                        int control_fd)
{
    struct run_show show;
    struct gateway *gateway = NULL;
    int error = 0;
    vitro_config_default(&config->stack);
    if (getrandom(&config->stack.secret, sizeof config->stack.secret, 0) < 0 ||
        getrandom(&show_config->key, sizeof show_config->key, 0) < 0) {
        error = errno;
    }
    if (error == 0 && fcntl(control_fd, F_SETFL, O_NONBLOCK) != 0) error = errno;
    if (error == 0 && !run_show_init(&show, show_config)) error = ENOMEM;
    if (error == 0) gateway = set_up(config, &show, &error);
    report(control_fd, error);
    if (gateway == NULL) return 1;
    gateway_run(gateway, control_fd);
    const struct gateway_stats stats = gateway->stats;
    gateway_destroy(gateway);
    return run_show_end(&show, &stats) ? 0 : 1;
}

static void forget_what_it_took(struct sandbox *sandbox, struct gateway_config *config)
{
    close(sandbox->link_fd);
    sandbox->link_fd = -1;
    for (uint32_t i = 0; i < config->publish_count; i++) close(config->publish[i].fd);
    config->publish_count = 0;
}

static void no_more_patience(int signal) { (void)signal; /* only ends the wait */ }

/* Long before run_gateway_wait(): they are blocked while the program runs, and may come as soon as
 * they are not. */
static void catch_impatience(void)
{
    const struct sigaction action = {.sa_handler = no_more_patience};
    (void)sigaction(SIGINT, &action, NULL); /* valid signals: cannot fail */
    (void)sigaction(SIGTERM, &action, NULL);
}

int run_gateway_start(struct run_gateway *gateway, struct sandbox *sandbox,
                      struct gateway_config *config, const struct run_show_config *show)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return errno;
    (void)fflush(NULL);
    gateway->pid = fork();
    if (gateway->pid == 0) {
        close(pair[0]);
        sandbox_gateway_begin(sandbox);
        run_descriptors_drop();
        struct run_show_config mine = *show;
        _exit(gateway_main(config, &mine, pair[1]));
    }
    int32_t error = errno;
    close(pair[1]);
    if (gateway->pid < 0) {
        gateway->pid = 0;
        close(pair[0]);
        return error;
    }
    gateway->fd = pair[0];
    catch_impatience();
    if (recv(pair[0], &error, sizeof error, MSG_WAITALL) != sizeof error) error = ECHILD;
    if (error == 0)
        forget_what_it_took(sandbox, config);
    else
        run_gateway_kill(gateway);
    return error;
}

static void close_control(struct run_gateway *gateway)
{
    if (gateway->fd >= 0) close(gateway->fd);
    gateway->fd = -1;
}

void run_gateway_tell(struct run_gateway *gateway, const struct gateway_resolvers *resolvers)
{
    /* One that does not listen, being stopped, hears of it no more: it must not stop the front. */
    (void)send(gateway->fd, resolvers, sizeof *resolvers, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void run_gateway_wait(struct run_gateway *gateway, enum lang lang)
{
    if (gateway->pid == 0) return;
    /* The program may have stopped it. */
    (void)kill(gateway->pid, SIGCONT);
    (void)send(gateway->fd, ".", 1, MSG_NOSIGNAL); /* if it is gone, waiting tells */
    int wait_status = 0;
    while (waitpid(gateway->pid, &wait_status, 0) < 0) {
        if (errno != EINTR) return;
        /* Asked to hurry already; it may be held up by an output that nobody reads. */
        if (gateway->fd < 0) (void)kill(gateway->pid, SIGKILL);
        close_control(gateway);
    }
    run_gateway_ended(gateway, gateway->pid, wait_status, lang);
}

void run_gateway_kill(struct run_gateway *gateway)
{
    if (gateway->pid == 0) return;
    (void)kill(gateway->pid, SIGKILL); /* our child, not waited for: it exists */
    while (waitpid(gateway->pid, NULL, 0) < 0 && errno == EINTR) continue;
    gateway->pid = 0;
    close_control(gateway);
}

void run_gateway_ended(struct run_gateway *gateway, pid_t pid, int wait_status, enum lang lang)
{
    if (pid != gateway->pid) return;
    gateway->pid = 0;
    close_control(gateway);
    if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) <= 1) return; /* it has said why */
    const bool is_signal = WIFSIGNALED(wait_status);
    const struct words *kind = is_signal ? &word_run_signal : &word_run_status;
    word_say(lang, "run", &word_run_gateway_died, word_text(lang, kind),
             is_signal ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status));
}
