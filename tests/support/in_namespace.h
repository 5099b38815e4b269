/*
 * Runs a piece of a test in user and network namespaces of its own, in a process of its own.
 */
#ifndef VITRO_TESTS_IN_NAMESPACE_H
#define VITRO_TESTS_IN_NAMESPACE_H

#include <stdbool.h>

enum in_namespace {
    IN_NAMESPACE_DONE,
    IN_NAMESPACE_FAILED,
    IN_NAMESPACE_FORBIDDEN, /* the machine does not let this user make namespaces */
};

/*
 * Calls `body` with `argument` there, where it has all capabilities and its ids are what they were.
 * It says by IN_NAMESPACE_REQUIRE what must be true. What it writes to `argument` is seen by nobody
 * unless that memory is shared.
 */
enum in_namespace in_namespace_run(void (*body)(void *argument), void *argument);

/* Ends the process with a message: for IN_NAMESPACE_REQUIRE. */
__attribute__((noreturn)) void in_namespace_fail(const char *file, int line, const char *what);

/* Zeroed memory that processes forked later share with this one; aborts if there is none. */
void *in_namespace_shared(unsigned long bytes);

#define IN_NAMESPACE_REQUIRE(expr) ((expr) ? (void)0 : in_namespace_fail(__FILE__, __LINE__, #expr))

#endif
