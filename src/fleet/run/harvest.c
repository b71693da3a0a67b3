/* See harvest.h. */
#include "fleet/run/harvest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "fleet/run/harvest-private.h"

/* So many ends are written together; the sync is what costs. */
enum { BATCH = 512 };

int harvest_new(struct harvest **harvest_out, const struct harvest_settings *settings)
{
    const struct transcripts_settings transcripts = {.memory_max = settings->memory_max,
                                                     .each_max = settings->each_max,
                                                     .disk_max = settings->disk_max,
                                                     .directory = settings->directory};
    struct harvest *harvest = calloc(1, sizeof(*harvest));
    int error = harvest ? transcripts_new(&harvest->transcripts, &transcripts) : -ENOMEM;

    if (error) {
        free(harvest);
        return error;
    }
    harvest->settings = *settings;
    harvest->settings.run = NULL;
    harvest->room = STORE_RUN_BYTES;
    harvest->machines = calloc(settings->count + 1, sizeof(*harvest->machines));
    harvest->pending = calloc(settings->count + 1, sizeof(*harvest->pending));
    if (!harvest->machines || !harvest->pending) {
        harvest_free(harvest);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < settings->count; i++) {
        struct harvest_machine *machine = &harvest->machines[i];

        machine->state.state = STATE_UNSENT;
        machine->answer[0] = machine->answer[1] = machine->failure = HARVEST_NONE;
    }
    if (settings->run &&
        store_run_begin(settings->store, settings->run, settings->names, &harvest->number))
        harvest->number = 0;
    *harvest_out = harvest;
    return 0;
}

struct harvest *harvest_free(struct harvest *harvest)
{
    if (!harvest)
        return NULL;
    for (uint32_t i = 0; harvest->machines && i < harvest->settings.count; i++)
        for (size_t k = 0; k < 2; k++)
            transcript_deinit(&harvest->machines[i].text[k]);
    free(harvest->machines);
    free(harvest->pending);
    for (size_t k = 0; k < 2; k++) {
        gather_deinit(&harvest->answers[k]);
        free(harvest->stored[k].ids);
    }
    gather_deinit(&harvest->failures);
    transcripts_free(harvest->transcripts);
    buffer_deinit(&harvest->own_names);
    free(harvest->own_list);
    free(harvest);
    return NULL;
}

/* ---- what comes in ---- */

void harvest_accepted(struct harvest *harvest, uint32_t position, const uint8_t job[UUID_SIZE])
{
    struct harvest_machine *machine = &harvest->machines[position];

    memcpy(machine->job, job, UUID_SIZE);
    harvest->counts.running += !machine->has_job;
    machine->has_job = true;
}

void harvest_away(struct harvest *harvest, uint32_t position, bool is_away)
{
    struct harvest_machine *machine = &harvest->machines[position];

    if (machine->is_away == is_away || !machine->has_job)
        return;
    machine->is_away = is_away;
    if (is_away)
        harvest->counts.away++;
    else
        harvest->counts.away--;
}

int harvest_say(struct harvest *harvest, uint32_t position, bool is_error, const void *bytes,
                size_t size, uint32_t ms)
{
    struct harvest_machine *machine = &harvest->machines[position];
    bool apart = is_error && harvest->settings.split;

    machine->ms = ms;
    return transcript_add(harvest->transcripts, &machine->text[apart], bytes, size);
}

static void count_end(struct harvest *harvest, const struct harvest_machine *machine, bool is_ok)
{
    struct harvest_counts *counts = &harvest->counts;

    counts->done++;
    counts->running -= machine->has_job;
    if (is_ok) {
        counts->ok++;
        return;
    }
    switch (machine->state.state) {
    case STATE_REFUSED: counts->refused++; break;
    case STATE_UNSENT:
        if (harvest_is_unasked(machine))
            counts->unasked++;
        else
            counts->unreachable++;
        break;
    case STATE_UNREACHABLE: counts->unreachable++; break;
    default: counts->failed++;
    }
}

/* The transcript joins its like. */
static int fold(struct harvest *harvest, uint32_t position, bool is_error)
{
    struct harvest_machine *machine = &harvest->machines[position];
    struct transcript *text = &machine->text[is_error];
    int error = transcript_finish(harvest->transcripts, text);

    /* A machine that took no order gave no answer; nobody counts empty standard errors. */
    if (error || !machine->has_job || (is_error && text->size == 0))
        return error;
    return gather_add(&harvest->answers[is_error], position, 0, text, &machine->answer[is_error]);
}

static int fold_failure(struct harvest *harvest, uint32_t position, const char *text,
                        const char *hint)
{
    struct harvest_machine *machine = &harvest->machines[position];
    struct transcript both = {0};
    int error = transcript_add(harvest->transcripts, &both, text, strlen(text) + 1);

    if (!error)
        error = transcript_add(harvest->transcripts, &both, hint ? hint : "",
                               hint ? strlen(hint) + 1 : 1);
    if (!error)
        error = transcript_finish(harvest->transcripts, &both);
    if (!error)
        error = gather_add(&harvest->failures, position, machine->state.state, &both,
                           &machine->failure);
    transcript_deinit(&both);
    return error;
}

int harvest_end(struct harvest *harvest, uint32_t position, struct job_state state,
                const char *problem, const char *text, const char *hint)
{
    struct harvest_machine *machine = &harvest->machines[position];
    int error;

    harvest_away(harvest, position, false);
    machine->state = state;
    machine->problem = problem;
    machine->is_done = true;
    count_end(harvest, machine, text == NULL);
    error = fold(harvest, position, false);
    if (!error && harvest->settings.split)
        error = fold(harvest, position, true);
    if (!error && text)
        error = fold_failure(harvest, position, text, hint);
    if (harvest->number == 0)
        return error;
    harvest->pending[harvest->pending_count++] = position;
    if (harvest->pending_count >= BATCH)
        harvest_flush(harvest);
    return error;
}

/* ---- the copy ---- */

/* The id of a group's output in the store; each group is put there once. */
static int stored_output(struct harvest *harvest, bool is_error, uint32_t group, int64_t *id_out)
{
    struct stored_outputs *stored = &harvest->stored[is_error];
    const struct gather *answers = &harvest->answers[is_error];
    int error = 0;

    *id_out = 0;
    if (group == HARVEST_NONE)
        return 0;
    if (group >= stored->room) {
        int64_t *ids = reallocarray(stored->ids, answers->room, sizeof(*ids));

        if (!ids)
            return -ENOMEM;
        memset(ids + stored->room, 0, (answers->room - stored->room) * sizeof(*ids));
        stored->ids = ids;
        stored->room = answers->room;
    }
    if (stored->ids[group] == 0)
        error = store_run_output(harvest->settings.store, harvest->number, harvest->transcripts,
                                 &answers->groups[group].text, &harvest->room, &stored->ids[group]);
    *id_out = stored->ids[group];
    return error;
}

static int store_one(struct harvest *harvest, uint32_t position)
{
    const struct harvest_machine *machine = &harvest->machines[position];
    struct stored_result result = {
        .position = position,
        .state = machine->state,
        .ms = machine->ms,
        .job = machine->has_job ? machine->job : NULL,
        .problem = machine->problem,
    };
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    int error = stored_output(harvest, false, machine->answer[0], &result.out);

    if (!error)
        error = stored_output(harvest, true, machine->answer[1], &result.err);
    if (!error && machine->failure != HARVEST_NONE) {
        error = transcript_copy(harvest->transcripts,
                                &harvest->failures.groups[machine->failure].text, UINT64_MAX,
                                &text);
        result.text = buffer_text(&text); /* up to its first NUL: the sentence */
    }
    return error ? error : store_run_result(harvest->settings.store, harvest->number, &result);
}

void harvest_flush(struct harvest *harvest)
{
    struct store *store = harvest->settings.store;
    int error;

    if (harvest->pending_count == 0 || harvest->number == 0)
        return;
    error = store_begin(store);
    for (uint32_t i = 0; i < harvest->pending_count && !error; i++)
        error = store_one(harvest, harvest->pending[i]);
    if (error < 0)
        store_rollback(store);
    else if (!error)
        error = store_commit(store);
    harvest->pending_count = 0;
    if (error)
        harvest->number = 0;
}

void harvest_close(struct harvest *harvest, int exit_status)
{
    struct store *store = harvest->settings.store;

    harvest_flush(harvest);
    if (harvest->number == 0)
        return;
    if (store_run_end(store, harvest->number, exit_status, clock_wall_ms()))
        harvest->number = 0;
    store_runs_prune(store, harvest->settings.quota ? harvest->settings.quota : STORE_RUNS_BYTES);
}

/* ---- what is known ---- */

struct harvest_counts harvest_counts(const struct harvest *harvest)
{
    return harvest->counts;
}

uint32_t harvest_size(const struct harvest *harvest)
{
    return harvest->settings.count;
}

const char *const *harvest_names(const struct harvest *harvest)
{
    return harvest->settings.names;
}

const struct harvest_machine *harvest_machine(const struct harvest *harvest, uint32_t position)
{
    return &harvest->machines[position];
}

static const struct transcript *said(const struct harvest *harvest, uint32_t position)
{
    const struct harvest_machine *machine = &harvest->machines[position];

    return machine->answer[0] == HARVEST_NONE
               ? &machine->text[0]
               : &harvest->answers[0].groups[machine->answer[0]].text;
}

int harvest_copy(const struct harvest *harvest, uint32_t position, uint64_t from, uint64_t max,
                 struct buffer *out)
{
    return transcript_copy_from(harvest->transcripts, said(harvest, position), from, max, out);
}

uint64_t harvest_here(const struct harvest *harvest, uint32_t position)
{
    return transcript_here(harvest->transcripts, said(harvest, position));
}

uint64_t harvest_on_disk(const struct harvest *harvest)
{
    return transcripts_on_disk(harvest->transcripts);
}

void harvest_hold_no_more(struct harvest *harvest)
{
    transcripts_hold_no_more(harvest->transcripts);
}

void harvest_let_go(struct harvest *harvest)
{
    transcripts_let_go(harvest->transcripts);
}

struct gather *harvest_answers(struct harvest *harvest, bool is_error)
{
    return &harvest->answers[is_error];
}

struct gather *harvest_failures(struct harvest *harvest)
{
    return &harvest->failures;
}

const struct transcripts *harvest_transcripts(const struct harvest *harvest)
{
    return harvest->transcripts;
}

int64_t harvest_number(const struct harvest *harvest)
{
    return harvest->number;
}
