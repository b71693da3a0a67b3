/* See processes.h. A process may vanish between two looks at it; it is left out then. */
#include "sense/processes.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sense/object.h"
#include "sense/people.h"
#include "sense/source.h"

bool process_parse(struct span stat, struct process *process_out, struct span *name_out)
{
    /* proc_pid_stat(5), counted from the state, which is field 3 there. */
    enum {
        FIELD_PPID = 1,
        FIELD_USER = 11,
        FIELD_SYSTEM = 12,
        FIELD_THREADS = 17,
        FIELD_START = 19,
        FIELD_RSS = 21
    };
    uint64_t numbers[FIELD_RSS + 1] = {0};
    const char *open = stat.length ? memchr(stat.at, '(', stat.length) : NULL;
    const char *close = stat.length ? memrchr(stat.at, ')', stat.length) : NULL;
    struct span before;
    struct span after;
    struct span state;

    /* The name may hold parentheses itself: the last one closes it. */
    if (!open || !close || close < open)
        return false;
    before = (struct span){stat.at, (size_t)(open - stat.at)};
    after = (struct span){close + 1, (size_t)(stat.at + stat.length - (close + 1))};
    *name_out = (struct span){open + 1, (size_t)(close - open - 1)};
    if (!scan_field(&after, &state) || state.length != 1)
        return false;
    for (size_t i = FIELD_PPID; i < ELEMENTS_OF(numbers); i++) {
        struct span field;

        if (!scan_field(&after, &field))
            return false;
        numbers[i] = span_number(field);
    }
    *process_out = (struct process){
        .pid = span_number(span_strip(before)),
        .ppid = numbers[FIELD_PPID],
        .ticks = known_sum(numbers[FIELD_USER], numbers[FIELD_SYSTEM]),
        .threads = numbers[FIELD_THREADS],
        .pages = numbers[FIELD_RSS],
        .started = numbers[FIELD_START],
        .state = state.at[0],
    };
    return process_out->pid != SENSE_UNKNOWN;
}

void process_status_parse(struct span text, struct process_status *status_out)
{
    struct span line;

    *status_out = (struct process_status){.uid = SENSE_UNKNOWN};
    while (scan_line(&text, &line)) {
        struct span key;

        if (!scan_field(&line, &key))
            continue;
        if (span_equal(key, "Uid:")) {
            scan_number(&line); /* the real one */
            status_out->uid = scan_number(&line);
        } else if (span_equal(key, "VmRSS:")) {
            status_out->resident = known_product(scan_number(&line), 1024);
        }
    }
}

int process_command(struct span arguments, struct span name, struct buffer *out)
{
    int r;

    /* Some programs pad their title with zeros. */
    while (arguments.length > 0 && arguments.at[arguments.length - 1] == '\0')
        arguments.length--;
    if (arguments.length > COMMAND_MAX) {
        size_t least = COMMAND_MAX - 3;

        /* Not in the middle of a UTF-8 character. */
        arguments.length = COMMAND_MAX;
        while (arguments.length > least && (arguments.at[arguments.length] & 0xc0) == 0x80)
            arguments.length--;
    }
    if (span_is_empty(arguments)) {
        r = buffer_append_text(out, "[");
        if (!r)
            r = buffer_append(out, name.at, name.length);
        return r ? r : buffer_append_text(out, "]");
    }
    for (size_t i = 0; i < arguments.length; i++) {
        char character = arguments.at[i] ? arguments.at[i] : ' ';

        r = buffer_append(out, &character, 1);
        if (r)
            return r;
    }
    return 0;
}

/* Those with the most memory so far. When twice as many as will be listed have come together, the
 * smaller half goes: memory stays bounded, however many processes there are. */
struct census {
    struct process *kept; /* room for twice `listed` */
    size_t kept_count;
    size_t listed;
    uint64_t count;
    uint64_t running;
};

static int compare_pages(const void *a, const void *b)
{
    const struct process *left = a;
    const struct process *right = b;

    if (left->pages != right->pages)
        return left->pages < right->pages ? 1 : -1;
    return left->pid < right->pid ? -1 : left->pid > right->pid;
}

static void census_sort(struct census *census)
{
    qsort(census->kept, census->kept_count, sizeof(*census->kept), compare_pages);
    if (census->kept_count > census->listed)
        census->kept_count = census->listed;
}

static void census_count(struct census *census, const struct process *process)
{
    census->count++;
    if (process->state == 'R')
        census->running++;
    if (census->kept_count == 2 * census->listed)
        census_sort(census);
    census->kept[census->kept_count++] = *process;
}

static void cleanup_closedir(DIR **directory)
{
    if (*directory)
        closedir(*directory);
}

static int census_take(struct census *census, const char *root)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    _cleanup_(cleanup_closedir) DIR *directory = NULL;
    const struct dirent *entry;
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/proc", root);
    directory = opendir(path);
    if (!directory)
        return errno == ENOMEM ? -ENOMEM : 0;
    while ((entry = readdir(directory))) {
        struct process process;
        struct span name;
        struct span stat;
        uint64_t pid = span_number(span_of(entry->d_name));
        int r;

        if (pid == SENSE_UNKNOWN)
            continue;
        r = source_read(&content, &stat, root, "/proc/%s/stat", entry->d_name);
        if (r)
            return r;
        if (process_parse(stat, &process, &name) && process.pid == pid)
            census_count(census, &process);
    }
    census_sort(census);
    return 0;
}

static void user_to_object(struct object *object, struct user_names *names, uint64_t uid)
{
    struct span name;

    if (uid > UINT32_MAX)
        return;
    name = user_name(names, (uint32_t)uid);
    if (span_is_empty(name)) {
        char number[16];

        snprintf(number, sizeof(number), "%u", (unsigned)uid);
        object_text(object, "user", number);
    } else {
        object_bytes(object, "user", name.at, name.length);
    }
}

void process_files_deinit(struct process_files *files)
{
    buffer_deinit(&files->stat);
    buffer_deinit(&files->status);
    buffer_deinit(&files->arguments);
    buffer_deinit(&files->command);
}

int process_read(const char *root, const struct process *process, struct process_files *files,
                 struct process_status *status_out)
{
    unsigned long long pid = process->pid;
    struct process again;
    struct span name;
    struct span text;
    int r;

    /* The name is read again: keeping all names until now would take the memory. */
    r = source_read(&files->stat, &text, root, "/proc/%llu/stat", pid);
    if (r || !process_parse(text, &again, &name))
        return r ? r : 1;
    r = source_read(&files->status, &text, root, "/proc/%llu/status", pid);
    if (r || span_is_empty(text))
        return r ? r : 1;
    process_status_parse(text, status_out);
    text = (struct span){"", 0};
    /* Reading the arguments takes a lock of the process's memory, which one that is stuck in the
     * kernel may hold for ever: its name must do. */
    if (again.state != 'D')
        r = source_read_beginning(&files->arguments, &text, COMMAND_MAX + 1, root,
                                  "/proc/%llu/cmdline", pid);
    buffer_clear(&files->command);
    return r ? r : process_command(text, name, &files->command);
}

/* Returns 0, also for a process that is gone, or -ENOMEM. */
static int process_append(json_t *array, const char *root, const struct process *process,
                          struct process_files *files, struct user_names *names)
{
    _cleanup_object_ struct object object = object_begin();
    struct process_status status;
    int r = process_read(root, process, files, &status);

    if (r)
        return r < 0 ? r : 0;
    object_number(&object, "pid", process->pid);
    object_number(&object, "ppid", process->ppid);
    user_to_object(&object, names, status.uid);
    object_bytes(&object, "state", &process->state, 1);
    object_number(&object, "cpu_ms", known_ticks_to_ms(process->ticks));
    object_number(&object, "rss", status.resident);
    object_number(&object, "threads", process->threads);
    object_bytes(&object, "command", buffer_bytes(&files->command), buffer_length(&files->command));
    return array_append_object(array, &object);
}

static int census_list(const struct census *census, const char *root, json_t *array)
{
    _cleanup_buffer_ struct buffer passwd_file = BUFFER_INIT;
    struct user_names names = {.passwd = {"", 0}};
    struct process_files files = {0};
    int r = source_read(&passwd_file, &names.passwd, root, "/etc/passwd");

    for (size_t i = 0; i < census->kept_count && !r; i++)
        r = process_append(array, root, &census->kept[i], &files, &names);
    process_files_deinit(&files);
    return r;
}

int processes_collect_some(const char *root, size_t listed, json_t **json_out)
{
    _cleanup_object_ struct object object = object_begin();
    _cleanup_json_ json_t *array = json_array();
    _cleanup_free_ struct process *kept = calloc(2 * listed, sizeof(*kept));
    struct census census = {.kept = kept, .listed = listed};
    int r;

    if (!kept)
        return -ENOMEM;
    r = census_take(&census, root);
    if (!r)
        r = census_list(&census, root, array);
    if (r)
        return r;
    if (census.count == 0) /* there is at least this one: /proc is not to be seen */
        return object_end(&object, json_out);
    object_number(&object, "count", census.count);
    object_number(&object, "running", census.running);
    object_value(&object, "processes", steal_pointer(array));
    return object_end(&object, json_out);
}

int processes_collect(const char *root, json_t **json_out)
{
    return processes_collect_some(root, PROCESSES_LISTED, json_out);
}
