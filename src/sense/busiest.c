/* See busiest.h. A process may vanish between two looks at it; it is left out then. */
#include "sense/busiest.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sense/people.h"
#include "sense/processes.h"
#include "sense/reading.h"
#include "sense/source.h"
#include "sense/tap.h"

enum { LOOK_AT_MOST = 1 << 20, NS_PER_MS = 1000000 };

struct seen {
    struct process process;
    double cpu; /* percent of one processor; NAN: seen for the first time */
};

struct look {
    struct seen *items; /* as /proc lists them: by number, rising */
    size_t count, room;
    uint64_t at_ns;
};

struct busiest {
    const char *root;
    struct look now;
    struct look before;
    struct buffer content;
};

int busiest_new(struct busiest **busiest_out, const char *root)
{
    *busiest_out = calloc(1, sizeof(**busiest_out));
    if (!*busiest_out)
        return -ENOMEM;
    (*busiest_out)->root = root;
    return 0;
}

struct busiest *busiest_free(struct busiest *busiest)
{
    if (!busiest)
        return NULL;
    free(busiest->now.items);
    free(busiest->before.items);
    buffer_deinit(&busiest->content);
    free(busiest);
    return NULL;
}

static void cleanup_closedir(DIR **directory)
{
    if (*directory)
        closedir(*directory);
}

static int look_at(struct busiest *busiest, const char *name)
{
    struct process process;
    struct tap tap;
    struct span text;
    struct span program;
    int r;

    tap_open(&tap, true, busiest->root, "/proc/%s/stat", name);
    r = tap_read(&tap, &busiest->content, &text);
    tap_close(&tap);
    if (r || !process_parse(text, &process, &program))
        return r;
    if (array_grow(&busiest->now.items, &busiest->now.room, busiest->now.count,
                   sizeof(struct seen)))
        return -ENOMEM;
    busiest->now.items[busiest->now.count++] = (struct seen){.process = process, .cpu = NAN};
    return 0;
}

static int compare_numbers(const void *a, const void *b)
{
    const struct seen *left = a;
    const struct seen *right = b;

    return left->process.pid < right->process.pid ? -1 : left->process.pid > right->process.pid;
}

/* The kernel lists them so already. */
static void sort(struct look *look)
{
    for (size_t i = 1; i < look->count; i++) {
        if (look->items[i - 1].process.pid > look->items[i].process.pid) {
            qsort(look->items, look->count, sizeof(*look->items), compare_numbers);
            return;
        }
    }
}

/* Both looks rise, so one walk finds all pairs. */
static void compare(struct look *now, const struct look *before)
{
    double seconds = (double)(now->at_ns - before->at_ns) / 1e9;
    size_t at = 0;

    for (size_t i = 0; i < now->count && before->at_ns && seconds > 0; i++) {
        struct seen *seen = &now->items[i];
        const struct process *old;

        while (at < before->count && before->items[at].process.pid < seen->process.pid)
            at++;
        if (at == before->count)
            return;
        old = &before->items[at].process;
        if (old->pid == seen->process.pid && old->started == seen->process.started &&
            seen->process.ticks != SENSE_UNKNOWN && old->ticks <= seen->process.ticks)
            seen->cpu = (double)known_ticks_to_ms(seen->process.ticks - old->ticks) / 10 / seconds;
    }
}

int busiest_look(struct busiest *busiest, uint64_t now_ns, uint32_t fresh_ms)
{
    _cleanup_(cleanup_closedir) DIR *directory = NULL;
    struct look spare = busiest->before;
    const struct dirent *entry;
    char path[PATH_MAX];
    int r = 0;

    if (busiest->now.at_ns && now_ns - busiest->now.at_ns < (uint64_t)fresh_ms * NS_PER_MS)
        return 0;
    busiest->before = busiest->now;
    busiest->now = spare;
    busiest->now.count = 0;
    busiest->now.at_ns = now_ns;
    snprintf(path, sizeof(path), "%s/proc", busiest->root);
    directory = opendir(path);
    while (directory && !r && busiest->now.count < LOOK_AT_MOST && (entry = readdir(directory)))
        if (span_number(span_of(entry->d_name)) != SENSE_UNKNOWN)
            r = look_at(busiest, entry->d_name);
    sort(&busiest->now);
    compare(&busiest->now, &busiest->before);
    return r;
}

/* ---- choosing ---- */

static bool is_busier(const struct seen *a, const struct seen *b)
{
    /* NAN is less than anything. */
    if (a->cpu > b->cpu || (isnan(b->cpu) && a->cpu > 0))
        return true;
    if (b->cpu > a->cpu || (isnan(a->cpu) && b->cpu > 0))
        return false;
    return a->process.pages > b->process.pages;
}

static bool is_larger(const struct seen *a, const struct seen *b)
{
    return a->process.pages > b->process.pages;
}

/* Keeps the best `count` of all, in order, by insertion: there are few. */
static size_t choose(const struct look *look, size_t count,
                     bool (*is_before)(const struct seen *a, const struct seen *b),
                     const struct seen **chosen)
{
    size_t have = 0;

    for (size_t i = 0; i < look->count && count > 0; i++) {
        const struct seen *seen = &look->items[i];
        size_t at = have;

        if (have == count && !is_before(seen, chosen[have - 1]))
            continue;
        if (have < count)
            have++;
        else
            at--;
        for (; at > 0 && is_before(seen, chosen[at - 1]); at--)
            chosen[at] = chosen[at - 1];
        chosen[at] = seen;
    }
    return have;
}

/* ---- telling ---- */

struct telling {
    struct busiest *busiest;
    struct process_files files;
    struct user_names names;
    struct buffer *out;
    bool begun;
};

static int append_user(struct telling *telling, uint64_t uid)
{
    struct span name = {"", 0};
    char number[24];

    if (uid <= UINT32_MAX)
        name = user_name(&telling->names, (uint32_t)uid);
    if (span_is_empty(name)) {
        snprintf(number, sizeof(number), "%" PRIu64, uid <= UINT32_MAX ? uid : 0);
        name = span_of(number);
    }
    return text_append_json(telling->out, name.at, name.length);
}

static int append_one(struct telling *telling, const struct seen *seen)
{
    struct process_status status;
    struct buffer *out = telling->out;
    int r = process_read(telling->busiest->root, &seen->process, &telling->files, &status);

    if (r)
        return r < 0 ? r : 0;
    r = buffer_printf(out, "%s[%" PRIu64 ",", telling->begun ? "," : "", seen->process.pid);
    telling->begun = true;
    if (!r)
        r = append_user(telling, status.uid);
    if (!r)
        r = buffer_append_text(out, ",");
    if (!r)
        r = text_append_json(out, &seen->process.state, 1);
    if (!r)
        r = isnan(seen->cpu) ? buffer_append_text(out, ",null")
                             : buffer_printf(out, ",%" PRIu64 ".%u", (uint64_t)seen->cpu,
                                             (unsigned)(seen->cpu * 10) % 10);
    if (!r)
        r = buffer_printf(out, ",%" PRIu64 ",", status.resident);
    if (!r)
        r = text_append_json(out, buffer_bytes(&telling->files.command),
                             buffer_length(&telling->files.command));
    return r ? r : buffer_append_text(out, "]");
}

static bool is_among(const struct seen *seen, const struct seen *const *chosen, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (chosen[i] == seen)
            return true;
    return false;
}

int busiest_append(struct busiest *busiest, size_t count, struct buffer *out)
{
    _cleanup_free_ const struct seen **chosen = calloc(2 * count + 1, sizeof(*chosen));
    _cleanup_buffer_ struct buffer passwd_file = BUFFER_INIT;
    struct telling telling = {.busiest = busiest, .out = out};
    size_t busy;
    size_t large;
    int r;

    if (!chosen)
        return -ENOMEM;
    busy = choose(&busiest->now, count, is_busier, chosen);
    large = choose(&busiest->now, count, is_larger, chosen + busy);
    r = source_read(&passwd_file, &telling.names.passwd, busiest->root, "/etc/passwd");
    if (!r)
        r = buffer_append_text(out, "[");
    for (size_t i = 0; i < busy + large && !r; i++)
        if (i < busy || !is_among(chosen[i], chosen, busy))
            r = append_one(&telling, chosen[i]);
    process_files_deinit(&telling.files);
    return r ? r : buffer_append_text(out, "]");
}
