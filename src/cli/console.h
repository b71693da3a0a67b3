/* What every command of `hune` works with: the common options, the two outputs, and, made only when
 * first asked for, the fleet list and the signing key. */
#pragma once

#include <stdbool.h>

#include "cli/complain.h"
#include "cli/options.h"
#include "cli/output.h"
#include "fleet/home/i18n.h"
#include "fleet/home/paths.h"
#include "fleet/home/settings.h"
#include "fleet/home/signer.h"
#include "fleet/home/store.h"
#include "fleet/inventory/machines.h"
#include "fleet/inventory/selector.h"

/* What `hune` exits with. A remote command's own code comes through as it is; with several machines
 * the largest one wins. */
enum status {
    STATUS_OK = 0,
    STATUS_FAILED = 1, /* something here: a file, no memory */
    STATUS_USAGE = 2,
    STATUS_TIMED_OUT = 124, /* as timeout(1) */
    STATUS_SIGNALLED = 128, /* plus the signal, as a shell */
    STATUS_REFUSED = 254,
    STATUS_UNREACHABLE = 255,
};

struct common_options {
    const char *identity;
    const char *fleet;
    const char *target; /* the selector of -t */
    bool json;
    bool yes;
    bool help;
};

struct console {
    struct common_options common;
    struct output out;
    struct output error;
    const char *command; /* the command's name, for sentences */
    /* private */
    struct paths paths;
    bool has_paths;
    struct fleet *fleet;
    struct signer *signer;
    struct store *store;
    bool store_tried;
    struct settings settings;
    bool has_settings;
    struct fleet_groups groups;
};

void console_init(struct console *console);
void console_deinit(struct console *console);

/* The functions below tell the trouble themselves and return what to exit with; 0 is success. */

/* Where the fleet list is: --fleet, or the default. */
int console_fleet_path(struct console *console, const char **path_out);
/* The fleet list, loaded once. */
int console_fleet(struct console *console, struct fleet **fleet_out);
/* Changes the list under its lock (see fleet_edit()) and saves it; it is loaded anew when next
 * asked for. A positive return of `edit` with a sentence in `fault` is told. */
int console_fleet_edit(struct console *console,
                       int (*edit)(struct fleet *fleet, void *context, struct fault *fault),
                       void *context);
/* Reads the list again when somebody changed it. When it cannot be read, the one of before holds on
 * and is `*fleet_out`. Else `before_out` takes that one: fleet_free() it, or put it back with
 * console_fleet_restore(); NULL: it is freed. */
int console_fleet_reload(struct console *console, struct fleet **fleet_out,
                         struct fleet **before_out);
/* The new list is of no use: that of before holds on. */
void console_fleet_restore(struct console *console, struct fleet *before);
/* The operator's key, opened once; a new one is announced. */
int console_signer(struct console *console, struct signer **signer_out);
/* The console's data directory, made if need be. */
int console_data_directory(struct console *console, const char **path_out);

/* The path of a file in the configuration directory, which need not be there; free() it. */
int console_config_file(struct console *console, const char *name, char **path_out);

/* The console's memory (fleet/home/store.h), opened when first asked for; NULL if it cannot be,
 * which is told once and stops nothing. What goes wrong with it later is told at the end. */
struct store *console_store(struct console *console);

/* hune.conf, read when first asked for; a mistake in it is told once. Never NULL. */
const struct settings *console_settings(struct console *console);

/* The machines that -t and `words` (NULL-terminated, may be empty) pick. With neither, the only
 * machine of the fleet is meant, if there is only one. A selection is never empty. */
int console_select(struct console *console, const char *const *words,
                   struct selection *selection_out);
/* Exactly one machine. */
int console_select_one(struct console *console, const char *const *words, uint32_t *index_out);

/* Whether a question would be put to a person. */
bool console_can_ask(const struct console *console);
/* Asks yes or no. True at once with --yes, and where no person is there to be asked. */
bool console_confirm(struct console *console, const char *question);
/* A command's arguments are not as they should be: prints `usage` too. Returns STATUS_USAGE. */
int console_usage(struct console *console, const char *text, const char *hint);
/* Whether each is NAME=VALUE. Returns 0 or STATUS_USAGE, told. */
int console_check_variables(struct console *console, const struct text_list *variables);
/* Appends the names of the chosen machines, folded, shortened past a line's length. */
int console_describe(const struct fleet *fleet, const struct selection *selection,
                     struct buffer *out);
