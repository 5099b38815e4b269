/*
 * For the tests of `vitro doctor`: what is printed to stdout, as a string.
 */
#ifndef VITRO_TESTS_DOCTOR_FIXTURE_H
#define VITRO_TESTS_DOCTOR_FIXTURE_H

/* From here on stdout is kept. */
void doctor_keep(void);

/* Stdout goes where it went before; returns what was kept, valid until the next call. */
const char *doctor_kept(void);

#endif
