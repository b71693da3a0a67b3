/* hune list: which machines are in the fleet list, and which of its lines are none. */
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/render.h"

/* Lines that are no machine are shown up to this many. */
enum { BAD_SHOWN_MAX = 20 };

static void show_bad_lines(struct console *console, const struct fleet *fleet)
{
    const char *path;

    if (fleet->bad_count == 0 || console_fleet_path(console, &path))
        return;
    for (uint32_t i = 0; i < fleet->bad_count && i < BAD_SHOWN_MAX; i++) {
        struct fault fault = {0};

        fleet_bad_describe(fleet, &fleet->bad[i], &fault);
        complain_fault(&console->error, path, &fault);
    }
    if (fleet->bad_count > BAD_SHOWN_MAX)
        complain_say(&console->error, NULL, _("%s: %u more lines are not understood."), path,
                     fleet->bad_count - BAD_SHOWN_MAX);
}

struct list_options {
    bool is_long;
};

static int exec_list(struct console *console, const void *values, const struct words *words)
{
    static const char *const everything[] = {"all", NULL};
    _cleanup_selection_ struct selection selection = SELECTION_INIT;
    const char *const *selector = words->items;
    const struct list_options *options = values;
    struct fleet *fleet;
    int status = console_fleet(console, &fleet);

    if (status)
        return status;
    output_flush(&console->out);
    show_bad_lines(console, fleet);
    if (!console->common.target && words->count == 0)
        selector = everything;
    if (selector == everything && fleet->count == 0) {
        if (!console->common.json)
            complain_say(
                &console->error,
                _("Join one with the link that `huned invite` prints on it: hune join LINK"), "%s",
                _("There is no machine in the fleet list yet."));
        return STATUS_OK;
    }
    status = console_select(console, selector, &selection);
    if (status)
        return status;
    if (options->is_long)
        return list_long(console, &selection);
    renderer_of(console)->list(console, fleet, &selection);
    return STATUS_OK;
}

static const struct cli_option options[] = {
    OPTION(struct list_options, is_long, FLAG, 'l', "long", NULL,
           N_("ask each machine: state, uptime, processors, memory, load, disk")),
};

const struct cli_command cli_list = {
    .name = "list",
    .arguments = N_("[SEL]"),
    .summary = N_("Show the machines of the fleet list"),
    .details = N_("Lines of the list that are no machine are told on standard error."),
    .examples =
        "hune list\nhune list '@web&!web3'\nhune list -l @db\nhune list --json | jq -r .host",
    OPTIONS(options, struct list_options),
    .selects = true,
    .exec = exec_list,
};
