/* The things that are done on many machines: a job, a document, a small order, a look. Each is a
 * struct of the caller's that lives as long as the fan-out; `task` goes into struct
 * fanout_settings. The callbacks of a document and a look must not free the fan-out; the others
 * may.
 */
#pragma once

#include "fleet/link/remote-job.h"
#include "fleet/link/request.h"
#include "fleet/run/fanout.h"

/* A job; its end state is the result. */
struct fanout_job {
    struct fanout_task task;
    struct errand errand; /* texts and payload borrowed */
    bool detach;          /* the result is the state that the machine told when it took the order */
    /* Standard input for every machine, borrowed; the command must say COMMAND_INPUT. */
    bool has_input;
    struct slice input;
    /* Any of them may be NULL. remote_job_pause() holds one machine back. */
    void (*on_accepted)(struct remote_job *job, uint32_t machine, void *user);
    void (*on_output)(struct remote_job *job, uint32_t machine, enum frame_kind kind,
                      const uint8_t *bytes, size_t size, uint32_t ms, void *user);
    void (*on_note)(struct remote_job *job, uint32_t machine, const char *text, size_t size,
                    void *user);
    void (*on_interrupted)(struct remote_job *job, uint32_t machine, bool interrupted, void *user);
    void *user;
};
/* Fills `task`; the rest is set by the caller before or after. */
void fanout_job_init(struct fanout_job *job);
/* The job of a machine whose visit is under way (by position), to signal it; NULL if there is none.
 */
struct remote_job *fanout_job_at(const struct fanout *fanout, uint32_t position);

/* GET path; exited(0) is the result if it came. */
struct fanout_document {
    struct fanout_task task;
    const char *path;                                                /* borrowed */
    void (*on_document)(uint32_t machine, json_t *root, void *user); /* borrowed root */
    void *user;
};
void fanout_document_init(struct fanout_document *document);

/* An order that becomes no job: disconnect, reset, kill, ... exited(0) is the result if it was
 * done. */
struct fanout_order {
    struct fanout_task task;
    struct errand errand;
};
void fanout_order_init(struct fanout_order *order);

/* Only connects and opens: who is there, with which rights. */
struct fanout_probe {
    struct fanout_task task;
    void (*on_info)(uint32_t machine, const struct link_info *info, void *user); /* may be NULL */
    void *user;
};
void fanout_probe_init(struct fanout_probe *probe);
