/* See cast.h. The format: https://docs.asciinema.org/manual/asciicast/v2/ */
#include "cli/cast.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "base/file.h"
#include "base/text.h"

struct cast {
    int fd;
    int error;
    off_t size; /* of the whole lines */
    uint32_t ms;
    bool is_plain;
    uint8_t last;    /* the byte before */
    uint8_t tail[4]; /* of a character that is not all there */
    size_t tail_size;
    struct buffer text;
    struct buffer line;
};

/* Writes cast->line whole, or not at all. */
static void line_write(struct cast *cast)
{
    size_t size = buffer_length(&cast->line);

    if (!cast->error)
        cast->error = fd_write_all(cast->fd, buffer_bytes(&cast->line), size);
    if (cast->error && ftruncate(cast->fd, cast->size) == 0)
        lseek(cast->fd, cast->size, SEEK_SET);
    else if (!cast->error)
        cast->size += (off_t)size;
    buffer_clear(&cast->line);
}

static int member(struct buffer *line, const char *before, const char *value)
{
    int r = buffer_append_text(line, before);

    return r ? r : text_append_json(line, value, strlen(value));
}

static int head_write(struct buffer *line, const struct cast_head *head)
{
    int r = buffer_printf(line,
                          "{\"version\": 2, \"width\": %u, \"height\": %u, \"timestamp\": %llu",
                          head->columns, head->rows, (unsigned long long)(clock_wall_ms() / 1000));

    if (!r && head->title)
        r = member(line, ", \"title\": ", head->title);
    if (!r && head->command && *head->command)
        r = member(line, ", \"command\": ", head->command);
    if (!r && head->terminal) {
        r = member(line, ", \"env\": {\"TERM\": ", head->terminal);
        r = r ? r : buffer_append_text(line, "}");
    }
    return r ? r : buffer_append_text(line, "}\n");
}

int cast_new(struct cast **cast_out, const char *path, const struct cast_head *head)
{
    struct cast *cast = calloc(1, sizeof(*cast));

    if (!cast)
        return -ENOMEM;
    /* For the owner alone: what is shown may be secret. */
    cast->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (cast->fd < 0) {
        int error = errno;

        free(cast);
        return -error;
    }
    cast->is_plain = head->is_plain;
    cast->error = head_write(&cast->line, head);
    line_write(cast);
    if (cast->error)
        return cast_close(cast);
    *cast_out = cast;
    return 0;
}

static void event_write(struct cast *cast, uint32_t ms, const char *kind, struct slice text)
{
    int r;

    if (ms > cast->ms)
        cast->ms = ms;
    r = buffer_printf(&cast->line, "[%u.%03u, \"%s\", ", cast->ms / 1000, cast->ms % 1000, kind);
    if (!r)
        r = text_append_json(&cast->line, text.bytes, text.size);
    if (!r)
        r = buffer_append_text(&cast->line, "]\n");
    if (r && !cast->error)
        cast->error = r;
    line_write(cast);
}

/* How many bytes at the end may be the beginning of a character. */
static size_t cut_character(const uint8_t *bytes, size_t size)
{
    for (size_t back = 1; back <= 3 && back <= size; back++) {
        uint8_t c = bytes[size - back];
        size_t needed = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 0;

        if ((c & 0xc0) != 0x80)
            return needed > back ? back : 0;
    }
    return 0;
}

/* Appends output to cast->text as a terminal would have shown it. */
static int text_take(struct cast *cast, const uint8_t *bytes, size_t size)
{
    int r = 0;

    if (!cast->is_plain)
        return buffer_append(&cast->text, bytes, size);
    for (size_t i = 0; !r && i < size; i++) {
        if (bytes[i] == '\n' && cast->last != '\r')
            r = buffer_append(&cast->text, "\r\n", 2);
        else
            r = buffer_append(&cast->text, &bytes[i], 1);
        cast->last = bytes[i];
    }
    return r;
}

void cast_output(struct cast *cast, uint32_t ms, const void *bytes, size_t size)
{
    size_t cut;
    int r;

    if (!cast || cast->error)
        return;
    buffer_clear(&cast->text);
    r = buffer_append(&cast->text, cast->tail, cast->tail_size);
    if (!r)
        r = text_take(cast, bytes, size);
    if (r) {
        cast->error = r;
        return;
    }
    size = buffer_length(&cast->text);
    cut = cut_character(buffer_bytes(&cast->text), size);
    memcpy(cast->tail, buffer_bytes(&cast->text) + size - cut, cut);
    cast->tail_size = cut;
    if (size > cut)
        event_write(cast, ms, "o", (struct slice){buffer_bytes(&cast->text), size - cut});
}

void cast_resize(struct cast *cast, uint32_t ms, uint16_t columns, uint16_t rows)
{
    char text[32];

    if (!cast || cast->error)
        return;
    snprintf(text, sizeof(text), "%ux%u", columns, rows);
    event_write(cast, ms, "r", (struct slice){(const uint8_t *)text, strlen(text)});
}

int cast_close(struct cast *cast)
{
    int error;

    if (!cast)
        return 0;
    /* A character that is not all there is dropped: the rest of it came too late. */
    error = cast->error;
    if (close(cast->fd) < 0 && !error)
        error = -errno;
    buffer_deinit(&cast->text);
    buffer_deinit(&cast->line);
    free(cast);
    return error;
}
