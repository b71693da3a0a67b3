/* The prompt's warm links: made when machines are selected, kept until others are, and their
 * changes told in one line each. */
#include "cli/prompt-warm.h"

#include <stdio.h>

static const char *name_of(const struct warm_link *warm)
{
    return warm->prompt->session.fleet->machines[warm->machine].name;
}

static void tell(struct warm_link *warm, enum colour colour, const char *text)
{
    struct prompt *prompt = warm->prompt;
    struct output *error = &prompt->session.console->error;

    if (prompt->busy || !editor_is_interactive(prompt->editor))
        return;
    editor_hide(prompt->editor);
    output_coloured(error, colour, name_of(warm));
    output_print(error, ": %s\n", text);
    output_flush(error);
    editor_show(prompt->editor);
}

static void on_ready(struct link *link, const struct link_info *info, void *user)
{
    struct warm_link *warm = user;

    (void)link;
    (void)info;
    if (warm->is_lost)
        tell(warm, COLOUR_GREEN, _("connected again"));
    warm->was_ready = true;
    warm->is_lost = false;
}

static void on_failed(struct link *link, const struct trouble *trouble, uint32_t retry_ms,
                      void *user)
{
    struct warm_link *warm = user;
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    int error;

    (void)link;
    if (warm->is_lost)
        return; /* told already; the attempts after it are of no interest */
    warm->is_lost = true;
    error = trouble_describe(trouble, &text);
    if (!error && retry_ms > 0)
        error = buffer_append_text(&text, _(" Trying again."));
    if (!error && buffer_text(&text))
        tell(warm, COLOUR_RED, buffer_text(&text));
}

static const struct link_events events = {.on_ready = on_ready, .on_failed = on_failed};

void prompt_warm_drop(struct prompt *prompt)
{
    for (uint32_t i = 0; i < prompt->warm_count; i++) {
        struct warm_link *warm = &prompt->warm[i];

        link_unwatch(warm->link, &warm->watcher);
        link_release(warm->link);
        link_pool_release(prompt->session.pool, warm->machine);
    }
    prompt->warm_count = 0;
}

void prompt_warm_take(struct prompt *prompt)
{
    if (prompt->selection.count > PROMPT_WARM_MAX)
        return;
    for (uint32_t i = 0; i < prompt->selection.count; i++) {
        struct warm_link *warm = &prompt->warm[prompt->warm_count];

        *warm = (struct warm_link){.prompt = prompt, .machine = prompt->selection.indices[i]};
        if (link_pool_take(prompt->session.pool, warm->machine, &warm->link) < 0)
            return;
        warm->watcher = (struct link_watcher){.events = &events, .user = warm};
        link_watch(warm->link, &warm->watcher);
        link_hold(warm->link);
        prompt->warm_count++;
    }
}
