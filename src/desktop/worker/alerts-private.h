/* What the files of the window's alerts share: worker-alerts.c (judges), worker-alerts-news.c
 * (tells the window), worker-alerts-file.c (changes the file), worker-alerts-log.c (what is
 * remembered). Worker only. */
#pragma once

#include "desktop/worker/alert.h"
#include "fleet/watch/alarm.h"
#include "fleet/watch/alert-do.h"

struct alerts {
    struct worker *worker;
    char *path;
    struct alert_rules *rules; /* of the file */
    struct alert_rules *held;  /* those of them that can be judged; its texts are of `rules` */
    GArray *machines;          /* uint32_t: all indices of the list */
    struct alarm *alarm;       /* NULL: nothing is judged */
    struct doer *doer;
    uv_timer_t tick;
    uv_fs_poll_t watch;
    bool has_watch;
    char *file_fault; /* the file cannot be read: the rules of before hold on */
    char *held_fault; /* a rule cannot be judged */
    char *complaint;
    GArray *events; /* not told yet */
    uint32_t told;  /* alarm_changes() when it was told last */
};

/* ---- worker-alerts.c ---- */
/* Reads the file anew, and judges by it. */
void alerts_read_rules(struct alerts *alerts);

/* ---- worker-alerts-news.c ---- */
GArray *alert_items_new(void); /* of struct alert_item; owns their texts */
/* What stands, what happened since the last time, the rules, what is wrong with them. */
void alerts_tell(struct alerts *alerts);
/* What is wrong and what to do; g_free() it. */
char *alerts_fault_text(const struct fault *fault);
