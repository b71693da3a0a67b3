/* See run-show.h. How groups are folded and compared is in fleet/; here they are only drawn. */
#include "cli/run-show.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/lines.h"
#include "cli/run-similar.h"
#include "fleet/run/differ.h"

struct showing {
    struct console *console;
    struct harvest *harvest;
    const struct show_options *options;
    uint8_t last; /* the last byte that was shown */
};

void show_heading(struct output *output, const struct harvest *harvest, const uint32_t *members,
                  uint32_t count)
{
    output_print(output, "%s", output_colour(output, COLOUR_BOLD));
    if (gather_names(members, count, harvest_names(harvest), &output->pending) < 0)
        output->closed = true;
    if (count > 1)
        output_print(output, " (%u)", count);
    output_print(output, ":%s\n", output_plain(output));
}

static int put_piece(const uint8_t *bytes, size_t size, void *user)
{
    struct showing *showing = user;
    struct output *output = &showing->console->out;

    if (output->terminal && !showing->options->raw) {
        if (text_append_printable(&output->pending, bytes, size) < 0)
            output->closed = true;
        output_flush(output);
    } else {
        output_bytes(output, bytes, size);
    }
    if (size > 0)
        showing->last = bytes[size - 1];
    return output->closed ? 1 : 0;
}

static void tell_cut(struct output *output, const struct transcript *text)
{
    if (!transcript_is_cut(text))
        return;
    output_print(output, "%s", output_colour(output, COLOUR_DIM));
    output_print(output, _("(the first %llu of %llu bytes)"), (unsigned long long)text->held,
                 (unsigned long long)text->size);
    output_print(output, "%s\n", output_plain(output));
}

static void show_text(struct showing *showing, const struct transcript *text)
{
    struct output *output = &showing->console->out;

    showing->last = '\n';
    if (text->size == 0)
        output_coloured(output, COLOUR_DIM, _("(no output)\n"));
    else if (transcript_read(harvest_transcripts(showing->harvest), text, put_piece, showing) < 0)
        output_coloured(output, COLOUR_RED, _("(what was said cannot be read back from disk)\n"));
    if (showing->last != '\n')
        output_print(output, "\n");
    tell_cut(output, text);
}

static void show_group(struct showing *showing, uint32_t index)
{
    const struct gather_group *group = &harvest_answers(showing->harvest, false)->groups[index];

    show_heading(&showing->console->out, showing->harvest, group->members, group->count);
    show_text(showing, &group->text);
}

/* ---- differences ---- */

struct changes {
    struct output *output;
    struct buffer before; /* the line that both have before a change */
    bool has_before;
    bool is_inside; /* a change was the last that came */
};

static int put_change(char sign, const uint8_t *line, size_t size, void *user)
{
    struct changes *changes = user;
    struct output *output = changes->output;
    enum colour colour = sign == '-' ? COLOUR_RED : COLOUR_GREEN;
    int error = 0;

    if (sign == ' ') {
        buffer_clear(&changes->before);
        changes->has_before = true;
        changes->is_inside = false;
        return buffer_append(&changes->before, line, size);
    }
    if (!changes->is_inside && changes->has_before) {
        output_print(output, "  ");
        error = text_append_printable_line(&output->pending, buffer_bytes(&changes->before),
                                           buffer_length(&changes->before));
        output_print(output, "\n");
    }
    changes->is_inside = true;
    changes->has_before = false;
    output_print(output, "%s%c ", output_colour(output, colour), sign);
    if (!error)
        error = text_append_printable_line(&output->pending, line, size);
    output_print(output, "%s\n", output_plain(output));
    output_flush(output);
    return error || output->closed ? 1 : 0;
}

/* Longer answers than this are not compared, only told. */
enum { DIFF_MAX = 16 << 20 };

static void show_difference(struct showing *showing, const struct transcript *from,
                            const struct transcript *to)
{
    const struct transcripts *store = harvest_transcripts(showing->harvest);
    struct changes changes = {.output = &showing->console->out};
    _cleanup_buffer_ struct buffer a = BUFFER_INIT, b = BUFFER_INIT;
    int error = 1;

    if (from->size <= DIFF_MAX && to->size <= DIFF_MAX)
        error = transcript_copy(store, from, UINT64_MAX, &a);
    if (!error)
        error = transcript_copy(store, to, UINT64_MAX, &b);
    if (!error)
        error = differ(buffer_bytes(&a), buffer_length(&a), buffer_bytes(&b), buffer_length(&b),
                       put_change, &changes);
    buffer_deinit(&changes.before);
    if (error && !showing->console->out.closed)
        output_coloured(&showing->console->out, COLOUR_DIM, _("(too long to be compared)\n"));
}

static void show_differences(struct showing *showing, const uint32_t *order)
{
    const struct gather *answers = harvest_answers(showing->harvest, false);
    const struct gather_group *most = &answers->groups[order[0]];

    show_group(showing, order[0]);
    for (uint32_t i = 1; i < answers->count && !showing->console->out.closed; i++) {
        const struct gather_group *group = &answers->groups[order[i]];

        show_heading(&showing->console->out, showing->harvest, group->members, group->count);
        show_difference(showing, &most->text, &group->text);
    }
}

void show_answers(struct console *console, struct harvest *harvest,
                  const struct show_options *options)
{
    struct showing showing = {.console = console, .harvest = harvest, .options = options};
    struct gather *answers = harvest_answers(harvest, false);
    _cleanup_free_ uint32_t *order = calloc(answers->count + 1, sizeof(*order));

    if (!order) {
        complain_no_memory(&console->error);
        return;
    }
    gather_order(answers, order);
    if (options->diff && answers->count > 1) {
        show_differences(&showing, order);
    } else if (!options->similar ||
               show_similar(console, harvest, options->hosts, order, show_group_at, &showing) < 0) {
        for (uint32_t i = 0; i < answers->count && !console->out.closed; i++)
            show_group(&showing, order[i]);
    }
    output_flush(&console->out);
}

void show_group_at(uint32_t index, void *user)
{
    show_group(user, index);
}

/* ---- line by line ---- */

struct line_view {
    struct output *output;
    struct lines lines;
};

static int put_lines(const uint8_t *bytes, size_t size, void *user)
{
    struct line_view *view = user;

    if (lines_feed(&view->lines, bytes, size, &view->output->pending) < 0)
        view->output->closed = true;
    output_flush(view->output);
    return view->output->closed ? 1 : 0;
}

void show_lines(struct console *console, struct harvest *harvest, bool raw)
{
    const struct gather *answers = harvest_answers(harvest, false);
    struct output *output = &console->out;

    for (uint32_t i = 0; i < harvest_size(harvest) && !output->closed; i++) {
        uint32_t group = harvest_machine(harvest, i)->answer[0];
        struct line_view view = {.output = output, .lines.safe = output->terminal && !raw};
        _cleanup_free_ char *prefix = NULL;

        if (group == HARVEST_NONE)
            continue;
        if (asprintf(&prefix, "%s%s:%s ", output_colour(output, COLOUR_CYAN),
                     harvest_names(harvest)[i], output_plain(output)) < 0) {
            prefix = NULL;
            return;
        }
        view.lines.prefix = prefix;
        transcript_read(harvest_transcripts(harvest), &answers->groups[group].text, put_lines,
                        &view);
        if (lines_finish(&view.lines, &output->pending) < 0)
            output->closed = true;
        lines_deinit(&view.lines);
    }
    output_flush(output);
}

/* ---- what went wrong ---- */

void show_failures(struct console *console, struct harvest *harvest)
{
    struct gather *failures = harvest_failures(harvest);
    _cleanup_free_ uint32_t *order = calloc(failures->count + 1, sizeof(*order));

    if (!order)
        return;
    gather_order(failures, order);
    for (uint32_t i = 0; i < failures->count; i++) {
        const struct gather_group *group = &failures->groups[order[i]];
        _cleanup_buffer_ struct buffer names = BUFFER_INIT;
        _cleanup_buffer_ struct buffer heading = BUFFER_INIT;
        _cleanup_buffer_ struct buffer text = BUFFER_INIT;
        const char *sentence;

        if (gather_names(group->members, group->count, harvest_names(harvest), &names) < 0 ||
            transcript_copy(harvest_transcripts(harvest), &group->text, UINT64_MAX, &text) < 0 ||
            buffer_printf(&heading, group->count > 1 ? "%s (%u)" : "%s", buffer_text(&names),
                          group->count) < 0)
            return;
        /* Two texts, each with its NUL; see harvest_failures(). */
        sentence = buffer_text(&text);
        if (sentence)
            complain(&console->error, buffer_text(&heading), sentence, NULL,
                     sentence + strlen(sentence) + 1);
    }
}

/* Whether there are any; then the sentence goes on with them. */
static bool begin_part(struct output *error, const char **comma, uint32_t count)
{
    if (count == 0)
        return false;
    output_print(error, "%s", *comma);
    *comma = ", ";
    return true;
}

void show_summary(struct console *console, const struct harvest *harvest)
{
    const struct harvest_counts counts = harvest_counts(harvest);
    struct output *error = &console->error;
    uint32_t all = harvest_size(harvest);
    const char *comma = " (";

    if (counts.ok == all)
        return;
    output_print(error,
                 ngettext("hune: %u of %u machine failed", "hune: %u of %u machines failed", all),
                 all - counts.ok, all);
    /* "3 of 9 machines failed (3 failed)" says it twice. */
    if (counts.failed != all - counts.ok && begin_part(error, &comma, counts.failed))
        output_print(error, ngettext("%u failed", "%u failed", counts.failed), counts.failed);
    if (begin_part(error, &comma, counts.refused))
        output_print(error, ngettext("%u refused", "%u refused", counts.refused), counts.refused);
    if (begin_part(error, &comma, counts.unreachable))
        output_print(error, ngettext("%u unreachable", "%u unreachable", counts.unreachable),
                     counts.unreachable);
    if (begin_part(error, &comma, counts.unasked))
        output_print(error, ngettext("%u not asked", "%u not asked", counts.unasked),
                     counts.unasked);
    output_print(error, "%s\n", *comma == ',' ? ")" : "");
    output_flush(error);
}
