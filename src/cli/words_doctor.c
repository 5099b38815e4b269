/*
 * The sentences of `vitro doctor`.
 */
#include "cli/words_doctor.h"

DOCTOR_WORDS(WORD_DEFINE)
