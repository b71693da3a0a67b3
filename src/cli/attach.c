/* hune attach: follows a job that was left, or was given by another console of the operator. */
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/amount.h"
#include "cli/commands.h"
#include "cli/job-pick.h"
#include "cli/jobs.h"
#include "cli/run.h"
#include "cli/shell.h"
#include "fleet/run/courier.h"

struct attach_options {
    bool from_now;
    bool raw;
    bool live;
};

/* A shell that is there to be typed to, and somebody who can. */
static bool is_shell(const struct job_pick *pick)
{
    const struct console *console = pick->session->console;

    return text_equal(pick->job.verb, "shell") && !state_is_ended(pick->job.state.state) &&
           !console->common.json && console->out.terminal && isatty(STDIN_FILENO) == 1;
}

static void announce(const struct job_pick *pick)
{
    struct console *console = pick->session->console;
    struct output *error = &console->error;
    char job[JOB_SHORT_SIZE];

    if (console->common.json || !error->terminal)
        return;
    output_print(error, _("hune: %s: job %s: "), pick->session->fleet->machines[pick->machine].name,
                 job_short(pick->job.id, job));
    output_safe(error, pick->job.label);
    if (is_shell(pick))
        output_print(error, "%s", _(" (~. hangs it up, ~d leaves it running)"));
    else if (!state_is_ended(pick->job.state.state))
        output_print(error, "%s", _(" (Ctrl-C stops it, pressed twice it leaves it running)"));
    output_print(error, "\n");
    output_flush(error);
}

/* There is nothing to be seen of them, so it is said what they are, and how they end. */
static void tell_carrier(const struct job_pick *pick)
{
    struct console *console = pick->session->console;
    const char *machine = pick->session->fleet->machines[pick->machine].name;
    _cleanup_buffer_ struct buffer about = BUFFER_INIT;
    char job[JOB_SHORT_SIZE];

    if (console->common.json ||
        buffer_printf(&about, _("%s: job %s (%s)"), machine, job_short(pick->job.id, job),
                      pick->job.label) < 0 ||
        !buffer_text(&about))
        return;
    if (state_is_ended(pick->job.state.state))
        complain(&console->error, buffer_text(&about), _("It carried files, and has ended."), NULL,
                 NULL);
    else
        complain(&console->error, buffer_text(&about),
                 _("It carries files, which go through the console that began it; this waits for "
                   "its end."),
                 NULL,
                 _("If that console is gone, the machine gives up after a time (--patience) and "
                   "keeps nothing half done;\nhune stop ends it now. Then begin again."));
}

static int follow_carrier(struct session *session, const struct job_pick *pick, uint64_t from,
                          struct run_order *order)
{
    const char *machine = session->fleet->machines[pick->machine].name;
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;
    struct receipt receipt;
    char size[AMOUNT_TEXT];
    int status;

    order->aside = &line; /* a receipt, for programs */
    status = run_attach(session, pick->machine, &pick->job, from, order);
    if (status != STATUS_OK || session->console->common.json)
        return status;
    if (receipt_read(buffer_slice(&line), &receipt))
        complain(&session->console->error, machine, _("All of it is in its place there."),
                 amount_size(receipt.bytes, size), NULL);
    else
        complain(&session->console->error, machine, _("All of it was fetched."), NULL, NULL);
    return status;
}

static int attach(struct session *session, const char *const *words,
                  const struct attach_options *options)
{
    _cleanup_job_pick_ struct job_pick pick = {0};
    struct run_order order = {.input = -1, .raw = options->raw, .live = options->live};
    uint64_t from;
    int status = job_pick(session, words, &pick);

    if (status)
        return status;
    if (job_verb_carries_files(pick.job.verb))
        tell_carrier(&pick);
    else
        announce(&pick);
    from = options->from_now ? pick.job.output : pick.job.first;
    if (!options->from_now && from > 0)
        complain_say(&session->console->error, NULL,
                     _("The first %llu bytes of its output are no longer kept."),
                     (unsigned long long)from);
    if (is_shell(&pick))
        return shell_attach(session, pick.machine, &pick.job, from);
    if (job_verb_carries_files(pick.job.verb))
        return follow_carrier(session, &pick, from, &order);
    return run_attach(session, pick.machine, &pick.job, from, &order);
}

int attach_job(struct session *session, const char *const *words)
{
    return attach(session, words, &(struct attach_options){0});
}

static int exec_attach(struct console *console, const void *values, const struct words *words)
{
    _cleanup_session_ struct session session = {0};
    int status = session_open(&session, console, false);

    return status ? status : attach(&session, words->items, values);
}

static const struct cli_option options[] = {
    OPTION(struct attach_options, from_now, FLAG, 'n', "from-now", NULL,
           N_("leave out what was put out before")),
    OPTION(struct attach_options, live, FLAG, 0, "live", NULL,
           N_("with --json, one object for each line as it comes")),
    OPTION(struct attach_options, raw, FLAG, 0, "raw", NULL,
           N_("pass control characters to the terminal")),
};

const struct cli_command cli_attach = {
    .name = "attach",
    .arguments = N_("MACHINE [JOB]"),
    .summary = N_("Follow a job's output to its end, or continue a shell"),
    .details = N_("From the first byte that the machine still keeps; the exit status is the "
                  "job's.\nJOB is its id, or the first or last digits of it (hune jobs shows them);"
                  " it may be left out where only one job runs.\nCtrl-C stops the job; pressed "
                  "twice, it leaves the job running."),
    .examples = "hune attach web1 b302099a\nhune attach web1 --from-now",
    OPTIONS(options, struct attach_options),
    .selects = true,
    .exec = exec_attach,
};
