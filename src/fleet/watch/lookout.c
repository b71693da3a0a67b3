/* See lookout.h. Who has which position, and the life of all; how one machine goes is in
 * lookout-post.c, what is known of it in lookout-sight.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fleet/link/files.h"
#include "fleet/watch/lookout-private.h"

enum { NONE = UINT32_MAX };

/* ---- one machine more, one less ---- */

static int make_room(struct lookout *lookout, uint32_t room)
{
    uint32_t *machines;
    struct post **posts;

    if (room <= lookout->room)
        return 0;
    machines = reallocarray(lookout->machines, room, sizeof(*machines));
    if (!machines)
        return -ENOMEM;
    lookout->machines = machines;
    posts = reallocarray(lookout->posts, room, sizeof(*posts));
    if (!posts)
        return -ENOMEM;
    lookout->posts = posts;
    lookout->room = room;
    return 0;
}

static int take_position(struct lookout *lookout, uint32_t *position_out)
{
    uint32_t position = lookout->vacant;

    if (position != NONE) {
        lookout->vacant = lookout->machines[position];
    } else {
        if (lookout->settings.count == lookout->room &&
            make_room(lookout, lookout->room * 2 + 16) < 0)
            return -ENOMEM;
        position = lookout->settings.count++;
    }
    *position_out = position;
    return 0;
}

static void leave_position(struct lookout *lookout, uint32_t position)
{
    lookout->posts[position] = NULL;
    lookout->machines[position] = lookout->vacant;
    lookout->vacant = position;
}

int lookout_add(struct lookout *lookout, uint32_t machine, enum problem_code problem,
                uint32_t *position_out)
{
    struct post *post = calloc(1, sizeof(*post));
    int error = post ? take_position(lookout, &post->position) : -ENOMEM;

    if (error) {
        free(post);
        return error;
    }
    post->lookout = lookout;
    sight_init(&post->sight);
    if (problem != PROBLEM_NONE) {
        post->sight.presence = PRESENCE_REFUSED;
        post->sight.problem = problem;
    }
    *position_out = post->position;
    lookout->machines[post->position] = machine;
    lookout->posts[post->position] = post;
    lookout->presents[post->sight.presence]++;
    error = problem == PROBLEM_NONE ? post_start(post, machine) : 0;
    if (error)
        lookout_remove(lookout, post->position);
    return error;
}

void lookout_remove(struct lookout *lookout, uint32_t position)
{
    struct post *post = lookout->posts[position];

    lookout->presents[post->sight.presence]--;
    leave_position(lookout, position);
    post_free(post);
}

void lookout_rest(struct lookout *lookout, uint32_t position)
{
    post_rest(lookout->posts[position]);
}

void lookout_wake(struct lookout *lookout, uint32_t position)
{
    post_wake(lookout->posts[position]);
}

bool lookout_is_resting(const struct lookout *lookout, uint32_t position)
{
    return lookout->posts[position]->is_resting;
}

/* ---- life ---- */

static void on_retry(uv_timer_t *timer)
{
    struct lookout *lookout = timer->data;
    uint64_t now = clock_monotonic_ms();

    for (uint32_t i = 0; lookout && i < lookout->settings.count; i++) {
        struct post *post = lookout->posts[i];

        if (post && post->retry_ms && post->retry_ms <= now)
            post_retry(post);
    }
}

static int start_retry(struct lookout *lookout)
{
    uv_loop_t *loop = link_factory_loop(link_pool_factory(lookout->settings.pool));

    lookout->retry = malloc(sizeof(*lookout->retry));
    if (!lookout->retry)
        return -ENOMEM;
    uv_timer_init(loop, lookout->retry);
    lookout->retry->data = lookout;
    uv_timer_start(lookout->retry, on_retry, LOOKOUT_RETRY_MS / 12, LOOKOUT_RETRY_MS / 12);
    uv_unref((uv_handle_t *)lookout->retry);
    return 0;
}

static int keep_fields(struct lookout *lookout, const char *fields)
{
    char *copy = fields ? strdup(fields) : NULL;

    if (fields && !copy)
        return -ENOMEM;
    free(lookout->fields);
    lookout->settings.fields = lookout->fields = copy;
    return 0;
}

int lookout_new(struct lookout **lookout_out, const struct lookout_settings *settings)
{
    struct lookout *lookout = calloc(1, sizeof(*lookout));
    uint32_t position;
    int error;

    if (!lookout)
        return -ENOMEM;
    lookout->settings = *settings;
    lookout->settings.count = 0;
    lookout->vacant = NONE;
    error = keep_fields(lookout, settings->fields);
    if (!error)
        error = make_room(lookout, settings->count);
    if (!error)
        error = start_retry(lookout);
    files_raise_limit();
    for (uint32_t i = 0; i < settings->count && !error; i++)
        error = lookout_add(lookout, settings->machines[i], PROBLEM_NONE, &position);
    if (error) {
        lookout_free(lookout);
        return error;
    }
    *lookout_out = lookout;
    return 0;
}

static void on_retry_closed(uv_handle_t *handle)
{
    free(handle);
}

struct lookout *lookout_free(struct lookout *lookout)
{
    if (!lookout)
        return NULL;
    if (lookout->retry) {
        lookout->retry->data = NULL;
        uv_close((uv_handle_t *)lookout->retry, on_retry_closed);
    }
    for (uint32_t i = 0; i < lookout->settings.count; i++) {
        if (lookout->posts[i])
            post_free(lookout->posts[i]);
    }
    free(lookout->posts);
    free(lookout->machines);
    free(lookout->fields);
    free(lookout);
    return NULL;
}

int lookout_set_fields(struct lookout *lookout, const char *fields)
{
    int error = 0;

    if (fields && lookout->fields && strcmp(fields, lookout->fields) == 0)
        return 0;
    error = keep_fields(lookout, fields);
    for (uint32_t i = 0; i < lookout->settings.count && !error; i++) {
        if (lookout->posts[i])
            error = post_set_fields(lookout->posts[i]);
    }
    return error;
}
