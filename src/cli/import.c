/* hune import: machines from other tools' lists. Shows what would happen, asks, then does it. */
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/render.h"

struct import_options {
    const char *from;
    bool dry_run;
};

static int read_input(struct console *console, const char *path, struct buffer *content)
{
    _cleanup_close_ int fd = input_open(path);
    int error = fd < 0 ? fd : fd_read_all(fd, FLEET_FILE_MAX, content);

    if (!error)
        return STATUS_OK;
    complain(&console->error, text_equal(path, "-") ? _("standard input") : path,
             _("The list cannot be read."), strerror(-error), NULL);
    return STATUS_FAILED;
}

static int apply(struct fleet *fleet, void *context, struct fault *fault)
{
    (void)fault;
    return import_apply(context, fleet);
}

static int confirm_and_apply(struct console *console, struct import *import)
{
    uint32_t changes = import->outcomes[IMPORT_ADDED] + import->outcomes[IMPORT_CHANGED];
    char question[128];

    if (changes == 0 && import->outcomes[IMPORT_REFUSED] == import->count) {
        complain(&console->error, NULL, _("Nothing could be taken over: every line was refused."),
                 NULL, _("Say what kind of list it is with --from."));
        return STATUS_FAILED;
    }
    if (changes == 0)
        return STATUS_OK;
    snprintf(question, sizeof(question),
             ngettext("Take over %u machine?", "Take over %u machines?", changes), changes);
    if (!console_confirm(console, question))
        return STATUS_FAILED;
    return console_fleet_edit(console, apply, import);
}

static int exec_import(struct console *console, const void *values, const struct words *words)
{
    const struct import_options *options = values;
    enum import_format format = IMPORT_GUESS;
    _cleanup_import_ struct import *import = NULL;
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    struct fault fault = {0};
    struct fleet *fleet;
    int status, error;

    if (words->count != 1)
        return console_usage(console, _("This takes one file, or - for standard input."), NULL);
    if (options->from && !import_format_parse(options->from, &format))
        return console_usage(console, _("--from takes csv, ssh-config, ansible or hosts."), NULL);
    status = console_fleet(console, &fleet);
    if (!status)
        status = read_input(console, words->items[0], &content);
    if (status)
        return status;
    error = import_read(format, buffer_bytes(&content), buffer_length(&content), fleet, &import,
                        &fault);
    if (error) {
        if (error < 0)
            complain_no_memory(&console->error);
        else
            complain_fault(&console->error, words->items[0], &fault);
        return STATUS_FAILED;
    }
    renderer_of(console)->import(console, import, options->dry_run);
    output_flush(&console->out);
    return options->dry_run ? STATUS_OK : confirm_and_apply(console, import);
}

static const struct cli_option options[] = {
    OPTION(struct import_options, from, TEXT, 0, "from", N_("FORMAT"),
           N_("csv, ssh-config, ansible or hosts; default: look")),
    OPTION(struct import_options, dry_run, FLAG, 'n', "dry-run", NULL,
           N_("only show what would happen")),
};

const struct cli_command cli_import = {
    .name = "import",
    .arguments = N_("FILE|- [--from FORMAT] [--dry-run]"),
    .summary = N_("Take over machines from another list"),
    .details = N_("Reads CSV, ssh's client configuration, an Ansible inventory or a hosts file."),
    .examples = "hune import servers.csv --dry-run\nhune import ~/.ssh/config\n"
                "grep web /etc/hosts | hune import - --from hosts",
    OPTIONS(options, struct import_options),
    .exec = exec_import,
};
