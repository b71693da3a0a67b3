/* What the two halves of a run on many machines share: run-many.c gives the order and shows what
 * came of it at the end, run-feed.c takes in what comes meanwhile. */
#pragma once

#include "cli/lines.h"
#include "cli/progress.h"
#include "cli/run.h"
#include "fleet/run/fanout-task.h"
#include "fleet/run/harvest.h"

/* One machine's lines, while they are shown live. */
struct speaker {
    struct lines lines[2]; /* stdout, stderr */
    char *prefix;
};

struct many {
    struct session *session;
    const struct selection *selection;
    const struct run_order *order;
    enum run_view view;
    struct fanout *fanout;
    struct fanout_job job;
    struct harvest *harvest;
    struct wave wave;
    struct progress progress;
    uv_timer_t deadline;      /* of the whole run */
    const char **names;       /* by position */
    const char **hosts;       /* by position */
    struct speaker *speakers; /* by position; live only */
    struct buffer input;
    struct buffer command; /* as people read it */
    int status;            /* with --detach: of the orders, not of what they do */
    bool stopping;         /* no new machine begins */
    bool done;
};

/* run-many.c: no machine begins any more, and the jobs that run are stopped. */
void many_stop(struct many *many);

/* run-feed.c: the callbacks of the job and of the fan-out; `user` is the run. */
void many_feed(struct many *many, struct fanout_job *job);
void many_take_result(struct fanout *fanout, uint32_t machine, const struct fanout_result *result,
                      void *user);
void speaker_deinit(struct speaker *speaker);
