/* Descriptors: each link is one, and systems begin with few. */
#pragma once

#include <stdint.h>

/* Raises the soft limit of open files to the hard one; returns how many there may be. */
uint64_t files_raise_limit(void);
/* So many links may be open or opening at once, beside what the program itself needs. */
uint32_t files_links_that_fit(void);
