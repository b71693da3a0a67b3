/* hune ask: the facts of machines. Each wanted fact is one request; all of a machine's requests
 * leave together. Answers are shown as soon as those of the machines before it are there. */
#include "cli/ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/nearest.h"
#include "cli/render.h"
#include "fleet/link/request.h"
#include "fleet/run/fanout.h"

#define FACT_WORDS "os name ip ram cpu disk net uptime users processes services all"

struct asking;

struct inquiry {
    struct asking *asking; /* one machine's turn */
    struct request *request;
    enum fact fact;
};

struct asking {
    struct ask *ask;
    struct fanout_visit *visit;
    struct inquiry inquiries[FACT_COUNT];
    struct answer answer;
    size_t open; /* requests that have not ended */
    struct trouble trouble;
    bool is_done;
};

struct ask {
    struct session *session;
    const struct selection *selection;
    const bool *wanted;
    struct asking *askings; /* by position */
    uint32_t shown;         /* so many of them are on the screen */
    bool done;
    struct fanout *fanout;
};

bool ask_word(const char *word, bool wanted[FACT_COUNT])
{
    enum fact fact;

    if (text_equal(word, "all")) {
        for (size_t i = 0; i < FACT_COUNT; i++)
            wanted[i] = true;
        return true;
    }
    if (!fact_parse(word, &fact))
        return false;
    wanted[fact] = true;
    return true;
}

static void cancel(struct asking *asking)
{
    for (size_t i = 0; i < FACT_COUNT; i++)
        asking->inquiries[i].request = request_cancel(asking->inquiries[i].request);
}

static void finish(struct asking *asking)
{
    bool failed = asking->trouble.code != PROBLEM_NONE;
    struct job_state state = failed ? outcome_of_trouble(&asking->trouble)
                                    : (struct job_state){.state = STATE_EXITED};

    cancel(asking);
    fanout_visit_end(asking->visit, state, failed ? &asking->trouble : NULL);
}

static void on_document(json_t *root, const struct trouble *trouble, void *user)
{
    struct inquiry *inquiry = user;
    struct asking *asking = inquiry->asking;

    inquiry->request = NULL; /* frees itself */
    asking->open--;
    if (trouble) {
        asking->trouble = *trouble;
        finish(asking);
        return;
    }
    asking->answer.facts[inquiry->fact] = json_incref(root);
    if (asking->open == 0)
        finish(asking);
}

static int start(struct fanout_visit *visit, void *user)
{
    struct ask *ask = user;
    struct asking *asking = &ask->askings[fanout_visit_position(visit)];

    asking->ask = ask;
    asking->visit = visit;
    for (size_t i = 0; i < FACT_COUNT; i++)
        asking->open += ask->wanted[i];
    for (size_t i = 0; i < FACT_COUNT; i++) {
        struct inquiry *inquiry = &asking->inquiries[i];
        char path[64];
        int error;

        if (!ask->wanted[i])
            continue;
        *inquiry = (struct inquiry){.asking = asking, .fact = (enum fact)i};
        snprintf(path, sizeof(path), "/v1/facts/%s", fact_name((enum fact)i));
        error = request_document(fanout_visit_link(visit), path, on_document, inquiry,
                                 &inquiry->request);
        if (error) {
            cancel(asking);
            return error;
        }
    }
    return 0;
}

static enum state abandon(struct fanout_visit *visit, void *user)
{
    struct ask *ask = user;

    cancel(&ask->askings[fanout_visit_position(visit)]);
    return STATE_UNREACHABLE;
}

static void show(struct ask *ask, uint32_t position)
{
    struct console *console = ask->session->console;
    struct asking *asking = &ask->askings[position];
    const struct fanout_result *result = fanout_result(ask->fanout, position);
    const char *name = ask->session->fleet->machines[ask->selection->indices[position]].name;

    if (result->state.state == STATE_EXITED) {
        asking->answer.machine = name;
        asking->answer.headed = ask->selection->count > 1;
        renderer_of(console)->answer(console, &asking->answer);
    } else {
        const struct ending ending = {
            .machine = name, .state = result->state, .trouble = result->trouble};

        output_flush(&console->out);
        renderer_of(console)->ending(console, &ending);
    }
    for (size_t i = 0; i < FACT_COUNT; i++) {
        json_decref(asking->answer.facts[i]);
        asking->answer.facts[i] = NULL;
    }
}

static void on_result(struct fanout *fanout, uint32_t machine, const struct fanout_result *result,
                      void *user)
{
    struct ask *ask = user;

    (void)machine;
    (void)result;
    while (ask->shown < fanout_count(fanout) && fanout_result(fanout, ask->shown)->is_done)
        show(ask, ask->shown++);
}

static void on_done(struct fanout *fanout, void *user)
{
    struct ask *ask = user;

    (void)fanout;
    ask->done = true;
}

static const struct fanout_events events = {.on_result = on_result, .on_done = on_done};

static void on_interrupt(struct session *session, unsigned times)
{
    struct ask *ask = session->user;

    (void)times;
    fanout_stop(ask->fanout);
}

int ask_machines(struct session *session, const struct selection *selection,
                 const bool wanted[FACT_COUNT])
{
    struct ask ask = {.session = session, .selection = selection, .wanted = wanted};
    const struct fanout_task task = {.start = start, .abandon = abandon, .user = &ask};
    const struct fanout_settings settings = {
        .pool = session->pool,
        .machines = selection->indices,
        .count = selection->count,
        .task = &task,
        .events = &events,
        .user = &ask,
    };
    int status = STATUS_FAILED;

    ask.askings = calloc(selection->count, sizeof(*ask.askings));
    if (!ask.askings || fanout_new(&ask.fanout, &settings) < 0) {
        complain_no_memory(&session->console->error);
    } else {
        session_catch(session, on_interrupt, &ask);
        fanout_start(ask.fanout);
        session_wait(session, &ask.done);
        session_catch(session, NULL, NULL);
        status = fanout_exit_status(ask.fanout);
    }
    fanout_free(ask.fanout);
    free(ask.askings);
    output_flush(&session->console->out);
    return status;
}

static int no_fact(struct console *console, const char *word)
{
    struct nearest nearest = nearest_begin(word ? word : "");
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    char hint[256];

    for (size_t i = 0; i < FACT_COUNT; i++)
        nearest_offer(&nearest, fact_name((enum fact)i));
    if (nearest.best)
        snprintf(hint, sizeof(hint), _("Did you mean %s? The facts are: %s."), nearest.best,
                 FACT_WORDS);
    else
        snprintf(hint, sizeof(hint), _("The facts are: %s."), FACT_WORDS);
    if (!word)
        return console_usage(console, _("Ask for what?"), hint);
    buffer_printf(&text, _("\"%s\" is not a fact."), word);
    return console_usage(console, buffer_text(&text) ? buffer_text(&text) : word, hint);
}

/* The first words that are facts are the facts, what follows them is the selector; so a machine
 * that is called "disk" can still be asked. */
static int exec_ask(struct console *console, const void *values, const struct words *words)
{
    _cleanup_session_ struct session session = {0};
    _cleanup_selection_ struct selection selection = SELECTION_INIT;
    bool wanted[FACT_COUNT] = {false};
    size_t facts = 0;
    int status;

    (void)values;
    while (facts < words->count && ask_word(words->items[facts], wanted))
        facts++;
    if (facts == 0)
        return no_fact(console, words->items[0]);
    status = console_select(console, words->items + facts, &selection);
    if (!status)
        status = session_open(&session, console, false);
    if (!status)
        status = ask_machines(&session, &selection, wanted);
    return status;
}

const struct cli_command cli_ask = {
    .name = "ask",
    .arguments = N_("FACT… [SEL]"),
    .summary = N_("Ask machines for facts"),
    .details = N_(
        "The facts are: os name ip ram cpu disk net uptime users processes services all."),
    .examples = "hune ask os ram web1\nhune ask disk '@db'\n"
                "hune ask all --json web1 | jq .cpu.load",
    .selects = true,
    .exec = exec_ask,
};
