/*
 * Signals of the processes of a run: what the front and inner hold back and read from a descriptor,
 * and what the program gets as it was.
 */
#ifndef VITRO_GATEWAY_SANDBOX_SIGNAL_H
#define VITRO_GATEWAY_SANDBOX_SIGNAL_H

#include "gateway/sandbox.h"

/* Notes the caller's mask and what it does with SIGCHLD, and has children waited for. */
void sandbox_signal_save(struct sandbox_signals *before);

/* Puts both back. */
void sandbox_signal_restore(const struct sandbox_signals *before);

/* Blocks every signal but those that a mistake of the process itself raises. */
void sandbox_signal_block(void);

/* A descriptor, closed on exec, that does not block, and gives all that sandbox_signal_block()
 * blocks. -1 with errno. */
WARN_UNUSED int sandbox_signal_open(void);

/* Ends the front's holding back: forgets what has come, closes signal_fd, puts the mask back. Its
 * children are still waited for. */
void sandbox_signal_end(struct sandbox *sandbox);

#endif
