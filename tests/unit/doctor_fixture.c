/*
 * Stdout is led into a file without a name.
 */
#define _GNU_SOURCE

#include "doctor_fixture.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support.h"

static int before = -1, file = -1;
static char text[16384];

void doctor_keep(void)
{
    (void)fflush(stdout);
    before = dup(STDOUT_FILENO);
    file = memfd_create("stdout", MFD_CLOEXEC);
    assert_true(before >= 0 && file >= 0);
    assert_int_equal(dup2(file, STDOUT_FILENO), STDOUT_FILENO);
}

const char *doctor_kept(void)
{
    (void)fflush(stdout);
    assert_int_equal(dup2(before, STDOUT_FILENO), STDOUT_FILENO);
    const ssize_t len = pread(file, text, sizeof text - 1, 0);
    assert_true(len >= 0);
    text[len] = '\0';
    (void)close(before);
    (void)close(file);
    return text;
}
