/* Members of a machine's JSON documents. */
#include "fleet/link/document.h"

#include <string.h>

#include "base/text.h"
#include "fleet/home/i18n.h"
#include "proto/right.h"

#define PROBLEM_URN "urn:hune:problem:"

static size_t cut_length(const char *text, size_t length, size_t room)
{
    if (length <= room)
        return length;
    length = room;
    while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    return length;
}

bool document_text(json_t *object, const char *name, char *text_out, size_t size)
{
    json_t *member = json_object_get(object, name);

    text_out[0] = '\0';
    if (!json_is_string(member))
        return false;

    const char *text = json_string_value(member);
    size_t length = cut_length(text, json_string_length(member), size - 1);

    memcpy(text_out, text, length);
    text_out[length] = '\0';
    return true;
}

bool document_u64(json_t *object, const char *name, uint64_t *value_out)
{
    json_t *member = json_object_get(object, name);

    *value_out = 0;
    if (!json_is_integer(member) || json_integer_value(member) < 0)
        return false;
    *value_out = (uint64_t)json_integer_value(member);
    return true;
}

void document_words(json_t *object, const char *name, char *text_out, size_t size)
{
    json_t *member = json_object_get(object, name);
    size_t used = 0;

    text_out[0] = '\0';
    for (size_t i = 0; i < json_array_size(member); i++) {
        json_t *word = json_array_get(member, i);
        size_t length = json_string_length(word);

        if (!json_is_string(word) || length + 1 >= size - used)
            continue;
        if (used > 0)
            text_out[used++] = ',';
        memcpy(text_out + used, json_string_value(word), length);
        used += length;
        text_out[used] = '\0';
    }
}

uint16_t document_rights(json_t *object, const char *name)
{
    json_t *member = json_object_get(object, name);
    uint16_t rights = RIGHTS_NONE;

    for (size_t i = 0; i < json_array_size(member); i++) {
        json_t *word = json_array_get(member, i);
        uint16_t right;

        if (json_is_string(word) &&
            rights_parse(json_string_value(word), json_string_length(word), &right))
            rights |= right;
    }
    return rights;
}

void document_problem(const void *bytes, size_t size, unsigned status, const char *where,
                      struct trouble *trouble_out)
{
    json_t *root = json_loadb(bytes ? bytes : "", size, 0, NULL);
    char type[128];

    if (!document_text(root, "type", type, sizeof(type)) || !text_starts(type, PROBLEM_URN)) {
        trouble_set(trouble_out, PROBLEM_NOT_HUNE, where, _("HTTP status %u"), status);
        json_decref(root);
        return;
    }

    const char *word = type + strlen(PROBLEM_URN);
    enum problem_code code = problem_parse(word);

    if (code == PROBLEM_INTERNAL && !text_equal(word, problem_info(PROBLEM_INTERNAL)->name))
        trouble_set(trouble_out, code, where, "%s", word);
    else
        trouble_set(trouble_out, code, where, NULL);
    if (!document_text(root, "detail", trouble_out->machine, sizeof(trouble_out->machine)))
        document_text(root, "title", trouble_out->machine, sizeof(trouble_out->machine));
    json_decref(root);
}
