/* What was run before, read from the console's memory: see past.h. */
#include <string.h>

#include "desktop/text/display.h"
#include "desktop/worker/past.h"
#include "desktop/worker/run-private.h"
#include "desktop/worker/worker-private.h"
#include "fleet/run/harvest.h"

enum { LOOKED_AT_MAX = 20000 };

static void past_run_clear(gpointer data)
{
    struct past_run *run = data;

    g_free(run->command);
    g_free(run->as);
    g_free(run->selector);
}

static void past_answer_clear(gpointer data)
{
    struct past_answer *answer = data;

    g_free(answer->name);
    g_free(answer->sentence);
    if (answer->text)
        g_string_free(answer->text, TRUE);
}

static struct past_run copy_run(const struct stored_run *run)
{
    return (struct past_run){
        .number = run->number,
        .started_ms = run->started_ms,
        .command = printable_line(run->command),
        .as = printable_line(run->as),
        .selector = printable_line(run->selector),
        .machines = run->machines,
        .ok = run->ok,
        .failed = run->failed,
        .unreachable = run->unreachable,
        .unasked = run->unasked,
    };
}

/* ---- the list ---- */

struct list_letter {
    struct letter letter;
    struct past_list_ask ask;
    char *text;
    GArray *runs; /* struct past_run */
};

static void read_list(struct letter *letter, void *reader)
{
    struct list_letter *list = (struct list_letter *)letter;

    (void)reader;
    list->ask.done((const struct past_run *)(void *)list->runs->data, list->runs->len,
                   list->ask.owner);
    g_array_unref(list->runs);
    g_free(list->text);
    g_free(list);
}

static void drop_list(struct letter *letter)
{
    read_list(letter, NULL);
}

static int each_run(const struct stored_run *run, void *user)
{
    struct list_letter *list = user;
    struct past_run copy;

    if (*list->text && !strcasestr(run->command, list->text) &&
        !strcasestr(run->selector, list->text))
        return 0;
    copy = copy_run(run);
    g_array_append_val(list->runs, copy);
    return list->runs->len >= PAST_RUNS_MAX;
}

static void ask_list(struct letter *letter, void *reader)
{
    struct list_letter *list = (struct list_letter *)letter;
    struct worker *worker = reader;

    store_runs_each(worker->store, LOOKED_AT_MAX, each_run, list);
    letter->read = read_list;
    worker_tell(worker, letter);
}

void worker_send_past_list(struct worker *worker, const struct past_list_ask *ask)
{
    struct list_letter *letter = g_new0(struct list_letter, 1);

    letter->letter.read = ask_list;
    letter->letter.drop = drop_list;
    letter->ask = *ask;
    letter->text = g_strdup(ask->text);
    letter->runs = g_array_new(FALSE, FALSE, sizeof(struct past_run));
    g_array_set_clear_func(letter->runs, past_run_clear);
    worker_send(worker, &letter->letter);
}

/* ---- one run ---- */

struct run_letter {
    struct letter letter;
    struct past_run_ask ask;
    bool is_found;
    struct past_run run;
    GArray *answers; /* struct past_answer */
};

static void read_run(struct letter *letter, void *reader)
{
    struct run_letter *run = (struct run_letter *)letter;

    (void)reader;
    run->ask.done(run->is_found ? &run->run : NULL,
                  (const struct past_answer *)(void *)run->answers->data, run->answers->len,
                  run->ask.owner);
    g_array_unref(run->answers);
    past_run_clear(&run->run);
    g_free(run);
}

static void drop_run(struct letter *letter)
{
    read_run(letter, NULL);
}

static void add_said(struct harvest *harvest, bool is_error, uint32_t group,
                     struct past_answer *answer)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    const struct transcript *said;
    struct display display = {0};

    if (group == HARVEST_NONE)
        return;
    said = &harvest_answers(harvest, is_error)->groups[group].text;
    if (transcript_copy(harvest_transcripts(harvest), said, HUNE_ANSWER_MAX, &bytes) != 0 ||
        display_feed(&display, buffer_bytes(&bytes), buffer_length(&bytes), &text) != 0 ||
        display_finish(&display, &text) != 0)
        return;
    answer->left_out += said->size - buffer_length(&bytes);
    g_string_append_len(answer->text, (const char *)buffer_bytes(&text),
                        (gssize)buffer_length(&text));
}

/* The sentence; what to do next was not kept. */
static char *failure_text(struct harvest *harvest, uint32_t group)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;

    if (group == HARVEST_NONE ||
        transcript_copy(harvest_transcripts(harvest),
                        &harvest_failures(harvest)->groups[group].text, UINT64_MAX, &text) != 0)
        return NULL;
    return g_strdup(buffer_text(&text));
}

static void copy_answers(struct harvest *harvest, GArray *answers)
{
    for (uint32_t i = 0; i < harvest_size(harvest); i++) {
        const struct harvest_machine *machine = harvest_machine(harvest, i);
        struct past_answer answer = {
            .name = g_strdup(harvest_names(harvest)[i]),
            .state = machine->state,
            .is_ended = machine->is_done,
            .is_unasked = machine->is_done && harvest_is_unasked(machine),
            .ms = machine->ms,
            .sentence = failure_text(harvest, machine->failure),
            .text = g_string_new(NULL),
            .said = past_said(harvest, i),
            .is_kept = past_has_job(harvest, i),
            .groups = {machine->answer[0], machine->answer[1], machine->failure},
        };

        add_said(harvest, false, machine->answer[0], &answer);
        add_said(harvest, true, machine->answer[1], &answer);
        g_array_append_val(answers, answer);
    }
}

static void ask_run(struct letter *letter, void *reader)
{
    _cleanup_buffer_ struct buffer texts = BUFFER_INIT;
    struct run_letter *run = (struct run_letter *)letter;
    struct worker *worker = reader;
    struct stored_run stored = {0};
    struct harvest *harvest = NULL;

    letter->read = read_run;
    run->is_found = store_run_find(worker->store, run->ask.number, &stored, &texts) == 0 &&
                    harvest_load(&harvest, worker->store, run->ask.number) == 0;
    if (run->is_found) {
        run->run = copy_run(&stored);
        copy_answers(harvest, run->answers);
    }
    harvest_free(harvest);
    worker_tell(worker, letter);
}

void worker_send_past_run(struct worker *worker, const struct past_run_ask *ask)
{
    struct run_letter *letter = g_new0(struct run_letter, 1);

    letter->letter.read = ask_run;
    letter->letter.drop = drop_run;
    letter->ask = *ask;
    letter->answers = g_array_new(FALSE, FALSE, sizeof(struct past_answer));
    g_array_set_clear_func(letter->answers, past_answer_clear);
    worker_send(worker, &letter->letter);
}
