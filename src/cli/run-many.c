/* A command on many machines: gives the order, wave by wave, and shows at the end what came of it
 * (run-show.c). What comes meanwhile goes through run-feed.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/input.h"
#include "cli/run-many.h"
#include "cli/run-show.h"
#include "fleet/home/tickets.h"
#include "fleet/link/files.h"
#include "proto/command.h"

void many_stop(struct many *many)
{
    if (many->stopping)
        return;
    many->stopping = true;
    for (uint32_t i = 0; i < many->selection->count; i++) {
        struct remote_job *job = fanout_result(many->fanout, i)->is_done
                                     ? NULL
                                     : fanout_job_at(many->fanout, i);

        if (job && remote_job_is_sent(job))
            remote_job_signal(job, 0);
        else if (job) /* still on its way there: nothing is to be stopped */
            fanout_abandon(many->fanout, i);
    }
    fanout_begin_no_more(many->fanout);
}

static void on_done(struct fanout *fanout, void *user)
{
    struct many *many = user;

    (void)fanout;
    many->done = true;
}

static const struct fanout_events events = {.on_result = many_take_result, .on_done = on_done};

/* Stands before the fan-out's own start: each machine has its own user. */
static int start_visit(struct fanout_visit *visit, void *user)
{
    struct many *many = user;
    uint32_t machine = fanout_visit_machine(visit);

    many->job.errand.user = run_user(many->order, &many->session->fleet->machines[machine]);
    return many->job.task.start(visit, many->job.task.user);
}

static enum state abandon_visit(struct fanout_visit *visit, void *user)
{
    struct many *many = user;

    return many->job.task.abandon(visit, many->job.task.user);
}

static void on_interrupt(struct session *session, unsigned times)
{
    struct many *many = session->user;
    struct output *error = &session->console->error;

    progress_erase(&many->progress);
    if (times > 1) {
        complain_say(error, _("hune jobs shows them; hune attach MACHINE JOB follows one."), "%s",
                     _("Left; jobs may go on running."));
        fanout_stop(many->fanout);
        return;
    }
    output_print(error, "%s%s\n", error->terminal ? "\n" : "",
                 _("hune: stopping it everywhere; Ctrl-C again leaves it alone"));
    output_flush(error);
    many_stop(many);
}

/* ---- before and after ---- */

static int make_names(struct many *many)
{
    uint32_t count = many->selection->count;

    many->names = calloc(count + 1, sizeof(*many->names));
    many->hosts = calloc(count + 1, sizeof(*many->hosts));
    if (many->view == RUN_VIEW_LIVE)
        many->speakers = calloc(count + 1, sizeof(*many->speakers));
    if (!many->names || !many->hosts || (many->view == RUN_VIEW_LIVE && !many->speakers))
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        const struct machine *machine =
            &many->session->fleet->machines[many->selection->indices[i]];

        many->names[i] = machine->name;
        many->hosts[i] = machine->host;
    }
    return 0;
}

static int make_harvest(struct many *many)
{
    struct console *console = many->session->console;
    const struct run_order *order = many->order;
    struct command_view view;
    struct stored_run run = {
        .started_ms = clock_wall_ms(),
        .selector = order->selector ? order->selector : "",
        .as = order->as ? order->as : "",
        .payload = {buffer_bytes(&order->payload), buffer_length(&order->payload)},
        .has_input = order->input >= 0,
        .machines = many->selection->count,
    };
    struct harvest_settings settings = {
        .names = many->names,
        .count = many->selection->count,
        .split = console->common.json,
        .store = console_store(console),
        .run = &run,
        .quota = console_settings(console)->keep_bytes,
    };

    if (command_decode(&view, run.payload) || command_describe(&view, &many->command) < 0)
        return -ENOMEM;
    run.command = buffer_text(&many->command);
    tickets_use(many->session->tickets, settings.store);
    /* Where the store cannot be, nothing else of ours can. */
    if (!settings.store)
        settings.directory = P_tmpdir;
    else if (console_data_directory(console, &settings.directory))
        settings.directory = NULL;
    return run.command ? harvest_new(&many->harvest, &settings) : -ENOMEM;
}

static int prepare(struct many *many)
{
    const struct run_order *order = many->order;
    struct wave_settings waves = order->wave;
    int error = make_names(many);

    if (!error && order->input >= 0)
        error = fd_read_all(order->input, INPUT_MAX, &many->input);
    if (!error)
        error = make_harvest(many);
    many->job = (struct fanout_job){
        .errand = {.verb = VERB_RUN,
                   .deadline_s = (uint32_t)order->deadline_s,
                   .payload = {.bytes = buffer_bytes(&order->payload),
                               .size = buffer_length(&order->payload)}},
        .input = {.bytes = buffer_bytes(&many->input), .size = buffer_length(&many->input)},
        .has_input = order->input >= 0,
        .detach = order->detach,
    };
    many_feed(many, &many->job);
    fanout_job_init(&many->job);
    waves.machines = many->selection->count;
    wave_init(&many->wave, &waves);
    return error;
}

/* A machine that stops its job in time has ended long before; one that is gone is waited for no
 * longer. */
static uint32_t patience_ms(const struct run_order *order)
{
    enum { GRACE_S = 30 };
    uint64_t seconds = order->deadline_s + GRACE_S;

    if (order->deadline_s == 0 || order->detach)
        return 0;
    return seconds > UINT32_MAX / 1000 ? 0 : (uint32_t)(seconds * 1000);
}

static void on_deadline(uv_timer_t *timer)
{
    struct many *many = timer->data;

    progress_erase(&many->progress);
    complain_say(&many->session->console->error,
                 _("Jobs that run may go on; hune jobs shows them."), "%s",
                 _("The time of the whole run is up (--deadline)."));
    fanout_stop(many->fanout);
}

static int start(struct many *many)
{
    const struct fanout_task task = {.start = start_visit, .abandon = abandon_visit, .user = many};
    const struct fanout_settings settings = {
        .pool = many->session->pool,
        .machines = many->selection->indices,
        .count = many->selection->count,
        .at_once = many->order->at_once,
        .timeout_ms = patience_ms(many->order),
        .task = &task,
        .events = &events,
        .user = many,
    };
    int error = prepare(many);

    if (!error)
        error = fanout_new(&many->fanout, &settings);
    if (error)
        return error;
    fanout_set_limit(many->fanout, many->wave.limit);
    progress_start(&many->progress, &many->session->loop, many->session->console, many->harvest,
                   &many->wave, many->view == RUN_VIEW_GATHER);
    uv_timer_init(&many->session->loop, &many->deadline);
    many->deadline.data = many;
    if (many->order->whole_s)
        uv_timer_start(&many->deadline, on_deadline, many->order->whole_s * 1000, 0);
    fanout_start(many->fanout);
    return 0;
}

/* Few files may be open here, so few machines are visited at once. */
static void tell_few(const struct many *many)
{
    uint32_t at_once = fanout_at_once(many->fanout);

    if (many->order->at_once && many->order->at_once <= at_once)
        return;
    if (at_once < many->selection->count)
        complain_say(&many->session->console->error,
                     _("ulimit -n tells how many files may be open; raise it for more at once."),
                     _("%u machines at a time, because of the limit of open files."), at_once);
}

static void many_deinit(struct many *many)
{
    fanout_free(many->fanout);
    for (uint32_t i = 0; many->speakers && i < many->selection->count; i++)
        speaker_deinit(&many->speakers[i]);
    free(many->speakers);
    harvest_free(many->harvest);
    free(many->names);
    free(many->hosts);
    buffer_deinit(&many->input);
    buffer_deinit(&many->command);
}

/* Where the run is not remembered, its machines are named. */
static int failed_machines(const struct many *many, struct buffer *out)
{
    uint32_t count = 0;
    _cleanup_free_ uint32_t *members = calloc(many->selection->count + 1, sizeof(*members));

    if (!members)
        return -ENOMEM;
    if (harvest_number(many->harvest))
        return buffer_append_text(out, "@last.failed");
    for (uint32_t i = 0; i < many->selection->count; i++)
        if (harvest_machine(many->harvest, i)->failure != HARVEST_NONE)
            members[count++] = i;
    return gather_names(members, count, many->names, out);
}

static void tell_again(struct many *many)
{
    struct output *error = &many->session->console->error;
    _cleanup_buffer_ struct buffer line = BUFFER_INIT, names = BUFFER_INIT;

    if (harvest_counts(many->harvest).ok == harvest_size(many->harvest))
        return;
    if (failed_machines(many, &names) == 0 && buffer_text(&names) &&
        run_again_line(many->order, buffer_text(&names), &line) == 0 && buffer_text(&line))
        output_print(error, _("hune: again: %s\n"), buffer_text(&line));
    output_flush(error);
}

static void show(struct many *many)
{
    struct console *console = many->session->console;
    const struct show_options options = {
        .raw = many->order->raw,
        .diff = many->order->diff,
        .similar = many->order->similar,
        .hosts = many->hosts,
    };

    if (many->view == RUN_VIEW_GATHER)
        show_answers(console, many->harvest, &options);
    else if (many->view == RUN_VIEW_SORTED)
        show_lines(console, many->harvest, many->order->raw);
    if (transcripts_disk_error(harvest_transcripts(many->harvest)))
        complain(&console->error, NULL,
                 _("Not all that the machines said could be held; what is cut is told."),
                 strerror(transcripts_disk_error(harvest_transcripts(many->harvest))),
                 _("Outputs that are too large for memory go to ~/.local/share/hune."));
    if (console->common.json)
        return;
    show_failures(console, many->harvest);
    show_summary(console, many->harvest);
    tell_again(many);
}

static enum run_view choose_view(const struct console *console, const struct run_order *order)
{
    if (console->common.json)
        return order->live ? RUN_VIEW_LIVE : RUN_VIEW_BEST;
    if (order->detach)
        return RUN_VIEW_LIVE;
    if (order->view != RUN_VIEW_BEST)
        return order->view;
    return console->out.terminal ? RUN_VIEW_GATHER : RUN_VIEW_LIVE;
}

int run_many(struct session *session, const struct selection *selection, struct run_order *order)
{
    struct many many = {.session = session,
                        .selection = selection,
                        .order = order,
                        .view = choose_view(session->console, order)};
    int status = STATUS_FAILED;
    int error;

    files_raise_limit();
    error = start(&many);
    if (error) {
        complain(&session->console->error, NULL, _("The order cannot be given."), strerror(-error),
                 NULL);
    } else {
        tell_few(&many);
        session_catch(session, on_interrupt, &many);
        session_wait(session, &many.done);
        session_catch(session, NULL, NULL);
        uv_close((uv_handle_t *)&many.deadline, NULL);
        progress_stop(&many.progress);
        status = order->detach ? many.status : fanout_exit_status(many.fanout);
        harvest_close(many.harvest, status);
        show(&many);
    }
    many_deinit(&many);
    return status;
}
