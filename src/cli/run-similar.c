/* See run-similar.h. The fixed parts of the answers are gathered like answers: what has the same
 * ones is alike. */
#include "cli/run-similar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fleet/run/similar.h"

struct likes {
    struct console *console;
    struct harvest *harvest;
    const char *const *hosts;
    struct transcripts *fixed; /* the fixed parts */
    struct gather gather;      /* of groups of answers, by their fixed parts */
};

static struct similar_speaker speaker_of(const struct likes *likes,
                                         const struct gather_group *group)
{
    uint32_t position = group->members[0];

    return (struct similar_speaker){
        .name = harvest_names(likes->harvest)[position],
        .host = likes->hosts ? likes->hosts[position] : NULL,
    };
}

/* What is too long is like nothing: its own number stands for its fixed parts. */
static int add_group(struct likes *likes, uint32_t index)
{
    const struct gather_group *group = &harvest_answers(likes->harvest, false)->groups[index];
    const struct similar_speaker speaker = speaker_of(likes, group);
    _cleanup_buffer_ struct buffer text = BUFFER_INIT, fixed = BUFFER_INIT;
    struct transcript key = {0};
    bool is_long = group->text.size > SIMILAR_MAX || transcript_is_cut(&group->text);
    uint32_t unused;
    int error = 0;

    if (is_long)
        error = buffer_append(&fixed, &index, sizeof(index));
    else
        error = transcript_copy(harvest_transcripts(likes->harvest), &group->text, SIMILAR_MAX,
                                &text);
    if (!error && !is_long)
        error = similar_fixed(buffer_bytes(&text), buffer_length(&text), &speaker, &fixed);
    if (!error)
        error = transcript_add(likes->fixed, &key, buffer_bytes(&fixed), buffer_length(&fixed));
    if (!error)
        error = transcript_finish(likes->fixed, &key);
    if (!error)
        error = gather_add(&likes->gather, index, is_long, &key, &unused);
    transcript_deinit(&key);
    return error;
}

static int put_part(const uint8_t *bytes, size_t size, bool varies, void *user)
{
    struct output *output = user;

    if (varies)
        output_print(output, "%s", output_colour(output, COLOUR_YELLOW));
    if (output->terminal) {
        if (text_append_printable(&output->pending, bytes, size) < 0)
            output->closed = true;
    } else {
        output_bytes(output, bytes, size);
    }
    if (varies)
        output_print(output, "%s", output_plain(output));
    return 0;
}

static int append_members(struct buffer *members, const struct gather_group *group)
{
    return buffer_append(members, group->members, group->count * sizeof(*group->members));
}

/* Several groups of answers as one. */
static int show_like(const struct likes *likes, const struct gather_group *like)
{
    const struct gather *answers = harvest_answers(likes->harvest, false);
    struct output *output = &likes->console->out;
    _cleanup_buffer_ struct buffer members = BUFFER_INIT;
    struct similar similar = {0};
    int error = 0;

    for (uint32_t i = 0; i < like->count && !error; i++) {
        const struct gather_group *group = &answers->groups[like->members[i]];
        const struct similar_speaker speaker = speaker_of(likes, group);
        _cleanup_buffer_ struct buffer text = BUFFER_INIT;

        error = append_members(&members, group);
        if (!error)
            error = transcript_copy(harvest_transcripts(likes->harvest), &group->text, SIMILAR_MAX,
                                    &text);
        if (!error)
            error = similar_add(&similar, buffer_bytes(&text), buffer_length(&text), &speaker);
    }
    if (!error) {
        const uint8_t *first = buffer_bytes(&similar.first);
        size_t size = buffer_length(&similar.first);

        show_heading(output, likes->harvest, (const uint32_t *)(void *)buffer_bytes(&members),
                     (uint32_t)(buffer_length(&members) / sizeof(uint32_t)));
        similar_show(&similar, put_part, output);
        if (size > 0 && first[size - 1] != '\n')
            output_print(output, "\n");
        output_flush(output);
    }
    similar_deinit(&similar);
    return error;
}

int show_similar(struct console *console, struct harvest *harvest, const char *const *hosts,
                 const uint32_t *order, void (*show_one)(uint32_t group, void *user), void *user)
{
    struct likes likes = {.console = console, .harvest = harvest, .hosts = hosts};
    uint32_t count = harvest_answers(harvest, false)->count;
    int error = transcripts_new(&likes.fixed, &(struct transcripts_settings){0});

    for (uint32_t i = 0; i < count && !error; i++)
        error = add_group(&likes, order[i]);
    for (uint32_t i = 0; i < likes.gather.count && !error && !console->out.closed; i++) {
        const struct gather_group *like = &likes.gather.groups[i];

        if (like->count == 1 || show_like(&likes, like) != 0)
            for (uint32_t k = 0; k < like->count; k++)
                show_one(like->members[k], user);
    }
    gather_deinit(&likes.gather);
    transcripts_free(likes.fixed);
    return error < 0 ? error : 0;
}
