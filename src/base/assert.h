/*
 * The words every file needs: assertions, attributes, small helpers.
 *
 * ASSERT guards what the program itself must keep true. It is compiled in when VITRO_DEBUG is
 * defined and is only type-checked otherwise, so its expression must have no side effects. Nothing
 * a packet holds may ever decide an assertion: input from the network is judged with `if`.
 */
#ifndef VITRO_BASE_ASSERT_H
#define VITRO_BASE_ASSERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef VITRO_DEBUG
#include <stdio.h>
#include <stdlib.h>

/* Reports a broken promise of the program and ends it. */
__attribute__((noreturn, cold)) static inline void assert_failed(const char *expr, const char *file,
                                                                 int line)
{
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expr);
    abort();
}

#define ASSERT(expr) ((expr) ? (void)0 : assert_failed(#expr, __FILE__, __LINE__))
#else
#define ASSERT(expr) ((void)sizeof((expr) ? 1 : 0))
#endif

/* The result of this function says whether it worked; it must be looked at. */
#define WARN_UNUSED __attribute__((warn_unused_result))

/* Arguments are checked as printf's: number of the format and of the first value, from 1. */
#define PRINTF_LIKE(string, first) __attribute__((format(printf, string, first)))

/* The structure of `type` whose field `member` is what `ptr` points to. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* The number of elements of a true array (not of a pointer). */
#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A deadline that never comes. */
#define TIME_NEVER UINT64_MAX

/* The smaller of two. */
static inline uint32_t u32_min(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* The larger of two. */
static inline uint32_t u32_max(uint32_t a, uint32_t b) { return a > b ? a : b; }

/* The smaller of two; of two deadlines the one that comes first. */
static inline uint64_t u64_min(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* The larger of two. */
static inline uint64_t u64_max(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* The smaller of two. */
static inline size_t size_min(size_t a, size_t b) { return a < b ? a : b; }

#endif
