/* The language in which Hune speaks to people. */
#pragma once

#include <stdbool.h>

/* Finds the catalogue of translations: the one of this build tree, where the program runs from its
 * own, else the installed one; $HUNE_LOCALE_DIR goes before both. setlocale() is the caller's. */
void language_bind(void);
/* For a command line: takes the language and the figures' form from the environment, as setlocale()
 * does. `for_people` says whether a terminal looks on. Reading locales takes a good part of a
 * millisecond, so nothing is read that is not needed: English comes without a catalogue. */
void language_start(bool for_people);
/* From now on English, and figures with a point: what scripts read never changes. */
void language_plain(void);
