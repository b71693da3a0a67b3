/* Results as JSON Lines. Every name here is documented in man/hune.1.scd and stays. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json-line.h"
#include "cli/render.h"
#include "proto/right.h"
#include "proto/sshkey.h"

static void put_id(struct json_line *line, const char *key, const uint8_t *id)
{
    char text[FINGERPRINT_TEXT_SIZE];

    fingerprint_format(id, text);
    json_line_text(line, key, text);
}

void json_put_trouble(struct json_line *line, const struct trouble *trouble)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    struct trouble brief = *trouble;

    complain_shorten(&brief);
    json_line_text(line, "problem", trouble_word(trouble));
    if (trouble_describe(&brief, &text) == 0)
        json_line_bytes(line, "text", buffer_bytes(&text), buffer_length(&text));
    json_line_text(line, "hint", trouble_hint(trouble));
    if (trouble->has_pinned)
        put_id(line, "pinned", trouble->pinned);
    if (trouble->has_seen)
        put_id(line, "seen", trouble->seen);
}

static void put_machine(struct json_line *line, const struct machine *machine)
{
    json_line_text(line, "name", machine->name);
    json_line_text(line, "host", machine->host);
    json_line_number(line, "port", machine->port);
    json_line_list(line, "tags", machine->tags);
    if (*machine->user)
        json_line_text(line, "user", machine->user);
    if (machine->has_id)
        put_id(line, "id", machine->id);
}

static void list(struct console *console, const struct fleet *fleet,
                 const struct selection *selection)
{
    for (uint32_t i = 0; i < selection->count; i++) {
        struct json_line line = json_line_begin(&console->out);

        put_machine(&line, &fleet->machines[selection->indices[i]]);
        json_line_end(&line);
    }
}

static void put_rights(struct json_line *line, uint16_t rights, const char *run_as)
{
    _cleanup_buffer_ struct buffer words = BUFFER_INIT;

    if (rights_append(&words, rights) == 0 && buffer_text(&words))
        json_line_list(line, "rights", buffer_text(&words));
    json_line_list(line, "as", run_as);
}

static void welcome(struct console *console, const struct machine *machine, uint16_t rights,
                    const char *run_as)
{
    struct json_line line = json_line_begin(&console->out);

    put_machine(&line, machine);
    if (run_as)
        put_rights(&line, rights, run_as);
    json_line_end(&line);
}

static void answer(struct console *console, const struct answer *answer)
{
    struct json_line line = json_line_begin(&console->out);

    json_line_text(&line, "machine", answer->machine);
    for (size_t i = 0; i < FACT_COUNT; i++) {
        _cleanup_free_ char *json = NULL;

        if (!answer->facts[i])
            continue;
        json = json_dumps(answer->facts[i], JSON_COMPACT);
        if (json)
            json_line_raw(&line, fact_name((enum fact)i), json);
    }
    json_line_end(&line);
}

static json_t *tags_array(const char *tags)
{
    json_t *array = json_array();

    for (; *tags; tags += tags[0] == ',') {
        size_t length = strcspn(tags, ",");

        json_array_append_new(array, json_stringn(tags, length));
        tags += length;
    }
    return array;
}

static void put_was(struct json_line *line, const struct import_was *was)
{
    json_t *object = json_object();
    _cleanup_free_ char *text = NULL;

    if (was->host) {
        json_object_set_new(object, "host", json_string(was->host));
        json_object_set_new(object, "port", json_integer(was->port));
    }
    if (was->user)
        json_object_set_new(object, "user", json_string(was->user));
    if (was->tags)
        json_object_set_new(object, "tags", tags_array(was->tags));
    if (was->lacked_id)
        json_object_set_new(object, "id", json_null());
    text = json_dumps(object, JSON_COMPACT);
    if (text)
        json_line_raw(line, "was", text);
    json_decref(object);
}

static void import(struct console *console, const struct import *import, bool dry_run)
{
    static const char *const outcomes[] = {[IMPORT_ADDED] = "added",
                                           [IMPORT_CHANGED] = "changed",
                                           [IMPORT_UNCHANGED] = "unchanged",
                                           [IMPORT_REFUSED] = "refused"};

    (void)dry_run;
    for (uint32_t i = 0; i < import->count; i++) {
        const struct import_item *item = &import->items[i];
        struct json_line line = json_line_begin(&console->out);

        json_line_text(&line, "outcome", outcomes[item->outcome]);
        json_line_number(&line, "line", item->line);
        json_line_text(&line, "name", item->name);
        json_line_text(&line, "host", item->host ? item->host : "");
        if (item->port)
            json_line_number(&line, "port", item->port);
        json_line_list(&line, "tags", item->tags ? item->tags : "");
        if (item->outcome == IMPORT_CHANGED)
            put_was(&line, &item->was);
        if (item->why)
            json_line_text(&line, "text", item->why);
        json_line_end(&line);
    }
}

void json_put_state(struct json_line *line, struct job_state state)
{
    json_line_text(line, "state", state_name(state.state));
    if (state.state == STATE_EXITED)
        json_line_number(line, "code", state.detail);
    if (state.state == STATE_SIGNALLED)
        json_line_number(line, "signal", state.detail);
    if (state.state == STATE_LOST)
        json_line_text(line, "with", state_lost_with(state));
}

/* What was said, and if only the beginning of it is held, how much there was. */
static void put_said(struct json_line *line, const char *name, const char *size_name,
                     const struct buffer *held, uint64_t said)
{
    if (!held)
        return;
    json_line_bytes(line, name, buffer_bytes(held), buffer_length(held));
    if (said > buffer_length(held))
        json_line_number(line, size_name, (int64_t)said);
}

static void ending(struct console *console, const struct ending *ending)
{
    struct json_line line = json_line_begin(&console->out);

    json_line_text(&line, "machine", ending->machine);
    json_put_state(&line, ending->state);
    if (ending->job) {
        char id[UUID_TEXT_SIZE];

        uuid_format(ending->job, id);
        json_line_text(&line, "job", id);
        json_line_number(&line, "ms", ending->ms);
    }
    put_said(&line, "out", "out_size", ending->out, ending->said[0]);
    put_said(&line, "err", "err_size", ending->err, ending->said[1]);
    if (ending->trouble)
        json_put_trouble(&line, ending->trouble);
    json_line_end(&line);
    output_flush(&console->out);
}

static void finding(struct console *console, const char *machine,
                    const struct doctor_finding *finding)
{
    struct json_line line = json_line_begin(&console->out);

    json_line_text(&line, "machine", machine);
    json_line_text(&line, "step", doctor_step_name(finding->step));
    json_line_flag(&line, "ok", finding->is_ok);
    json_line_flag(&line, "warning", finding->is_warning);
    json_line_text(&line, "detail", finding->detail);
    json_line_real(&line, "ms", finding->ms);
    if (finding->trouble)
        json_put_trouble(&line, finding->trouble);
    json_line_end(&line);
    output_flush(&console->out);
}

const struct renderer render_json = {
    .list = list,
    .answer = answer,
    .welcome = welcome,
    .import = import,
    .ending = ending,
    .finding = finding,
};
