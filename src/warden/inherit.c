/* See inherit.h. */
#include "warden/inherit.h"

#include <string.h>

#include "base/cleanup.h"
#include "warden/warden.h"
#define LOG_TAG "inherit"
#include "base/log.h"

static void end_cgroups(struct warden *warden)
{
    const struct roll *roll = &warden->roll;

    for (size_t i = 0; i < roll->left_count; i++) {
        if (roll->left[i].cgroup)
            forest_end_left(&warden->forest, roll->left_forest, roll->left[i].cgroup);
    }
}

static bool is_lost(const char *id, void *user)
{
    struct warden *warden = user;
    const struct replay_entry *entry;
    uint8_t bytes[UUID_SIZE];

    entry = uuid_parse(id, bytes) ? replay_find(&warden->replay, bytes) : NULL;
    return entry && entry->lost_now;
}

static void tell_lost(const struct replay_entry *entry, void *user)
{
    struct warden *warden = user;

    log_order(LOG_LEVEL_NOTICE, entry->id, "was running when the agent ended; it is lost");
    /* Else it would be lost anew, with something else, at the next start. */
    replay_finish(&warden->replay, entry->id, entry->state);
    audit_ended(&warden->audit, entry->id, entry->state);
}

void inherit_jobs(struct warden *warden)
{
    struct roll *roll = &warden->roll;
    size_t ended = 0;
    int r;

    if (replay_each_lost(&warden->replay, NULL, NULL) > 0) {
        end_cgroups(warden);
        /* Also with cgroups: a warden killed between a fork and its note of it. */
        ended = tree_end_marked(is_lost, warden);
        replay_each_lost(&warden->replay, tell_lost, warden);
    }
    if (ended > 0)
        log_notice("%zu processes of lost jobs were ended", ended);
    for (size_t i = 0; i < roll->left_count; i++) {
        const struct replay_entry *entry = replay_find(&warden->replay, roll->left[i].id);

        if (entry && entry->state.state == STATE_LOST)
            jobs_add_lost(&warden->jobs, &roll->left[i], entry->state);
    }
    r = roll_settle(roll, warden->forest.path);
    if (r)
        log_warning("the roll of running jobs cannot be kept: %s", strerror(-r));
}
