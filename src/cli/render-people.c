/* Results for people: tables, short sentences, colour where it helps. */
#include <stdio.h>
#include <string.h>

#include "cli/grid.h"
#include "cli/render.h"
#include "fleet/inventory/address.h"
#include "proto/right.h"
#include "proto/sshkey.h"

static void list(struct console *console, const struct fleet *fleet,
                 const struct selection *selection)
{
    _cleanup_grid_ struct grid grid;

    grid_init(&grid,
              (const char *const[]){_("NAME"), _("ADDRESS"), _("TAGS"), _("USER"), _("ID"), NULL});
    for (uint32_t i = 0; i < selection->count; i++) {
        const struct machine *machine = &fleet->machines[selection->indices[i]];
        _cleanup_buffer_ struct buffer address = BUFFER_INIT;
        char id[FINGERPRINT_TEXT_SIZE] = "-";

        if (machine->has_id)
            fingerprint_format(machine->id, id);
        grid_cell(&grid, machine->name);
        grid_cell(&grid, address_append(&address, machine->host, machine->port) == 0
                             ? buffer_text(&address)
                             : "");
        grid_cell(&grid, machine->tags);
        grid_cell(&grid, machine->user);
        grid_cell(&grid, id);
    }
    grid_print(&grid, "", &console->out);
}

void rights_show(struct output *output, uint16_t rights, const char *run_as)
{
    _cleanup_buffer_ struct buffer words = BUFFER_INIT;

    if (rights_append(&words, rights) < 0 || !buffer_text(&words))
        return;
    output_print(output, _("You may: %s"), rights ? buffer_text(&words) : _("nothing"));
    if (*run_as) {
        output_print(output, _("; as "));
        output_safe(output, run_as);
    }
    output_print(output, "\n");
}

static void welcome(struct console *console, const struct machine *machine, uint16_t rights,
                    const char *run_as)
{
    struct output *output = &console->out;
    _cleanup_buffer_ struct buffer address = BUFFER_INIT;
    char id[FINGERPRINT_TEXT_SIZE];

    if (address_append(&address, machine->host, machine->port) < 0 || !buffer_text(&address))
        return;
    output_coloured(output, COLOUR_GREEN, run_as ? _("Joined ") : _("Added "));
    output_safe(output, machine->name);
    output_print(output, " (%s)\n", buffer_text(&address));
    if (machine->has_id) {
        fingerprint_format(machine->id, id);
        output_print(output, _("Machine id: %s\n"), id);
    }
    if (!run_as)
        return;
    rights_show(output, rights, run_as);
    output_print(output, _("Try: hune ask os %s\n     hune run %s -- uptime\n"), machine->name,
                 machine->name);
}

static void answer(struct console *console, const struct answer *answer)
{
    facts_show(&console->out, answer);
}

static void import(struct console *console, const struct import *import, bool dry_run)
{
    const char *const outcomes[] = {[IMPORT_ADDED] = _("new"),
                                    [IMPORT_CHANGED] = _("changed"),
                                    [IMPORT_UNCHANGED] = _("as it is"),
                                    [IMPORT_REFUSED] = _("bad")};
    struct output *output = &console->out;
    _cleanup_grid_ struct grid grid;

    grid_init(&grid, (const char *const[]){_("LINE"), "", _("NAME"), _("HOST"), _("PORT"),
                                           _("TAGS"), "", NULL});
    grid.right[0] = grid.right[4] = true;
    for (uint32_t i = 0; i < import->count; i++) {
        const struct import_item *item = &import->items[i];
        _cleanup_buffer_ struct buffer changes = BUFFER_INIT;

        import_changes(item, "; ", &changes);
        grid_cellf(&grid, "%u", item->line);
        grid_cell(&grid, outcomes[item->outcome]);
        grid_cell(&grid, item->name);
        grid_cell(&grid, item->host);
        grid_cellf(&grid, item->port ? "%u" : "", item->port);
        grid_cell(&grid, item->tags);
        grid_cell(&grid, item->why ? item->why : buffer_text(&changes));
    }
    grid_print(&grid, "", output);
    output_print(output, _("Read as %s: %u new, %u changed, %u as they are, %u bad.\n"),
                 import_format_name(import->format), import->outcomes[IMPORT_ADDED],
                 import->outcomes[IMPORT_CHANGED], import->outcomes[IMPORT_UNCHANGED],
                 import->outcomes[IMPORT_REFUSED]);
    if (dry_run)
        output_print(output, "%s\n", _("Nothing was changed (--dry-run)."));
}

int ending_describe(struct job_state state, struct buffer *out)
{
    const char *signal;

    switch (state.state) {
    case STATE_EXITED: return buffer_printf(out, _("exit status %u"), state.detail);
    case STATE_SIGNALLED:
        signal = sigdescr_np((int)state.detail) ? strsignal((int)state.detail) : NULL;
        return buffer_printf(out, _("ended by signal %u (%s)"), state.detail,
                             signal ? signal : _("unknown"));
    case STATE_TIMED_OUT: return buffer_append_text(out, _("stopped, because its time was up"));
    case STATE_KILLED: return buffer_append_text(out, _("stopped"));
    case STATE_LOST:
        return buffer_append_text(out, state.detail == LOST_AGENT
                                           ? _("lost: the agent was ended under it")
                                           : _("lost: the machine has restarted"));
    case STATE_UNREACHABLE: return buffer_append_text(out, _("unreachable; it may run there"));
    case STATE_UNSENT: return buffer_append_text(out, _("not begun"));
    case STATE_QUEUED:
    case STATE_RUNNING: return buffer_append_text(out, _("left behind; it goes on running"));
    case STATE_REFUSED: break;
    }
    return state_append(out, state);
}

/* Output was shown as it came; what is left to tell is what went wrong. */
static void ending(struct console *console, const struct ending *ending)
{
    struct output *error = &console->error;
    _cleanup_buffer_ struct buffer state = BUFFER_INIT;

    if (ending->trouble && !ending_is_loss(ending->state, ending->trouble)) {
        complain_trouble(error, ending->machine, ending->trouble, console->signer);
        return;
    }
    if (ending->state.state == STATE_EXITED && ending->state.detail == 0)
        return;
    if (ending_describe(ending->state, &state) < 0 || !buffer_text(&state))
        return;
    output_coloured(error, COLOUR_RED, "hune: ");
    output_safe(error, ending->machine);
    output_print(error, ": %s\n", buffer_text(&state));
    output_flush(error);
}

static void finding(struct console *console, const char *machine,
                    const struct doctor_finding *finding)
{
    struct output *output = &console->out;
    enum colour colour = !finding->is_ok       ? COLOUR_RED
                         : finding->is_warning ? COLOUR_YELLOW
                                               : COLOUR_GREEN;

    output_coloured(output, colour,
                    !finding->is_ok       ? _("failed ")
                    : finding->is_warning ? _("look   ")
                                          : _("ok     "));
    print_column(output, _(doctor_step_text(finding->step)), 36);
    output_print(output, " %8.2f ms  ", finding->ms);
    output_safe(output, finding->detail);
    output_print(output, "\n");
    output_flush(output);
    if (finding->trouble)
        complain_trouble(&console->error, machine, finding->trouble, console->signer);
}

const struct renderer render_people = {
    .list = list,
    .answer = answer,
    .welcome = welcome,
    .import = import,
    .ending = ending,
    .finding = finding,
};
