/* hune remove: takes machines out of the fleet list. The machines themselves notice nothing. */
#include <errno.h>
#include <string.h>

#include "cli/commands.h"

struct removal {
    struct console *console;
    struct buffer names; /* of char *: copies, because the list is loaded again under its lock */
};

static int remove_names(struct fleet *fleet, void *context, struct fault *fault)
{
    const struct removal *removal = context;
    size_t count = buffer_length(&removal->names) / sizeof(char *);
    char *const *names = (char *const *)(const void *)buffer_bytes(&removal->names);
    _cleanup_buffer_ struct buffer indices = BUFFER_INIT;
    int error = 0;

    (void)fault;
    for (size_t i = 0; i < count && !error; i++) {
        uint32_t index = fleet_find(fleet, names[i]);

        if (index != FLEET_NONE)
            error = buffer_append(&indices, &index, sizeof(index));
    }
    if (error || buffer_length(&indices) == 0)
        return error;
    return fleet_remove(fleet, (const uint32_t *)(const void *)buffer_bytes(&indices),
                        (uint32_t)(buffer_length(&indices) / sizeof(uint32_t)));
}

static bool agreed(struct console *console, const struct fleet *fleet,
                   const struct selection *selection)
{
    _cleanup_buffer_ struct buffer question = BUFFER_INIT, names = BUFFER_INIT;
    int error;

    if (selection->count == 1)
        return true;
    error = console_describe(fleet, selection, &names);
    if (!error && buffer_text(&names))
        error = buffer_printf(&question,
                              ngettext("Remove %u machine from the list (%s)?",
                                       "Remove %u machines from the list (%s)?", selection->count),
                              selection->count, buffer_text(&names));
    return !error && buffer_text(&question) && console_confirm(console, buffer_text(&question));
}

static void removal_deinit(struct removal *removal)
{
    size_t count = buffer_length(&removal->names) / sizeof(char *);
    char **names = (char **)(void *)buffer_bytes(&removal->names);

    for (size_t i = 0; i < count; i++)
        free(names[i]);
    buffer_deinit(&removal->names);
}

static int copy_names(struct removal *removal, const struct fleet *fleet,
                      const struct selection *selection)
{
    for (uint32_t i = 0; i < selection->count; i++) {
        char *name = strdup(fleet->machines[selection->indices[i]].name);

        if (!name || buffer_append(&removal->names, &name, sizeof(char *)) < 0) {
            free(name);
            return -ENOMEM;
        }
    }
    return 0;
}

static int exec_remove(struct console *console, const void *values, const struct words *words)
{
    _cleanup_(removal_deinit) struct removal removal = {.console = console};
    _cleanup_selection_ struct selection selection = SELECTION_INIT;
    struct fleet *fleet;
    int status;

    (void)values;
    if (!console->common.target && words->count == 0)
        return console_usage(console, _("Which machines?"), NULL);
    status = console_select(console, words->items, &selection);
    if (!status)
        status = console_fleet(console, &fleet);
    if (status)
        return status;
    if (!agreed(console, fleet, &selection))
        return STATUS_FAILED;
    if (copy_names(&removal, fleet, &selection) < 0) {
        complain_no_memory(&console->error);
        return STATUS_FAILED;
    }
    status = console_fleet_edit(console, remove_names, &removal);
    if (!status && !console->common.json) {
        output_print(&console->out,
                     ngettext("Removed %u machine.\n", "Removed %u machines.\n", selection.count),
                     selection.count);
    }
    return status;
}

const struct cli_command cli_remove = {
    .name = "remove",
    .arguments = N_("SEL"),
    .summary = N_("Take machines out of the fleet list"),
    .details = N_(
        "Nothing is done on the machines. To take away your key's rights, delete its line "
        "in their operators file first."),
    .examples = "hune remove web3\nhune remove '@old' --yes",
    .selects = true,
    .exec = exec_remove,
};
