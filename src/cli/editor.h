/* Reading command lines while the loop runs: edited with libedit at a terminal, plain from anything
 * else. Lines of other origin may be shown above the one that is being typed. */
#pragma once

#include <stdbool.h>

#include "cli/completion.h"
#include "cli/session.h"

struct editor;

struct editor_settings {
    struct session *session;
    const char *history; /* the file, or NULL for none; borrowed */
    /* Offers candidates for the end of `line`. */
    void (*complete)(struct completion *completion, const char *line, void *user);
    void *user;
};

/* Returns 0 or -errno. */
int editor_new(struct editor **editor_out, const struct editor_settings *settings);
/* Takes NULL, returns NULL; the loop closes its handles. */
struct editor *editor_free(struct editor *editor);
/* Runs the loop until a line is there: true, to be freed by the caller; false at the end of input.
 */
bool editor_read(struct editor *editor, const char *prompt, char **line_out);
/* Before and after something is printed while a line may be half typed. */
void editor_hide(struct editor *editor);
void editor_show(struct editor *editor);
bool editor_is_interactive(const struct editor *editor);
