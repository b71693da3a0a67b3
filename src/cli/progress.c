/* See progress.h. */
#include "cli/progress.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/grid.h"

enum {
    EVERY_MS = 100,
    FIRST_AFTER_MS = 300, /* a run that is over by then shows none */
    ANSWERS_SHOWN = 5,
    NAMES_WIDTH = 40,
    /* Drawing may take so large a part of the time. */
    COST_SHARE = 20,
};

void progress_erase(struct progress *progress)
{
    if (progress->lines == 0)
        return;
    output_print(progress->output, "\033[%uF\033[J", progress->lines);
    output_flush(progress->output);
    progress->lines = 0;
}

/* One line, cut at the terminal's width. */
static void put_line(struct progress *progress, struct buffer *line)
{
    struct output *output = progress->output;
    const char *text = buffer_text(line);
    size_t size = buffer_length(line);

    if (!text)
        return;
    while (size > 0 && text_width(text, size) > output->width - 1)
        size--;
    while (size > 0 && size < buffer_length(line) && ((uint8_t)text[size] & 0xc0) == 0x80)
        size--;
    output_bytes(output, text, size);
    output_print(output, "%s\n", output_plain(output));
    progress->lines++;
}

static void put_counts(struct progress *progress)
{
    const struct harvest_counts counts = harvest_counts(progress->harvest);
    uint32_t all = harvest_size(progress->harvest);
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;

    if (progress->wave->count > 1)
        buffer_printf(&line,
                      wave_is_canary(progress->wave) ? _("canaries (wave %u of %u) · ")
                                                     : _("wave %u of %u · "),
                      progress->wave->number, progress->wave->count);
    buffer_printf(&line, _("%u of %u done"), counts.done, all);
    if (counts.failed)
        buffer_printf(&line, _(" · %u failed"), counts.failed);
    if (counts.refused)
        buffer_printf(&line, _(" · %u refused"), counts.refused);
    if (counts.unreachable)
        buffer_printf(&line, _(" · %u unreachable"), counts.unreachable);
    if (counts.unasked)
        buffer_printf(&line, _(" · %u not asked"), counts.unasked);
    buffer_printf(&line, _(" · %u running"), counts.running);
    if (counts.away)
        buffer_printf(&line, _(" (%u of them out of reach, trying again)"), counts.away);
    put_line(progress, &line);
}

/* "  312  web[001-312]: Linux": the first line of what they said. */
static int put_answer(struct progress *progress, const struct gather_group *group)
{
    _cleanup_buffer_ struct buffer line = BUFFER_INIT, names = BUFFER_INIT, text = BUFFER_INIT;
    const uint8_t *newline;
    size_t size;
    int error = gather_names(group->members, group->count, harvest_names(progress->harvest),
                             &names);

    if (!error)
        error = transcript_copy(harvest_transcripts(progress->harvest), &group->text,
                                progress->output->width, &text);
    if (error || !buffer_text(&names))
        return error;
    size = buffer_length(&names);
    if (size > NAMES_WIDTH) {
        size = NAMES_WIDTH;
        while (size > 0 && (buffer_bytes(&names)[size] & 0xc0) == 0x80)
            size--;
    }
    error = buffer_printf(&line, "%7u  %.*s%s: ", group->count, (int)size, buffer_text(&names),
                          size < buffer_length(&names) ? "…" : "");
    newline = text.data ? memchr(buffer_bytes(&text), '\n', buffer_length(&text)) : NULL;
    size = newline ? (size_t)(newline - buffer_bytes(&text)) : buffer_length(&text);
    if (!error)
        error = text_append_printable_line(&line, buffer_bytes(&text), size);
    if (!error)
        put_line(progress, &line);
    return error;
}

/* The largest groups, without sorting them all each time. */
static void put_answers(struct progress *progress)
{
    const struct gather *answers = harvest_answers(progress->harvest, false);
    uint32_t largest[ANSWERS_SHOWN];
    uint32_t count = 0;

    for (uint32_t i = 0; i < answers->count; i++) {
        uint32_t at = count < ANSWERS_SHOWN ? count++ : count;

        while (at > 0 && answers->groups[largest[at - 1]].count < answers->groups[i].count) {
            if (at < ANSWERS_SHOWN)
                largest[at] = largest[at - 1];
            at--;
        }
        if (at < ANSWERS_SHOWN)
            largest[at] = i;
    }
    for (uint32_t i = 0; i < count; i++)
        if (put_answer(progress, &answers->groups[largest[i]]) < 0)
            return;
    if (answers->count > count) {
        _cleanup_buffer_ struct buffer line = BUFFER_INIT;

        buffer_printf(&line, _("         and %u other answers"), answers->count - count);
        put_line(progress, &line);
    }
}

static void draw(struct progress *progress)
{
    uint64_t begun = clock_monotonic_ms();

    if (begun - progress->last_ms < progress->cost_ms * COST_SHARE)
        return;
    /* Over the old one in one write: nothing flickers. */
    if (progress->lines)
        output_print(progress->output, "\033[%uF\033[J", progress->lines);
    progress->lines = 0;
    put_counts(progress);
    if (progress->shows_answers)
        put_answers(progress);
    output_flush(progress->output);
    progress->last_ms = clock_monotonic_ms();
    progress->cost_ms = progress->last_ms - begun;
}

static void on_timer(uv_timer_t *timer)
{
    struct progress *progress = timer->data;

    harvest_flush(progress->harvest);
    if (progress->output->terminal && !progress->output->closed)
        draw(progress);
}

void progress_start(struct progress *progress, uv_loop_t *loop, struct console *console,
                    struct harvest *harvest, const struct wave *wave, bool shows_answers)
{
    *progress = (struct progress){
        .output = &console->error,
        .harvest = harvest,
        .wave = wave,
        .shows_answers = shows_answers && console->error.terminal,
    };
    uv_timer_init(loop, &progress->timer);
    progress->timer.data = progress;
    /* Where nobody looks, it only writes down what ended. */
    uv_timer_start(&progress->timer, on_timer, FIRST_AFTER_MS,
                   console->error.terminal ? EVERY_MS : FIRST_AFTER_MS);
}

static void on_closed(uv_handle_t *handle)
{
    handle->data = NULL;
}

void progress_stop(struct progress *progress)
{
    uv_loop_t *loop = progress->timer.loop;

    progress_erase(progress);
    uv_timer_stop(&progress->timer);
    uv_close((uv_handle_t *)&progress->timer, on_closed);
    while (progress->timer.data)
        uv_run(loop, UV_RUN_NOWAIT);
}
