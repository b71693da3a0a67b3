/* The audit trail: one JSON line per event, in the order in which they happened. An order's line
 * keeps the signed bytes themselves, so `ssh-keygen -Y verify` can check years later who asked for
 * what. At LIMIT_AUDIT_FILE the file becomes audit.log.1 and a new one begins. */
#pragma once

#include "proto/state.h"
#include "warden/check.h"
#include "warden/rate.h"

struct audit {
    char *path;
    char *older_path;
    int fd;
    uint64_t size;
    struct rate strangers; /* what nobody signed must not wash the record out */
    uint64_t untold;       /* events of strangers that were not written */
};

/* Returns 0 or -errno. */
int audit_init(struct audit *audit, const char *state);
void audit_deinit(struct audit *audit);
/* An order was taken (PROBLEM_NONE) or refused. Returns 0 or -errno: an order that cannot be
 * recorded must not be carried out. */
int audit_order(struct audit *audit, const struct checked *checked, enum problem_code problem);
/* A job ended. */
void audit_ended(struct audit *audit, const uint8_t id[UUID_SIZE], struct job_state state);
/* Something that a stranger did: written only so often (LIMIT_AUDIT_STRANGERS), else counted. */
void audit_stranger(struct audit *audit, const char *event, enum problem_code problem);
/* Anything else: "paired", "started"… with one detail. */
void audit_event(struct audit *audit, const char *event, const char *detail);
/* Opens the files for reading: the current one, and the older one if there is one (else -1).
 * Returns 0 or -errno. */
int audit_open(const struct audit *audit, int *newer_out, int *older_out, uint64_t *older_size_out);
