/* See carry.h. */
#include "cli/carry.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "fleet/link/files.h"

/* Each machine under way has a process here that packs or unpacks for it. */
enum { AT_ONCE = 32 };

static int compare_machine(const void *key, const void *element)
{
    uint32_t a = *(const uint32_t *)key, b = ((const struct carry_share *)element)->machine;

    return a < b ? -1 : a > b;
}

/* Shares stand in the order of their machines. */
static struct carry_share *share_of(struct carry *carry, uint32_t machine)
{
    return bsearch(&machine, carry->shares, carry->count, sizeof(*carry->shares), compare_machine);
}

static void stop_all(struct carry *carry)
{
    carry->stopping = true;
    for (uint32_t i = 0; i < carry->count; i++)
        fanout_transfer_stop(carry->fanout, i);
}

/* ---- from the transfer ---- */

static int plan(uint32_t machine, struct transfer_plan *plan_out, void *user)
{
    struct carry *carry = user;
    const struct carry_share *share = share_of(carry, machine);
    const char *as = carry->options->as;

    *plan_out = (struct transfer_plan){
        .user = as ? as : carry->session.fleet->machines[machine].user,
        .there = {buffer_bytes(&share->there), buffer_length(&share->there)},
        .here = {buffer_bytes(&share->here), buffer_length(&share->here)},
    };
    return 0;
}

static void on_line(uint32_t machine, const char *text, size_t size, void *user)
{
    struct carry *carry = user;

    carry_say(carry, share_of(carry, machine), text, size);
}

static void on_interrupted(uint32_t machine, bool interrupted, void *user)
{
    struct carry *carry = user;
    struct output *error = &carry->console->error;

    carry_progress_clear(carry);
    output_print(error,
                 interrupted ? _("hune: %s: the connection is lost; it goes on, trying again\n")
                             : _("hune: %s: connected again\n"),
                 carry->session.fleet->machines[machine].name);
    output_flush(error);
}

static void on_report(uint32_t machine, const struct transfer_report *report, void *user)
{
    struct carry_share *share = share_of(user, machine);

    share->report = *report;
    if (report->job) {
        memcpy(share->job, report->job, sizeof(share->job));
        share->report.job = share->job;
    }
}

/* ---- from the fan-out ---- */

static void on_result(struct fanout *fanout, uint32_t machine, const struct fanout_result *result,
                      void *user)
{
    struct carry *carry = user;
    struct carry_share *share = share_of(carry, machine);

    (void)fanout;
    if (share->made && !share->report.is_whole)
        (void)rmdir(share->made); /* not if anything came into it */
    carry_show_result(carry, share, result);
}

static void on_done(struct fanout *fanout, void *user)
{
    struct carry *carry = user;

    (void)fanout;
    carry->done = true;
}

static const struct fanout_events events = {.on_result = on_result, .on_done = on_done};

/* After Ctrl-C none is begun any more. */
static int start_visit(struct fanout_visit *visit, void *user)
{
    struct carry *carry = user;

    if (carry->stopping) {
        fanout_visit_end(visit, (struct job_state){.state = STATE_UNSENT}, NULL);
        return 0;
    }
    return carry->transfer.task.start(visit, carry->transfer.task.user);
}

static enum state abandon_visit(struct fanout_visit *visit, void *user)
{
    struct carry *carry = user;

    return carry->transfer.task.abandon(visit, carry->transfer.task.user);
}

static void on_interrupt(struct session *session, unsigned times)
{
    struct carry *carry = session->user;

    carry_progress_clear(carry);
    if (times > 1) {
        complain_say(&session->console->error, NULL, "%s",
                     _("Left; what was begun on machines is given up there in a while."));
        fanout_stop(carry->fanout);
        return;
    }
    output_print(&session->console->error, "%s%s\n", session->console->error.terminal ? "\n" : "",
                 _("hune: stopping it; Ctrl-C again leaves it alone"));
    output_flush(&session->console->error);
    stop_all(carry);
}

/* ---- all of it ---- */

static int start(struct carry *carry)
{
    const struct fanout_task task = {.start = start_visit, .abandon = abandon_visit, .user = carry};
    _cleanup_free_ uint32_t *machines = calloc(carry->count, sizeof(*machines));
    const struct fanout_settings settings = {
        .pool = carry->session.pool,
        .machines = machines,
        .count = carry->count,
        .at_once = carry->options->fanout ? (uint32_t)carry->options->fanout : AT_ONCE,
        .task = &task,
        .events = &events,
        .user = carry,
    };
    int error = transcripts_new(&carry->store, &(struct transcripts_settings){0});

    carry->names = calloc(carry->count, sizeof(*carry->names));
    if (error || !machines || !carry->names)
        return error ? error : -ENOMEM;
    for (uint32_t i = 0; i < carry->count; i++) {
        machines[i] = carry->shares[i].machine;
        carry->names[i] = carry_name(carry, &carry->shares[i]);
    }
    carry->transfer = (struct fanout_transfer){
        .verb = carry->verb,
        .plan = plan,
        .on_line = on_line,
        .on_interrupted = on_interrupted,
        .on_report = on_report,
        .user = carry,
    };
    fanout_transfer_init(&carry->transfer);
    carry->begun_ms = clock_monotonic_ms();
    error = fanout_new(&carry->fanout, &settings);
    if (!error)
        fanout_start(carry->fanout);
    return error;
}

int carry_run(struct carry *carry)
{
    int status = session_open(&carry->session, carry->console, false);
    int error;

    if (status)
        return status;
    files_raise_limit();
    error = start(carry);
    if (error) {
        complain(&carry->console->error, NULL, _("The order cannot be given."), strerror(-error),
                 NULL);
        return STATUS_FAILED;
    }
    carry_progress_start(carry);
    session_catch(&carry->session, on_interrupt, carry);
    session_wait(&carry->session, &carry->done);
    session_catch(&carry->session, NULL, NULL);
    carry_progress_stop(carry);
    carry_show_summary(carry);
    return fanout_exit_status(carry->fanout);
}

void carry_deinit(struct carry *carry)
{
    fanout_free(carry->fanout);
    session_close(&carry->session);
    for (uint32_t i = 0; i < carry->count; i++) {
        free(carry->shares[i].paths);
        free(carry->shares[i].made);
        buffer_deinit(&carry->shares[i].there);
        buffer_deinit(&carry->shares[i].here);
        buffer_deinit(&carry->shares[i].said);
    }
    free(carry->shares);
    free(carry->names);
    gather_deinit(&carry->troubles);
    gather_deinit(&carry->successes);
    transcripts_free(carry->store);
}
