/* hune watch --log, and how one line of watching looks. */
#include "cli/watch.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/grid.h"
#include "cli/json-line.h"
#include "cli/when.h"
#include "fleet/home/figure.h"
#include "fleet/home/i18n.h"
#include "fleet/watch/store-alerts.h"

static void tell_json(struct console *console, const struct watch_line *line)
{
    struct json_line json = json_line_begin(&console->out);

    json_line_number(&json, "time_ms", (int64_t)line->at_ms);
    json_line_text(&json, "machine", line->machine);
    json_line_text(&json, "event", line->kind);
    if (line->rule)
        json_line_text(&json, "rule", line->rule);
    if (line->label && *line->label)
        json_line_text(&json, "label", line->label);
    /* An older version kept words; they are no values. */
    if (line->finding && *line->finding == '[')
        json_line_raw(&json, "values", line->finding);
    else if (line->detail && *line->detail)
        json_line_text(&json, "detail", line->detail);
    if (line->begun_ms)
        json_line_number(&json, "begun_ms", (int64_t)line->begun_ms);
    json_line_end(&json);
}

static enum colour colour_of(const char *kind)
{
    return text_equal(kind, "begin") || text_equal(kind, "down") || text_equal(kind, "refused")
               ? COLOUR_RED
               : COLOUR_GREEN;
}

/* The kinds of lines, as they are in JSON. */
static const char *const kinds[] = {N_("begin"), N_("end"), N_("up"), N_("down"), N_("refused")};

/* Of the column that has them, in the reader's language. */
static size_t kinds_width(void)
{
    size_t widest = 0;

    for (size_t i = 0; i < ELEMENTS_OF(kinds); i++) {
        size_t width = text_width(_(kinds[i]), strlen(_(kinds[i])));

        widest = width > widest ? width : widest;
    }
    return widest + 2;
}

void watch_tell(struct console *console, const struct watch_line *line)
{
    struct output *out = &console->out;
    char when[WHEN_SIZE];

    if (console->common.json) {
        tell_json(console, line);
        return;
    }
    when_format(line->at_ms, when);
    output_print(out, "%s  %s", when, output_colour(out, colour_of(line->kind)));
    print_column(out, _(line->kind), kinds_width());
    output_print(out, "%s", output_plain(out));
    output_safe(out, line->machine);
    if (line->label && *line->label) {
        output_print(out, "  ");
        output_safe(out, line->label);
    }
    if (line->rule) {
        output_print(out, "  ");
        output_safe(out, line->rule);
    }
    if (line->detail && *line->detail) {
        output_print(out, "  (");
        output_safe(out, line->detail);
        output_print(out, ")");
    }
    if (line->begun_ms && line->begun_ms <= line->at_ms) {
        _cleanup_buffer_ struct buffer span = BUFFER_INIT;

        figure_append_span(&span, (double)(line->at_ms - line->begun_ms) / 1000);
        output_print(out, _("  after %s"), buffer_text(&span));
    }
    output_print(out, "\n");
}

struct logging {
    struct console *console;
    const struct selection *selection; /* NULL: every machine, also those that are gone */
    const struct fleet *fleet;
};

static bool is_chosen(const struct logging *logging, const char *machine)
{
    uint32_t index;

    if (!logging->selection)
        return true;
    index = fleet_find(logging->fleet, machine);
    for (uint32_t i = 0; i < logging->selection->count; i++) {
        if (logging->selection->indices[i] == index)
            return true;
    }
    return false;
}

static void tell_event(const struct stored_event *event, void *user)
{
    const struct logging *logging = user;
    const struct watch_line line = {.at_ms = event->at_ms,
                                    .machine = event->machine,
                                    .kind = event->kind,
                                    .rule = event->rule,
                                    .detail = event->detail,
                                    .finding = event->finding,
                                    .begun_ms = event->begun_ms};

    if (is_chosen(logging, event->machine))
        watch_tell(logging->console, &line);
}

int watch_log(struct console *console, const struct watch_options *options,
              const char *const *words)
{
    _cleanup_selection_ struct selection selection = SELECTION_INIT;
    struct logging logging = {.console = console};
    struct fault fault = {0};
    struct fleet *fleet;
    uint64_t since_ms = 0, now_ms = clock_wall_ms();
    int status;

    if (!when_parse(options->since ? options->since : "7d", now_ms, &since_ms, &fault))
        return console_usage(console, fault.text, fault.hint);
    if (console->common.target || *words) {
        status = console_fleet(console, &fleet);
        if (!status)
            status = console_select(console, words, &selection);
        if (status)
            return status;
        logging.fleet = fleet;
        logging.selection = &selection;
    }
    if (store_events(console_store(console), since_ms, NULL, tell_event, &logging)) {
        complain_say(&console->error, NULL, "%s", _("The memory of alerts cannot be read."));
        return STATUS_FAILED;
    }
    return STATUS_OK;
}
