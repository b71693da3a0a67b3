/* A shell on one machine, with a terminal, or a job that runs there already and is looked at: what
 * the window asks and hears. */
#pragma once

#include "base/uuid.h"
#include "desktop/worker/worker.h"
#include "proto/state.h"
#include "proto/terminal.h"

enum shell_event {
    SHELL_BEGUN,  /* the machine started it */
    SHELL_OUTPUT, /* `bytes` for the terminal, as they are */
    SHELL_BROKEN, /* the connection is lost; the shell goes on */
    SHELL_BACK,
    SHELL_ENDED, /* nothing follows */
};

struct shell_news {
    struct letter letter;
    void (*told)(const struct shell_news *news, void *owner);
    void *owner;
    enum shell_event event;
    GByteArray *bytes; /* SHELL_OUTPUT */
    gboolean is_error; /* they are standard error's */
    struct job_state state;
    char *sentence; /* SHELL_ENDED: what went wrong, or NULL */
    char *advice;
};

struct shell_request {
    uint32_t slot;
    struct terminal_size size;
    const char *user;  /* a new shell's; "" or NULL: as the list says; copied */
    bool is_attaching; /* to this job, from what is still kept of it; else a new shell */
    uint8_t job[UUID_SIZE];
    uint64_t from;
    void (*told)(const struct shell_news *news, void *owner);
    void *owner;
};

/* Window, all of them. */
void worker_send_shell(struct worker *worker, const struct shell_request *request);
void worker_send_shell_keys(struct worker *worker, void *owner, const char *keys, size_t size);
void worker_send_shell_resize(struct worker *worker, void *owner, const struct terminal_size *size);
/* So many bytes of output were shown: the machine is held back when too many wait. */
void worker_send_shell_shown(struct worker *worker, void *owner, size_t size);
/* Stops the job on its machine, gently first. */
void worker_send_shell_stop(struct worker *worker, void *owner);
/* Looks away; a shell of ours is stopped, a job that was attached to goes on. SHELL_ENDED follows.
 */
void worker_send_shell_end(struct worker *worker, void *owner);
