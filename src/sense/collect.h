/* The table behind facts.h, open to tests: `root` stands before every path ("" for the machine). */
#pragma once

#include <jansson.h>

#include "proto/fact.h"

/* The object of one fact, to be released by the caller. Returns 0 or -ENOMEM. */
int facts_collect(enum fact fact, const char *root, json_t **json_out);
