#include "cli/console-groups.h"
#include "cli/console.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "fleet/inventory/nodeset.h"

void console_init(struct console *console)
{
    *console = (struct console){0};
    output_init(&console->out, STDOUT_FILENO);
    output_init(&console->error, STDERR_FILENO);
}

/* A store that failed while it was in use. */
static void close_store(struct console *console)
{
    struct fault fault;

    if (store_trouble(console->store, &fault))
        complain_fault(&console->error, NULL, &fault);
    console->store = store_close(console->store);
}

void console_deinit(struct console *console)
{
    close_store(console);
    signer_free(console->signer);
    fleet_free(console->fleet);
    if (console->has_paths)
        paths_deinit(&console->paths);
    output_deinit(&console->out);
    output_deinit(&console->error);
}

static int need_paths(struct console *console)
{
    struct fault fault = {0};
    int error;

    if (console->has_paths)
        return 0;
    error = paths_init(&console->paths, &fault);
    if (error == -ENOMEM) {
        complain_no_memory(&console->error);
        return STATUS_FAILED;
    }
    if (error) {
        complain_fault(&console->error, NULL, &fault);
        return STATUS_FAILED;
    }
    console->has_paths = true;
    return 0;
}

int console_fleet_path(struct console *console, const char **path_out)
{
    int status;

    if (console->common.fleet) {
        *path_out = console->common.fleet;
        return 0;
    }
    status = need_paths(console);
    if (!status)
        *path_out = console->paths.machines;
    return status;
}

/* `hune list` shows each bad line; elsewhere one sentence is enough. */
static void mention_bad_lines(struct console *console, const char *path, const struct fleet *fleet)
{
    if (fleet->bad_count == 0 || text_equal(console->command, "list"))
        return;
    complain_say(&console->error, _("hune list tells which, and what is wrong with them."),
                 ngettext("%s: %u line is not understood.", "%s: %u lines are not understood.",
                          fleet->bad_count),
                 path, fleet->bad_count);
}

int console_fleet(struct console *console, struct fleet **fleet_out)
{
    struct fault fault = {0};
    const char *path;
    int status, error;

    if (!console->fleet) {
        status = console_fleet_path(console, &path);
        if (status)
            return status;
        error = fleet_load(path, &console->fleet, &fault);
        if (error) {
            complain_fault(&console->error, NULL, &fault);
            return STATUS_FAILED;
        }
        mention_bad_lines(console, path, console->fleet);
        console->groups = (struct fleet_groups){.find = console_find_group, .user = console};
        console->fleet->groups = &console->groups;
    }
    *fleet_out = console->fleet;
    return 0;
}

int console_fleet_reload(struct console *console, struct fleet **fleet_out,
                         struct fleet **before_out)
{
    struct fleet *before = console->fleet;
    int status;

    console->fleet = NULL;
    status = console_fleet(console, fleet_out);
    if (status && before) {
        console->fleet = *fleet_out = before;
        return status;
    }
    if (before_out)
        *before_out = before;
    else
        fleet_free(before);
    return status;
}

void console_fleet_restore(struct console *console, struct fleet *before)
{
    fleet_free(console->fleet);
    console->fleet = before;
}

int console_fleet_edit(struct console *console,
                       int (*edit)(struct fleet *fleet, void *context, struct fault *fault),
                       void *context)
{
    struct fault fault = {0};
    const char *path;
    int error = console_fleet_path(console, &path);

    if (error)
        return error;
    error = fleet_edit(path, edit, context, &fault);
    if (error == -ENOMEM)
        complain_no_memory(&console->error);
    else if (error)
        complain_fault(&console->error, NULL, &fault);
    console->fleet = fleet_free(console->fleet);
    return error ? STATUS_FAILED : STATUS_OK;
}

int console_signer(struct console *console, struct signer **signer_out)
{
    struct fault fault = {0};
    int error = need_paths(console);

    if (error)
        return error;
    if (!console->signer) {
        error = signer_open(console->common.identity, console->paths.identity, &console->signer,
                            &fault);
        if (error) {
            complain_fault(&console->error, NULL, &fault);
            return STATUS_FAILED;
        }
        if (signer_is_new(console->signer)) {
            output_print(&console->error, _("hune: made your signing key %s (%s)\n"),
                         signer_origin(console->signer), signer_fingerprint(console->signer));
            output_flush(&console->error);
        }
    }
    *signer_out = console->signer;
    return 0;
}

int console_data_directory(struct console *console, const char **path_out)
{
    int status = need_paths(console);
    int error;

    if (status)
        return status;
    error = directory_make(console->paths.data, 0700);
    if (error) {
        complain(&console->error, console->paths.data,
                 _("The directory for the console's own data cannot be made."), strerror(-error),
                 NULL);
        return STATUS_FAILED;
    }
    *path_out = console->paths.data;
    return 0;
}

int console_config_file(struct console *console, const char *name, char **path_out)
{
    int status = need_paths(console);

    if (status)
        return status;
    if (asprintf(path_out, "%s/%s", console->paths.config, name) < 0) {
        *path_out = NULL;
        complain_no_memory(&console->error);
        return STATUS_FAILED;
    }
    return 0;
}

struct store *console_store(struct console *console)
{
    struct fault fault = {0};
    int error;

    if (console->store_tried)
        return console->store;
    console->store_tried = true;
    if (need_paths(console) != 0)
        return NULL;
    error = store_open(console->paths.store, &console->store, &fault);
    if (error == -ENOMEM)
        complain_no_memory(&console->error);
    else if (error)
        complain_fault(&console->error, NULL, &fault);
    return console->store;
}

const struct settings *console_settings(struct console *console)
{
    struct fault fault = {0};
    int error;

    if (console->has_settings)
        return &console->settings;
    console->has_settings = true;
    settings_init(&console->settings);
    if (need_paths(console) != 0)
        return &console->settings;
    error = settings_load(console->paths.settings, &console->settings, &fault);
    if (error < 0)
        complain(&console->error, console->paths.settings, _("The file cannot be read."),
                 strerror(-error), NULL);
    else if (error)
        complain_fault(&console->error, console->paths.settings, &fault);
    return &console->settings;
}

static int no_selector(struct console *console, const struct fleet *fleet)
{
    _cleanup_buffer_ struct buffer hint = BUFFER_INIT;

    if (fleet->count == 0) {
        complain_say(&console->error,
                     _("Join one with the link that `huned invite` prints on it: hune join LINK\n"
                       "Or through ssh: hune add USER@HOST --via ssh"),
                     "%s", _("There is no machine in the fleet list yet."));
        return STATUS_USAGE;
    }
    if (buffer_printf(
            &hint, _("Name them with -t, for example: -t %s, -t %s,%s, -t @TAG, or -t all"),
            fleet->machines[0].name, fleet->machines[0].name, fleet->machines[1].name) == 0 &&
        buffer_text(&hint))
        complain_say(&console->error, buffer_text(&hint), "%s", _("Which machines?"));
    return STATUS_USAGE;
}

/* -t and the words, joined by spaces: the selector language reads a space as "and also". */
static int join_selector(const struct console *console, const char *const *words,
                         struct buffer *out)
{
    int error = 0;

    if (console->common.target)
        error = buffer_append_text(out, console->common.target);
    for (; *words && !error; words++) {
        error = buffer_append_text(out, buffer_length(out) ? " " : "");
        if (!error)
            error = buffer_append_text(out, *words);
    }
    return !error && !buffer_text(out) ? -ENOMEM : error;
}

int console_select(struct console *console, const char *const *words,
                   struct selection *selection_out)
{
    static const char *const everything[] = {"all", NULL};
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    struct fault fault = {0};
    struct fleet *fleet;
    int error = console_fleet(console, &fleet);

    if (error)
        return error;
    if (!console->common.target && !*words) {
        if (fleet->count != 1)
            return no_selector(console, fleet);
        words = everything;
    }
    error = join_selector(console, words, &text);
    if (!error)
        error = selector_match(fleet, buffer_text(&text), selection_out, &fault);
    if (error < 0) {
        complain_no_memory(&console->error);
        return STATUS_FAILED;
    }
    if (error) {
        complain_marked(&console->error, buffer_text(&text), &fault);
        return STATUS_USAGE;
    }
    if (selection_out->count == 0) {
        complain_say(&console->error, _("hune list SELECTOR shows what a selector picks."),
                     _("No machine is left by \"%s\"."), buffer_text(&text));
        return STATUS_USAGE;
    }
    return 0;
}

/* What is no machine's name, but picks more than one. */
static bool means_several(const struct fleet *fleet, const char *word)
{
    _cleanup_selection_ struct selection selection = {0};
    struct fault fault = {0};

    return selector_match(fleet, word, &selection, &fault) == 0 && selection.count > 1;
}

int console_select_one(struct console *console, const char *const *words, uint32_t *index_out)
{
    const char *word = console->common.target ? console->common.target : words[0];
    struct fault fault = {0};
    struct fleet *fleet;
    int error = console_fleet(console, &fleet);

    if (error)
        return error;
    if (words[0] && (words[1] || console->common.target))
        return console_usage(console, _("This takes one machine."), NULL);
    if (!word) {
        if (fleet->count > 1)
            return console_usage(console, _("Which machine? Write its name."),
                                 _("hune list shows the names."));
        if (fleet->count == 0)
            return no_selector(console, fleet);
        *index_out = 0;
        return 0;
    }
    if (selector_one(fleet, word, index_out, &fault)) {
        if (means_several(fleet, word))
            return console_usage(console, _("This takes one machine."), NULL);
        complain_marked(&console->error, word, &fault);
        return STATUS_USAGE;
    }
    return 0;
}

bool console_can_ask(const struct console *console)
{
    return !console->common.yes && console->error.terminal && isatty(STDIN_FILENO) == 1;
}

bool console_confirm(struct console *console, const char *question)
{
    char answer[16];
    ssize_t size;

    if (!console_can_ask(console))
        return true;
    output_safe(&console->error, question);
    output_print(&console->error, " %s ", _("[y/N]"));
    output_flush(&console->error);
    /* The loop may have made the terminal non-blocking. */
    poll(&(struct pollfd){.fd = STDIN_FILENO, .events = POLLIN}, 1, -1);
    size = read(STDIN_FILENO, answer, sizeof(answer));
    return size > 0 && (answer[0] == 'y' || answer[0] == 'Y' ||
                        tolower((unsigned char)answer[0]) == _("yes")[0]);
}

int console_usage(struct console *console, const char *text, const char *hint)
{
    _cleanup_buffer_ struct buffer whole = BUFFER_INIT;

    if (hint && *hint)
        buffer_printf(&whole, "%s\n", hint);
    if (console->command)
        buffer_printf(&whole, _("hune %s --help shows its arguments and examples."),
                      console->command);
    complain(&console->error, NULL, text, NULL, buffer_text(&whole));
    return STATUS_USAGE;
}

int console_check_variables(struct console *console, const struct text_list *variables)
{
    for (size_t i = 0; i < variables->count; i++) {
        const char *variable = variables->items[i];

        if (!strchr(variable, '=') || variable[0] == '=')
            return console_usage(console, _("--env takes NAME=VALUE."), NULL);
    }
    return STATUS_OK;
}

int console_describe(const struct fleet *fleet, const struct selection *selection,
                     struct buffer *out)
{
    enum { LONGEST = 200 };
    _cleanup_free_ const char **names = calloc(selection->count, sizeof(*names));
    _cleanup_buffer_ struct buffer folded = BUFFER_INIT;
    int error;

    if (!names)
        return -ENOMEM;
    for (uint32_t i = 0; i < selection->count; i++)
        names[i] = fleet->machines[selection->indices[i]].name;
    error = nodeset_fold(names, selection->count, &folded);
    if (error || buffer_length(&folded) <= LONGEST)
        return error ? error : buffer_append(out, buffer_bytes(&folded), buffer_length(&folded));
    error = buffer_append(out, buffer_bytes(&folded), LONGEST);
    return error ? error : buffer_append_text(out, "…");
}
