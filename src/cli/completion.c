#include "cli/completion.h"

#include <string.h>

/* A selector's own characters end a word too, so that `web1,w` and `@a&@b` are continued. '@' does
 * not: it belongs to the tag. */
static bool separates(char c)
{
    return c == ' ' || c == '\t' || c == ',' || c == '&' || c == '!';
}

struct completion completion_begin(const char *line, size_t size)
{
    size_t begin = size;

    while (begin > 0 && !separates(line[begin - 1]))
        begin--;
    return (struct completion){.word = line + begin, .length = size - begin};
}

void completion_deinit(struct completion *completion)
{
    buffer_deinit(&completion->found);
}

const char *const *completion_found(const struct completion *completion)
{
    return (const char *const *)(const void *)buffer_bytes(&completion->found);
}

static size_t common_length(const char *a, const char *b, size_t most)
{
    size_t length = 0;

    while (length < most && a[length] && a[length] == b[length])
        length++;
    return length;
}

void completion_offer(struct completion *completion, const char *candidate)
{
    const char *const *found = completion_found(completion);

    if (strncmp(candidate, completion->word, completion->length) != 0)
        return;
    for (size_t i = 0; i < completion->count; i++) {
        if (strcmp(found[i], candidate) == 0)
            return;
    }
    if (buffer_append(&completion->found, &candidate, sizeof(const char *)) < 0)
        return;
    completion->common = completion->count == 0 ? strlen(candidate)
                                                : common_length(completion_found(completion)[0],
                                                                candidate, completion->common);
    completion->count++;
}

bool completion_is_first(const struct completion *completion, const char *line)
{
    size_t before = (size_t)(completion->word - line);

    return strspn(line, " \t") >= before;
}
