/* hune join: one link makes a machine and this operator trust each other. */
#include "cli/commands.h"
#include "cli/newcomer.h"

struct join_options {
    const char *name;
    const char *tags;
    const char *user;
};

static int exec_join(struct console *console, const void *values, const struct words *words)
{
    const struct join_options *options = values;
    struct newcomer newcomer = {
        .name = options->name, .tags = options->tags, .user = options->user};
    struct invite_link invite;

    if (words->count != 1)
        return console_usage(console, _("This takes one invitation link."),
                             _("`huned invite` prints one on the machine; put it in quotes."));
    if (!invite_link_parse(words->items[0], &invite)) {
        complain_say(&console->error,
                     _("It looks like hune://HOST:PORT/?id=SHA256:…&code=XXXX-XXXX-XXXX-XXXX\n"
                       "Put it in quotes: a shell takes & for the end of a command."),
                     "%s", _("This is not an invitation link."));
        return STATUS_USAGE;
    }
    return newcomer_join(console, &invite, &newcomer);
}

static const struct cli_option options[] = {
    OPTION(struct join_options, name, TEXT, 'n', "name", N_("NAME"),
           N_("its name here; default: what it calls itself")),
    OPTION(struct join_options, tags, TEXT, 0, "tags", N_("A,B"), N_("tags to put on it")),
    OPTION(struct join_options, user, TEXT, 'u', "user", N_("USER"),
           N_("run as this user unless told otherwise")),
};

const struct cli_command cli_join = {
    .name = "join",
    .arguments = N_("LINK"),
    .summary = N_("Join a machine with the link that `huned invite` printed on it"),
    .details = N_(
        "The machine's id is pinned, your key becomes known to the machine, and the machine "
        "is added to the fleet list."),
    .examples = "hune join 'hune://web1:10000/?id=SHA256:…&code=XXXX-XXXX-XXXX-XXXX' --tags web",
    OPTIONS(options, struct join_options),
    .exec = exec_join,
};
