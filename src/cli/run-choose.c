/* See run-choose.h. */
#include "cli/run-choose.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/complain.h"

enum { NAMES_FILE_MAX = 16 << 20 };

static int append_part(struct buffer *out, const char *part, size_t size)
{
    int error = buffer_append_text(out, buffer_length(out) ? "," : "");

    return error ? error : buffer_append(out, part, size);
}

/* "-w ^FILE": names between spaces and line ends; from a # on, a line says nothing. */
static int append_file(struct console *console, const char *path, struct buffer *out)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    int error = file_read(path, NAMES_FILE_MAX, &content);
    const char *at = buffer_text(&content);

    if (error || !at) {
        complain(&console->error, path, _("The file with names cannot be read."),
                 strerror(error ? -error : ENOMEM), _("-w ^FILE reads selectors from a file."));
        return STATUS_USAGE;
    }
    while (*at && !error) {
        size_t size = strcspn(at, " \t\r\n#");

        if (size > 0)
            error = append_part(out, at, size);
        at += size;
        if (*at == '#')
            at += strcspn(at, "\n");
        at += *at != '\0';
    }
    return error ? STATUS_FAILED : 0;
}

/* "-g www,db" is "@www,@db". */
static int append_groups(struct buffer *out, const char *groups)
{
    int error = 0;

    while (*groups && !error) {
        size_t size = strcspn(groups, ",");

        error = append_part(out, "@", 1);
        if (!error)
            error = buffer_append(out, groups, size);
        groups += size + (groups[size] == ',');
    }
    return error;
}

/* A list of -w or -x and one of -g or -X, as one selector: "web1,@www". */
static int join_parts(struct console *console, const struct text_list *names,
                      const struct text_list *groups, struct buffer *out)
{
    int status = 0;

    for (size_t i = 0; i < names->count && !status; i++) {
        const char *name = names->items[i];

        if (*name == '^')
            status = append_file(console, name + 1, out);
        else if (append_part(out, name, strlen(name)))
            status = STATUS_FAILED;
    }
    for (size_t i = 0; i < groups->count && !status; i++)
        if (append_groups(out, groups->items[i]))
            status = STATUS_FAILED;
    if (status != STATUS_USAGE && !buffer_text(out))
        status = STATUS_FAILED;
    if (status == STATUS_FAILED)
        complain_no_memory(&console->error);
    return status;
}

/* Takes the machines of `exclude` out of the selection. */
static int take_out(struct console *console, const char *exclude, struct selection *selection)
{
    _cleanup_selection_ struct selection out = SELECTION_INIT;
    struct fault fault = {0};
    struct fleet *fleet;
    uint32_t left = 0, at = 0;
    int error = console_fleet(console, &fleet);

    if (error)
        return error;
    error = selector_match(fleet, exclude, &out, &fault);
    if (error < 0) {
        complain_no_memory(&console->error);
        return STATUS_FAILED;
    }
    if (error) {
        complain_marked(&console->error, exclude, &fault);
        return STATUS_USAGE;
    }
    /* Both are ascending. */
    for (uint32_t i = 0; i < selection->count; i++) {
        while (at < out.count && out.indices[at] < selection->indices[i])
            at++;
        if (at == out.count || out.indices[at] != selection->indices[i])
            selection->indices[left++] = selection->indices[i];
    }
    selection->count = left;
    if (left > 0)
        return 0;
    complain_say(&console->error, _("hune list SELECTOR shows what a selector picks."), "%s",
                 _("-x leaves no machine."));
    return STATUS_USAGE;
}

/* How the selector reads: all of it that was given, and what was taken out. */
static int describe(const char *target, const char *const *all, const struct buffer *out,
                    struct buffer *text)
{
    int error = target ? buffer_append_text(text, target) : 0;

    for (; *all && !error; all++)
        error = buffer_printf(text, "%s%s", buffer_length(text) ? " " : "", *all);
    if (!error && buffer_length(out))
        error = buffer_printf(text, " -x %.*s", (int)buffer_length(out), buffer_bytes(out));
    return error;
}

int run_choose(struct console *console, const struct run_places *places, const struct words *words,
               struct buffer *text, struct selection *selection)
{
    _cleanup_free_ const char **all = calloc(words->count + 4, sizeof(*all));
    _cleanup_buffer_ struct buffer in = BUFFER_INIT, out = BUFFER_INIT;
    const char *target = console->common.target;
    size_t count = 0;
    int status;

    if (!all)
        return STATUS_FAILED;
    status = join_parts(console, &places->where, &places->groups, &in);
    if (!status)
        status = join_parts(console, &places->exclude, &places->out_of, &out);
    if (status)
        return status;
    /* An empty file is not "whatever there is". */
    if (places->where.count + places->groups.count > 0 && buffer_length(&in) == 0)
        return console_usage(console, _("-w names no machine."), NULL);
    if (buffer_length(&in))
        all[count++] = buffer_text(&in);
    if (places->retry_failed)
        all[count++] = "@last.failed";
    for (size_t i = 0; i < words->count; i++)
        all[count++] = words->items[i];
    if (count == 0 && buffer_length(&out) && !target)
        all[count++] = "all";
    status = console_select(console, all, selection);
    if (!status && buffer_length(&out))
        status = take_out(console, buffer_text(&out), selection);
    if (!status && describe(target, all, &out, text))
        status = STATUS_FAILED;
    return status;
}
