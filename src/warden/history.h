/* The file that the gate keeps the history in. The warden makes it, because the gate may make no
 * file, and never reads more of it than its head: what stands behind was written by the gate.
 *
 * In the state folder there is `history`; `history.old`, which is one file at most, whatever was in
 * use last before a new one began; and for a moment `history.new`, until the gate has carried over
 * what the other two hold. Only then the names change, so that whoever is killed in between loses
 * nothing: it is begun again. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "warden/configuration.h"

/* For the gate: the file to write, and behind it those of before, newest first, to be read only. */
struct history_files {
    int fds[3];
    size_t count; /* 0: no history is wanted, or none is possible */
};

/* Opens the file for the gate: one that is no history, is damaged, or was made for other settings
 * is to be kept aside, and a new one begins. What the disk does not let be written is opened for
 * reading only. Says in the log what it found. */
void history_open(const char *state, const struct config *config, struct history_files *files_out);
/* A new one begins although the file is good: the clock jumped. */
void history_anew(const char *state, const struct config *config, struct history_files *files_out);
/* The gate has carried over what the files of before hold: now the new one takes their place. */
void history_settle(const char *state);
void history_close(struct history_files *files);
/* Removes history.old when it was put aside longer than LIMIT_HISTORY_ASIDE_MS ago; says so in the
 * log. `now_ms` is the wall clock. */
void history_tidy(const char *state, uint64_t now_ms);
/* For people: what would become of the file that is there, in text_out. False if it would be kept
 * aside, or none could be kept. */
bool history_tell(const char *state, const struct config *config, char *text_out, size_t size);
