/* hune history: what its two halves share. */
#pragma once

#include "cli/console.h"
#include "fleet/watch/vitals.h"

enum { HISTORY_COLUMNS_MAX = 32 };

/* The columns that were asked for, in that order. */
struct history_wanted {
    struct vital_column columns[HISTORY_COLUMNS_MAX];
    size_t count;
};

/* A graph for each column, as wide as the terminal. */
void history_draw(struct console *console, const char *machine,
                  const struct vitals_history *history, const struct history_wanted *wanted);
/* time,cpu.busy,cpu.busy min,cpu.busy max,…: a line for each row; what is not known is empty. */
void history_csv(struct console *console, const struct vitals_history *history,
                 const struct history_wanted *wanted);
/* An object for each row. */
void history_json(struct console *console, const char *machine,
                  const struct vitals_history *history, const struct history_wanted *wanted);
