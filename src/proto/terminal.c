/* See terminal.h. */
#include "proto/terminal.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static void size_write(struct writer *writer, const struct terminal_size *size)
{
    writer_u16(writer, size->rows);
    writer_u16(writer, size->columns);
    writer_u16(writer, size->width);
    writer_u16(writer, size->height);
}

static struct terminal_size size_read(struct reader *reader)
{
    struct terminal_size size;

    size.rows = reader_u16(reader);
    size.columns = reader_u16(reader);
    size.width = reader_u16(reader);
    size.height = reader_u16(reader);
    return size;
}

int terminal_encode(const struct terminal *terminal, const struct command *command,
                    struct buffer *out)
{
    struct writer writer = writer_init(out);
    const char *name = terminal->name ? terminal->name : "";
    size_t before = buffer_length(out);
    int r;

    if (strlen(name) > TERMINAL_NAME_MAX)
        return -EMSGSIZE;
    size_write(&writer, &terminal->size);
    writer_u8(&writer, terminal->flags);
    writer_u8(&writer, terminal->erase);
    writer_slice8(&writer, name, strlen(name));
    r = writer.error ? writer.error : command_encode(command, out);
    if (!r && buffer_length(out) - before > LIMIT_ORDER_PAYLOAD)
        r = -EMSGSIZE;
    return r;
}

/* The name becomes a variable that programs make file names of. */
static bool name_is_good(struct slice name)
{
    for (size_t i = 0; i < name.size; i++) {
        uint8_t c = name.bytes[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '+' || c == '-' || c == '.' || c == '_'))
            return false;
    }
    return true;
}

int terminal_decode(struct terminal_view *view_out, struct slice payload)
{
    struct reader reader = reader_init(payload.bytes, payload.size);
    struct terminal_view view = {.size = size_read(&reader)};

    view.flags = reader_u8(&reader);
    view.erase = reader_u8(&reader);
    view.name = reader_slice8(&reader, TERMINAL_NAME_MAX);
    if (reader.failed || (view.flags & ~TERMINAL_FLAGS_KNOWN) || !name_is_good(view.name) ||
        command_decode(&view.command, (struct slice){reader.at, reader_left(&reader)}))
        return 1;
    *view_out = view;
    return 0;
}

int terminal_input_next(struct terminal_input *input_out, struct slice bytes)
{
    struct reader reader = reader_init(bytes.bytes, bytes.size);
    uint8_t kind = reader_u8(&reader);
    uint8_t zero = reader_u8(&reader);
    uint16_t length = reader_u16(&reader);

    if (reader.failed)
        return 0;
    /* What is wrong is said before the payload is waited for. */
    if (zero || length > TERMINAL_KEYS_MAX || (kind != TERMINAL_KEYS && kind != TERMINAL_RESIZE) ||
        (kind == TERMINAL_RESIZE && length != TERMINAL_SIZE_BYTES))
        return -EBADMSG;
    if (reader_left(&reader) < length)
        return 0;
    *input_out = (struct terminal_input){
        .kind = (enum terminal_input_kind)kind,
        .taken = TERMINAL_INPUT_HEADER + (size_t)length,
    };
    if (kind == TERMINAL_RESIZE)
        input_out->size = size_read(&reader);
    else
        input_out->keys = (struct slice){reader.at, length};
    return 1;
}

static void header_write(struct writer *writer, enum terminal_input_kind kind, size_t length)
{
    writer_u8(writer, (uint8_t)kind);
    writer_u8(writer, 0);
    writer_u16(writer, (uint16_t)length);
}

int terminal_input_keys(struct buffer *out, const void *keys, size_t size)
{
    struct writer writer = writer_init(out);
    const uint8_t *at = keys;

    while (size > 0 && !writer.error) {
        size_t piece = size < TERMINAL_KEYS_MAX ? size : TERMINAL_KEYS_MAX;

        header_write(&writer, TERMINAL_KEYS, piece);
        writer_bytes(&writer, at, piece);
        at += piece;
        size -= piece;
    }
    return writer.error;
}

int terminal_input_resize(struct buffer *out, const struct terminal_size *size)
{
    struct writer writer = writer_init(out);

    header_write(&writer, TERMINAL_RESIZE, TERMINAL_SIZE_BYTES);
    size_write(&writer, size);
    return writer.error;
}
