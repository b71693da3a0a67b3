/* See audit.h. The older file and then the newer one are one run of bytes; from=N counts in that.
 */
#define LOG_TAG "audit"
#include "gate/audit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "gate/gate.h"
#include "gate/handlers.h"
#include "gate/reply.h"
#include "gate/session.h"

enum { AUDIT_CHUNK = 32 * 1024 };

struct audit_reader {
    int newer;
    int older;
    uint64_t older_size;
    uint64_t end; /* when it was asked for: the log may go on growing */
    uint64_t at;  /* of the chunk's first byte */
    size_t chunk_size;
    size_t chunk_used;
    uint8_t chunk[AUDIT_CHUNK];
};

static struct audit_reader *audit_free(struct audit_reader *reader)
{
    if (!reader)
        return NULL;
    if (reader->newer >= 0)
        close(reader->newer);
    if (reader->older >= 0)
        close(reader->older);
    free(reader);
    return NULL;
}

/* Reads the next chunk, from one file only. Returns 0 or -errno. */
static int audit_fill(struct audit_reader *reader)
{
    bool old = reader->at < reader->older_size;
    uint64_t end = old && reader->older_size < reader->end ? reader->older_size : reader->end;
    uint64_t offset = old ? reader->at : reader->at - reader->older_size;
    uint64_t left = end - reader->at;
    ssize_t size;

    do
        size = pread(old ? reader->older : reader->newer, reader->chunk,
                     left < AUDIT_CHUNK ? (size_t)left : AUDIT_CHUNK, (off_t)offset);
    while (size < 0 && errno == EINTR);
    if (size <= 0)
        return size < 0 ? -errno : -ENODATA;
    reader->chunk_size = (size_t)size;
    reader->chunk_used = 0;
    return 0;
}

static enum body_state audit_peek(void *user, size_t max, struct slice *bytes_out)
{
    struct audit_reader *reader = user;
    size_t left;

    *bytes_out = (struct slice){NULL, 0};
    if (reader->chunk_used == reader->chunk_size) {
        reader->at += reader->chunk_size;
        reader->chunk_size = reader->chunk_used = 0;
        if (reader->at >= reader->end)
            return BODY_END;
        if (audit_fill(reader))
            return BODY_FAIL;
    }
    left = reader->chunk_size - reader->chunk_used;
    *bytes_out = (struct slice){reader->chunk + reader->chunk_used, left < max ? left : max};
    return BODY_MORE;
}

static void audit_took(void *user, size_t size)
{
    struct audit_reader *reader = user;

    reader->chunk_used += size;
}

static void audit_begin(struct request *request)
{
    _cleanup_buffer_ struct buffer message = BUFFER_INIT;
    struct door_audit audit = {0};

    if (!request_ask(request, DOOR_AUDIT_FILE))
        return;
    audit.ticket = request->ticket;
    if (door_audit_encode(&audit, &message))
        reply_problem(request, PROBLEM_INTERNAL, NULL);
    else
        request_send(request, DOOR_AUDIT, &message, -1);
}

/* Where the run of both files ends. Returns 0 or -errno. */
static int audit_measure(struct audit_reader *reader)
{
    struct stat info = {0};

    if (reader->older < 0)
        reader->older_size = 0;
    if (reader->newer >= 0 && fstat(reader->newer, &info) < 0)
        return -errno;
    reader->end = reader->older_size + (uint64_t)info.st_size;
    return reader->end < reader->older_size || reader->end > INT64_MAX ? -EOVERFLOW : 0;
}

void audit_file(struct request *request, const struct door_audit *audit, int newer, int older)
{
    _cleanup_close_ int newer_fd = newer;
    _cleanup_close_ int older_fd = older;
    struct wire_body body = {.peek = audit_peek, .took = audit_took};
    struct audit_reader *reader;
    char detail[80];

    if (!request)
        return;
    request->ticket = TICKET_NONE;
    reader = malloc(sizeof(*reader));
    if (!reader) {
        reply_problem(request, PROBLEM_INTERNAL, NULL);
        return;
    }
    reader->newer = steal_fd(&newer_fd);
    reader->older = steal_fd(&older_fd);
    reader->older_size = audit->older_size;
    reader->at = request->match.from;
    reader->chunk_size = reader->chunk_used = 0;
    request->work = reader;
    if (audit_measure(reader)) {
        reply_problem(request, PROBLEM_INTERNAL, NULL);
    } else if (reader->at > reader->end) {
        snprintf(detail, sizeof(detail), "The record has %" PRIu64 " bytes.", reader->end);
        reply_problem(request, PROBLEM_BAD_REQUEST, detail);
    } else {
        body.user = reader;
        (void)reply_stream(request, "application/x-ndjson", &body);
    }
}

static void audit_close(struct request *request)
{
    audit_free(request->work);
}

const struct request_handler handler_AUDIT = {.begin = audit_begin, .close = audit_close};
