/*
 * What every unit test includes first: cmocka and the headers it needs before it.
 */
#ifndef VITRO_TESTS_SUPPORT_H
#define VITRO_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#endif
