/* A run of before, read back into a harvest. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fleet/run/harvest-private.h"
#include "proto/problem.h"

struct loading {
    struct harvest *harvest;
    struct store *store;
    struct buffer bytes;
};

static int load_output(struct loading *loading, uint32_t position, bool is_error, int64_t output)
{
    struct transcript *text = &loading->harvest->machines[position].text[is_error];
    uint64_t size = 0;
    int error;

    if (output == 0)
        return 0;
    buffer_clear(&loading->bytes);
    error = store_run_read(loading->store, output, &loading->bytes, &size);
    if (!error)
        error = transcript_add(loading->harvest->transcripts, text, buffer_bytes(&loading->bytes),
                               buffer_length(&loading->bytes));
    /* What was cut when it was kept is cut here. */
    text->size = size > text->size ? size : text->size;
    return error;
}

/* Words of problems live in the row only as long as the call. */
static const char *lasting_word(const char *word)
{
    return word ? problem_info(problem_parse(word))->name : NULL;
}

static int load_result(const struct stored_result *result, void *user)
{
    static const uint8_t no_job[UUID_SIZE];
    struct loading *loading = user;
    struct harvest *harvest = loading->harvest;
    int error;

    if (result->position >= harvest->settings.count)
        return 0;
    if (result->job || result->out)
        harvest_accepted(harvest, result->position, result->job ? result->job : no_job);
    harvest->machines[result->position].ms = result->ms;
    error = load_output(loading, result->position, false, result->out);
    if (!error)
        error = load_output(loading, result->position, true, result->err);
    if (!error)
        error = harvest_end(harvest, result->position, result->state, lasting_word(result->problem),
                            result->text, NULL);
    return error;
}

static int load_names(struct harvest_settings *settings, struct store *store, int64_t number,
                      struct buffer *names, const char ***list_out)
{
    const char *at, *end;
    int error = store_run_names(store, number, names);

    if (error)
        return error;
    at = buffer_text(names);
    if (!at)
        return -ENOMEM;
    end = at + buffer_length(names);
    for (const char *name = at; name < end; name += strlen(name) + 1)
        settings->count++;
    *list_out = calloc(settings->count + 1, sizeof(**list_out));
    if (!*list_out)
        return -ENOMEM;
    for (uint32_t i = 0; i < settings->count; i++, at += strlen(at) + 1)
        (*list_out)[i] = at;
    settings->names = *list_out;
    return 0;
}

int harvest_load(struct harvest **harvest_out, struct store *store, int64_t number)
{
    struct harvest_settings settings = {.split = true};
    struct loading loading = {.store = store};
    struct buffer names = BUFFER_INIT;
    const char **list = NULL;
    int error = load_names(&settings, store, number, &names, &list);

    if (!error)
        error = harvest_new(&loading.harvest, &settings);
    if (error) {
        buffer_deinit(&names);
        free(list);
        return error;
    }
    loading.harvest->own_names = names;
    loading.harvest->own_list = list;
    error = store_run_results(store, number, load_result, &loading);
    buffer_deinit(&loading.bytes);
    if (error) {
        harvest_free(loading.harvest);
        return error;
    }
    *harvest_out = loading.harvest;
    return 0;
}
