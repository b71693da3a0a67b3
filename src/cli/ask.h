/* Asking machines for facts: the command and the prompt's bare words. */
#pragma once

#include "cli/session.h"
#include "proto/fact.h"

/* Tells every answer, in the order in which the machines were chosen, and every trouble. Returns
 * what to exit with. */
int ask_machines(struct session *session, const struct selection *selection,
                 const bool wanted[FACT_COUNT]);
/* Whether the word is a fact's or "all"; marks it as wanted. */
bool ask_word(const char *word, bool wanted[FACT_COUNT]);
