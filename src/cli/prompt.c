#include "cli/prompt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/prompt-warm.h"
#include "config.h"
#include "fleet/inventory/nodeset.h"

static bool file_stamp(struct prompt *prompt, uint64_t stamp_out[4])
{
    const char *path;
    struct stat stat_now;

    if (console_fleet_path(prompt->session.console, &path) || stat(path, &stat_now) < 0)
        return false;
    stamp_out[0] = (uint64_t)stat_now.st_ino;
    stamp_out[1] = (uint64_t)stat_now.st_size;
    stamp_out[2] = (uint64_t)stat_now.st_mtim.tv_sec;
    stamp_out[3] = (uint64_t)stat_now.st_mtim.tv_nsec;
    return true;
}

/* "web[1-3]> ", with the escape sequences between \1 as libedit wants them. */
static void make_text(struct prompt *prompt)
{
    enum { LONGEST = 40 };
    const struct output *output = &prompt->session.console->out;
    _cleanup_buffer_ struct buffer names = BUFFER_INIT;

    buffer_clear(&prompt->text);
    if (prompt->selection.count == 0 ||
        console_describe(prompt->session.fleet, &prompt->selection, &names) < 0 ||
        buffer_length(&names) > LONGEST) {
        buffer_clear(&names);
        if (prompt->selection.count == 0)
            buffer_append_text(&names, "hune");
        else
            buffer_printf(&names, ngettext("%u machine", "%u machines", prompt->selection.count),
                          prompt->selection.count);
    }
    if (output->colour)
        buffer_printf(&prompt->text, "\1%s\1%s\1%s\1> ", output_colour(output, COLOUR_BOLD),
                      buffer_text(&names), output_plain(output));
    else
        buffer_printf(&prompt->text, "%s> ", buffer_text(&names));
}

bool prompt_use(struct prompt *prompt, const char *selector)
{
    struct selection selection = SELECTION_INIT;
    struct fault fault = {0};
    char *copy = NULL;

    if (selector) {
        int error = selector_match(prompt->session.fleet, selector, &selection, &fault);

        if (!error && selection.count == 0)
            fault_set(&fault, NULL, _("No machine is left by \"%s\"."), selector);
        if (error || selection.count == 0) {
            complain_marked(&prompt->session.console->error, selector, &fault);
            selection_deinit(&selection);
            return false;
        }
        copy = strdup(selector);
    }
    prompt_warm_drop(prompt);
    selection_deinit(&prompt->selection);
    free(prompt->selector);
    prompt->selection = selection;
    prompt->agreed = false;
    prompt->selector = copy;
    prompt_warm_take(prompt);
    make_text(prompt);
    return true;
}

void prompt_refresh(struct prompt *prompt)
{
    _cleanup_free_ char *selector = NULL;
    uint64_t stamp[4] = {0};

    if (!file_stamp(prompt, stamp) || memcmp(stamp, prompt->stamp, sizeof(stamp)) == 0)
        return;
    memcpy(prompt->stamp, stamp, sizeof(stamp));
    selector = steal_pointer(prompt->selector);
    prompt_warm_drop(prompt);
    selection_deinit(&prompt->selection);
    prompt->selection = SELECTION_INIT;
    if (session_reload(&prompt->session, NULL))
        output_print(&prompt->session.console->error, "%s\n",
                     _("hune: the list of before holds on."));
    if (!selector || !prompt_use(prompt, selector))
        make_text(prompt);
}

static void greet(struct prompt *prompt)
{
    struct output *output = &prompt->session.console->out;
    const struct fleet *fleet = prompt->session.fleet;

    if (!editor_is_interactive(prompt->editor))
        return;
    if (fleet->count == 0) {
        output_print(output, _("Hune %s. There is no machine in the fleet list yet.\n"),
                     HUNE_VERSION);
        output_print(output, "%s\n",
                     _("Run `huned invite` on a machine, then here: hune join LINK"));
    } else {
        output_print(output,
                     ngettext("Hune %s, %u machine. `help` tells what can be typed.\n",
                              "Hune %s, %u machines. `help` tells what can be typed.\n",
                              fleet->count),
                     HUNE_VERSION, fleet->count);
    }
    output_flush(output);
}

static void read_and_obey(struct prompt *prompt)
{
    greet(prompt);
    while (!prompt->leaving) {
        _cleanup_free_ char *line = NULL;

        if (!editor_read(prompt->editor, buffer_text(&prompt->text), &line)) {
            if (editor_is_interactive(prompt->editor))
                output_print(&prompt->session.console->out, "\n");
            return;
        }
        prompt_refresh(prompt);
        prompt->busy = true;
        prompt_obey(prompt, text_strip(line));
        prompt->busy = false;
        if (editor_is_interactive(prompt->editor) && prompt->session.console->out.begun_line)
            output_print(&prompt->session.console->out, "\n");
        output_flush(&prompt->session.console->out);
        output_flush(&prompt->session.console->error);
        /* A pipe's reader who went away will not come back. */
        prompt->leaving |= prompt->session.console->out.closed;
    }
}

static int start(struct prompt *prompt, struct console *console, const char **history_out)
{
    const char *directory;
    int status = session_open(&prompt->session, console, true);

    *history_out = NULL;
    if (status)
        return status;
    if (console_data_directory(console, &directory) == 0) {
        char *path = NULL;

        if (asprintf(&path, "%s/prompt-history", directory) >= 0)
            *history_out = path;
    }
    return STATUS_OK;
}

int prompt_run(struct console *console)
{
    struct prompt prompt = {0};
    const char *history;
    int status = start(&prompt, console, &history);
    const struct editor_settings settings = {
        .session = &prompt.session,
        .history = history,
        .complete = prompt_complete,
        .user = &prompt,
    };

    console->command = NULL;
    if (!status && editor_new(&prompt.editor, &settings) < 0) {
        complain_no_memory(&console->error);
        status = STATUS_FAILED;
    }
    if (!status) {
        file_stamp(&prompt, prompt.stamp);
        /* The only machine needs no choosing. */
        prompt_use(&prompt, console->common.target             ? console->common.target
                            : prompt.session.fleet->count == 1 ? "all"
                                                               : NULL);
        console->common.target = NULL; /* the words at the prompt name their own */
        make_text(&prompt);
        read_and_obey(&prompt);
        status = editor_is_interactive(prompt.editor) ? STATUS_OK : prompt.status;
        prompt_warm_drop(&prompt);
    }
    editor_free(prompt.editor);
    session_close(&prompt.session);
    selection_deinit(&prompt.selection);
    buffer_deinit(&prompt.text);
    buffer_deinit(&prompt.tags);
    free(prompt.selector);
    free((void *)(size_t)history);
    return status;
}
