/* See reply.h. */
#include "gate/reply.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "gate/gate.h"
#include "gate/session.h"
#include "proto/right.h"

/* Afterwards the request takes no more part in anything. */
static bool reply_begins(struct request *request)
{
    if (request->stage == REQUEST_ANSWERED)
        return false;
    if (request->stage == REQUEST_HELD) {
        request->session->gate->held_bytes -= buffer_length(&request->body);
        wire_stream_consume(request->stream, buffer_length(&request->body));
        buffer_deinit(&request->body);
    }
    request->stage = REQUEST_ANSWERED;
    session_said(request->session);
    return true;
}

static void reply_text(struct request *request, unsigned status, const char *content_type,
                       const void *bytes, size_t size)
{
    if (wire_respond_bytes(request->stream, status, content_type, bytes, size))
        wire_stream_cancel(request->stream);
}

void reply_bytes(struct request *request, unsigned status, const void *bytes, size_t size)
{
    if (reply_begins(request))
        reply_text(request, status, "application/json", bytes, size);
}

void reply_typed(struct request *request, const char *content_type, const void *bytes, size_t size)
{
    if (reply_begins(request))
        reply_text(request, 200, content_type, bytes, size);
}

static void reply_dump(struct request *request, unsigned status, const char *content_type,
                       json_t *json)
{
    _cleanup_free_ char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

    json_decref(json);
    if (text)
        reply_text(request, status, content_type, text, strlen(text));
    else
        wire_stream_cancel(request->stream);
}

static unsigned problem_status(enum problem_code problem)
{
    const struct problem_info *info = problem_info(problem);

    return info->status ? info->status : 500;
}

static json_t *problem_to_json(enum problem_code problem, const char *detail)
{
    const struct problem_info *info = problem_info(problem);
    char type[64];

    snprintf(type, sizeof(type), "urn:hune:problem:%s", info->name);
    return json_pack("{s:s, s:s, s:i, s:s}", "type", type, "title", info->text, "status",
                     (int)problem_status(problem), "detail", detail ? detail : info->hint);
}

void reply_problem(struct request *request, enum problem_code problem, const char *detail)
{
    if (reply_begins(request))
        reply_dump(request, problem_status(problem), "application/problem+json",
                   problem_to_json(problem, detail));
}

void reply_problem_with(struct request *request, enum problem_code problem, const char *member,
                        json_t *value)
{
    json_t *json = problem_to_json(problem, NULL);

    if (value)
        json_object_set_new(json, member, value);
    if (reply_begins(request))
        reply_dump(request, problem_status(problem), "application/problem+json", json);
    else
        json_decref(json);
}

void reply_json(struct request *request, unsigned status, json_t *json)
{
    if (!json)
        reply_problem(request, PROBLEM_INTERNAL, NULL);
    else if (reply_begins(request))
        reply_dump(request, status, "application/json", json);
    else
        json_decref(json);
}

bool reply_stream(struct request *request, const char *content_type, const struct wire_body *body)
{
    if (!reply_begins(request))
        return false;
    if (!wire_respond(request->stream, 200, content_type, body))
        return true;
    wire_stream_cancel(request->stream);
    return false;
}

json_t *json_foreign(const char *text)
{
    _cleanup_buffer_ struct buffer clean = BUFFER_INIT;

    if (text_append_printable_line(&clean, text, strlen(text)))
        return NULL;
    return json_stringn((const char *)buffer_bytes(&clean), buffer_length(&clean));
}

json_t *json_list(const char *commas)
{
    json_t *list = json_array();
    const char *at = commas;

    while (list && *at) {
        size_t length = strcspn(at, ",");

        if (length > 0 && json_array_append_new(list, json_stringn(at, length))) {
            json_decref(list);
            return NULL;
        }
        at += length;
        at += *at == ',';
    }
    return list;
}

json_t *json_rights(uint16_t rights)
{
    _cleanup_buffer_ struct buffer words = BUFFER_INIT;
    const char *text;

    if (rights_append(&words, rights))
        return NULL;
    text = buffer_text(&words);
    return text ? json_list(text) : NULL;
}
