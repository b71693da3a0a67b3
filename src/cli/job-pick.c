/* See job-pick.h. */
#include "cli/job-pick.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/json-line.h"
#include "cli/render.h"
#include "fleet/link/outcome.h"
#include "fleet/link/request.h"
#include "fleet/link/submit.h"

enum { DIGITS = 2 * UUID_SIZE, SHORT = JOB_SHORT_SIZE - 1, SHOWN_MAX = 8 };

const char *job_short(const uint8_t id[UUID_SIZE], char text_out[JOB_SHORT_SIZE])
{
    hex_encode(id + UUID_SIZE - (JOB_SHORT_SIZE - 1) / 2, (JOB_SHORT_SIZE - 1) / 2, text_out);
    return text_out;
}

bool job_is_id(const char *text)
{
    size_t digits = 0;

    for (; *text; text++) {
        if (*text != '-' && !isxdigit((unsigned char)*text))
            return false;
        digits += *text != '-';
    }
    return digits >= JOB_DIGITS_MIN && digits <= DIGITS;
}

bool job_is_named(const uint8_t id[UUID_SIZE], const char *text)
{
    char all[DIGITS + 1];
    char given[DIGITS + 1];
    size_t size = 0;

    hex_encode(id, UUID_SIZE, all);
    for (; *text; text++) {
        if (*text == '-')
            continue;
        if (!isxdigit((unsigned char)*text) || size == DIGITS)
            return false;
        given[size++] = (char)tolower((unsigned char)*text);
    }
    if (size < JOB_DIGITS_MIN)
        return false;
    return memcmp(all, given, size) == 0 || memcmp(all + DIGITS - size, given, size) == 0 ||
           (size < SHORT && memcmp(all + DIGITS - SHORT, given, size) == 0);
}

char *job_attach_command(const char *machine, const uint8_t id[UUID_SIZE])
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:@";
    bool quote = machine[strspn(machine, plain)] != '\0';
    char job[JOB_SHORT_SIZE];
    char *command;

    if (asprintf(&command, "hune attach %s%s%s %s", quote ? "'" : "", machine, quote ? "'" : "",
                 job_short(id, job)) < 0)
        return NULL;
    return command;
}

/* ---- asking the machine ---- */

struct asking {
    json_t *root;
    struct trouble trouble;
    bool failed;
    bool done;
};

static void on_document(json_t *root, const struct trouble *trouble, void *user)
{
    struct asking *asking = user;

    asking->done = true;
    asking->failed = trouble != NULL;
    if (trouble)
        asking->trouble = *trouble;
    else
        asking->root = json_incref(root);
}

static const char *name_of(const struct job_pick *pick)
{
    return pick->session->fleet->machines[pick->machine].name;
}

/* Ctrl-C ends hune: nothing has been ordered yet. */
static int ask(struct job_pick *pick, json_t **root_out)
{
    struct console *console = pick->session->console;
    struct asking asking = {0};

    if (request_document(pick->link, "/v1/jobs", on_document, &asking, NULL) != 0) {
        complain_no_memory(&console->error);
        return STATUS_FAILED;
    }
    session_wait(pick->session, &asking.done);
    if (asking.failed) {
        complain_trouble(&console->error, name_of(pick), &asking.trouble, pick->session->signer);
        return outcome_exit_status(outcome_of_trouble(&asking.trouble));
    }
    *root_out = asking.root;
    return STATUS_OK;
}

/* ---- choosing ---- */

struct choice {
    const char *wanted; /* NULL: the one that runs */
    size_t count;
    size_t running;
    struct job_object one; /* the last that fits, a running one before others */
};

static bool fits(const struct choice *choice, const struct job_object *object)
{
    return !choice->wanted || job_is_named(object->id, choice->wanted);
}

static void consider(struct choice *choice, const struct job_object *object)
{
    bool runs = !state_is_ended(object->state.state);

    if (!fits(choice, object))
        return;
    choice->count++;
    if (runs || choice->running == 0)
        choice->one = *object;
    choice->running += runs;
}

/* Those that may be meant, the newest SHOWN_MAX: without a word, what runs, if anything does. */
static void describe(const struct choice *choice, const json_t *root, struct buffer *out)
{
    bool only_running = !choice->wanted && choice->running > 0;
    size_t left = only_running ? choice->running : choice->count;
    json_t *entry;
    size_t index;

    json_array_foreach (json_object_get(root, "jobs"), index, entry) {
        struct job_object object;
        char id[UUID_TEXT_SIZE];

        if (!job_object_decode(entry, &object) || !fits(choice, &object) ||
            (only_running && state_is_ended(object.state.state)) || left-- > SHOWN_MAX)
            continue;
        uuid_format(object.id, id);
        buffer_printf(out, "%s%s  ", buffer_length(out) ? "\n" : "", id);
        outcome_describe_job(&object, out);
        buffer_printf(out, "  %s", object.label);
    }
}

static const char *ask_which(const struct choice *choice)
{
    if (choice->wanted)
        return _("More than one job is called that; write more of its id.");
    if (choice->running == 0)
        return _("No job runs there. Which of those before? Write its id behind the machine's "
                 "name.");
    return _("Which job? Write its id behind the machine's name.");
}

static int judge(struct job_pick *pick, const struct choice *choice, const json_t *root)
{
    _cleanup_buffer_ struct buffer shown = BUFFER_INIT;
    struct output *error = &pick->session->console->error;
    bool one = choice->wanted ? choice->count == 1 : choice->running == 1 || choice->count == 1;
    char hint[256];

    if (one) {
        pick->job = choice->one;
        return STATUS_OK;
    }
    snprintf(hint, sizeof(hint), _("hune jobs %s shows its jobs."), name_of(pick));
    if (choice->wanted && !job_is_id(choice->wanted))
        complain(error, name_of(pick),
                 _("That is no job's id; write its first or last digits, at least four."),
                 choice->wanted, hint);
    else if (choice->count == 0 && choice->wanted)
        complain(error, name_of(pick), _("The machine knows no such job."), choice->wanted, hint);
    else if (choice->count == 0)
        complain(error, name_of(pick), _("No job runs there, and none is remembered."), NULL, NULL);
    else {
        describe(choice, root, &shown);
        complain(error, name_of(pick), ask_which(choice), NULL, buffer_text(&shown));
    }
    return STATUS_USAGE;
}

static int choose(struct job_pick *pick, const json_t *root, const char *wanted)
{
    struct choice choice = {.wanted = wanted};
    json_t *entry;
    size_t index;

    json_array_foreach (json_object_get(root, "jobs"), index, entry) {
        struct job_object object;

        if (job_object_decode(entry, &object))
            consider(&choice, &object);
    }
    return judge(pick, &choice, root);
}

int job_list(struct session *session, const char *const *words, struct job_pick *pick_out,
             const char **job_out, json_t **root_out)
{
    struct console *console = session->console;
    const char *machine[] = {console->common.target ? NULL : words[0], NULL};
    const char *const *rest = words + (machine[0] ? 1 : 0);
    int status;

    *pick_out = (struct job_pick){.session = session};
    if (rest[0] && rest[1])
        return console_usage(console, _("This takes one machine and one job."), NULL);
    status = console_select_one(console, machine, &pick_out->machine);
    if (status)
        return status;
    if (link_pool_take(session->pool, pick_out->machine, &pick_out->link) != 0) {
        complain_no_memory(&console->error);
        return STATUS_FAILED;
    }
    *job_out = rest[0];
    return ask(pick_out, root_out);
}

int job_pick(struct session *session, const char *const *words, struct job_pick *pick_out)
{
    const char *wanted;
    json_t *root = NULL;
    int status = job_list(session, words, pick_out, &wanted, &root);

    if (!status)
        status = choose(pick_out, root, wanted);
    json_decref(root);
    return status;
}

void job_pick_release(struct job_pick *pick)
{
    if (pick->link)
        link_pool_give(pick->session->pool, pick->link);
    pick->link = NULL;
}

/* ---- an order about it ---- */

struct ordering {
    struct job_pick *pick;
    int status;
    bool done;
};

void job_name_right(struct trouble *trouble)
{
    if (trouble->code == PROBLEM_RIGHT_MISSING && !*trouble->detail)
        text_copy(trouble->detail, sizeof(trouble->detail),
                  _("control, for a job of another operator"));
}

static void on_done(struct submit *submit, enum submit_fate fate, const struct job_object *object,
                    const struct trouble *trouble, void *user)
{
    struct ordering *ordering = user;
    struct trouble told;

    (void)submit;
    (void)fate;
    (void)object;
    ordering->done = true;
    if (!trouble)
        return;
    told = *trouble;
    job_name_right(&told);
    complain_trouble(&ordering->pick->session->console->error, name_of(ordering->pick), &told,
                     ordering->pick->session->signer);
    ordering->status = outcome_exit_status(outcome_of_trouble(trouble));
}

int job_order(struct job_pick *pick, enum verb verb, const struct buffer *payload)
{
    static const struct submit_events events = {.on_done = on_done};
    const struct errand errand = {
        .verb = verb,
        .payload = {.bytes = buffer_bytes(payload), .size = buffer_length(payload)},
    };
    struct ordering ordering = {.pick = pick};
    struct submit *submit;

    if (submit_new(&submit, pick->link, &errand, &events, &ordering) != 0) {
        complain_no_memory(&pick->session->console->error);
        return STATUS_FAILED;
    }
    submit_start(submit);
    session_wait(pick->session, &ordering.done);
    return ordering.status;
}

void job_tell(const struct job_pick *pick, const char *key, bool flag, const char *text)
{
    struct output *output = &pick->session->console->out;
    char job[JOB_SHORT_SIZE];
    char id[UUID_TEXT_SIZE];

    if (pick->session->console->common.json) {
        struct json_line line = json_line_begin(output);

        uuid_format(pick->job.id, id);
        json_line_text(&line, "machine", name_of(pick));
        json_line_text(&line, "job", id);
        json_line_flag(&line, key, flag);
        json_line_end(&line);
    } else {
        output_coloured(output, COLOUR_BOLD, name_of(pick));
        output_print(output, _(": job %s %s\n"), job_short(pick->job.id, job), text);
    }
    output_flush(output);
}
