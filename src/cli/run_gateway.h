/*
 * The gateway's process, as the front sees it: started, told that the run is over, waited for.
 */
#ifndef VITRO_CLI_RUN_GATEWAY_H
#define VITRO_CLI_RUN_GATEWAY_H

#include <sys/types.h>

#include "cli/run_show.h"
#include "gateway/gateway.h"
#include "gateway/sandbox.h"

struct run_gateway {
    pid_t pid; /* 0: there is none, or none any more */
    int fd;    /* to it; -1: closed */
};

/*
 * Forks the gateway, which takes over sandbox->link_fd and the published ports of `config`, and
 * waits until it is set up and locked in; it fills in `config->watcher` and `config->stack` itself.
 * 0, or an errno value and nothing runs; ECHILD: it died before it could say why. From here on
 * SIGINT and SIGTERM end nothing but a wait.
 */
WARN_UNUSED int run_gateway_start(struct run_gateway *gateway, struct sandbox *sandbox,
                                  struct gateway_config *config,
                                  const struct run_show_config *show);

/* Tells it of the host's new name servers. */
void run_gateway_tell(struct run_gateway *gateway, const struct gateway_resolvers *resolvers);

/*
 * Says that all inside have ended, and waits until the gateway has finished what they left behind
 * and said everything; ctrl-C makes it stop at once.
 */
void run_gateway_wait(struct run_gateway *gateway, enum lang lang);

/* Ends it without a word, and waits for that. */
void run_gateway_kill(struct run_gateway *gateway);

/* A child of the front has ended; if it was the gateway, says what has to be said. */
void run_gateway_ended(struct run_gateway *gateway, pid_t pid, int wait_status, enum lang lang);

#endif
