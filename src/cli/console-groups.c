/* See console-groups.h. */
#include "cli/console-groups.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "fleet/inventory/groups.h"
#include "fleet/run/store-runs.h"

/* "last", "run17", each with a word behind a dot or without. False for anything else. */
static bool parse_run(char *name, int64_t *number_out, const char **word_out)
{
    char *dot = strchr(name, '.');
    uint64_t number = 0;

    if (dot)
        *dot = '\0';
    *word_out = dot ? dot + 1 : "";
    if (strcmp(name, "last") != 0 &&
        !(text_starts(name, "run") && text_to_u64(name + 3, INT64_MAX, &number) && number > 0)) {
        if (dot)
            *dot = '.';
        return false;
    }
    *number_out = (int64_t)number;
    return true;
}

static int find_run(struct console *console, int64_t number, const char *word,
                    struct buffer *names_out, struct fault *fault)
{
    struct store *store = console_store(console);
    _cleanup_buffer_ struct buffer texts = BUFFER_INIT;
    struct stored_run run;
    int error;

    if (*word && !store_run_word_is_known(word)) {
        fault_set(fault, _("There are ok, failed, unreachable, refused, timed-out, killed, lost."),
                  _("No machine of a run can be \"%s\"."), word);
        return FLEET_GROUP_BAD;
    }
    error = store_run_find(store, number, &run, &texts);
    if (!error)
        error = store_run_pick(store, run.number, word, names_out);
    if (error == -ENOMEM || !error)
        return error;
    if (error == STORE_NO_RUN)
        fault_set(fault, _("hune runs tells which runs are remembered."), "%s",
                  number ? _("There is no such run.") : _("No run is remembered yet."));
    else
        fault_set(fault, NULL, "%s", _("The memory of runs cannot be read."));
    return FLEET_GROUP_BAD;
}

int console_find_group(const char *name, size_t length, struct buffer *names_out,
                       struct fault *fault, void *user)
{
    struct console *console = user;
    struct groups_places places = {.genders = console_settings(console)->genders};
    char copy[256];
    const char *word;
    int64_t number;

    if (length >= sizeof(copy))
        return 1;
    memcpy(copy, name, length);
    copy[length] = '\0';
    if (parse_run(copy, &number, &word))
        return find_run(console, number, word, names_out, fault);
    if (console->has_paths)
        places.config = console->paths.groups;
    return groups_find(&places, name, length, names_out, fault);
}
