/* `get` and `put` at the prompt. */
#pragma once

#include "cli/prompt.h"

/* Carries out the command with the words of `rest`; ":PATH" there is on the chosen machines. Tells
 * what happens; returns what the command would exit with. */
int prompt_get(struct prompt *prompt, const char *rest);
int prompt_put(struct prompt *prompt, const char *rest);
