/* See run-care.h. */
#include "cli/run-care.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/grid.h"
#include "cli/json-line.h"
#include "fleet/inventory/address.h"
#include "fleet/inventory/nodeset.h"
#include "fleet/run/store-runs.h"
#include "proto/command.h"

/* ---- protected ---- */

int run_care_protected(struct console *console, const struct fleet *fleet,
                       const struct selection *selection)
{
    _cleanup_free_ uint32_t *indices = calloc(selection->count + 1, sizeof(*indices));
    struct selection guarded = {.indices = indices};
    _cleanup_buffer_ struct buffer names = BUFFER_INIT;

    if (!indices)
        return STATUS_FAILED;
    for (uint32_t i = 0; i < selection->count; i++)
        if (machine_has_tag(&fleet->machines[selection->indices[i]], PROTECTED_TAG,
                            strlen(PROTECTED_TAG)))
            indices[guarded.count++] = selection->indices[i];
    if (guarded.count == 0)
        return 0;
    if (console_describe(fleet, &guarded, &names) < 0 || !buffer_text(&names))
        return STATUS_FAILED;
    complain(&console->error, buffer_text(&names),
             ngettext("This machine is protected; nothing was sent to any.",
                      "These machines are protected; nothing was sent to any.", guarded.count),
             NULL,
             _("Leave them out with !@protected, or say --even-protected.\n"
               "hune tag NAME -protected takes the protection away."));
    return STATUS_USAGE;
}

/* ---- who would get what ---- */

static int describe_command(const struct run_order *order, struct buffer *out)
{
    struct command_view view;

    if (command_decode(&view, buffer_slice(&order->payload)))
        return -EINVAL;
    return command_describe(&view, out);
}

static void dry_run_json(struct console *console, const struct machine *machine, const char *user,
                         const char *command, uint32_t wave)
{
    struct json_line line = json_line_begin(&console->out);

    json_line_text(&line, "machine", machine->name);
    json_line_text(&line, "host", machine->host);
    json_line_number(&line, "port", machine->port);
    json_line_text(&line, "user", user);
    json_line_text(&line, "command", command);
    json_line_number(&line, "wave", wave);
    json_line_end(&line);
}

static void dry_run_people(struct console *console, struct grid *grid, const char *command,
                           uint32_t count)
{
    grid_print(grid, "", &console->out);
    output_print(&console->out,
                 ngettext("%u machine would run: ", "%u machines would run: ", count), count);
    output_safe(&console->out, command);
    output_print(&console->out, "\n%s\n", _("Nothing was sent (--dry-run)."));
}

static int dry_run(struct console *console, const struct fleet *fleet,
                   const struct selection *selection, const struct run_order *order)
{
    _cleanup_buffer_ struct buffer command = BUFFER_INIT;
    _cleanup_grid_ struct grid grid;
    struct wave_settings settings = order->wave;
    struct wave wave;

    settings.machines = selection->count;
    wave_init(&wave, &settings);
    grid_init(&grid, (const char *const[]){_("NAME"), _("ADDRESS"), _("USER"), _("WAVE"), NULL});
    if (describe_command(order, &command) < 0 || !buffer_text(&command))
        return STATUS_FAILED;
    for (uint32_t i = 0; i < selection->count; i++) {
        const struct machine *machine = &fleet->machines[selection->indices[i]];
        const char *user = run_user(order, machine);
        _cleanup_buffer_ struct buffer address = BUFFER_INIT;

        if (console->common.json) {
            dry_run_json(console, machine, user, buffer_text(&command), wave_of(&wave, i));
            continue;
        }
        grid_cell(&grid, machine->name);
        grid_cell(&grid, address_append(&address, machine->host, machine->port) == 0
                             ? buffer_text(&address)
                             : "");
        grid_cell(&grid, *user ? user : _("(its default)"));
        grid_cellf(&grid, wave.count > 1 ? "%u" : "", wave_of(&wave, i));
    }
    if (!console->common.json)
        dry_run_people(console, &grid, buffer_text(&command), selection->count);
    return RUN_CARE_DONE;
}

/* ---- is it meant? ---- */

/* A sorted list of names, to be walked beside another one. */
struct name_list {
    const char **names;
    size_t count;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int last_names(struct store *store, struct buffer *bytes, struct name_list *list_out)
{
    struct stored_run run;
    _cleanup_buffer_ struct buffer texts = BUFFER_INIT;
    const char *at, *end;
    int error = store_run_find(store, 0, &run, &texts);

    if (!error)
        error = store_run_names(store, run.number, bytes);
    if (error || !(at = buffer_text(bytes)))
        return 1;
    end = at + buffer_length(bytes);
    list_out->names = calloc(run.machines + 1, sizeof(*list_out->names));
    for (; list_out->names && at < end && list_out->count < run.machines; at += strlen(at) + 1)
        list_out->names[list_out->count++] = at;
    return list_out->names ? 0 : 1;
}

/* "web[8-9]", shortened; "" for an empty list. */
static int append_folded(struct buffer *out, const struct name_list *list)
{
    _cleanup_buffer_ struct buffer folded = BUFFER_INIT;
    enum { LONGEST = 200 };
    int error = 0;

    if (list->count > 0)
        error = nodeset_fold(list->names, list->count, &folded);
    if (list->count == 0 || error || !buffer_text(&folded))
        return error;
    return buffer_printf(out, "%.*s%s",
                         (int)(buffer_length(&folded) < LONGEST ? buffer_length(&folded) : LONGEST),
                         buffer_text(&folded), buffer_length(&folded) > LONGEST ? "…" : "");
}

/* "Compared with the last run: 2 more (web[8-9]); 1 less (old)". Not known: nothing. */
static int append_difference(struct console *console, const struct fleet *fleet,
                             const struct selection *selection, struct buffer *out)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    _cleanup_free_ const char **now = calloc(selection->count + 1, sizeof(*now));
    struct name_list before = {0}, more = {0}, less = {0};
    size_t b = 0;
    int error = 0;

    if (!now || last_names(console_store(console), &bytes, &before))
        return 0;
    for (uint32_t i = 0; i < selection->count; i++)
        now[i] = fleet->machines[selection->indices[i]].name;
    qsort(now, selection->count, sizeof(*now), compare_names);
    qsort(before.names, before.count, sizeof(*before.names), compare_names);
    more.names = calloc(selection->count + 1, sizeof(*more.names));
    less.names = calloc(before.count + 1, sizeof(*less.names));
    for (uint32_t i = 0; more.names && less.names && i < selection->count; i++) {
        while (b < before.count && strcmp(before.names[b], now[i]) < 0)
            less.names[less.count++] = before.names[b++];
        if (b < before.count && strcmp(before.names[b], now[i]) == 0)
            b++;
        else
            more.names[more.count++] = now[i];
    }
    while (less.names && b < before.count)
        less.names[less.count++] = before.names[b++];
    if (more.names && less.names && more.count > 0)
        error = buffer_printf(out, _("\n  %zu more than in the last run: "), more.count);
    if (!error && more.names && less.names)
        error = append_folded(out, &more);
    if (!error && less.names && less.count > 0)
        error = buffer_printf(out, _("\n  %zu of the last run are not among them: "), less.count);
    if (!error && less.names)
        error = append_folded(out, &less);
    free(before.names);
    free(more.names);
    free(less.names);
    return error;
}

static bool is_meant(struct console *console, const struct fleet *fleet,
                     const struct selection *selection, const struct run_order *order)
{
    _cleanup_buffer_ struct buffer told = BUFFER_INIT, command = BUFFER_INIT;
    char question[96];

    if (selection->count <= console_settings(console)->confirm_above)
        return true;
    if (!console_can_ask(console))
        return console_confirm(console, "");
    if (describe_command(order, &command) < 0 || !buffer_text(&command) ||
        buffer_printf(&told, "%s\n  ", buffer_text(&command)) < 0 ||
        console_describe(fleet, selection, &told) < 0 ||
        append_difference(console, fleet, selection, &told) < 0 || !buffer_text(&told))
        return false;
    output_print(&console->error, "%s\n", buffer_text(&told));
    snprintf(question, sizeof(question), _("Run it on %u machines?"), selection->count);
    return console_confirm(console, question);
}

int run_care(struct console *console, const struct selection *selection,
             const struct run_order *order, const struct run_care *care)
{
    struct fleet *fleet;
    int status = console_fleet(console, &fleet);

    if (!status && !care->even_protected)
        status = run_care_protected(console, fleet, selection);
    if (status)
        return status;
    if (care->dry_run)
        return dry_run(console, fleet, selection, order);
    if (care->agreed)
        return 0;
    return is_meant(console, fleet, selection, order) ? 0 : STATUS_FAILED;
}
