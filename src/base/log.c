/* See log.h. The sink is the only mutable global of the program. */
#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/uuid.h"

enum { LOG_LINE_MAX = 1024 };

static struct {
    const char *program;
    enum log_level most_verbose;
    bool journal;
} sink = {.program = "hune", .most_verbose = LOG_LEVEL_INFO};

void log_open(const char *program, enum log_level most_verbose)
{
    sink.program = program;
    sink.most_verbose = most_verbose;
    sink.journal = getenv("JOURNAL_STREAM") != NULL;
}

enum log_level log_verbosity(void)
{
    return sink.most_verbose;
}

static size_t log_prefix(char *line, size_t size, enum log_level level)
{
    struct timespec now;
    struct tm local;
    size_t length;

    if (sink.journal)
        return (size_t)snprintf(line, size, "<%d>", level);
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &local);
    length = strftime(line, size, "%H:%M:%S", &local);
    return length + (size_t)snprintf(line + length, size - length,
                                     ".%03ld %s: ", now.tv_nsec / 1000000, sink.program);
}

void log_write(enum log_level level, const char *tag, const uint8_t *order_id, const char *format,
               ...)
{
    char line[LOG_LINE_MAX];
    char id[UUID_TEXT_SIZE];
    va_list arguments;
    size_t length;
    int wanted;

    if (level > sink.most_verbose)
        return;
    length = log_prefix(line, sizeof(line), level);
    if (tag)
        length += (size_t)snprintf(line + length, sizeof(line) - length, "%s: ", tag);
    if (order_id) {
        uuid_format(order_id, id);
        length += (size_t)snprintf(line + length, sizeof(line) - length, "order %s: ", id);
    }
    va_start(arguments, format);
    wanted = vsnprintf(line + length, sizeof(line) - length - 1, format, arguments);
    va_end(arguments);
    if (wanted > 0)
        length += (size_t)wanted;
    if (length > sizeof(line) - 2)
        length = sizeof(line) - 2;
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            line[i] = '?';
    }
    line[length++] = '\n';
    /* One write per line keeps the lines of several processes whole. A lost log line must not stop
     * the agent, so the result is of no use here. */
    if (write(STDERR_FILENO, line, length) < 0)
        return;
}
