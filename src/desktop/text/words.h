/* The words that the desktop itself understands in a command line, as the prompt of `hune` does:
 * facts, and disconnect, reset, kill. What is none of them belongs to the machine's shell; `!LINE`
 * always. */
#pragma once

#include <glib.h>

#include "proto/fact.h"
#include "proto/verb.h"

G_BEGIN_DECLS

enum hune_line_kind { HUNE_LINE_EMPTY, HUNE_LINE_SHELL, HUNE_LINE_FACTS, HUNE_LINE_CONTROL };

struct hune_line {
    enum hune_line_kind kind;
    char *shell; /* HUNE_LINE_SHELL: the line for the shell; free it */
    gboolean facts[FACT_COUNT];
    enum verb verb; /* HUNE_LINE_CONTROL */
};

struct hune_line hune_line_parse(const char *text);
/* Whether a shell line has a word in it that destroys: a person is asked before it runs. */
gboolean hune_line_is_dangerous(const char *shell);

G_END_DECLS
