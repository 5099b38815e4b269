/*
 * The gateway's side of `vitro doctor`: what the host lets the gateway do, and what it can reach.
 */
#ifndef VITRO_CLI_DOCTOR_OUTSIDE_H
#define VITRO_CLI_DOCTOR_OUTSIDE_H

#include "cli/doctor_show.h"

/* Tries to give up all rights as the gateway does, in a process of its own; prints a line. Whether
 * that works: else there is no `vitro run`. */
bool doctor_try_jail(enum lang lang);

/* Looks at networks, ping, descriptors and the ways to the Internet; prints a line for each. */
void doctor_try_host(enum lang lang, const struct diagnose_facts *facts);

/*
 * Asks each of the host's own name servers, and nobody else, for the name "localhost", which every
 * one answers by itself (RFC 6761 6.3), and prints a line. `is_offline`: only says who they are.
 */
void doctor_try_resolvers(enum lang lang, bool is_offline);

#endif
