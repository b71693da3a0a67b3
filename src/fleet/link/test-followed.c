/* See test-followed.h. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "fleet/link/test-followed.h"

#include <string.h>

static void on_accepted(struct remote_job *job, void *user)
{
    (void)job;
    ((struct seen *)user)->accepted = true;
}

static void on_output(struct remote_job *job, enum frame_kind kind, const uint8_t *bytes,
                      size_t size, uint32_t ms, void *user)
{
    struct seen *seen = user;

    assert_int_equal(ms, 7);
    assert_false(seen->ended);
    buffer_append(kind == FRAME_OUT ? &seen->out : &seen->err, bytes, size);
    seen->has_all = buffer_length(&seen->out) >= seen->until;
    if (seen->pause_after && buffer_length(&seen->out) >= seen->pause_after) {
        seen->pause_after = 0;
        remote_job_pause(job);
    }
    if (seen->detach_on_output) {
        seen->ended = true;
        remote_job_detach(job);
    }
}

static void on_note(struct remote_job *job, const char *text, size_t size, void *user)
{
    struct seen *seen = user;

    (void)job;
    buffer_append(&seen->notes, text, size);
    buffer_append_text(&seen->notes, "|");
}

static void on_interrupted(struct remote_job *job, bool interrupted, void *user)
{
    struct seen *seen = user;

    (void)job;
    seen->interrupted = true;
    seen->interruptions += interrupted;
}

static void on_writable(struct remote_job *job, void *user)
{
    (void)job;
    ((struct seen *)user)->writable = true;
}

static void on_drained(struct remote_job *job, void *user)
{
    (void)job;
    ((struct seen *)user)->drained = true;
}

static void on_signalled(struct remote_job *job, const struct trouble *trouble, void *user)
{
    struct seen *seen = user;

    (void)job;
    seen->signalled = true;
    seen->signal_code = trouble ? trouble->code : PROBLEM_NONE;
}

static void on_end(struct remote_job *job, struct job_state state, const struct trouble *trouble,
                   void *user)
{
    struct seen *seen = user;

    assert_int_equal(remote_job_state(job).state, state.state);
    seen->ended = true;
    seen->ends++;
    seen->state = state;
    seen->has_trouble = trouble != NULL;
    if (trouble)
        seen->trouble = *trouble;
}

const struct remote_job_events followed_events = {
    .on_accepted = on_accepted,
    .on_output = on_output,
    .on_note = on_note,
    .on_interrupted = on_interrupted,
    .on_writable = on_writable,
    .on_drained = on_drained,
    .on_signalled = on_signalled,
    .on_end = on_end,
};

void seen_deinit(struct seen *seen)
{
    buffer_deinit(&seen->out);
    buffer_deinit(&seen->err);
    buffer_deinit(&seen->notes);
}

void followed_begin(struct followed *followed)
{
    struct link_target target;

    *followed = (struct followed){0};
    test_world_begin(&followed->world);
    followed->world.settings.first_pause_ms = 4;
    target = test_world_target(&followed->world);
    assert_int_equal(link_new(&followed->link, test_world_factory(&followed->world), &target), 0);
    link_connect(followed->link);
}

void followed_end(struct followed *followed)
{
    assert_true(followed->seen.ends <= 1);
    remote_job_detach(followed->job);
    seen_deinit(&followed->seen);
    test_world_end(&followed->world);
}

void followed_give(struct followed *followed, bool follow)
{
    const struct errand errand = {.verb = VERB_RUN, .payload = {(const uint8_t *)"x", 1}};

    assert_int_equal(remote_job_start(&followed->job, followed->link, &errand, follow,
                                      &followed_events, &followed->seen),
                     0);
}

struct test_job *followed_give_and_wait(struct followed *followed)
{
    followed_give(followed, true);
    test_world_run(&followed->world, &followed->seen.accepted);
    return test_agent_job(&followed->world.agent);
}

void followed_wait_end(struct followed *followed)
{
    test_world_run(&followed->world, &followed->seen.ended);
}

void expect_text(struct buffer *buffer, const char *text)
{
    assert_int_equal(buffer_length(buffer), strlen(text));
    assert_memory_equal(buffer_bytes(buffer), text, strlen(text));
}

void followed_fill(struct test_job *job)
{
    test_job_frame(job, FRAME_OUT, "hello ", 6);
    test_job_frame(job, FRAME_ERR, "oh", 2);
    test_job_frame(job, FRAME_NOTE, "a note", 6);
    test_job_frame(job, FRAME_OUT, "", 0);
    test_job_frame(job, FRAME_OUT, "world", 5);
    test_job_exit(job, STATE_EXITED, 3);
}

void followed_expect_filled(struct followed *followed)
{
    expect_text(&followed->seen.out, "hello world");
    expect_text(&followed->seen.err, "oh");
    expect_text(&followed->seen.notes, "a note|");
    assert_int_equal(followed->seen.state.state, STATE_EXITED);
    assert_int_equal(followed->seen.state.detail, 3);
    assert_false(followed->seen.has_trouble);
    assert_int_equal(followed->world.agent.accepted, 1);
}

int followed_set_up(void **state)
{
    static struct followed followed;

    followed_begin(&followed);
    *state = &followed;
    return 0;
}

int followed_tear_down(void **state)
{
    followed_end(*state);
    return 0;
}
