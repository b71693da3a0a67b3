/* What an alert sets off: the operator's command, and a message on the desktop (which a console
 * with a window shows itself). Programs are run beside the loop, some at a time, the others wait in
 * line.
 *
 * The command is the operator's own text for /bin/sh; what is known of the alert reaches it as
 * variables of the environment, never as part of that text:
 *   HUNE_MACHINE HUNE_HOST HUNE_PORT   which machine
 *   HUNE_STATE                         begin or end
 *   HUNE_RULE HUNE_LABEL               the rule, and the name of its section
 *   HUNE_DETAIL                        the values: "cpu 97 %"
 *   HUNE_TIME HUNE_BEGAN               seconds since 1970: now, and when it began */
#pragma once

#include <uv.h>

#include "fleet/watch/alarm.h"

enum {
    DOER_RUNNING_MAX = 16,
    DOER_WAITING_MAX = 4096, /* a whole fleet that goes down is one alert for each machine */
    DOER_PATIENCE_MS = 10 * 60 * 1000, /* then a command is killed, with what it started */
};

struct doer;

struct doer_settings {
    uv_loop_t *loop;
    /* What went wrong, as one translated sentence; `machine` NULL: it is about none. Both may come
     * from anywhere: make them safe. */
    void (*on_complaint)(const char *machine, const char *sentence, void *user);
    void *user;
};

/* Returns 0 or -ENOMEM. */
int doer_new(struct doer **doer_out, const struct doer_settings *settings);
/* Commands that run go on; what waits is dropped. Run the loop afterwards. Takes NULL, returns
 * NULL. */
struct doer *doer_free(struct doer *doer);
void doer_command(struct doer *doer, const char *command, const struct alert *alert);
/* By notify-send(1), where there is one and a desktop to show it. */
void doer_notify(struct doer *doer, const struct alert *alert);
/* How many run or wait. */
unsigned doer_pending(const struct doer *doer);
