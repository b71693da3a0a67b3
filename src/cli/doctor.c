/* hune doctor: walks the way to one machine and explains the first thing that fails. */
#include <errno.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/render.h"
#include "cli/session.h"
#include "fleet/run/fanout.h"

struct visit {
    struct console *console;
    const char *machine;
    bool is_well;
    bool done;
    int status;
};

static void on_step(const struct doctor_finding *finding, void *user)
{
    struct visit *visit = user;

    renderer_of(visit->console)->finding(visit->console, visit->machine, finding);
    if (finding->trouble)
        visit->status = outcome_exit_status(outcome_of_trouble(finding->trouble));
}

static void on_done(bool is_well, void *user)
{
    struct visit *visit = user;

    visit->is_well = is_well;
    visit->done = true;
}

static const struct doctor_events events = {.on_step = on_step, .on_done = on_done};

static int exec_doctor(struct console *console, const void *values, const struct words *words)
{
    _cleanup_session_ struct session session = {0};
    struct link_target target;
    struct visit visit = {.console = console};
    const struct machine *machine;
    uint32_t index;
    int status = console_select_one(console, words->items, &index);
    int error;

    (void)values;
    if (!status)
        status = session_open(&session, console, false);
    if (status)
        return status;
    machine = &session.fleet->machines[index];
    visit.machine = machine->name;
    session_target(machine, &target);
    error = doctor_start(NULL, session.factory, &target, *machine->user ? machine->user : NULL,
                         &events, &visit);
    if (error) {
        complain(&console->error, machine->name, _("The visit cannot be begun."), strerror(-error),
                 NULL);
        return STATUS_FAILED;
    }
    session_wait(&session, &visit.done);
    if (visit.is_well && !console->common.json)
        output_print(&console->out, _("%s is well.\n"), machine->name);
    if (!visit.is_well && visit.status == STATUS_OK)
        visit.status = STATUS_UNREACHABLE;
    return visit.status;
}

const struct cli_command cli_doctor = {
    .name = "doctor",
    .arguments = N_("[MACHINE]"),
    .summary = N_("Walk the way to a machine and explain the first thing that fails"),
    .examples = "hune doctor web1",
    .selects = true,
    .exec = exec_doctor,
};
