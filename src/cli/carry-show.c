/* What get and put tell: for one machine as it comes, for many folded at the end; with --json one
 * object a machine. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/amount.h"
#include "cli/carry.h"
#include "cli/json-line.h"
#include "cli/render.h"
#include "proto/verb.h"

enum { SAID_MAX = 256 * 1024 };

static bool keeps_lines(const struct carry *carry)
{
    return carry->count > 1 || carry->console->common.json;
}

void carry_say(struct carry *carry, struct carry_share *share, const char *text, size_t size)
{
    struct output *error = &carry->console->error;

    if (keeps_lines(carry)) {
        /* A million files that cannot be read are no longer news. */
        if (buffer_length(&share->said) < SAID_MAX &&
            (buffer_append(&share->said, text, size) || buffer_append_text(&share->said, "\n")))
            complain_no_memory(error);
        return;
    }
    carry_progress_clear(carry);
    output_coloured(error, COLOUR_RED, "hune: ");
    output_safe(error, carry_name(carry, share));
    output_print(error, ": ");
    if (text_append_printable_line(&error->pending, text, size) < 0)
        error->closed = true;
    output_print(error, "\n");
    output_flush(error);
}

/* ---- JSON ---- */

static void json_said(struct json_line *line, const struct buffer *said)
{
    _cleanup_buffer_ struct buffer array = BUFFER_INIT;
    const uint8_t *at = buffer_bytes(said);
    size_t left = buffer_length(said);
    int r = buffer_append_text(&array, "[");

    while (left > 0 && !r) {
        const uint8_t *newline = memchr(at, '\n', left);
        size_t size = newline ? (size_t)(newline - at) : left;

        if (buffer_length(&array) > 1)
            r = buffer_append_text(&array, ",");
        if (!r)
            r = text_append_json(&array, at, size);
        size += newline != NULL;
        at += size;
        left -= size;
    }
    if (!r && !buffer_append_text(&array, "]") && buffer_text(&array))
        json_line_raw(line, "errors", buffer_text(&array));
}

static void show_json(struct carry *carry, const struct carry_share *share,
                      const struct fanout_result *result)
{
    const struct transfer_report *report = &share->report;
    struct json_line line = json_line_begin(&carry->console->out);
    char text[2 * SHA256_SIZE + 1];

    json_line_text(&line, "machine", carry_name(carry, share));
    json_line_text(&line, "verb", verb_info((uint16_t)carry->verb)->name);
    json_put_state(&line, result->state);
    if (report->job) {
        uuid_format(report->job, text);
        json_line_text(&line, "job", text);
    }
    json_line_flag(&line, "whole", report->is_whole);
    if (report->is_whole) {
        json_line_number(&line, "entries", (int64_t)report->entries);
        json_line_number(&line, "bytes", (int64_t)report->bytes);
        hex_encode(report->sum, sizeof(report->sum), text);
        json_line_text(&line, "sha256", text);
    }
    json_line_number(&line, "ms", (int64_t)(clock_monotonic_ms() - carry->begun_ms));
    if (buffer_length(&share->said) > 0)
        json_said(&line, &share->said);
    if (result->trouble)
        json_put_trouble(&line, result->trouble);
    json_line_end(&line);
    output_flush(&carry->console->out);
}

/* ---- people ---- */

static bool is_success(const struct fanout_result *result)
{
    return result->state.state == STATE_EXITED && result->state.detail == 0 && !result->trouble;
}

/* "12 entries, 3.4 MiB" */
static int describe_success(const struct carry_share *share, struct buffer *text)
{
    char size[AMOUNT_TEXT];
    unsigned long entries = (unsigned long)share->report.entries;

    return buffer_printf(text,
                         ngettext("%lu file or folder, %s", "%lu files and folders, %s", entries),
                         entries, amount_size(share->report.bytes, size));
}

/* "lines NUL sentence NUL hint NUL": alike for all machines that it went alike on. */
static int describe_failure(struct carry *carry, const struct carry_share *share,
                            const struct fanout_result *result, struct buffer *text)
{
    int r = buffer_append(text, buffer_bytes(&share->said), buffer_length(&share->said));

    r = r ? r : buffer_append(text, "", 1);
    if (!r && result->trouble) {
        struct trouble trouble = *result->trouble;

        trouble.where[0] = '\0';
        trouble.has_pinned = trouble.has_seen = false;
        complain_shorten(&trouble);
        r = trouble_describe(&trouble, text);
        r = r ? r : buffer_append(text, "", 1);
        r = r ? r : complain_hint(text, result->trouble, carry->session.signer);
    } else if (!r) {
        /* Lines tell more than "exit status 1". */
        if (result->state.state != STATE_EXITED || buffer_length(&share->said) == 0)
            r = ending_describe(result->state, text);
        r = r ? r : buffer_append(text, "", 1);
    }
    return r ? r : buffer_append(text, "", 1);
}

static void show_one(struct carry *carry, const struct carry_share *share,
                     const struct fanout_result *result)
{
    struct output *error = &carry->console->error;
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    char amount[AMOUNT_TEXT];

    carry_progress_clear(carry);
    if (result->trouble) {
        complain_trouble(error, carry_name(carry, share), result->trouble, carry->session.signer);
    } else if (result->state.state != STATE_EXITED) {
        if (ending_describe(result->state, &text) == 0 && buffer_text(&text))
            complain(error, carry_name(carry, share), buffer_text(&text), NULL, NULL);
    } else if (share->report.is_whole && carry_is_watched(carry) && !carry->streams &&
               describe_success(share, &text) == 0 && buffer_text(&text)) {
        output_safe(error, carry_name(carry, share));
        output_print(error, _(": %s in %s\n"), buffer_text(&text),
                     amount_duration(clock_monotonic_ms() - carry->begun_ms, amount));
        output_flush(error);
    }
}

static int add(struct carry *carry, struct gather *gather, const struct carry_share *share,
               uint32_t outcome, const struct buffer *text)
{
    struct transcript transcript = {0};
    uint32_t group;
    int r = transcript_add(carry->store, &transcript, buffer_bytes(text), buffer_length(text));

    r = r ? r : transcript_finish(carry->store, &transcript);
    if (!r)
        r = gather_add(gather, (uint32_t)(share - carry->shares), outcome, &transcript, &group);
    transcript_deinit(&transcript);
    return r;
}

static void keep(struct carry *carry, struct carry_share *share, const struct fanout_result *result)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    int r;

    if (is_success(result)) {
        r = describe_success(share, &text);
        r = r ? r : add(carry, &carry->successes, share, 0, &text);
    } else {
        carry->failed++;
        r = describe_failure(carry, share, result, &text);
        r = r ? r : add(carry, &carry->troubles, share, result->state.state, &text);
    }
    if (r)
        complain_no_memory(&carry->console->error);
}

void carry_show_result(struct carry *carry, struct carry_share *share,
                       const struct fanout_result *result)
{
    if (carry->console->common.json)
        show_json(carry, share, result);
    else if (carry->count == 1)
        show_one(carry, share, result);
    else
        keep(carry, share, result);
}

/* A group's machines and what they have in common. False without memory. */
static bool read_group(const struct carry *carry, const struct gather_group *group,
                       struct buffer *names, struct buffer *text)
{
    return gather_names(group->members, group->count, carry->names, names) == 0 &&
           transcript_copy(carry->store, &group->text, UINT64_MAX, text) == 0 &&
           buffer_text(names) && buffer_text(text);
}

static void show_success(struct carry *carry, const struct gather_group *group)
{
    struct output *output = &carry->console->out;
    _cleanup_buffer_ struct buffer names = BUFFER_INIT, text = BUFFER_INIT;

    if (!read_group(carry, group, &names, &text))
        return;
    output_safe(output, buffer_text(&names));
    output_print(output, ": %s\n", buffer_text(&text));
}

static void show_trouble(struct carry *carry, const struct gather_group *group)
{
    struct output *error = &carry->console->error;
    _cleanup_buffer_ struct buffer names = BUFFER_INIT, text = BUFFER_INIT;
    const char *lines, *sentence;

    if (!read_group(carry, group, &names, &text))
        return;
    lines = buffer_text(&text);
    sentence = lines + strlen(lines) + 1;
    for (; *lines; lines += strcspn(lines, "\n") + 1) {
        output_coloured(error, COLOUR_RED, "hune: ");
        output_safe(error, buffer_text(&names));
        output_print(error, ": ");
        if (text_append_printable_line(&error->pending, lines, strcspn(lines, "\n")) < 0)
            error->closed = true;
        output_print(error, "\n");
    }
    if (*sentence)
        complain(error, buffer_text(&names), sentence, NULL, sentence + strlen(sentence) + 1);
}

static void show_groups(struct carry *carry, struct gather *gather,
                        void (*show)(struct carry *carry, const struct gather_group *group))
{
    _cleanup_free_ uint32_t *order = calloc(gather->count + 1u, sizeof(*order));

    if (!order)
        return;
    gather_order(gather, order);
    for (uint32_t i = 0; i < gather->count; i++)
        show(carry, &gather->groups[order[i]]);
}

void carry_show_summary(struct carry *carry)
{
    struct output *error = &carry->console->error;

    show_groups(carry, &carry->successes, show_success);
    output_flush(&carry->console->out);
    show_groups(carry, &carry->troubles, show_trouble);
    if (carry->failed > 0)
        output_print(error,
                     ngettext("hune: %u of %u machine failed\n", "hune: %u of %u machines failed\n",
                              carry->count),
                     carry->failed, carry->count);
    output_flush(error);
}
