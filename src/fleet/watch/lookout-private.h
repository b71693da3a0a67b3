/* What the files of a lookout share: lookout.c (its life, who has which position), lookout-post.c
 * (how one machine's link and stream go), lookout-sight.c (what is known). */
#pragma once

#include <uv.h>

#include "fleet/watch/lookout.h"

/* One machine's part: the link, and the stream on it. */
struct post {
    struct lookout *lookout;
    uint32_t position;
    struct link *link; /* taken from the pool; NULL: it cannot be tried */
    struct link_watcher watcher;
    struct vitals_watch *watch;
    uint64_t retry_ms; /* when to ask again after the link closed for good; 0: it has not */
    bool has_failed;   /* since it was ready last */
    bool is_resting;
    struct sight sight;
};

struct lookout {
    struct lookout_settings settings;
    char *fields;        /* settings.fields */
    uint32_t *machines;  /* by position; of a vacant one, the next vacant one */
    struct post **posts; /* by position; NULL: vacant */
    uint32_t room;
    uint32_t vacant; /* the first; NONE */
    uint32_t presents[PRESENCE_REFUSED + 1];
    uv_timer_t *retry; /* of its own, because closing it takes a turn of the loop */
};

/* Begins with the machine; the post has its lookout, its position and its sight already. Returns 0
 * or -ENOMEM. */
int post_start(struct post *post, uint32_t machine);
/* Gives the link back. */
void post_free(struct post *post);
/* Connects if it does not, and asks for vitals if nobody does. */
void post_retry(struct post *post);
/* What is asked for is the lookout's `fields` from now on. Returns 0 or -ENOMEM. */
int post_set_fields(struct post *post);
void post_rest(struct post *post);
void post_wake(struct post *post);

/* Nothing is known yet. */
void sight_init(struct sight *sight);
/* One more of each track; NULL: a gap. */
void sight_push(struct sight *sight, const struct vitals_sample *sample);
