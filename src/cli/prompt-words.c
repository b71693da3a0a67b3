/* The words that the prompt itself understands. What is not one of them, or is one of them but with
 * arguments that pick no machine (`ip addr`, `kill 4711`), belongs to the machine's shell. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/control.h"
#include "cli/grid.h"
#include "cli/job-pick.h"
#include "cli/jobs.h"
#include "cli/prompt-carry.h"
#include "cli/prompt-warm.h"
#include "cli/render.h"
#include "cli/run-care.h"
#include "cli/run.h"
#include "cli/shell.h"
#include "cli/top.h"
#include "proto/command.h"

struct prompt_word {
    const char *word;
    const char *arguments;
    const char *help;
    bool is_always_ours; /* whatever follows */
    void (*obey)(struct prompt *prompt, const struct prompt_word *word,
                 const struct selection *selection, const char *rest);
};

static void note_status(struct prompt *prompt, int status)
{
    if (status > prompt->status)
        prompt->status = status;
}

/* The machines that a word without arguments is meant for. */
static bool have_machines(struct prompt *prompt, const struct selection *selection)
{
    if (selection->count > 0) {
        if (prompt->warm_count == 0)
            prompt_warm_take(prompt);
        return true;
    }
    if (prompt->session.fleet->count == 0)
        complain_say(&prompt->session.console->error,
                     _("Run `huned invite` on a machine, then in a shell here: hune join LINK"),
                     "%s", _("There is no machine in the fleet list yet."));
    else
        complain_say(&prompt->session.console->error,
                     _("Choose them with: use SELECTOR (`list` shows the names; `use all` takes "
                       "every machine)."),
                     "%s", _("Which machines?"));
    note_status(prompt, STATUS_USAGE);
    return false;
}

static void obey_use(struct prompt *prompt, const struct prompt_word *word,
                     const struct selection *selection, const char *rest)
{
    (void)word;
    (void)selection;
    if (*rest) {
        if (!prompt_use(prompt, rest))
            note_status(prompt, STATUS_USAGE);
        return;
    }
    if (have_machines(prompt, &prompt->selection))
        renderer_of(prompt->session.console)
            ->list(prompt->session.console, prompt->session.fleet, &prompt->selection);
}

static void obey_list(struct prompt *prompt, const struct prompt_word *word,
                      const struct selection *selection, const char *rest)
{
    struct selection everything = SELECTION_INIT;

    (void)word;
    if (*rest) {
        renderer_of(prompt->session.console)
            ->list(prompt->session.console, prompt->session.fleet, selection);
    } else if (prompt->session.fleet->count > 0 &&
               selector_match(prompt->session.fleet, "all", &everything, NULL) == 0) {
        renderer_of(prompt->session.console)
            ->list(prompt->session.console, prompt->session.fleet, &everything);
        selection_deinit(&everything);
    }
}

static void obey_control(struct prompt *prompt, const struct prompt_word *word,
                         const struct selection *selection, const char *rest)
{
    static const struct {
        const char *word;
        enum verb verb;
    } verbs[] = {{"disconnect", VERB_DISCONNECT}, {"reset", VERB_RESET}, {"kill", VERB_KILL}};

    (void)rest;
    for (size_t i = 0; i < ELEMENTS_OF(verbs); i++) {
        if (!text_equal(verbs[i].word, word->word) || !have_machines(prompt, selection))
            continue;
        /* Else the links would come back by themselves; the next command brings them back. */
        if (verbs[i].verb != VERB_RESET)
            prompt_warm_drop(prompt);
        note_status(prompt, control_machines(&prompt->session, selection, verbs[i].verb));
    }
}

static void obey_jobs(struct prompt *prompt, const struct prompt_word *word,
                      const struct selection *selection, const char *rest)
{
    (void)word;
    (void)rest;
    if (have_machines(prompt, selection))
        note_status(prompt, jobs_machines(&prompt->session, selection, false));
}

static bool names_job(const char *word, bool takes_all)
{
    return job_is_id(word) || (takes_all && text_equal(word, "all"));
}

/* "[MACHINE] [JOB]", with the chosen machine where none is named. False if it is neither: then the
 * line is the machine's. */
static bool split_job(struct prompt *prompt, char *rest, bool takes_all, const char *words[4])
{
    size_t count = 0;
    char *word;

    while ((word = strsep(&rest, " \t"))) {
        if (!*word)
            continue;
        if (count == 2)
            return false;
        words[count++] = word;
    }
    if (count == 2 || (count == 1 && !names_job(words[0], takes_all)))
        return selector_one(prompt->session.fleet, words[0], &(uint32_t){0}, NULL) == 0 &&
               (count == 1 || names_job(words[1], takes_all));
    if (prompt->selection.count != 1)
        return count == 0; /* which machine is asked for there */
    words[1] = words[0];
    words[0] = prompt->session.fleet->machines[prompt->selection.indices[0]].name;
    return true;
}

static bool job_line(struct prompt *prompt, const char *line)
{
    static const struct {
        const char *word;
        int (*obey)(struct session *session, const char *const *words);
        bool takes_all;
    } verbs[] = {
        {"attach", attach_job, false}, {"stop", stop_job, true}, {"forget", forget_job, true}};
    size_t length = strcspn(line, " \t");

    for (size_t i = 0; i < ELEMENTS_OF(verbs); i++) {
        _cleanup_free_ char *rest = NULL;
        const char *words[4] = {NULL};

        if (strlen(verbs[i].word) != length || strncmp(verbs[i].word, line, length) != 0)
            continue;
        rest = strdup(line + length);
        if (!rest || !split_job(prompt, rest, verbs[i].takes_all, words))
            return false;
        note_status(prompt, verbs[i].obey(&prompt->session, words));
        return true;
    }
    return false;
}

static void obey_audit(struct prompt *prompt, const struct prompt_word *word,
                       const struct selection *selection, const char *rest)
{
    const char *words[2] = {rest, NULL};

    (void)word;
    if (!have_machines(prompt, selection))
        return;
    if (!*rest)
        words[0] = prompt->session.fleet->machines[selection->indices[0]].name;
    note_status(prompt, audit_machine(&prompt->session, words));
}

static void obey_shell(struct prompt *prompt, const struct prompt_word *word,
                       const struct selection *selection, const char *rest)
{
    const struct shell_order order = {0};

    (void)word;
    (void)rest;
    if (!have_machines(prompt, selection))
        return;
    if (selection->count > 1) {
        complain_say(&prompt->session.console->error, _("Name it: shell MACHINE"), "%s",
                     _("A shell is for one machine."));
        note_status(prompt, STATUS_USAGE);
        return;
    }
    note_status(prompt, shell_open(&prompt->session, selection->indices[0], &order));
}

static void obey_carry(struct prompt *prompt, const struct prompt_word *word,
                       const struct selection *selection, const char *rest)
{
    (void)selection;
    note_status(prompt, text_equal(word->word, "get") ? prompt_get(prompt, rest)
                                                      : prompt_put(prompt, rest));
}

static void obey_quit(struct prompt *prompt, const struct prompt_word *word,
                      const struct selection *selection, const char *rest)
{
    (void)word;
    (void)selection;
    (void)rest;
    prompt->leaving = true;
}

static void obey_help(struct prompt *prompt, const struct prompt_word *word,
                      const struct selection *selection, const char *rest);

/* The full screen has a loop and connections of its own. If it read the fleet list anew, so must
 * we: they share it. */
static void obey_top(struct prompt *prompt, const struct prompt_word *word,
                     const struct selection *selection, const char *rest)
{
    struct console *console = prompt->session.console;
    const char *target = console->common.target;
    const char *words[] = {*rest ? rest : prompt->selector, NULL};

    (void)word;
    (void)selection;
    console->common.target = NULL;
    note_status(prompt, top_run(console, NULL, words));
    console->common.target = target;
    prompt_refresh(prompt);
}

static const struct prompt_word prompt_words[] = {
    {"use", "SEL", N_("choose machines: web1, web[1-9], @tag, all; alone: show them"), true,
     obey_use},
    {"list", "[SEL]", N_("show the fleet list"), false, obey_list},
    {"jobs", "[SEL]", N_("show what runs and what has ended"), false, obey_jobs},
    {"attach", "[MACHINE] [JOB]", N_("follow a job to its end"), false, NULL},
    {"stop", "[MACHINE] [JOB|all]", N_("stop a job and all that it started"), false, NULL},
    {"forget", "[MACHINE] JOB|all", N_("drop an ended job's result and output"), false, NULL},
    {"audit", "[MACHINE]", N_("show the end of a machine's record of orders"), false, obey_audit},
    {"top", "[SEL]", N_("watch machines on the whole screen; q leads back here"), false, obey_top},
    {"shell", "[MACHINE]", N_("open a shell; ~. or its end lead back here"), false, obey_shell},
    {"get", "[SEL]:PATH... DIR", N_("get files; :PATH is on the chosen machines"), true,
     obey_carry},
    {"put", "FILE... [SEL]:PATH", N_("put files on machines"), true, obey_carry},
    {"disconnect", "[SEL]", N_("end every connection of your key"), false, obey_control},
    {"reset", "[SEL]", N_("let the agent start afresh; jobs go on"), false, obey_control},
    {"kill", "[SEL]", N_("stop the agent until it is started there again"), false, obey_control},
    {"help", "", N_("show this"), false, obey_help},
    {"quit", "", N_("leave (also Ctrl-D)"), false, obey_quit},
    {"exit", "", NULL, false, obey_quit},
};

static void put_help(struct output *output, const char *left, const char *right)
{
    output_print(output, "  ");
    print_column(output, left, 24);
    output_print(output, "%s\n", right);
}

static void obey_help(struct prompt *prompt, const struct prompt_word *word,
                      const struct selection *selection, const char *rest)
{
    struct output *output = &prompt->session.console->out;

    (void)word;
    (void)selection;
    (void)rest;
    for (size_t i = 0; i < ELEMENTS_OF(prompt_words); i++) {
        char left[40];

        if (!prompt_words[i].help)
            continue;
        snprintf(left, sizeof(left), "%s %s", prompt_words[i].word, prompt_words[i].arguments);
        put_help(output, left, _(prompt_words[i].help));
    }
    put_help(output, _("a fact"),
             _("os name ip ram cpu disk net uptime users processes services all [SEL]"));
    put_help(output, _("anything else"),
             _("is run by the machine's shell, and so is !LINE, whatever its first word"));
    put_help(output, "Ctrl-C",
             _("stops the running command; Tab continues a word; the arrow keys recall lines"));
}

/* One machine was named or is the only one; more of them are looked at before. */
static int run_with_care(struct prompt *prompt, struct run_order *order)
{
    const struct run_care care = {.agreed = prompt->agreed};
    int status = 0;

    if (prompt->selection.count > 1)
        status = run_care(prompt->session.console, &prompt->selection, order, &care);
    if (status)
        return status;
    prompt->agreed = true;
    return run_machines(&prompt->session, &prompt->selection, order);
}

static void run_line(struct prompt *prompt, const char *line)
{
    const char *const arguments[] = {line, NULL};
    const struct command command = {.mode = COMMAND_SHELL, .arguments = arguments};
    struct run_order order = {.input = -1, .tells = true, .selector = prompt->selector};
    int error;

    if (!have_machines(prompt, &prompt->selection))
        return;
    error = command_encode(&command, &order.payload);
    if (error) {
        complain(&prompt->session.console->error, NULL, _("The order cannot be given."),
                 strerror(-error), NULL);
        note_status(prompt, STATUS_FAILED);
    } else {
        note_status(prompt, run_with_care(prompt, &order));
    }
    buffer_deinit(&order.payload);
}

/* Facts stand alone or together: `os ram`, `disk web1`. False if the line asks for none. */
static bool ask_line(struct prompt *prompt, const char *line)
{
    struct selection selection = SELECTION_INIT;
    bool wanted[FACT_COUNT] = {false};
    const char *at = line;
    bool is_asking = false;
    bool is_ours;

    for (;;) {
        size_t length = strcspn(at, " \t");
        char word[32];

        snprintf(word, sizeof(word), "%.*s", (int)length, at);
        if (length == 0 || length >= sizeof(word) || !ask_word(word, wanted))
            break;
        is_asking = true;
        at += length;
        at += strspn(at, " \t");
    }
    is_ours = is_asking &&
              (*at == '\0' || (selector_match(prompt->session.fleet, at, &selection, NULL) == 0 &&
                               selection.count > 0));
    if (is_ours) {
        const struct selection *chosen = *at ? &selection : &prompt->selection;

        if (have_machines(prompt, chosen))
            note_status(prompt, ask_machines(&prompt->session, chosen, wanted));
    }
    selection_deinit(&selection);
    return is_ours;
}

static bool word_line(struct prompt *prompt, const char *line)
{
    size_t length = strcspn(line, " \t");
    const char *rest = line + length + strspn(line + length, " \t");

    for (size_t i = 0; i < ELEMENTS_OF(prompt_words); i++) {
        const struct prompt_word *word = &prompt_words[i];
        struct selection selection = SELECTION_INIT;
        bool ours;

        if (!word->obey || strlen(word->word) != length || strncmp(word->word, line, length) != 0)
            continue;
        ours = *rest == '\0' || word->is_always_ours ||
               (*word->arguments &&
                selector_match(prompt->session.fleet, rest, &selection, NULL) == 0 &&
                selection.count > 0);
        if (ours)
            word->obey(prompt, word, *rest ? &selection : &prompt->selection, rest);
        selection_deinit(&selection);
        return ours;
    }
    return false;
}

void prompt_obey(struct prompt *prompt, const char *line)
{
    if (*line == '\0' || *line == '#')
        return;
    if (*line == '!') {
        line += 1 + strspn(line + 1, " \t");
        if (*line)
            run_line(prompt, line);
        return;
    }
    if (!word_line(prompt, line) && !job_line(prompt, line) && !ask_line(prompt, line))
        run_line(prompt, line);
}

/* Tags have their @ before them, and live nowhere as texts of their own: the completion keeps them.
 */
static void offer_tags(struct completion *completion, struct prompt *prompt)
{
    const struct fleet *fleet = prompt->session.fleet;

    buffer_clear(&prompt->tags);
    for (uint32_t i = 0; i < fleet->count; i++) {
        for (const char *at = fleet->machines[i].tags; *at;) {
            size_t length = strcspn(at, ", ");

            if (length > 0 && completion->length > 0 &&
                strncmp(at, completion->word + 1,
                        completion->length - 1 < length ? completion->length - 1 : length) == 0) {
                buffer_append(&prompt->tags, "@", 1);
                buffer_append(&prompt->tags, at, length);
                buffer_append(&prompt->tags, "", 1);
            }
            at += length + strspn(at + length, ", ");
        }
    }
    for (const char *at = (const char *)buffer_bytes(&prompt->tags),
                    *end = at + buffer_length(&prompt->tags);
         at < end; at += strlen(at) + 1)
        completion_offer(completion, at);
}

/* What `jobs` showed last, behind the words that take one. */
static void offer_jobs(struct completion *completion, struct prompt *prompt, const char *line)
{
    const char *at = (const char *)buffer_bytes(&prompt->session.jobs);
    const char *end = at + buffer_length(&prompt->session.jobs);

    if (!text_starts(line, "attach ") && !text_starts(line, "stop ") &&
        !text_starts(line, "forget "))
        return;
    for (; at < end; at += strlen(at) + 1)
        completion_offer(completion, at);
}

void prompt_complete(struct completion *completion, const char *line, void *user)
{
    struct prompt *prompt = user;
    const struct fleet *fleet = prompt->session.fleet;

    if (completion->length > 0 && completion->word[0] == '@') {
        offer_tags(completion, prompt);
        return;
    }
    if (completion_is_first(completion, line)) {
        for (size_t i = 0; i < ELEMENTS_OF(prompt_words); i++)
            completion_offer(completion, prompt_words[i].word);
    }
    /* `os ra` continues to `ram`; behind `use` a fact means nothing. */
    if (!text_starts(line, "use ")) {
        for (size_t i = 0; i < FACT_COUNT; i++)
            completion_offer(completion, fact_name((enum fact)i));
    }
    if (!completion_is_first(completion, line)) {
        for (uint32_t i = 0; i < fleet->count; i++)
            completion_offer(completion, fleet->machines[i].name);
        completion_offer(completion, "all");
        offer_jobs(completion, prompt, line);
    }
}
