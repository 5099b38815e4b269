/*
 * Words for the values of an enumeration, from the list that makes them both:
 *
 *     #define TCP_STATES(X) X(CLOSED, "CLOSED") X(LISTEN, "LISTEN") ...
 *
 *     static const char *const texts[] = {TCP_STATES(NAME_SECOND)};
 *     return name_of(texts, ARRAY_COUNT(texts), state);
 */
#ifndef VITRO_BASE_NAME_OF_H
#define VITRO_BASE_NAME_OF_H

#include "base/assert.h"

/* The second thing of an entry, as an element of an array. */
#define NAME_SECOND(name, text) text,

/* The text of this value, "unknown" if there is none; a static string. */
static inline const char *name_of(const char *const *texts, size_t count, unsigned value)
{
    return value < count ? texts[value] : "unknown";
}

#endif
