/* Translation of the sentences that a person reads. N_(), which only marks a text for the
 * catalogue, comes with the table of problems. */
#pragma once

#include <libintl.h>
#include <string.h>

#include "proto/problem.h"

#define _(text) gettext(text)

/* A word that may be two in another language, marked with what it is said of, as catalogues write
 * it. */
#define NC_(context, text) context "\004" text

/* What NC_() marked, translated. */
static inline const char *in_context(const char *marked)
{
    const char *text = gettext(marked);

    return text == marked ? strchr(marked, '\004') + 1 : text;
}
