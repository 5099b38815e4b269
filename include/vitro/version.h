/*
 * The version of the library: of the headers at compile time, of the code at run time.
 */
#ifndef VITRO_VERSION_H
#define VITRO_VERSION_H

#include "vitro/export.h"

#define VITRO_VERSION_MAJOR 0
#define VITRO_VERSION_MINOR 1
#define VITRO_VERSION_PATCH 0
#define VITRO_VERSION_TEXT  "0.1.0"

VITRO_BEGIN

/* The version of the library that is linked, as "major.minor.patch"; a static string. */
VITRO_API const char *vitro_version(void);

VITRO_END

#endif
