/* See people.h. The records are read here rather than by getutxent(3), which locks the file with
 * the help of alarm(2). */
#include "sense/people.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <utmp.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "sense/object.h"
#include "sense/source.h"

enum { SESSIONS_MAX = 1024 };

bool session_next(struct span *records, struct session *session_out)
{
    while (records->length >= sizeof(struct utmp)) {
        const char *at = records->at;
        struct utmp record;

        records->at += sizeof(record);
        records->length -= sizeof(record);
        memcpy(&record, at, sizeof(record));
        if (record.ut_type != USER_PROCESS || !record.ut_user[0])
            continue;
        /* The fields are padded with zeros, but a full one ends without. */
        *session_out = (struct session){
            .user = {at + offsetof(struct utmp, ut_user),
                     strnlen(record.ut_user, sizeof(record.ut_user))},
            .terminal = {at + offsetof(struct utmp, ut_line),
                         strnlen(record.ut_line, sizeof(record.ut_line))},
            .host = {at + offsetof(struct utmp, ut_host),
                     strnlen(record.ut_host, sizeof(record.ut_host))},
            .since_ms = (uint64_t)(uint32_t)record.ut_tv.tv_sec * 1000,
            .pid = record.ut_pid > 0 ? (uint64_t)record.ut_pid : 0,
        };
        return true;
    }
    return false;
}

static bool process_exists(const char *root, uint64_t pid)
{
    char path[PATH_MAX];
    struct stat status;
    int length = snprintf(path, sizeof(path), "%s/proc/%llu", root, (unsigned long long)pid);

    return length > 0 && (size_t)length < sizeof(path) && stat(path, &status) == 0;
}

/* The sessions in a file of utmp: a cursor over them. */
struct people {
    struct buffer content;
    struct span records;
    const char *root;
    bool others_visible; /* with hidepid= nobody else's processes are */
    size_t count;
};

/* Returns 0, 1 where there is no such file, or -ENOMEM. */
static int people_open(struct people *people, const char *root)
{
    int r = source_read(&people->content, &people->records, root, "/run/utmp");

    if (r || buffer_length(&people->content) == 0)
        return r ? r : 1;
    people->root = root;
    /* Records are not text: white space at their ends belongs to them. */
    people->records = (struct span){(const char *)buffer_bytes(&people->content),
                                    buffer_length(&people->content)};
    people->others_visible = process_exists(root, 1);
    return 0;
}

static bool people_next(struct people *people, struct session *session_out)
{
    while (people->count < SESSIONS_MAX && session_next(&people->records, session_out)) {
        /* A session that ended in a crash leaves its record behind. */
        if (people->others_visible && session_out->pid &&
            !process_exists(people->root, session_out->pid))
            continue;
        people->count++;
        return true;
    }
    return false;
}

int people_count(const char *root, uint64_t *count_out)
{
    struct people people = {0};
    struct session session;
    int r = people_open(&people, root);

    while (!r && people_next(&people, &session))
        ;
    *count_out = r ? SENSE_UNKNOWN : people.count;
    buffer_deinit(&people.content);
    return r < 0 ? r : 0;
}

static int people_list(struct people *people, json_t *array)
{
    struct session session;
    int r = 0;

    while (!r && people_next(people, &session)) {
        _cleanup_object_ struct object entry = object_begin();

        object_bytes(&entry, "user", session.user.at, session.user.length);
        object_bytes(&entry, "terminal", session.terminal.at, session.terminal.length);
        object_bytes(&entry, "host", session.host.at, session.host.length);
        object_number(&entry, "since", session.since_ms);
        r = array_append_object(array, &entry);
    }
    return r;
}

int people_collect(const char *root, json_t **json_out)
{
    _cleanup_object_ struct object object = object_begin();
    _cleanup_json_ json_t *array = json_array();
    struct people people = {0};
    int r = people_open(&people, root);

    if (!r) {
        r = people_list(&people, array);
        object_value(&object, "sessions", steal_pointer(array));
    }
    buffer_deinit(&people.content);
    return r < 0 ? r : object_end(&object, json_out);
}

static struct span passwd_find(struct span passwd, uint32_t uid)
{
    struct span line;

    while (scan_line(&passwd, &line)) {
        struct span name;
        struct span password;
        struct span number;

        if (span_cut(line, ':', &name, &line) && span_cut(line, ':', &password, &line) &&
            span_cut(line, ':', &number, &line) && span_number(number) == uid)
            return name;
    }
    return (struct span){"", 0};
}

struct span user_name(struct user_names *names, uint32_t uid)
{
    size_t slot = uid % ELEMENTS_OF(names->recent);

    if (!names->recent[slot].asked || names->recent[slot].uid != uid) {
        names->recent[slot].asked = true;
        names->recent[slot].uid = uid;
        names->recent[slot].name = passwd_find(names->passwd, uid);
    }
    return names->recent[slot].name;
}
