/* A job from the console's side: its output survives a cut at every byte, its input at many, and it
 * never runs twice. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fleet/remote-job.h"
#include "fleet/test-world.h"
#include "proto/limits.h"

struct seen {
    struct buffer out;
    struct buffer err;
    struct buffer notes;
    struct job_state state;
    struct trouble trouble;
    bool has_trouble;
    bool accepted;
    bool ended;
    bool signalled;
    bool drained;
    bool writable;
    bool interrupted; /* at any time */
    bool has_all;     /* `until` bytes of output are there */
    size_t until;
    unsigned ends;
    unsigned interruptions;
    enum problem_code signal_code;
    size_t pause_after;
    bool detach_on_output;
};

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

static const struct remote_job_events events = {
    .on_accepted = on_accepted,
    .on_output = on_output,
    .on_note = on_note,
    .on_interrupted = on_interrupted,
    .on_writable = on_writable,
    .on_drained = on_drained,
    .on_signalled = on_signalled,
    .on_end = on_end,
};

struct setting {
    struct test_world world;
    struct link *link;
    struct remote_job *job;
    struct seen seen;
};

static void begin(struct setting *setting)
{
    struct link_target target;

    *setting = (struct setting){0};
    test_world_begin(&setting->world);
    setting->world.settings.first_pause_ms = 4;
    target = test_world_target(&setting->world);
    assert_int_equal(link_new(&setting->link, test_world_factory(&setting->world), &target), 0);
    link_connect(setting->link);
}

static void give(struct setting *setting, bool follow)
{
    const struct errand errand = {.verb = VERB_RUN, .payload = {(const uint8_t *)"x", 1}};

    assert_int_equal(
        remote_job_start(&setting->job, setting->link, &errand, follow, &events, &setting->seen),
        0);
}

static struct test_job *give_and_wait(struct setting *setting)
{
    give(setting, true);
    test_world_run(&setting->world, &setting->seen.accepted);
    return test_agent_job(&setting->world.agent);
}

static void wait_end(struct setting *setting)
{
    test_world_run(&setting->world, &setting->seen.ended);
}

static void end(struct setting *setting)
{
    assert_true(setting->seen.ends <= 1);
    remote_job_detach(setting->job);
    buffer_deinit(&setting->seen.out);
    buffer_deinit(&setting->seen.err);
    buffer_deinit(&setting->seen.notes);
    test_world_end(&setting->world);
}

static void expect_text(struct buffer *buffer, const char *text)
{
    assert_int_equal(buffer_length(buffer), strlen(text));
    assert_memory_equal(buffer_bytes(buffer), text, strlen(text));
}

/* The same job in every test that cuts. */
static void fill(struct test_job *job)
{
    test_job_frame(job, FRAME_OUT, "hello ", 6);
    test_job_frame(job, FRAME_ERR, "oh", 2);
    test_job_frame(job, FRAME_NOTE, "a note", 6);
    test_job_frame(job, FRAME_OUT, "", 0);
    test_job_frame(job, FRAME_OUT, "world", 5);
    test_job_exit(job, STATE_EXITED, 3);
}

static void expect_filled(struct setting *setting)
{
    expect_text(&setting->seen.out, "hello world");
    expect_text(&setting->seen.err, "oh");
    expect_text(&setting->seen.notes, "a note|");
    assert_int_equal(setting->seen.state.state, STATE_EXITED);
    assert_int_equal(setting->seen.state.detail, 3);
    assert_false(setting->seen.has_trouble);
    assert_int_equal(setting->world.agent.accepted, 1);
}

/* ---- output ---- */

static void test_output(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting);
    fill(give_and_wait(&setting));
    wait_end(&setting);
    expect_filled(&setting);
    assert_int_equal(remote_job_taken(setting.job),
                     buffer_length(&test_agent_job(&setting.world.agent)->output));
    assert_false(setting.seen.interrupted);
    end(&setting);
}

static void test_cut_at_every_byte(void **state)
{
    struct setting setting;
    uint64_t size = 6 + 2 + 6 + 0 + 5 + 8 + 6 * 12;

    (void)state;
    for (uint64_t cut = 1; cut < size; cut++) {
        begin(&setting);
        setting.world.agent.cut_output_at = cut;
        setting.world.agent.cuts_left = 1;
        fill(give_and_wait(&setting));
        wait_end(&setting);
        expect_filled(&setting);
        assert_int_equal(setting.world.agent.cuts_left, 0);
        assert_int_equal(setting.world.agent.connections, 2);
        assert_int_equal(setting.seen.interruptions, 1);
        end(&setting);
    }
}

static void test_cut_large(void **state)
{
    enum { CHUNK = 100 * 1000, CHUNKS = 20 };
    struct setting setting;
    uint8_t *bytes = malloc(CHUNK);
    struct test_job *job;

    (void)state;
    begin(&setting);
    setting.world.agent.cut_output_at = 1234567;
    setting.world.agent.cuts_left = 1;
    job = give_and_wait(&setting);
    for (unsigned i = 0; i < CHUNKS; i++) {
        for (unsigned k = 0; k < CHUNK; k++)
            bytes[k] = (uint8_t)(i * 31 + k * 7);
        test_job_frame(job, FRAME_OUT, bytes, CHUNK);
    }
    test_job_exit(job, STATE_EXITED, 0);
    wait_end(&setting);
    assert_int_equal(buffer_length(&setting.seen.out), CHUNK * CHUNKS);
    for (unsigned i = 0; i < CHUNKS; i++)
        for (unsigned k = 0; k < CHUNK; k++)
            if (buffer_bytes(&setting.seen.out)[i * CHUNK + k] != (uint8_t)(i * 31 + k * 7))
                fail_msg("byte %u of chunk %u", k, i);
    assert_int_equal(setting.world.agent.connections, 2);
    free(bytes);
    end(&setting);
}

static void test_pause(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting);
    setting.seen.pause_after = 1;
    setting.seen.until = 6;
    fill(give_and_wait(&setting));
    test_world_run(&setting.world, &setting.seen.has_all);
    test_world_wait(&setting.world, 20);
    expect_text(&setting.seen.out, "hello ");
    assert_false(setting.seen.ended);
    remote_job_resume(setting.job);
    assert_true(setting.seen.ended);
    expect_filled(&setting);
    end(&setting);
}

/* While paused, no more than a window comes; after a cut meanwhile, nothing is lost or doubled. */
static void test_pause_holds_back(void **state)
{
    enum { CHUNK = 200 * 1000, CHUNKS = 16 };
    struct setting setting;
    uint8_t *bytes = calloc(1, CHUNK);
    struct test_job *job;

    (void)state;
    begin(&setting);
    setting.seen.pause_after = 1;
    job = give_and_wait(&setting);
    for (unsigned i = 0; i < CHUNKS; i++) {
        memset(bytes, (int)i, CHUNK);
        test_job_frame(job, FRAME_OUT, bytes, CHUNK);
    }
    test_job_exit(job, STATE_EXITED, 0);
    test_world_wait(&setting.world, 100);
    assert_true(buffer_length(&setting.seen.out) <= LIMIT_STREAM_WINDOW);
    test_agent_cut(&setting.world.agent);
    test_world_wait(&setting.world, 60);
    assert_true(setting.seen.interruptions == 1);
    assert_true(buffer_length(&setting.seen.out) <= LIMIT_STREAM_WINDOW);
    remote_job_resume(setting.job);
    wait_end(&setting);
    assert_int_equal(buffer_length(&setting.seen.out), CHUNK * CHUNKS);
    for (unsigned i = 0; i < CHUNKS; i++)
        assert_int_equal(buffer_bytes(&setting.seen.out)[i * CHUNK + CHUNK - 1], i);
    free(bytes);
    end(&setting);
}

static void test_end_states(void **state)
{
    static const struct job_state states[] = {
        {STATE_EXITED, 0},    {STATE_EXITED, 255}, {STATE_SIGNALLED, 9},
        {STATE_TIMED_OUT, 0}, {STATE_KILLED, 0},   {STATE_LOST, 0},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(states); i++) {
        struct setting setting;

        begin(&setting);
        test_job_exit(give_and_wait(&setting), states[i].state, states[i].detail);
        wait_end(&setting);
        assert_int_equal(setting.seen.state.state, states[i].state);
        assert_int_equal(setting.seen.state.detail, states[i].detail);
        assert_false(setting.seen.has_trouble);
        end(&setting);
    }
}

static void test_refused_by_child(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting);
    test_job_exit(give_and_wait(&setting), STATE_REFUSED, PROBLEM_NO_SUCH_USER);
    wait_end(&setting);
    assert_int_equal(setting.seen.state.state, STATE_REFUSED);
    assert_true(setting.seen.has_trouble);
    assert_int_equal(setting.seen.trouble.code, PROBLEM_NO_SUCH_USER);
    end(&setting);
}

static void test_nonsense(void **state)
{
    static const uint8_t zeros[64];

    (void)state;
    for (unsigned which = 0; which < 3; which++) {
        struct setting setting;
        struct test_job *job;

        begin(&setting);
        job = give_and_wait(&setting);
        if (which == 0)
            test_job_exit(job, STATE_RUNNING, 0);
        else if (which == 1)
            test_job_frame(job, FRAME_EXIT, zeros, 12);
        else
            test_job_frame(job, 0, zeros, sizeof(zeros));
        wait_end(&setting);
        assert_int_equal(setting.seen.state.state, STATE_LOST);
        assert_int_equal(setting.seen.trouble.code, PROBLEM_NOT_HUNE);
        end(&setting);
    }
}

static void test_no_exit_frame(void **state)
{
    struct setting setting;
    struct test_job *job;

    (void)state;
    begin(&setting);
    job = give_and_wait(&setting);
    job->output_ended = true;
    test_job_frame(job, FRAME_OUT, "x", 1);
    wait_end(&setting);
    assert_int_equal(setting.seen.state.state, STATE_UNREACHABLE);
    assert_int_equal(setting.world.agent.outputs, 4);
    end(&setting);
}

static void test_long_note(void **state)
{
    struct setting setting;
    char *text = malloc(10000);
    struct test_job *job;

    (void)state;
    memset(text, 'n', 10000);
    begin(&setting);
    job = give_and_wait(&setting);
    test_job_frame(job, FRAME_NOTE, text, 10000);
    test_job_exit(job, STATE_EXITED, 0);
    wait_end(&setting);
    assert_int_equal(buffer_length(&setting.seen.notes), 4096 + 1);
    free(text);
    end(&setting);
}

/* ---- what becomes of the order ---- */

/* One flight after hello: `open`, the order and the request for its output, all before `open` is
 * answered. */
static void test_one_flight(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting);
    fill(give_and_wait(&setting));
    wait_end(&setting);
    expect_filled(&setting);
    assert_true(setting.world.agent.held >= 1);
    assert_int_equal(setting.world.agent.puts, 1);
    assert_int_equal(setting.world.agent.outputs, 1);
    end(&setting);
}

/* An agent that does not hold what comes early only costs time. */
static void test_early_refusals(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting);
    setting.world.agent.holds_nothing = true;
    fill(give_and_wait(&setting));
    wait_end(&setting);
    expect_filled(&setting);
    assert_int_equal(setting.world.agent.connections, 1);
    assert_false(setting.seen.interrupted);
    end(&setting);
}

static void test_refused(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting);
    setting.world.agent.refuse_put = PROBLEM_RUN_AS;
    give(&setting, true);
    wait_end(&setting);
    assert_int_equal(setting.seen.state.state, STATE_REFUSED);
    assert_int_equal(setting.seen.state.detail, PROBLEM_RUN_AS);
    assert_int_equal(setting.seen.trouble.code, PROBLEM_RUN_AS);
    assert_false(setting.seen.accepted);
    end(&setting);
}

static void test_unsent(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting);
    link_free(setting.link);
    setting.world.agent.port = test_closed_port();

    struct link_target target = test_world_target(&setting.world);

    assert_int_equal(link_new(&setting.link, setting.world.factory, &target), 0);
    link_connect(setting.link);
    give(&setting, true);
    wait_end(&setting);
    assert_int_equal(setting.seen.state.state, STATE_UNSENT);
    assert_int_equal(setting.seen.trouble.code, PROBLEM_CONNECTION_REFUSED);
    end(&setting);
}

/* On a closed link everything happens inside the call. */
static void on_end_detach(struct remote_job *job, struct job_state state,
                          const struct trouble *trouble, void *user)
{
    struct seen *seen = user;

    seen->ends++;
    seen->state = state;
    seen->trouble = *trouble;
    remote_job_detach(job);
}

static void test_closed_link(void **state)
{
    static const struct remote_job_events detaching = {.on_end = on_end_detach};
    const struct errand errand = {.verb = VERB_RUN};
    struct setting setting;

    (void)state;
    begin(&setting);
    link_disconnect(setting.link);
    assert_int_equal(
        remote_job_start(&setting.job, setting.link, &errand, true, &detaching, &setting.seen), 0);
    assert_null(setting.job);
    assert_int_equal(setting.seen.ends, 1);
    assert_int_equal(setting.seen.state.state, STATE_UNSENT);
    assert_int_equal(setting.seen.trouble.code, PROBLEM_CLOSED);
    end(&setting);
}

static void test_answer_lost(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting);
    setting.world.agent.lose_put = true;
    fill(give_and_wait(&setting));
    wait_end(&setting);
    expect_filled(&setting);
    end(&setting);
}

static void test_machine_restarts(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting);
    setting.world.agent.reset_epoch_on_cut = true;
    give_and_wait(&setting);
    test_agent_cut(&setting.world.agent);
    wait_end(&setting);
    assert_int_equal(setting.seen.state.state, STATE_LOST);
    assert_int_equal(setting.seen.trouble.code, PROBLEM_NO_SUCH_JOB);
    end(&setting);
}

static void test_machine_restarts_before_answer(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting);
    setting.world.agent.reset_epoch_on_cut = true;
    setting.world.agent.lose_put = true;
    give(&setting, true);
    wait_end(&setting);
    assert_int_equal(setting.seen.state.state, STATE_LOST);
    end(&setting);
}

static void test_detached_order(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting);
    give(&setting, false);
    wait_end(&setting);
    assert_int_equal(setting.seen.state.state, STATE_RUNNING);
    assert_int_equal(setting.world.agent.outputs, 0);
    end(&setting);
}

static void test_attach(void **state)
{
    struct setting setting;
    struct remote_job *second;
    struct test_job *job;
    struct seen seen = {0};

    (void)state;
    begin(&setting);
    job = give_and_wait(&setting);
    /* From behind the first frame. */
    assert_int_equal(remote_job_attach(&second, setting.link, job->id, 12 + 6, 0, &events, &seen),
                     0);
    fill(job);
    test_world_run(&setting.world, &seen.ended);
    expect_text(&seen.out, "world");
    assert_int_equal(seen.state.state, STATE_EXITED);
    assert_true(seen.accepted);
    remote_job_detach(second);
    buffer_deinit(&seen.out);
    buffer_deinit(&seen.err);
    buffer_deinit(&seen.notes);
    end(&setting);
}

static void test_attach_unknown(void **state)
{
    static const uint8_t id[UUID_SIZE] = {1};
    struct setting setting;

    (void)state;
    begin(&setting);
    assert_int_equal(
        remote_job_attach(&setting.job, setting.link, id, 0, 0, &events, &setting.seen), 0);
    wait_end(&setting);
    assert_int_equal(setting.seen.state.state, STATE_REFUSED);
    assert_int_equal(setting.seen.trouble.code, PROBLEM_NO_SUCH_JOB);
    end(&setting);
}

static void test_detach_at_any_time(void **state)
{
    (void)state;
    for (unsigned turns = 0; turns < 20; turns++) {
        struct setting setting;

        begin(&setting);
        give(&setting, true);
        for (unsigned i = 0; i < turns; i++) {
            uv_run(&setting.world.loop, UV_RUN_NOWAIT);
            if (setting.seen.accepted && !test_agent_job(&setting.world.agent)->output_ended)
                test_job_frame(test_agent_job(&setting.world.agent), FRAME_OUT, "x", 1);
        }
        remote_job_write(setting.job, "abc", 3);
        setting.job = remote_job_detach(setting.job);
        test_world_wait(&setting.world, 3);
        end(&setting);
    }
}

static void test_detach_in_output(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting);
    setting.seen.detach_on_output = true;
    fill(give_and_wait(&setting));
    wait_end(&setting);
    setting.job = NULL;
    test_world_wait(&setting.world, 10);
    expect_text(&setting.seen.out, "hello ");
    assert_int_equal(setting.seen.ends, 0);
    end(&setting);
}

/* ---- input ---- */

static void test_input(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting);
    setting.world.agent.echo = true;
    /* Before the machine has the job, and after. */
    give(&setting, true);
    assert_int_equal(remote_job_write(setting.job, "one ", 4), 0);
    test_world_run(&setting.world, &setting.seen.accepted);
    assert_int_equal(remote_job_write(setting.job, "two ", 4), 0);
    setting.seen.until = 8;
    test_world_run(&setting.world, &setting.seen.has_all);
    assert_int_equal(remote_job_write(setting.job, "three", 5), 0);
    remote_job_write_end(setting.job);
    assert_int_equal(remote_job_write(setting.job, "x", 1), -EPIPE);
    wait_end(&setting);
    expect_text(&setting.seen.out, "one two three");
    assert_true(test_agent_job(&setting.world.agent)->input_ended);
    end(&setting);
}

static void test_input_empty(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting);
    setting.world.agent.echo = true;
    give(&setting, true);
    remote_job_write_end(setting.job);
    wait_end(&setting);
    expect_text(&setting.seen.out, "");
    assert_int_equal(setting.seen.state.state, STATE_EXITED);
    end(&setting);
}

/* Six MiB through a queue of two, with the connection cut in the middle. */
static void test_input_large_and_cut(void **state)
{
    enum { PIECE = 50 * 1000, PIECES = 120 };
    struct setting setting;
    uint8_t *bytes = malloc(PIECE);
    const struct test_job *job;
    unsigned refusals = 0;

    (void)state;
    begin(&setting);
    setting.world.agent.cut_input_at = 700 * 1000;
    give(&setting, true);
    for (unsigned i = 0; i < PIECES;) {
        int result;

        memset(bytes, (int)i, PIECE);
        setting.seen.writable = false;
        result = remote_job_write(setting.job, bytes, PIECE);
        if (result == -EAGAIN) {
            assert_true(remote_job_write_room(setting.job) < PIECE);
            test_world_run(&setting.world, &setting.seen.writable);
            refusals++;
            continue;
        }
        assert_int_equal(result, 0);
        i++;
    }
    assert_true(refusals >= 2);
    remote_job_write_end(setting.job);
    test_world_run(&setting.world, &setting.seen.drained);
    while (!test_agent_job(&setting.world.agent)->input_ended)
        uv_run(&setting.world.loop, UV_RUN_ONCE);
    job = test_agent_job(&setting.world.agent);
    assert_int_equal(buffer_length(&job->input), PIECE * PIECES);
    for (unsigned i = 0; i < PIECES; i++)
        assert_int_equal(buffer_bytes(&job->input)[i * PIECE + PIECE / 2], i);
    assert_int_equal(setting.world.agent.connections, 2);
    free(bytes);
    end(&setting);
}

static void test_input_cut_at_many_bytes(void **state)
{
    (void)state;
    for (unsigned cut = 1; cut <= 20; cut++) {
        struct setting setting;

        begin(&setting);
        setting.world.agent.echo = true;
        setting.world.agent.cut_input_at = cut;
        give_and_wait(&setting);
        for (unsigned i = 0; i < 20; i++) {
            uint8_t byte = (uint8_t)('a' + i);

            assert_int_equal(remote_job_write(setting.job, &byte, 1), 0);
            uv_run(&setting.world.loop, UV_RUN_NOWAIT);
        }
        remote_job_write_end(setting.job);
        wait_end(&setting);
        expect_text(&setting.seen.out, "abcdefghijklmnopqrst");
        end(&setting);
    }
}

static void test_input_whole(void **state)
{
    enum { SIZE = 2 * 1000 * 1000 };
    struct setting setting;
    uint8_t *bytes = malloc(SIZE);

    (void)state;
    for (unsigned k = 0; k < SIZE; k++)
        bytes[k] = (uint8_t)(k * 13 >> 3);
    begin(&setting);
    setting.world.agent.echo = true;
    setting.world.agent.cut_input_at = 500 * 1000;
    give(&setting, true);
    remote_job_write_whole(setting.job, (struct slice){bytes, SIZE});
    wait_end(&setting);
    assert_int_equal(buffer_length(&setting.seen.out), SIZE);
    assert_memory_equal(buffer_bytes(&setting.seen.out), bytes, SIZE);
    free(bytes);
    end(&setting);
}

/* ---- signals ---- */

static void test_signal(void **state)
{
    struct setting setting;
    struct test_job *job, *order;
    const uint8_t *id;
    uint8_t signal;

    (void)state;
    begin(&setting);
    job = give_and_wait(&setting);
    assert_int_equal(remote_job_signal(setting.job, 15), 0);
    test_world_run(&setting.world, &setting.seen.signalled);
    assert_int_equal(setting.seen.signal_code, PROBLEM_NONE);
    order = test_agent_job(&setting.world.agent);
    assert_int_equal(order->verb, VERB_SIGNAL);
    assert_int_equal(order_signal_decode(buffer_slice(&order->payload), &id, &signal), 0);
    assert_memory_equal(id, job->id, UUID_SIZE);
    assert_int_equal(signal, 15);
    test_job_exit(job, STATE_SIGNALLED, 15);
    wait_end(&setting);
    assert_int_equal(remote_job_signal(setting.job, 9), -ESRCH);
    end(&setting);
}

static void test_signal_refused(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting);
    give_and_wait(&setting);
    setting.world.agent.refuse_put = PROBLEM_RIGHT_MISSING;
    assert_int_equal(remote_job_signal(setting.job, 0), 0);
    test_world_run(&setting.world, &setting.seen.signalled);
    assert_int_equal(setting.seen.signal_code, PROBLEM_RIGHT_MISSING);
    assert_false(setting.seen.ended);
    end(&setting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_cut_large),
        cmocka_unit_test(test_pause),
        cmocka_unit_test(test_pause_holds_back),
        cmocka_unit_test(test_end_states),
        cmocka_unit_test(test_refused_by_child),
        cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_no_exit_frame),
        cmocka_unit_test(test_long_note),
        cmocka_unit_test(test_one_flight),
        cmocka_unit_test(test_early_refusals),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_unsent),
        cmocka_unit_test(test_closed_link),
        cmocka_unit_test(test_answer_lost),
        cmocka_unit_test(test_machine_restarts),
        cmocka_unit_test(test_machine_restarts_before_answer),
        cmocka_unit_test(test_detached_order),
        cmocka_unit_test(test_attach),
        cmocka_unit_test(test_attach_unknown),
        cmocka_unit_test(test_detach_at_any_time),
        cmocka_unit_test(test_detach_in_output),
        cmocka_unit_test(test_input),
        cmocka_unit_test(test_input_empty),
        cmocka_unit_test(test_input_large_and_cut),
        cmocka_unit_test(test_input_cut_at_many_bytes),
        cmocka_unit_test(test_input_whole),
        cmocka_unit_test(test_signal),
        cmocka_unit_test(test_signal_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
