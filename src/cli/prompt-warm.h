/* Keeping the connections to the selected machines while the prompt has them selected. */
#pragma once

#include "cli/prompt.h"

void prompt_warm_take(struct prompt *prompt);
void prompt_warm_drop(struct prompt *prompt);
