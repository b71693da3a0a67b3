/* hune audit: a machine's own record of the orders that it was given, as it stands on its disk. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/amount.h"
#include "cli/commands.h"
#include "cli/job-pick.h"
#include "cli/jobs.h"
#include "fleet/link/outcome.h"
#include "fleet/link/request.h"
#include "proto/command.h"
#include "proto/order.h"

/* One line of the record: an order with all of its bytes is under 200 KiB. */
enum { LINE_MAX_BYTES = 1 << 20 };

struct audit_options {
    uint64_t lines;
};

struct reading {
    struct session *session;
    const char *machine;
    struct buffer line; /* begun */
    uint64_t received;  /* bytes of the record so far: a broken connection goes on there */
    char **kept;        /* with --lines: the last ones, in a circle */
    uint64_t lines;     /* 0: all, shown as they come */
    uint64_t count;
    struct trouble trouble;
    bool failed;
    bool done;
};

/* What was ordered, out of the order's own signed bytes: "uname -a". */
static int describe_order(const char *signed_text, struct buffer *out)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct command_view view;
    struct order order;

    if (!signed_text || base64_decode(signed_text, strlen(signed_text), &bytes) ||
        order_decode(&order, buffer_bytes(&bytes), buffer_length(&bytes)))
        return 1;
    if (order.verb == VERB_RUN)
        return command_decode(&view, order.payload) ? 1 : command_describe(&view, out);
    if (order.verb == VERB_SIGNAL || order.verb == VERB_FORGET) {
        char job[JOB_SHORT_SIZE];
        const uint8_t *id;
        uint8_t signal = 0;

        if (order.verb == VERB_SIGNAL ? order_signal_decode(order.payload, &id, &signal)
                                      : order_forget_decode(order.payload, &id))
            return 1;
        return buffer_append_text(out, job_short(id, job));
    }
    return 1;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static void show_json(struct reading *reading, json_t *object, const char *command)
{
    json_t *whole = json_pack("{s:s}", "machine", reading->machine);
    char *text = NULL;

    if (whole && json_object_update(whole, object) == 0 &&
        (!command || json_object_set_new(whole, "command", json_string(command)) == 0))
        text = json_dumps(whole, JSON_COMPACT | JSON_PRESERVE_ORDER);
    if (text)
        output_print(&reading->session->console->out, "%s\n", text);
    free(text);
    json_decref(whole);
}

/* "  by alice"; nothing for a text that is not there. Anything that the record holds may be an
 * attacker's: only printable characters leave here. */
static void show_part(struct output *output, const char *before, const char *text)
{
    if (!*text)
        return;
    output_print(output, "%s", before);
    output_safe(output, text);
}

static void show_people(struct reading *reading, const json_t *object, const char *command)
{
    struct output *output = &reading->session->console->out;
    const char *event = text_of(object, "event");
    json_int_t at = json_integer_value(json_object_get(object, "at"));
    char job[JOB_SHORT_SIZE] = "-       ";
    char moment[AMOUNT_TEXT];
    uint8_t id[UUID_SIZE];

    if (uuid_parse(text_of(object, "order"), id))
        job_short(id, job);
    output_print(output, "%s  %s  %s", amount_moment(at > 0 ? (uint64_t)at : 0, moment), job,
                 output_colour(output, text_equal(event, "refused") ? COLOUR_RED : COLOUR_BOLD));
    output_safe(output, event);
    output_print(output, "%s", output_plain(output));
    show_part(output, " ", text_of(object, "verb"));
    show_part(output, " ", text_of(object, "state"));
    show_part(output, " ", text_of(object, "detail"));
    show_part(output, ": ", text_of(object, "problem"));
    show_part(output, _(" as "), text_of(object, "as"));
    show_part(output, _(" by "), text_of(object, "operator"));
    show_part(output, ": ", command ? command : "");
    output_print(output, "\n");
}

static void show_line(struct reading *reading, const char *bytes, size_t size)
{
    _cleanup_buffer_ struct buffer command = BUFFER_INIT;
    json_t *object = json_loadb(bytes, size, 0, NULL);
    const char *text = NULL;

    if (!json_is_object(object)) {
        json_decref(object);
        return;
    }
    if (describe_order(json_string_value(json_object_get(object, "signed")), &command) == 0)
        text = buffer_text(&command);
    if (reading->session->console->common.json)
        show_json(reading, object, text);
    else
        show_people(reading, object, text);
    json_decref(object);
}

static void take_line(struct reading *reading, const char *bytes, size_t size)
{
    char **at;

    if (reading->lines == 0) {
        show_line(reading, bytes, size);
        return;
    }
    at = &reading->kept[reading->count++ % reading->lines];
    free(*at);
    *at = strndup(bytes, size);
}

static void show_kept(struct reading *reading)
{
    for (uint64_t i = 0; i < reading->lines; i++) {
        char **at = &reading->kept[(reading->count + i) % reading->lines];

        if (*at)
            show_line(reading, *at, strlen(*at));
        free(*at);
    }
    free(reading->kept);
}

/* ---- the request ---- */

static int on_send(struct request *request, void *user)
{
    struct reading *reading = user;
    struct trouble trouble;
    char path[64];
    int error;

    snprintf(path, sizeof(path), "/v1/audit?from=%" PRIu64, reading->received);
    error = request_set_path(request, path);
    if (error) {
        trouble_set_errno(&trouble, reading->machine, error);
        request_fail(request, &trouble);
    }
    return error;
}

static void on_data(struct request *request, const uint8_t *bytes, size_t size, void *user)
{
    struct reading *reading = user;
    const uint8_t *newline;

    request_consume(request, size);
    reading->received += size;
    while (size > 0) {
        size_t piece;

        newline = memchr(bytes, '\n', size);
        piece = newline ? (size_t)(newline - bytes) : size;
        if (buffer_length(&reading->line) + piece <= LINE_MAX_BYTES)
            buffer_append(&reading->line, bytes, piece);
        if (newline) {
            take_line(reading, (const char *)buffer_bytes(&reading->line),
                      buffer_length(&reading->line));
            buffer_clear(&reading->line);
            piece++;
        }
        bytes += piece;
        size -= piece;
    }
    output_flush(&reading->session->console->out);
}

static void on_done(struct request *request, const struct trouble *trouble, void *user)
{
    struct reading *reading = user;

    (void)request;
    reading->done = true;
    reading->failed = trouble != NULL;
    if (trouble)
        reading->trouble = *trouble;
}

static int read_record(struct reading *reading, struct link *link)
{
    static const struct request_events events = {
        .on_send = on_send, .on_data = on_data, .on_done = on_done};
    struct console *console = reading->session->console;
    struct request *request;

    reading->kept = reading->lines ? calloc(reading->lines, sizeof(*reading->kept)) : NULL;
    if ((reading->lines && !reading->kept) ||
        request_new(&request, link, "GET", "/", &events, reading) != 0) {
        free(reading->kept);
        complain_no_memory(&console->error);
        return STATUS_FAILED;
    }
    request_send(request);
    session_wait(reading->session, &reading->done);
    show_kept(reading);
    buffer_deinit(&reading->line);
    output_flush(&console->out);
    if (!reading->failed)
        return STATUS_OK;
    complain_trouble(&console->error, reading->machine, &reading->trouble,
                     reading->session->signer);
    return outcome_exit_status(outcome_of_trouble(&reading->trouble));
}

static int show_record(struct session *session, uint32_t machine, uint64_t lines)
{
    struct reading reading = {
        .session = session, .machine = session->fleet->machines[machine].name, .lines = lines};
    struct link *link;
    int status;

    if (link_pool_take(session->pool, machine, &link) != 0) {
        complain_no_memory(&session->console->error);
        return STATUS_FAILED;
    }
    status = read_record(&reading, link);
    link_pool_give(session->pool, link);
    return status;
}

int audit_machine(struct session *session, const char *const *words)
{
    enum { LINES_AT_PROMPT = 40 };
    uint32_t machine;
    int status = console_select_one(session->console, words, &machine);

    return status ? status : show_record(session, machine, LINES_AT_PROMPT);
}

static int exec_audit(struct console *console, const void *values, const struct words *words)
{
    const struct audit_options *options = values;
    _cleanup_session_ struct session session = {0};
    uint32_t machine;
    int status = console_select_one(console, words->items, &machine);

    if (!status)
        status = session_open(&session, console, false);
    return status ? status : show_record(&session, machine, options->lines);
}

static const struct cli_option options[] = {
    OPTION(struct audit_options, lines, NUMBER, 'n', "lines", N_("N"), N_("only the last N")),
};

const struct cli_command cli_audit = {
    .name = "audit",
    .arguments = N_("MACHINE"),
    .summary = N_("Show a machine's own record of the orders that it was given"),
    .details = N_("Who ordered what, when, as whom, and how it ended; refusals too. With --json, "
                  "each order's signed bytes and its signature are there to be checked again.\n"
                  "Times are the machine's."),
    .examples =
        "hune audit web1 -n 20\nhune audit web1 --json | jq 'select(.event == \"refused\")'",
    OPTIONS(options, struct audit_options),
    .selects = true,
    .exec = exec_audit,
};
