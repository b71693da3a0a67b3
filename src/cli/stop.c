/* hune stop: ends a job and everything that it started. */
#include "cli/commands.h"
#include "cli/job-pick.h"
#include "cli/jobs.h"
#include "proto/order.h"

static int stop_picked(struct job_pick *pick)
{
    _cleanup_buffer_ struct buffer payload = BUFFER_INIT;
    int status;

    if (state_is_ended(pick->job.state.state)) {
        job_tell(pick, "stopped", false, _("has ended already"));
        return STATUS_OK;
    }
    if (order_signal_encode(pick->job.id, 0, &payload) != 0) {
        complain_no_memory(&pick->session->console->error);
        return STATUS_FAILED;
    }
    status = job_order(pick, VERB_SIGNAL, &payload);
    if (!status)
        job_tell(pick, "stopped", true, _("is being stopped"));
    return status;
}

int stop_job(struct session *session, const char *const *words)
{
    _cleanup_job_pick_ struct job_pick pick = {0};
    int status;

    if (job_words_mean_all(session, words))
        return job_each(session, words, false, stop_picked);
    status = job_pick(session, words, &pick);
    return status ? status : stop_picked(&pick);
}

static int exec_stop(struct console *console, const void *values, const struct words *words)
{
    _cleanup_session_ struct session session = {0};
    int status = session_open(&session, console, false);

    (void)values;
    return status ? status : stop_job(&session, words->items);
}

const struct cli_command cli_stop = {
    .name = "stop",
    .arguments = N_("MACHINE [JOB|all]"),
    .summary = N_("Stop a job and everything that it started"),
    .details = N_(
        "The job's processes are asked to end (SIGTERM), and ended two seconds later.\n"
        "JOB is its id, or the first or last digits of it; it may be left out where only "
        "one job runs.\nYour own jobs; with the right control, anybody's. all: every job of "
        "yours that runs there, after a question (--yes: without)."),
    .examples = "hune stop web1 b302099a\nhune stop web1 all",
    .selects = true,
    .exec = exec_stop,
};
