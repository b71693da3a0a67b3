/* See audit.h. */
#include "warden/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "warden/place.h"
#define LOG_TAG "audit"
#include "base/log.h"

/* A longer order is kept by its beginning and its full signature; its SHA-512 stands in the
 * signature. */
enum { AUDIT_ORDER_KEPT = 64 * 1024, AUDIT_REFUSED_KEPT = 128 };

static int audit_reopen(struct audit *audit)
{
    struct stat info;

    audit->fd = open(audit->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (audit->fd < 0 || fstat(audit->fd, &info) < 0)
        return -errno;
    audit->size = (uint64_t)info.st_size;
    return 0;
}

int audit_init(struct audit *audit, const char *state)
{
    *audit = (struct audit){.path = place_path(state, "audit.log"),
                            .older_path = place_path(state, "audit.log.1"),
                            .fd = -1};
    return audit->path && audit->older_path ? audit_reopen(audit) : -ENOMEM;
}

void audit_deinit(struct audit *audit)
{
    free(audit->path);
    free(audit->older_path);
    if (audit->fd >= 0)
        close(audit->fd);
    *audit = (struct audit){.fd = -1};
}

static int audit_rotate(struct audit *audit)
{
    int old = audit->fd;
    int r;

    if (rename(audit->path, audit->older_path) < 0)
        return -errno;
    r = audit_reopen(audit);
    if (r) {
        /* Go on with the file as it is; the next line tries again. */
        audit->fd = old;
        rename(audit->older_path, audit->path);
        return r;
    }
    close(old);
    return 0;
}

/* One write, so that a reader sees whole lines; a line that did not fit on the disk is taken back.
 */
static int audit_append(struct audit *audit, const struct buffer *line)
{
    int r;

    if (audit->size > 0 && audit->size + buffer_length(line) > LIMIT_AUDIT_FILE) {
        r = audit_rotate(audit);
        if (r)
            return r;
    }
    r = fd_write_all(audit->fd, buffer_bytes(line), buffer_length(line));
    if (r) {
        if (ftruncate(audit->fd, (off_t)audit->size) < 0)
            log_error("%s: %m", audit->path);
        return r;
    }
    audit->size += buffer_length(line);
    return 0;
}

static int append_field(struct buffer *line, const char *name, const char *value)
{
    int r = buffer_printf(line, ",\"%s\":", name);

    return r ? r : text_append_json(line, value, strlen(value));
}

static int append_base64(struct buffer *line, const char *name, struct slice bytes, size_t max)
{
    size_t kept = bytes.size < max ? bytes.size : max;
    int r = buffer_printf(line, ",\"%s\":\"", name);

    if (!r)
        r = base64_encode(bytes.bytes, kept, true, line);
    return r ? r : buffer_append_text(line, "\"");
}

static int append_operator(struct buffer *line, const struct operator_entry *who)
{
    char fingerprint[FINGERPRINT_TEXT_SIZE];
    int r;

    fingerprint_format(who->fingerprint, fingerprint);
    r = append_field(line, "operator", who->name);
    return r ? r : append_field(line, "key", fingerprint);
}

static int append_order(struct buffer *line, const struct checked *checked, size_t kept)
{
    const struct verb_info *verb = verb_info(checked->order.verb);
    char id[UUID_TEXT_SIZE];
    int r;

    uuid_format(checked->order.id, id);
    r = append_field(line, "order", id);
    if (!r && verb)
        r = append_field(line, "verb", verb->name);
    if (!r && *checked->user)
        r = append_field(line, "as", checked->user);
    if (!r)
        r = append_base64(line, "signed", checked->parts.order, kept);
    return r ? r : append_base64(line, "signature", checked->parts.signature, LIMIT_SIGNATURE);
}

int audit_order(struct audit *audit, const struct checked *checked, enum problem_code problem)
{
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;
    int r;

    if (problem && !checked->who) {
        audit_stranger(audit, "refused", problem);
        return 0;
    }
    r = buffer_printf(&line, "{\"at\":%llu,\"event\":\"%s\"", (unsigned long long)clock_wall_ms(),
                      problem ? "refused" : "taken");
    if (!r && problem)
        r = append_field(&line, "problem", problem_info(problem)->name);
    if (!r)
        r = append_operator(&line, checked->who);
    if (!r)
        r = append_order(&line, checked, problem ? AUDIT_REFUSED_KEPT : AUDIT_ORDER_KEPT);
    if (!r)
        r = buffer_append_text(&line, "}\n");
    return r ? r : audit_append(audit, &line);
}

void audit_ended(struct audit *audit, const uint8_t id[UUID_SIZE], struct job_state state)
{
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;
    _cleanup_buffer_ struct buffer word = BUFFER_INIT;
    char text[UUID_TEXT_SIZE];
    int r;

    uuid_format(id, text);
    r = state_append(&word, state);
    if (!r)
        r = buffer_printf(&line,
                          "{\"at\":%llu,\"event\":\"ended\",\"order\":\"%s\",\"state\":\"%.*s\"}\n",
                          (unsigned long long)clock_wall_ms(), text, (int)buffer_length(&word),
                          (const char *)buffer_bytes(&word));
    if (!r)
        r = audit_append(audit, &line);
    if (r)
        log_error("%s: %s", audit->path, strerror(-r));
}

/* Before a signature held, nothing that came with it is worth writing down. */
void audit_stranger(struct audit *audit, const char *event, enum problem_code problem)
{
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;
    int r;

    if (!rate_take(&audit->strangers, LIMIT_AUDIT_STRANGERS, LIMIT_AUDIT_STRANGERS_BURST,
                   clock_monotonic_ms())) {
        audit->untold++;
        return;
    }
    r = buffer_printf(&line, "{\"at\":%llu,\"event\":\"%s\"", (unsigned long long)clock_wall_ms(),
                      event);
    if (!r)
        r = append_field(&line, "problem", problem_info(problem)->name);
    if (!r && audit->untold)
        r = buffer_printf(&line, ",\"untold\":%llu", (unsigned long long)audit->untold);
    if (!r)
        r = buffer_append_text(&line, "}\n");
    if (!r)
        r = audit_append(audit, &line);
    if (r)
        log_error("%s: %s", audit->path, strerror(-r));
    audit->untold = 0;
}

void audit_event(struct audit *audit, const char *event, const char *detail)
{
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;
    int r;

    r = buffer_printf(&line, "{\"at\":%llu,\"event\":\"%s\"", (unsigned long long)clock_wall_ms(),
                      event);
    if (!r)
        r = append_field(&line, "detail", detail);
    if (!r)
        r = buffer_append_text(&line, "}\n");
    if (!r)
        r = audit_append(audit, &line);
    if (r)
        log_error("%s: %s", audit->path, strerror(-r));
}

int audit_open(const struct audit *audit, int *newer_out, int *older_out, uint64_t *older_size_out)
{
    struct stat info;

    *newer_out = open(audit->path, O_RDONLY | O_CLOEXEC);
    if (*newer_out < 0)
        return -errno;
    *older_out = open(audit->older_path, O_RDONLY | O_CLOEXEC);
    *older_size_out = *older_out >= 0 && fstat(*older_out, &info) == 0 ? (uint64_t)info.st_size : 0;
    return 0;
}
