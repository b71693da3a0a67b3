/* See command.h. */
#include "proto/command.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "proto/limits.h"

static size_t texts_count(const char *const *texts)
{
    size_t count = 0;

    while (texts && texts[count])
        count++;
    return count;
}

/* What the texts take in the encoding; saturates, so that a sum of huge ones is still seen as huge.
 */
static size_t texts_size(const char *const *texts, size_t count)
{
    size_t size = 0;

    for (size_t i = 0; i < count && size <= LIMIT_ORDER_PAYLOAD; i++)
        size += 4 + strlen(texts[i]);
    return size;
}

static void texts_write(struct writer *writer, const char *const *texts, size_t count)
{
    writer_u16(writer, (uint16_t)count);
    for (size_t i = 0; i < count; i++)
        writer_slice32(writer, texts[i], strlen(texts[i]));
}

int command_encode(const struct command *command, struct buffer *out)
{
    struct writer writer = writer_init(out);
    const char *directory = command->directory ? command->directory : "";
    size_t arguments = texts_count(command->arguments);
    size_t variables = texts_count(command->environment);
    size_t size;

    if (arguments > LIMIT_ARGUMENTS || variables > LIMIT_ARGUMENTS - arguments)
        return -EMSGSIZE;
    size = 1 + 1 + 2 + 2 + 4 + strlen(directory) + texts_size(command->arguments, arguments) +
           texts_size(command->environment, variables);
    if (size > LIMIT_ORDER_PAYLOAD)
        return -EMSGSIZE;
    writer_u8(&writer, (uint8_t)command->mode);
    writer_u8(&writer, command->flags);
    texts_write(&writer, command->arguments, arguments);
    texts_write(&writer, command->environment, variables);
    writer_slice32(&writer, directory, strlen(directory));
    return writer.error;
}

/* A text with a NUL would read differently here and in execve(). */
static struct slice text_read(struct reader *reader)
{
    struct slice text = reader_slice32(reader, LIMIT_ORDER_PAYLOAD);

    if (text.size > 0 && memchr(text.bytes, '\0', text.size))
        reader->failed = true;
    return text;
}

static bool variable_is_named(struct slice variable)
{
    const uint8_t *equals = variable.size ? memchr(variable.bytes, '=', variable.size) : NULL;

    return equals && equals > variable.bytes;
}

static bool count_fits(uint8_t mode, uint16_t arguments)
{
    switch (mode) {
    case COMMAND_ARGV: return arguments > 0 && arguments <= LIMIT_ARGUMENTS;
    case COMMAND_SHELL: return arguments == 1;
    case COMMAND_LOGIN: return arguments == 0;
    default: return false;
    }
}

int command_decode(struct command_view *view_out, struct slice payload)
{
    struct reader reader = reader_init(payload.bytes, payload.size);
    struct command_view view = {0};
    uint8_t mode = reader_u8(&reader);
    const uint8_t *arguments_start;

    view.flags = reader_u8(&reader);
    view.arguments = reader_u16(&reader);
    if (reader.failed || (view.flags & ~COMMAND_FLAGS_KNOWN) || !count_fits(mode, view.arguments))
        return 1;
    view.mode = (enum command_mode)mode;
    arguments_start = reader.at;
    for (uint16_t i = 0; i < view.arguments; i++)
        text_read(&reader);
    view.variables = reader_u16(&reader);
    if (reader.failed || view.variables > LIMIT_ARGUMENTS - view.arguments)
        return 1;
    for (uint16_t i = 0; i < view.variables; i++) {
        if (!variable_is_named(text_read(&reader)))
            return 1;
    }
    if (reader.failed)
        return 1;
    view.texts = (struct slice){arguments_start, (size_t)(reader.at - arguments_start)};
    view.directory = text_read(&reader);
    if (!reader_done(&reader))
        return 1;
    *view_out = view;
    return 0;
}

/* Copies one text behind `*storage`, moves `*storage` past its NUL, and returns where it stands. */
static char *text_unpack(struct slice text, char **storage)
{
    char *start = *storage;

    if (text.size > 0)
        memcpy(start, text.bytes, text.size);
    start[text.size] = '\0';
    *storage = start + text.size + 1;
    return start;
}

/* The texts between the two lists are a u16 count, which command_decode() took into
 * view->variables. */
static struct reader texts_reader(const struct command_view *view)
{
    return reader_init(view->texts.bytes, view->texts.size);
}

void command_unpack(const struct command_view *view, char *storage, char **arguments,
                    char **variables, char **directory_out)
{
    struct reader reader = texts_reader(view);

    for (uint16_t i = 0; i < view->arguments; i++)
        arguments[i] = text_unpack(text_read(&reader), &storage);
    arguments[view->arguments] = NULL;
    reader_u16(&reader);
    for (uint16_t i = 0; i < view->variables; i++)
        variables[i] = text_unpack(text_read(&reader), &storage);
    variables[view->variables] = NULL;
    *directory_out = text_unpack(view->directory, &storage);
}

/* Whether sh takes the word as it stands; an `=` in the first word would make it an assignment. */
static bool word_is_plain(struct slice word, bool is_first)
{
    static const char also_plain[] = "_@%+:,./-";

    for (size_t i = 0; i < word.size; i++) {
        char c = (char)word.bytes[i];
        bool is_alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                               (c >= 'a' && c <= 'z');

        if (!is_alphanumeric && (c != '=' || is_first) && !strchr(also_plain, c))
            return false;
    }
    return word.size > 0;
}

static int word_append_quoted(struct buffer *line, struct slice word)
{
    int r = buffer_append(line, "'", 1);

    for (size_t i = 0; !r && i < word.size; i++) {
        if (word.bytes[i] == '\'')
            r = buffer_append_text(line, "'\\''");
        else
            r = buffer_append(line, &word.bytes[i], 1);
    }
    return r ? r : buffer_append(line, "'", 1);
}

int command_word_append(struct buffer *line, struct slice word, bool is_first)
{
    return word_is_plain(word, is_first) ? buffer_append(line, word.bytes, word.size)
                                         : word_append_quoted(line, word);
}

int command_describe(const struct command_view *view, struct buffer *out)
{
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;
    struct reader reader = texts_reader(view);
    int r = 0;

    for (uint16_t i = 0; !r && i < view->arguments; i++) {
        struct slice word = text_read(&reader);

        if (i > 0)
            r = buffer_append(&line, " ", 1);
        if (r)
            break;
        if (view->mode == COMMAND_SHELL)
            r = buffer_append(&line, word.bytes, word.size);
        else
            r = command_word_append(&line, word, i == 0);
    }
    if (r || buffer_length(&line) == 0)
        return r;
    return text_append_printable_line(out, buffer_bytes(&line), buffer_length(&line));
}
