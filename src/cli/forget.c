/* hune forget: drops what a machine still keeps of an ended job. */
#include "cli/commands.h"
#include "cli/job-pick.h"
#include "cli/jobs.h"

static int forget_picked(struct job_pick *pick)
{
    struct output *error = &pick->session->console->error;
    _cleanup_buffer_ struct buffer payload = BUFFER_INIT;
    int status;

    if (!state_is_ended(pick->job.state.state)) {
        complain_say(error, _("Stop it first: hune stop MACHINE JOB"), "%s",
                     _("The job still runs; only what has ended can be forgotten."));
        return STATUS_USAGE;
    }
    if (buffer_append(&payload, pick->job.id, UUID_SIZE) != 0) {
        complain_no_memory(error);
        return STATUS_FAILED;
    }
    status = job_order(pick, VERB_FORGET, &payload);
    if (!status)
        job_tell(pick, "forgotten", true, _("is forgotten"));
    return status;
}

int forget_job(struct session *session, const char *const *words)
{
    _cleanup_job_pick_ struct job_pick pick = {0};
    int status;

    if (job_words_mean_all(session, words))
        return job_each(session, words, true, forget_picked);
    status = job_pick(session, words, &pick);
    return status ? status : forget_picked(&pick);
}

static int exec_forget(struct console *console, const void *values, const struct words *words)
{
    _cleanup_session_ struct session session = {0};
    int status = session_open(&session, console, false);

    (void)values;
    return status ? status : forget_job(&session, words->items);
}

const struct cli_command cli_forget = {
    .name = "forget",
    .arguments = N_("MACHINE JOB|all"),
    .summary = N_("Drop an ended job's result and output from a machine"),
    .details = N_(
        "Without it, they are dropped an hour after the end ([jobs] keep). The machine's "
        "record of orders (hune audit) stays.\nall: every job of yours that has ended there, "
        "after a question (--yes: without)."),
    .examples = "hune forget web1 b302099a\nhune forget web1 all",
    .selects = true,
    .exec = exec_forget,
};
