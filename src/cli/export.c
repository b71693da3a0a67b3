/* hune export: the fleet list, or a part of it, as CSV. */
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"

static int write_csv(struct console *console, const char *path, struct buffer *csv)
{
    int error;

    if (!path || text_equal(path, "-")) {
        output_bytes(&console->out, buffer_bytes(csv), buffer_length(csv));
        return STATUS_OK;
    }
    error = file_replace(path, 0600, buffer_bytes(csv), buffer_length(csv));
    if (error) {
        complain(&console->error, path, _("The file cannot be written."), strerror(-error),
                 _("What was there before is unchanged."));
        return STATUS_FAILED;
    }
    return STATUS_OK;
}

static int exec_export(struct console *console, const void *values, const struct words *words)
{
    static const char *const none[] = {NULL};
    _cleanup_selection_ struct selection selection = SELECTION_INIT;
    _cleanup_buffer_ struct buffer csv = BUFFER_INIT;
    struct fleet *fleet;
    int status, error;

    (void)values;
    if (console->common.json)
        return console_usage(console, _("`hune export` writes CSV."),
                             _("The same as JSON: hune list --json"));
    if (words->count > 1)
        return console_usage(console, _("This takes one file."),
                             _("To choose machines, use -t SELECTOR."));
    status = console_fleet(console, &fleet);
    if (!status && console->common.target)
        status = console_select(console, none, &selection);
    if (status)
        return status;
    error = console->common.target
                ? fleet_export_some(fleet, selection.indices, selection.count, &csv)
                : fleet_export(fleet, &csv);
    if (error) {
        complain_no_memory(&console->error);
        return STATUS_FAILED;
    }
    return write_csv(console, words->items[0], &csv);
}

const struct cli_command cli_export = {
    .name = "export",
    .arguments = N_("[FILE|-]"),
    .summary = N_("Write the fleet list, or a part of it, as CSV"),
    .examples = "hune export fleet.csv\nhune export -t @web - | column -ts,",
    .selects = true,
    .exec = exec_export,
};
