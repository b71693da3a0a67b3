/* hune tag: puts tags on machines and takes them off. */
#include <errno.h>
#include <string.h>

#include "cli/commands.h"

struct tagging {
    const char *selector;
    const char *const *changes; /* "+a", "-b", NULL-terminated */
    uint32_t changed;
};

/* Inside the lock: the selector is matched against the list as it is then. */
static int apply(struct fleet *fleet, void *context, struct fault *fault)
{
    struct tagging *tagging = context;
    _cleanup_selection_ struct selection selection = SELECTION_INIT;
    int error = selector_match(fleet, tagging->selector, &selection, fault);

    for (uint32_t i = 0; i < selection.count && !error; i++) {
        for (const char *const *change = tagging->changes; *change && !error; change++) {
            const char *tag = *change + 1;

            error = **change == '+' ? fleet_tag(fleet, selection.indices[i], tag, fault)
                                    : fleet_untag(fleet, selection.indices[i], tag);
        }
    }
    tagging->changed = selection.count;
    return error;
}

static int exec_tag(struct console *console, const void *values, const struct words *words)
{
    struct tagging tagging = {.selector = words->items[0], .changes = words->items + 1};
    int status;

    (void)values;
    if (words->count < 2)
        return console_usage(console, _("This takes a selector, and tags with + or - before them."),
                             NULL);
    for (const char *const *change = tagging.changes; *change; change++) {
        if ((**change != '+' && **change != '-') ||
            !machine_tag_valid(*change + 1, strlen(*change + 1))) {
            complain_say(
                &console->error,
                _("Write +TAG to put a tag on and -TAG to take it off; letters, digits and "
                  ". _ - : = / only."),
                _("\"%s\" is no change of a tag."), *change);
            return STATUS_USAGE;
        }
    }
    status = console_fleet_edit(console, apply, &tagging);
    if (!status && !console->common.json)
        output_print(&console->out,
                     ngettext("Tagged %u machine.\n", "Tagged %u machines.\n", tagging.changed),
                     tagging.changed);
    return status;
}

const struct cli_command cli_tag = {
    .name = "tag",
    .arguments = N_("SEL +TAG… -TAG…"),
    .summary = N_("Put tags on machines, or take them off"),
    .examples = "hune tag 'web[1-9]' +web +prod\nhune tag web3 -prod",
    .dashes_are_words = true,
    .exec = exec_tag,
};
