/*
 * How the public functions are marked: exported from the shared library, C linkage in C++, and
 * results that must be looked at.
 */
#ifndef VITRO_EXPORT_H
#define VITRO_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define VITRO_API      __attribute__((visibility("default")))
#define VITRO_MUST_USE __attribute__((warn_unused_result))
#else
#define VITRO_API
#define VITRO_MUST_USE
#endif

#ifdef __cplusplus
#define VITRO_BEGIN extern "C" {
#define VITRO_END   }
#else
#define VITRO_BEGIN
#define VITRO_END
#endif

VITRO_BEGIN

/* A TCP/IP stack: everything there is. Two stacks share nothing. */
struct vitro_stack;

/*
 * A socket's handle: a number, never 0, that is not used again for another socket, so a stale one
 * is answered with -EBADF and nothing worse.
 */
typedef uint64_t vitro_socket;

#define VITRO_SOCKET_NONE ((vitro_socket)0)

/* A deadline that never comes. */
#define VITRO_TIME_NEVER UINT64_MAX

VITRO_END

#endif
