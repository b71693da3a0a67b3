/* A parcel on its way in: whatever breaks, every byte comes once and in order, the machine hears
 * that all came, and nothing comes while there is no room. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "fleet/link/remote-parcel.h"
#include "fleet/link/test-followed.h"
#include "proto/limits.h"

struct arriving {
    struct followed followed;
    struct remote_parcel *parcel;
    struct test_job *job;
    struct buffer bytes;
    struct trouble trouble;
    unsigned interruptions, ends;
    bool ended, was_cut;
    bool keeps;   /* gives no window back */
    bool pauses;  /* when it is interrupted */
    bool leaves;  /* at the first bytes */
    bool forgets; /* makes the machine know less than it sent */
};

static void on_bytes(void *user, const uint8_t *bytes, size_t size)
{
    struct arriving *arriving = user;

    assert_false(arriving->ended);
    buffer_append(&arriving->bytes, bytes, size);
    if (arriving->leaves)
        arriving->parcel = remote_parcel_free(arriving->parcel);
    else if (!arriving->keeps)
        remote_parcel_give_back(arriving->parcel, size);
}

static void on_interrupted(void *user)
{
    struct arriving *arriving = user;

    arriving->interruptions++;
    arriving->was_cut = true;
    if (arriving->forgets)
        buffer_clear(&arriving->job->output);
    if (arriving->pauses)
        remote_parcel_pause(arriving->parcel);
}

static void on_end(void *user, const struct trouble *trouble)
{
    struct arriving *arriving = user;

    arriving->ended = true;
    arriving->ends++;
    arriving->trouble = trouble ? *trouble : (struct trouble){0};
}

static const struct remote_parcel_events events = {
    .on_bytes = on_bytes,
    .on_interrupted = on_interrupted,
    .on_end = on_end,
};

static int set_up(void **state)
{
    static struct arriving arriving;

    arriving = (struct arriving){0};
    followed_begin(&arriving.followed);
    followed_give(&arriving.followed, false);
    test_world_run(&arriving.followed.world, &arriving.followed.seen.accepted);
    arriving.job = test_agent_job(&arriving.followed.world.agent);
    link_hold(arriving.followed.link); /* as the job does while its output is followed */
    *state = &arriving;
    return 0;
}

static int tear_down(void **state)
{
    struct arriving *arriving = *state;

    assert_true(arriving->ends <= 1);
    remote_parcel_free(arriving->parcel);
    buffer_deinit(&arriving->bytes);
    link_release(arriving->followed.link);
    followed_end(&arriving->followed);
    return 0;
}

static struct test_world *world_of(struct arriving *arriving)
{
    return &arriving->followed.world;
}

/* A parcel of so many bytes, none like its neighbours, is asked for. */
static void begin(struct arriving *arriving, size_t size)
{
    uint8_t *room;

    assert_int_equal(buffer_reserve(&arriving->job->output, size, &room), 0);
    for (size_t i = 0; i < size; i++)
        room[i] = (uint8_t)(i * 7 + i / 251);
    buffer_commit(&arriving->job->output, size);
    arriving->job->output_ended = true;
    assert_int_equal(remote_parcel_start(&arriving->parcel, arriving->followed.link,
                                         arriving->job->id, &events, arriving),
                     0);
}

static void expect_whole(struct arriving *arriving)
{
    struct buffer *sent = &arriving->job->output;

    assert_int_equal(arriving->trouble.code, PROBLEM_NONE);
    assert_int_equal(buffer_length(&arriving->bytes), buffer_length(sent));
    assert_memory_equal(buffer_bytes(&arriving->bytes), buffer_bytes(sent), buffer_length(sent));
    /* Asking for what is behind its end says that all came; nothing is told of the answer. */
    for (int i = 0; i < 200 && world_of(arriving)->agent.output_from != buffer_length(sent); i++)
        test_world_wait(world_of(arriving), 30);
    assert_int_equal(world_of(arriving)->agent.output_from, buffer_length(sent));
    test_world_wait(world_of(arriving), 30);
    assert_int_equal(arriving->ends, 1);
}

static void test_whole(void **state)
{
    struct arriving *arriving = *state;

    begin(arriving, 3 * LIMIT_STREAM_WINDOW);
    test_world_run(world_of(arriving), &arriving->ended);
    expect_whole(arriving);
    assert_int_equal(world_of(arriving)->agent.outputs, 2);
    assert_int_equal(arriving->interruptions, 0);
}

static void test_cut(void **state)
{
    enum { SIZE = 40 };

    tear_down(state);
    for (uint64_t cut = 1; cut < SIZE; cut++) {
        struct arriving *arriving;

        set_up(state);
        arriving = *state;
        world_of(arriving)->agent.cut_output_at = cut;
        world_of(arriving)->agent.cuts_left = 1;
        begin(arriving, SIZE);
        test_world_run(world_of(arriving), &arriving->ended);
        expect_whole(arriving);
        assert_int_equal(arriving->interruptions, 1);
        assert_int_equal(world_of(arriving)->agent.cuts_left, 0);
        tear_down(state);
    }
    set_up(state);
}

/* The connection breaks while the machine is told that all came: it hears it on the next one. */
static void test_cut_behind_the_end(void **state)
{
    struct arriving *arriving = *state;

    begin(arriving, 1000);
    test_world_run(world_of(arriving), &arriving->ended);
    test_agent_cut(&world_of(arriving)->agent);
    expect_whole(arriving);
    assert_int_equal(arriving->interruptions, 0);
}

static void test_held_window(void **state)
{
    struct arriving *arriving = *state;

    arriving->keeps = true;
    begin(arriving, 4 * LIMIT_STREAM_WINDOW);
    test_world_wait(world_of(arriving), 100);
    assert_int_equal(buffer_length(&arriving->bytes), LIMIT_STREAM_WINDOW);
    /* More than came is not given back: then more would come than fits. */
    remote_parcel_give_back(arriving->parcel, 10 * LIMIT_STREAM_WINDOW);
    test_world_wait(world_of(arriving), 100);
    assert_int_equal(buffer_length(&arriving->bytes), 2 * LIMIT_STREAM_WINDOW);
    /* What an earlier connection brought holds nothing of the next one's window. */
    test_agent_cut(&world_of(arriving)->agent);
    test_world_run(world_of(arriving), &arriving->was_cut);
    remote_parcel_give_back(arriving->parcel, LIMIT_STREAM_WINDOW);
    test_world_wait(world_of(arriving), 100);
    assert_int_equal(buffer_length(&arriving->bytes), 3 * LIMIT_STREAM_WINDOW);
    arriving->keeps = false;
    remote_parcel_give_back(arriving->parcel, LIMIT_STREAM_WINDOW);
    test_world_run(world_of(arriving), &arriving->ended);
    expect_whole(arriving);
}

static void test_pause(void **state)
{
    struct arriving *arriving = *state;

    arriving->pauses = true;
    world_of(arriving)->agent.cut_output_at = 500;
    world_of(arriving)->agent.cuts_left = 1;
    begin(arriving, 1000);
    test_world_run(world_of(arriving), &arriving->was_cut);
    test_world_wait(world_of(arriving), 100);
    assert_int_equal(world_of(arriving)->agent.outputs, 1);
    assert_int_equal(buffer_length(&arriving->bytes), 500);
    assert_false(arriving->ended);
    remote_parcel_resume(arriving->parcel);
    remote_parcel_resume(arriving->parcel); /* there is one asking, not two */
    test_world_run(world_of(arriving), &arriving->ended);
    expect_whole(arriving);
    assert_int_equal(world_of(arriving)->agent.outputs, 3);
}

/* The machine restarted meanwhile, and knows no such job. */
static void test_no_such_job(void **state)
{
    struct arriving *arriving = *state;

    world_of(arriving)->agent.forget_on_cut = true;
    world_of(arriving)->agent.cut_output_at = 500;
    world_of(arriving)->agent.cuts_left = 1;
    begin(arriving, 1000);
    test_world_run(world_of(arriving), &arriving->ended);
    assert_int_equal(arriving->trouble.code, PROBLEM_NO_SUCH_JOB);
    assert_int_equal(buffer_length(&arriving->bytes), 500);
    test_world_wait(world_of(arriving), 30);
    assert_int_equal(world_of(arriving)->agent.outputs, 2);
}

/* It has the job, but not that much of the parcel. */
static void test_gone(void **state)
{
    struct arriving *arriving = *state;

    arriving->forgets = true;
    world_of(arriving)->agent.cut_output_at = 500;
    world_of(arriving)->agent.cuts_left = 1;
    begin(arriving, 1000);
    test_world_run(world_of(arriving), &arriving->ended);
    assert_int_equal(arriving->trouble.code, PROBLEM_GONE);
}

static void test_let_go(void **state)
{
    struct arriving *arriving = *state;

    arriving->leaves = true;
    begin(arriving, 4 * LIMIT_STREAM_WINDOW);
    test_world_wait(world_of(arriving), 100);
    assert_null(arriving->parcel);
    assert_true(buffer_length(&arriving->bytes) < LIMIT_STREAM_WINDOW);
    assert_false(arriving->ended);
}

#define parcel_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        parcel_test(test_whole),
        parcel_test(test_cut),
        parcel_test(test_cut_behind_the_end),
        parcel_test(test_held_window),
        parcel_test(test_pause),
        parcel_test(test_no_such_job),
        parcel_test(test_gone),
        parcel_test(test_let_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
