/* See object.h. */
#include "sense/object.h"

#include <errno.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"

struct object object_begin(void)
{
    json_t *json = json_object();

    return (struct object){.json = json, .failed = !json};
}

void object_deinit(struct object *object)
{
    json_decref(object->json);
    object->json = NULL;
}

void object_value(struct object *object, const char *key, json_t *value)
{
    /* json_object_set_new() refuses NULL and releases the value when it fails. */
    if (json_object_set_new(object->json, key, value))
        object->failed = true;
}

void object_bytes(struct object *object, const char *key, const void *bytes, size_t size)
{
    _cleanup_buffer_ struct buffer printable = BUFFER_INIT;

    if (size == 0)
        return;
    if (text_append_printable_line(&printable, bytes, size)) {
        object->failed = true;
        return;
    }
    object_value(object, key,
                 json_stringn((const char *)buffer_bytes(&printable), buffer_length(&printable)));
}

void object_text(struct object *object, const char *key, const char *text)
{
    if (text)
        object_bytes(object, key, text, strlen(text));
}

void object_number(struct object *object, const char *key, uint64_t number)
{
    if (number == SENSE_UNKNOWN)
        return;
    object_value(object, key, json_integer(number > INT64_MAX ? INT64_MAX : (json_int_t)number));
}

void object_real(struct object *object, const char *key, double number)
{
    object_value(object, key, json_real(number));
}

int object_end(struct object *object, json_t **json_out)
{
    if (object->failed) {
        object_deinit(object);
        return -ENOMEM;
    }
    *json_out = object->json;
    object->json = NULL;
    return 0;
}

int array_append_object(json_t *array, struct object *object)
{
    json_t *json;
    int r = object_end(object, &json);

    if (r)
        return r;
    return json_array_append_new(array, json) ? -ENOMEM : 0;
}
