/* huned.conf: every key has a default; an unknown key or a bad value is an error that names its
 * line. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "proto/history.h"
#include "proto/limits.h"

enum { CONFIG_PORT = 10000 };

struct config {
    char name[256];                   /* [agent] name: the label that consoles show */
    char listen[LIMIT_LISTENERS][80]; /* [agent] listen: A:P, comma-separated */
    size_t listen_count;
    char advertise[256];   /* [agent] advertise: HOST or HOST:PORT for invitations */
    char gate_user[33];    /* [agent] gate-user */
    char certificate[256]; /* [agent] certificate, key: of the organisation's CA */
    char key[256];
    uint64_t keep_seconds; /* [jobs] keep */
    uint64_t memory;       /* [jobs] memory: bytes of kept output, all jobs together */
    uint64_t spool;        /* [jobs] spool: bytes on the disk of one job that nobody reads */
    uint64_t jobs;         /* [jobs] running: how many at once */
    uint64_t log_level;    /* [log] level, an enum log_level */
    uint64_t record;       /* [history] record: 0 or 1 */
    uint64_t history_keep[HISTORY_RING_COUNT]; /* [history] keep-10s, keep-2m, keep-1h: seconds */
};

struct config_error {
    int line;
    char text[256];
};

void config_init(struct config *config);
/* Reads the file over the defaults. A file that does not exist is an empty one. Returns 0, -errno
 * when it cannot be read, or 1 with the first error. On error `config` is not to be used. */
int config_read(struct config *config, const char *path, struct config_error *error_out);
/* Splits "A:P, [::]:P" into config->listen. Returns 0 or 1 with error_out->text filled. */
int config_set_listen(struct config *config, const char *value, struct config_error *error_out);
