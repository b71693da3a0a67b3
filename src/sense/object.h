/* A JSON object in the making. What is not known (SENSE_UNKNOWN, NULL, empty text) leaves no key;
 * bytes that are not printable UTF-8 become visible escapes, because nobody checked what a process
 * calls itself. An object that ran out of memory stays failed: one look at the end tells, in
 * object_end().
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "sense/scan.h"

struct object {
    json_t *json;
    bool failed;
};

struct object object_begin(void);
/* Frees an object that was not ended. */
void object_deinit(struct object *object);
#define _cleanup_object_ _cleanup_(object_deinit)

void object_bytes(struct object *object, const char *key, const void *bytes, size_t size);
void object_text(struct object *object, const char *key, const char *text);
/* Numbers above INT64_MAX become INT64_MAX: JSON readers know no larger ones. */
void object_number(struct object *object, const char *key, uint64_t number);
void object_real(struct object *object, const char *key, double number);
/* Takes over `value`, also when it fails; NULL (no memory) fails the object. */
void object_value(struct object *object, const char *key, json_t *value);
/* Hands the finished object to the caller. Returns 0 or -ENOMEM. */
int object_end(struct object *object, json_t **json_out);

/* Ends `object` and appends it to `array`. Returns 0 or -ENOMEM. */
int array_append_object(json_t *array, struct object *object);

static inline void cleanup_json(json_t **json)
{
    json_decref(*json);
}
#define _cleanup_json_ _cleanup_(cleanup_json)
