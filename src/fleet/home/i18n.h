/* Translation of the sentences that a person reads. N_(), which only marks a text for the
 * catalogue, comes with the table of problems. */
#pragma once

#include <libintl.h>

#include "proto/problem.h"

#define _(text) gettext(text)
