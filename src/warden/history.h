/* The file that the gate keeps the history in. The warden makes it, because the gate may make no
 * file, and never reads more of it than its head: what stands behind was written by the gate. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "warden/configuration.h"

/* Opens the file in the state folder for the gate: one that is no history, is damaged, or was made
 * for other settings is kept aside as history.old, and a fresh one begins. Says in the log what it
 * found. Returns the descriptor, the caller's to close, or -1: no history is wanted, or none is
 * possible. */
int history_open(const char *state, const struct config *config);
/* For people: what would become of the file that is there, in text_out. False if it would be kept
 * aside, or none could be kept. */
bool history_tell(const char *state, const struct config *config, char *text_out, size_t size);
