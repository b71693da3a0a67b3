/* "MACHINE all" behind stop and forget: every job of ours there, after a question. */
#include <stdio.h>

#include "base/text.h"
#include "cli/job-pick.h"
#include "cli/render.h"

bool job_words_mean_all(const struct session *session, const char *const *words)
{
    const char *word = session->console->common.target || !words[0] ? words[0] : words[1];

    return word && text_equal(word, "all");
}

/* Everybody's jobs are listed, and with the right `control` anybody's can be stopped: "all" means
 * those that were ordered with our key. */
static int pick_ours(const struct job_pick *pick, const json_t *root, bool ended,
                     struct buffer *jobs)
{
    const char *us = link_info(pick->link)->operator_label;
    json_t *entry;
    size_t index;

    json_array_foreach (json_object_get(root, "jobs"), index, entry) {
        struct job_object object;
        int error;

        if (!job_object_decode(entry, &object) || !text_equal(object.operator_label, us) ||
            state_is_ended(object.state.state) != ended)
            continue;
        error = buffer_append(jobs, &object, sizeof(object));
        if (error)
            return error;
    }
    return 0;
}

static bool confirm(struct job_pick *pick, bool ended, size_t count)
{
    const char *machine = pick->session->fleet->machines[pick->machine].name;
    char question[256];

    /* clang-format off */
    snprintf(question, sizeof(question),
             ended ? ngettext("Forget %zu ended job of yours on %s?",
                              "Forget %zu ended jobs of yours on %s?", count)
                   : ngettext("Stop %zu job of yours on %s?",
                              "Stop %zu jobs of yours on %s?", count),
             count, machine);
    /* clang-format on */
    return console_confirm(pick->session->console, question);
}

static int order_each(struct job_pick *pick, const struct buffer *jobs,
                      int (*order)(struct job_pick *pick))
{
    const struct job_object *job = (const struct job_object *)(const void *)buffer_bytes(jobs);
    size_t count = buffer_length(jobs) / sizeof(*job);
    int worst = STATUS_OK;

    for (size_t i = 0; i < count; i++) {
        int status;

        pick->job = job[i];
        status = order(pick);
        if (status > worst)
            worst = status;
    }
    return worst;
}

int job_each(struct session *session, const char *const *words, bool ended,
             int (*order)(struct job_pick *pick))
{
    _cleanup_job_pick_ struct job_pick pick = {0};
    _cleanup_buffer_ struct buffer jobs = BUFFER_INIT;
    struct output *error = &session->console->error;
    json_t *root = NULL;
    const char *all;
    int status = job_list(session, words, &pick, &all, &root);

    if (!status && pick_ours(&pick, root, ended, &jobs) != 0) {
        complain_no_memory(error);
        status = STATUS_FAILED;
    }
    json_decref(root);
    if (status)
        return status;
    if (buffer_length(&jobs) == 0) {
        output_print(error, "%s\n",
                     ended ? _("No job of yours has ended there.")
                           : _("No job of yours runs there."));
        output_flush(error);
        return STATUS_OK;
    }
    if (!confirm(&pick, ended, buffer_length(&jobs) / sizeof(struct job_object)))
        return STATUS_FAILED;
    return order_each(&pick, &jobs, order);
}
