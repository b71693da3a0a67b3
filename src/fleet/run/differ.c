/* See differ.h: the greedy algorithm of Myers, "An O(ND) Difference Algorithm" (1986), after what
 * is alike at both ends was cut off. */
#include "fleet/run/differ.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct line {
    const uint8_t *bytes;
    size_t size;
};

struct lines_of {
    struct line *lines;
    size_t count;
};

struct comparison {
    struct lines_of from;
    struct lines_of to;
    size_t head; /* lines that both have at the beginning, */
    size_t tail; /* and at the end */
    int (*put)(char sign, const uint8_t *line, size_t size, void *user);
    void *user;
};

static int split(const uint8_t *text, size_t size, struct lines_of *out)
{
    size_t count = 0;

    for (size_t i = 0; i < size; i++)
        count += text[i] == '\n';
    out->lines = calloc(count + 1, sizeof(*out->lines));
    if (!out->lines)
        return -ENOMEM;
    while (size > 0) {
        const uint8_t *newline = memchr(text, '\n', size);
        size_t length = newline ? (size_t)(newline - text) : size;

        out->lines[out->count++] = (struct line){.bytes = text, .size = length};
        length += newline != NULL;
        text += length;
        size -= length;
    }
    return 0;
}

static bool same(const struct comparison *all, size_t from, size_t to)
{
    const struct line *a = &all->from.lines[from], *b = &all->to.lines[to];

    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

static int put_lines(const struct comparison *all, char sign, const struct lines_of *lines,
                     size_t begin, size_t end)
{
    int result = 0;

    for (; begin < end && !result; begin++)
        result = all->put(sign, lines->lines[begin].bytes, lines->lines[begin].size, all->user);
    return result;
}

/* How far each diagonal got: one row per number of changes. reach[d] holds diagonals -d..d. */
static int forward(const struct comparison *all, int32_t **reach, int32_t from_count,
                   int32_t to_count, int *changes_out)
{
    for (int d = 0; d <= DIFFER_CHANGES_MAX; d++) {
        const int32_t *before = d > 0 ? reach[d - 1] + (d - 1) : NULL;
        int32_t *now;

        reach[d] = calloc(2 * (size_t)d + 1, sizeof(**reach));
        if (!reach[d])
            return -ENOMEM;
        now = reach[d] + d;
        for (int k = -d; k <= d; k += 2) {
            int32_t x = 0;

            if (before && (k == -d || (k != d && before[k - 1] < before[k + 1])))
                x = before[k + 1];
            else if (before)
                x = before[k - 1] + 1;
            while (x < from_count && x - k < to_count && x - k >= 0 &&
                   same(all, all->head + (size_t)x, all->head + (size_t)(x - k)))
                x++;
            now[k] = x;
            if (x >= from_count && x - k >= to_count) {
                *changes_out = d;
                return 0;
            }
        }
    }
    return 1;
}

/* Walks back from the end and notes each step's sign; they come out in reverse. */
static size_t backward(int32_t *const *reach, int32_t x, int32_t y, int changes, char *signs)
{
    size_t count = 0;

    for (int d = changes; d > 0; d--) {
        const int32_t *before = reach[d - 1] + (d - 1);
        int k = x - y;
        bool down = k == -d || (k != d && before[k - 1] < before[k + 1]);
        int32_t from_x = down ? before[k + 1] : before[k - 1];
        int32_t from_y = down ? from_x - (k + 1) : from_x - (k - 1);

        while (x > from_x + !down && y > from_y + down) {
            signs[count++] = ' ';
            x--;
            y--;
        }
        signs[count++] = down ? '+' : '-';
        x = from_x;
        y = from_y;
    }
    for (; x > 0; x--)
        signs[count++] = ' ';
    return count;
}

static int put_signs(const struct comparison *all, const char *signs, size_t count)
{
    size_t from = all->head, to = all->head;
    int result = 0;

    while (count-- > 0 && !result) {
        bool added = signs[count] == '+';
        const struct line *line = added ? &all->to.lines[to] : &all->from.lines[from];

        result = all->put(signs[count], line->bytes, line->size, all->user);
        from += !added;
        to += signs[count] != '-';
    }
    return result;
}

static int put_middle(const struct comparison *all)
{
    size_t from_count = all->from.count - all->head - all->tail;
    size_t to_count = all->to.count - all->head - all->tail;
    _cleanup_free_ int32_t **reach = calloc(DIFFER_CHANGES_MAX + 1, sizeof(*reach));
    _cleanup_free_ char *signs = malloc(from_count + to_count + 1);
    int changes = 0;
    int result = reach && signs ? 1 : -ENOMEM;

    if (result > 0 && from_count < INT32_MAX / 2 && to_count < INT32_MAX / 2)
        result = forward(all, reach, (int32_t)from_count, (int32_t)to_count, &changes);
    if (result == 0) {
        result = put_signs(all, signs,
                           backward(reach, (int32_t)from_count, (int32_t)to_count, changes, signs));
    } else if (result > 0) {
        result = put_lines(all, '-', &all->from, all->head, all->head + from_count);
        if (!result)
            result = put_lines(all, '+', &all->to, all->head, all->head + to_count);
    }
    for (int d = 0; reach && d <= DIFFER_CHANGES_MAX; d++)
        free(reach[d]);
    return result;
}

static void trim(struct comparison *all)
{
    size_t least = all->from.count < all->to.count ? all->from.count : all->to.count;

    while (all->head < least && same(all, all->head, all->head))
        all->head++;
    while (all->tail < least - all->head &&
           same(all, all->from.count - 1 - all->tail, all->to.count - 1 - all->tail))
        all->tail++;
}

int differ(const uint8_t *from, size_t from_size, const uint8_t *to, size_t to_size,
           int (*put)(char sign, const uint8_t *line, size_t size, void *user), void *user)
{
    struct comparison all = {.put = put, .user = user};
    int result = split(from, from_size, &all.from);

    if (!result)
        result = split(to, to_size, &all.to);
    if (!result) {
        trim(&all);
        result = put_lines(&all, ' ', &all.from, 0, all.head);
    }
    if (!result)
        result = put_middle(&all);
    if (!result)
        result = put_lines(&all, ' ', &all.from, all.from.count - all.tail, all.from.count);
    free(all.from.lines);
    free(all.to.lines);
    return result;
}
