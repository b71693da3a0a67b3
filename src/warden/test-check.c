/* See check.h: where, when and by whom an order is good. */
#include "warden/test-checker.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/failing-malloc.h"

static void test_good(void **state)
{
    struct checker *checker = *state;
    struct checked checked;

    assert_int_equal(checker_ask(checker, &checked), PROBLEM_NONE);
    assert_string_equal(checked.user, "www-data");
    assert_string_equal(checked.who->name, "alice");
    assert_null(checked.seen);
    assert_memory_equal(checked.order.id, checker->order.id, UUID_SIZE);
}

/* ---- where and when ---- */

static void test_unknown_verb(void **state)
{
    struct checker *checker = *state;
    struct checked checked;

    checker->order.verb = 999;
    assert_int_equal(checker_ask(checker, &checked), PROBLEM_UNSUPPORTED);
}

static void test_other_machine(void **state)
{
    struct checker *checker = *state;
    struct checked checked;

    checker->order.machine[MACHINE_ID_SIZE - 1] ^= 1;
    assert_int_equal(checker_ask(checker, &checked), PROBLEM_OTHER_MACHINE);
}

static void test_other_epoch(void **state)
{
    struct checker *checker = *state;
    struct checked checked;

    checker->order.epoch[EPOCH_SIZE - 1] ^= 1;
    assert_int_equal(checker_ask(checker, &checked), PROBLEM_OTHER_EPOCH);
}

/* `open` binds a channel that exists now: it has nothing to wait for. */
static void test_open_may_not_wait(void **state)
{
    struct checker *checker = *state;
    struct checked checked;

    memset(checker->order.epoch, 0, EPOCH_SIZE);
    checker->order.verb = VERB_OPEN;
    checker->order.issued = clock_wall_ms();
    checker->order.expires = checker->order.issued + 60000;
    assert_int_equal(checker_ask(checker, &checked), PROBLEM_OTHER_EPOCH);
}

/* ---- the channel ---- */

static void test_opens_its_channel(void **state)
{
    struct checker *checker = *state;
    uint8_t channel[EXPORTER_SIZE], other[EXPORTER_SIZE];
    struct checked checked;

    memset(channel, 'c', sizeof(channel));
    checker->order.flags = ORDER_OPENS;
    checker->order.channel = (struct slice){channel, sizeof(channel)};
    checker->context.channel = channel;
    assert_int_equal(checker_ask(checker, &checked), PROBLEM_NONE);
    assert_true(checked.is_genuine);
    /* Another connection, in any bit of its exporter. */
    checker->context.channel = other;
    for (size_t bit = 0; bit < 8 * EXPORTER_SIZE; bit++) {
        memcpy(other, channel, sizeof(other));
        other[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(checker_ask(checker, &checked), PROBLEM_SIGNATURE);
        assert_false(checked.is_genuine);
    }
    /* A connection that is open already. */
    checker->context.channel = NULL;
    assert_int_equal(checker_ask(checker, &checked), PROBLEM_MALFORMED);
    assert_false(checked.is_genuine);
}

/* Else whoever had seen an ordinary order pass could come in with it. */
static void test_ordinary_order_opens_nothing(void **state)
{
    static const uint8_t channel[EXPORTER_SIZE];
    struct checker *checker = *state;
    struct checked checked;

    checker->context.channel = channel;
    assert_int_equal(checker_ask(checker, &checked), PROBLEM_MALFORMED);
    assert_false(checked.is_genuine);
    checker->order.verb = VERB_OPEN;
    checker->order.payload = (struct slice){channel, sizeof(channel)};
    assert_int_equal(checker_ask(checker, &checked), PROBLEM_MALFORMED);
    checker->order.flags = ORDER_OPENS;
    checker->order.channel = checker->order.payload;
    assert_int_equal(checker_ask(checker, &checked), PROBLEM_MALFORMED);
    assert_false(checked.is_genuine);
}

static void test_what_opens_may_not_wait(void **state)
{
    static const uint8_t channel[EXPORTER_SIZE];
    struct checker *checker = *state;
    struct checked checked;

    memset(checker->order.epoch, 0, EPOCH_SIZE);
    checker->order.flags = ORDER_OPENS;
    checker->order.channel = (struct slice){channel, sizeof(channel)};
    checker->order.issued = clock_wall_ms();
    checker->order.expires = checker->order.issued + 60000;
    checker->context.channel = channel;
    assert_int_equal(checker_ask(checker, &checked), PROBLEM_OTHER_EPOCH);
}

/* The connection may be opened though the order is not for this operator to give. */
static void test_genuine_without_the_right(void **state)
{
    static const uint8_t channel[EXPORTER_SIZE];
    struct checker *checker = *state;
    struct checked checked;

    checker->order.flags = ORDER_OPENS;
    checker->order.channel = (struct slice){channel, sizeof(channel)};
    checker->context.channel = channel;
    assert_int_equal(checker_ask(checker, &checked), PROBLEM_RIGHT_MISSING);
    assert_true(checked.is_genuine);
    assert_non_null(checked.who);
    checker->order.epoch[0] ^= 1;
    assert_int_equal(checker_ask(checker, &checked), PROBLEM_OTHER_EPOCH);
    assert_false(checked.is_genuine);
}

struct window {
    int64_t issued; /* from now */
    int64_t expires;
    enum problem_code problem;
};

static void try_windows(struct checker *checker, uint64_t now, const struct window *windows,
                        size_t count)
{
    struct checked checked;

    for (size_t i = 0; i < count; i++) {
        enum problem_code problem;

        checker->order.issued = now + (uint64_t)windows[i].issued;
        checker->order.expires = now + (uint64_t)windows[i].expires;
        problem = checker_ask(checker, &checked);
        if (problem != windows[i].problem)
            fail_msg("window %zu: %s", i, problem ? problem_info(problem)->name : "taken");
    }
}

static void test_window(void **state)
{
    static const struct window windows[] = {
        {0, 1, PROBLEM_NONE},
        {0, 0, PROBLEM_EXPIRED},
        {-1000, -1, PROBLEM_EXPIRED},
        {-BOOT_MS, -BOOT_MS, PROBLEM_EXPIRED},
        {LIMIT_CLOCK_AHEAD_MS, LIMIT_CLOCK_AHEAD_MS + 1, PROBLEM_NONE},
        {LIMIT_CLOCK_AHEAD_MS + 1, LIMIT_CLOCK_AHEAD_MS + 2, PROBLEM_NOT_YET},
        {-1000, LIMIT_ORDER_WINDOW_MS - 1000, PROBLEM_NONE},
        {-1000, LIMIT_ORDER_WINDOW_MS - 999, PROBLEM_MALFORMED},
        {LIMIT_CLOCK_AHEAD_MS, LIMIT_CLOCK_AHEAD_MS, PROBLEM_MALFORMED},
        {LIMIT_CLOCK_AHEAD_MS, 1, PROBLEM_MALFORMED},
        {0, INT64_MAX, PROBLEM_MALFORMED},
        {INT64_MAX, INT64_MAX, PROBLEM_NOT_YET},
        {-BOOT_MS - 1, 1, PROBLEM_NOT_YET},          /* issued at UINT64_MAX */
        {-BOOT_MS, -BOOT_MS - 1, PROBLEM_MALFORMED}, /* from 0 to UINT64_MAX */
    };
    struct checker *checker = *state;

    try_windows(checker, BOOT_MS, windows, ELEMENTS_OF(windows));
}

static void test_window_of_a_waiting_order(void **state)
{
    static const struct window windows[] = {
        {0, 60000, PROBLEM_NONE},
        {-60000, -1, PROBLEM_EXPIRED},
        {-1000, LIMIT_WAITING_WINDOW_MS - 1000, PROBLEM_NONE},
        {-1000, LIMIT_WAITING_WINDOW_MS - 999, PROBLEM_MALFORMED},
        {LIMIT_CLOCK_AHEAD_MS + 60000, LIMIT_CLOCK_AHEAD_MS + 70000, PROBLEM_NOT_YET},
    };
    struct checker *checker = *state;

    memset(checker->order.epoch, 0, EPOCH_SIZE);
    try_windows(checker, clock_wall_ms(), windows, ELEMENTS_OF(windows));
}

/* The clock was set back: what has expired before stays expired. */
static void test_window_by_the_latest_order(void **state)
{
    struct checker *checker = *state;
    struct checked checked;
    uint64_t now = clock_wall_ms();

    memset(checker->order.epoch, 0, EPOCH_SIZE);
    checker->replay.latest_wall_ms = now + 3600000;
    checker->order.issued = now;
    checker->order.expires = now + 1800000;
    assert_int_equal(checker_ask(checker, &checked), PROBLEM_EXPIRED);
    /* But what one order moved on does not let the next one move it further. */
    checker->order.issued = now + 3600000;
    checker->order.expires = now + 7200000;
    assert_int_equal(checker_ask(checker, &checked), PROBLEM_NOT_YET);
}

/* ---- who may ---- */

static void test_right_missing(void **state)
{
    struct checker *checker = *state;
    struct checked checked;

    assert_int_equal(checker_ask(checker, &checked), PROBLEM_RIGHT_MISSING);
    assert_non_null(checked.who);
    checker->order.verb = VERB_RESET;
    assert_int_equal(checker_ask(checker, &checked), PROBLEM_NONE);
    assert_string_equal(checked.user, "");
}

/* A bare key may only observe. */
static void test_bare_key(void **state)
{
    struct checker *checker = *state;
    struct checked checked;

    assert_int_equal(checker_ask(checker, &checked), PROBLEM_RIGHT_MISSING);
    checker->order.verb = VERB_OPEN;
    assert_int_equal(checker_ask(checker, &checked), PROBLEM_NONE);
}

struct run_as {
    const char *options;
    const char *user;   /* of the order */
    const char *result; /* NULL for a refusal */
    bool privileged;
};

static const struct run_as run_as_rows[] = {
    {"may=\"run\",as=\"www-data,root\" ", "", "www-data", true},
    {"may=\"run\",as=\"www-data,root\" ", "root", "root", true},
    {"may=\"run\",as=\"www-data,root\" ", "roo", NULL, true},
    {"may=\"run\",as=\"www-data,root\" ", "rootx", NULL, true},
    {"may=\"run\",as=\"www-data,root\" ", "www-data,root", NULL, true},
    {"may=\"run\",as=\"www-data,root\" ", "*", NULL, true},
    {"may=\"run\",as=\"*\" ", "anybody", "anybody", true},
    {"may=\"run\",as=\"*\" ", "", NULL, true}, /* any, but which? */
    {"may=\"run\",as=\"daemon,*\" ", "", "daemon", true},
    {"may=\"run\",as=\"daemon,*\" ", "root", "root", true},
    {"may=\"run\" ", "", NULL, true}, /* root says nothing about whom */
    {"may=\"run\" ", "root", NULL, true},
    {"may=\"run\" ", "", "huneuser", false},
    {"may=\"run\" ", "huneuser", "huneuser", false},
    {"may=\"run\" ", "root", NULL, false},
    {"may=\"run\",as=\"root\" ", "root", NULL, false}, /* the agent itself cannot */
    {"may=\"run\",as=\"root\" ", "", "huneuser", false},
};

static void test_run_as(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(run_as_rows); i++) {
        const struct run_as *row = &run_as_rows[i];
        enum problem_code problem;
        struct checked checked;
        struct checker checker;

        checker_make(&checker, row->options);
        checker.context.privileged = row->privileged;
        memset(checker.order.user, 0, sizeof(checker.order.user));
        memcpy(checker.order.user, row->user, strlen(row->user));
        problem = checker_ask(&checker, &checked);
        if (problem != (row->result ? PROBLEM_NONE : PROBLEM_RUN_AS))
            fail_msg("row %zu: %s", i, problem ? problem_info(problem)->name : "taken");
        if (row->result)
            assert_string_equal(checked.user, row->result);
        checker_remove(&checker);
    }
}

/* ---- again ---- */

static void test_repetition(void **state)
{
    struct checker *checker = *state;
    struct checked checked;

    assert_int_equal(replay_accept(&checker->replay, &checker->order), 0);
    replay_finish(&checker->replay, checker->order.id, (struct job_state){STATE_EXITED, 3});
    assert_int_equal(checker_ask(checker, &checked), PROBLEM_NONE);
    assert_non_null(checked.seen);
    assert_int_equal(checked.seen->verb, VERB_RUN);
    assert_int_equal(checked.seen->state.detail, 3);
    /* Also after its right was taken away: it happened, and asking again does nothing. */
    keyring_deinit(&checker->keyring);
    folder_write(&checker->folder, "operators", "", 0);
    checker_add_line(checker, "");
    assert_int_equal(keyring_refresh(&checker->keyring), 0);
    assert_int_equal(checker_ask(checker, &checked), PROBLEM_NONE);
    assert_non_null(checked.seen);
    /* But not when it has expired in the meantime. */
    checker->context.boot_ms = checker->order.expires;
    assert_int_equal(checker_ask(checker, &checked), PROBLEM_EXPIRED);
    assert_null(checked.seen);
}

static int check_again(void *argument)
{
    const struct checker *checker = argument;
    _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
    struct checked checked;
    enum problem_code problem;

    failing_malloc_pause(true);
    sign_order(&checker->key, &checker->order, &parts);
    failing_malloc_pause(false);
    problem = check_order(&checker->context, buffer_slice(&parts), &checked);
    /* No memory must never look like a good signature. */
    assert_true(problem == PROBLEM_NONE || (problem == PROBLEM_SIGNATURE && checked.who == NULL));
    return (int)problem;
}

static void test_no_memory(void **state)
{
    struct checker *checker = *state;

    assert_true(failing_malloc_run(check_again, checker) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        checker_test(test_good, "may=\"run\",as=\"root,www-data\" "),
        checker_test(test_unknown_verb, MAY_ALL),
        checker_test(test_other_machine, MAY_RUN),
        checker_test(test_other_epoch, MAY_RUN),
        checker_test(test_open_may_not_wait, MAY_ALL),
        checker_test(test_opens_its_channel, MAY_RUN),
        checker_test(test_ordinary_order_opens_nothing, MAY_ALL),
        checker_test(test_what_opens_may_not_wait, MAY_ALL),
        checker_test(test_genuine_without_the_right, "may=\"observe\",as=\"*\" "),
        checker_test(test_window, MAY_RUN),
        checker_test(test_window_of_a_waiting_order, MAY_RUN),
        checker_test(test_window_by_the_latest_order, MAY_RUN),
        checker_test(test_right_missing, "may=\"observe,shell,files,control\",as=\"*\" "),
        checker_test(test_bare_key, ""),
        cmocka_unit_test(test_run_as),
        checker_test(test_repetition, MAY_RUN),
        checker_test(test_no_memory, MAY_RUN),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
