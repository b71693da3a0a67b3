/* A job object, out of its JSON. */
#include "fleet/link/job-object.h"

#include "base/text.h"
#include "fleet/link/document.h"
#include "proto/verb.h"

bool job_object_decode(json_t *object, struct job_object *object_out)
{
    char id[UUID_TEXT_SIZE + 1], state[32], waits[32];
    uint64_t detail;

    *object_out = (struct job_object){0};
    document_text(object, "id", id, sizeof(id));
    document_text(object, "state", state, sizeof(state));
    if (!uuid_parse(id, object_out->id) || !state_parse(state, &object_out->state.state))
        return false;
    document_u64(object, "detail", &detail);
    object_out->state.detail = detail <= UINT32_MAX ? (uint32_t)detail : UINT32_MAX;
    document_text(object, "waits", waits, sizeof(waits));
    object_out->waits = waits_parse(waits);
    document_text(object, "verb", object_out->verb, sizeof(object_out->verb));
    document_text(object, "user", object_out->user, sizeof(object_out->user));
    document_text(object, "operator", object_out->operator_label,
                  sizeof(object_out->operator_label));
    document_text(object, "label", object_out->label, sizeof(object_out->label));
    document_u64(object, "started_ms", &object_out->started_ms);
    document_u64(object, "ended_ms", &object_out->ended_ms);
    document_u64(object, "first", &object_out->first);
    document_u64(object, "output", &object_out->output);
    document_u64(object, "writer", &object_out->writer);
    return true;
}

bool job_verb_carries_files(const char *verb)
{
    return text_equal(verb, verb_info(VERB_GET)->name) ||
           text_equal(verb, verb_info(VERB_PUT)->name);
}
