/* See buffer.h. Growth doubles, so appending n bytes costs O(n) copies in all. */
#include "base/buffer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER_FIRST_CAPACITY = 256 };

void buffer_deinit(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = BUFFER_INIT;
}

void buffer_wipe(struct buffer *buffer)
{
    if (buffer->data)
        explicit_bzero(buffer->data, buffer->capacity);
    buffer_deinit(buffer);
}

/* Growth copies by hand instead of realloc(), so that the old bytes of a secret can be wiped. */
static int buffer_grow(struct buffer *buffer, size_t needed)
{
    size_t capacity = buffer->capacity ? buffer->capacity : BUFFER_FIRST_CAPACITY;
    size_t length = buffer_length(buffer);
    uint8_t *data;

    while (capacity < needed) {
        if (capacity > SIZE_MAX / 2)
            return -ENOMEM;
        capacity *= 2;
    }
    data = malloc(capacity);
    if (!data)
        return -ENOMEM;
    if (length)
        memcpy(data, buffer_bytes(buffer), length);
    if (buffer->data)
        explicit_bzero(buffer->data, buffer->end);
    free(buffer->data);
    *buffer = (struct buffer){.data = data, .end = length, .capacity = capacity};
    return 0;
}

int buffer_reserve(struct buffer *buffer, size_t size, uint8_t **room_out)
{
    size_t length = buffer_length(buffer);
    int r;

    if (size > SIZE_MAX / 4)
        return -ENOMEM;
    if (buffer->capacity - buffer->end < size || !buffer->data) {
        if (buffer->data && buffer->capacity - length >= size && buffer->begin >= length) {
            memcpy(buffer->data, buffer_bytes(buffer), length);
            buffer->begin = 0;
            buffer->end = length;
        } else {
            r = buffer_grow(buffer, length + size);
            if (r)
                return r;
        }
    }
    *room_out = buffer->data + buffer->end;
    return 0;
}

void buffer_commit(struct buffer *buffer, size_t size)
{
    buffer->end += size;
}

void buffer_consume(struct buffer *buffer, size_t size)
{
    buffer->begin += size;
    if (buffer->begin >= buffer->end)
        buffer_clear(buffer);
}

void buffer_clear(struct buffer *buffer)
{
    buffer->begin = 0;
    buffer->end = 0;
}

void buffer_trim(struct buffer *buffer)
{
    if (buffer_length(buffer) == 0)
        buffer_deinit(buffer);
}

int buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
    uint8_t *room;
    int r;

    if (size == 0)
        return 0;
    r = buffer_reserve(buffer, size, &room);
    if (r)
        return r;
    memcpy(room, bytes, size);
    buffer_commit(buffer, size);
    return 0;
}

int buffer_append_text(struct buffer *buffer, const char *text)
{
    return buffer_append(buffer, text, strlen(text));
}

int buffer_vprintf(struct buffer *buffer, const char *format, va_list arguments)
{
    va_list again;
    uint8_t *room;
    int length;
    int r;

    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        return -EINVAL;
    r = buffer_reserve(buffer, (size_t)length + 1, &room);
    if (r)
        return r;
    vsnprintf((char *)room, (size_t)length + 1, format, arguments);
    buffer_commit(buffer, (size_t)length);
    return 0;
}

int buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    int r;

    va_start(arguments, format);
    r = buffer_vprintf(buffer, format, arguments);
    va_end(arguments);
    return r;
}

const char *buffer_text(struct buffer *buffer)
{
    uint8_t *room;

    if (buffer_reserve(buffer, 1, &room))
        return NULL;
    *room = '\0';
    return (const char *)buffer_bytes(buffer);
}
