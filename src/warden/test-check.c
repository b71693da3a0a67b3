/* See check.h. Orders are made and signed as a console does it, then damaged in one place each. */
#include "warden/test-support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/failing-malloc.h"
#include "proto/sshsig.h"
#include "warden/check.h"

enum { BOOT_MS = 5000000 };

/* A machine with operators, and the key of one of them. */
struct ground {
    struct folder folder;
    struct replay replay;
    struct keyring keyring;
    struct check_context context;
    uint8_t machine[MACHINE_ID_SIZE], epoch[EPOCH_SIZE];
    struct sshkey_private key;
    struct order order;
};

static void add_operator(const struct folder *folder, const char *options,
                         const struct sshkey_private *key)
{
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;

    assert_int_equal(buffer_append_text(&line, options), 0);
    assert_int_equal(sshkey_append_line(&key->key, &line), 0);
    assert_int_equal(buffer_append_text(&line, " alice\n"), 0);
    folder_append(folder, "operators", buffer_bytes(&line), buffer_length(&line));
}

static void ground_make(struct ground *ground, const char *options)
{
    *ground = (struct ground){0};
    folder_make(&ground->folder);
    assert_int_equal(sshkey_generate(&ground->key, "alice"), 0);
    add_operator(&ground->folder, options, &ground->key);
    keyring_init(&ground->keyring, ground->folder.place.operators);
    assert_int_equal(keyring_refresh(&ground->keyring), 0);
    assert_int_equal(ground->keyring.count, 1);
    assert_int_equal(
        replay_init(&ground->replay, ground->folder.place.run, ground->folder.place.state, true),
        0);
    memset(ground->machine, 'm', sizeof(ground->machine));
    memset(ground->epoch, 'e', sizeof(ground->epoch));
    ground->context = (struct check_context){
        .machine = ground->machine,
        .epoch = ground->epoch,
        .keyring = &ground->keyring,
        .replay = &ground->replay,
        .boot_ms = BOOT_MS,
        .privileged = true,
        .self = "huneuser",
    };
    ground->order = (struct order){
        .issued = BOOT_MS,
        .expires = BOOT_MS + 60000,
        .verb = VERB_RUN,
        .user = "www-data",
        .payload = {(const uint8_t *)"payload", 7},
    };
    memcpy(ground->order.machine, ground->machine, sizeof(ground->machine));
    memcpy(ground->order.epoch, ground->epoch, sizeof(ground->epoch));
    assert_int_equal(uuid_make(ground->order.id), 0);
}

static void ground_remove(struct ground *ground)
{
    replay_deinit(&ground->replay);
    keyring_deinit(&ground->keyring);
    folder_remove(&ground->folder);
}

/* `checked->order` and the parts are borrowed from the bytes, so what is kept of them is copied. */
static enum problem_code ask(const struct ground *ground, struct checked *checked)
{
    _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
    enum problem_code problem;

    sign_order(&ground->key, &ground->order, &parts);
    problem = check_order(&ground->context, buffer_slice(&parts), checked);
    checked->order.payload = (struct slice){0};
    checked->parts = (struct order_parts){0};
    return problem;
}

static void test_good(void **state)
{
    struct checked checked;
    struct ground ground;

    (void)state;
    ground_make(&ground, "may=\"run\",as=\"root,www-data\" ");
    assert_int_equal(ask(&ground, &checked), PROBLEM_NONE);
    assert_string_equal(checked.user, "www-data");
    assert_string_equal(checked.who->name, "alice");
    assert_null(checked.seen);
    assert_memory_equal(checked.order.id, ground.order.id, UUID_SIZE);
    ground_remove(&ground);
}

/* ---- what cannot be believed ---- */

static void test_malformed_parts(void **state)
{
    _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
    struct checked checked;
    struct ground ground;

    (void)state;
    ground_make(&ground, "may=\"run\",as=\"*\" ");
    sign_order(&ground.key, &ground.order, &parts);
    for (size_t size = 0; size < buffer_length(&parts); size++) {
        _cleanup_free_ uint8_t *exact = malloc(size ? size : 1);

        assert_non_null(exact);
        if (size > 0)
            memcpy(exact, buffer_bytes(&parts), size);
        assert_int_equal(check_order(&ground.context, (struct slice){exact, size}, &checked),
                         PROBLEM_MALFORMED);
        assert_null(checked.who);
    }
    assert_int_equal(buffer_append(&parts, "", 1), 0);
    assert_int_equal(check_order(&ground.context, buffer_slice(&parts), &checked),
                     PROBLEM_MALFORMED);
    assert_null(checked.who);
    ground_remove(&ground);
}

/* Properly signed, but no order. */
static void test_other_documents(void **state)
{
    static const char *const documents[] = {"", "HUNE-O1", "HUNE-O2", "hello world"};
    struct checked checked;
    struct ground ground;

    (void)state;
    ground_make(&ground, "may=\"run\",as=\"*\" ");
    for (size_t i = 0; i < ELEMENTS_OF(documents); i++) {
        _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
        struct slice bytes = {(const uint8_t *)documents[i], strlen(documents[i])};

        sign_bytes(&ground.key, bytes, &parts);
        assert_int_equal(check_order(&ground.context, buffer_slice(&parts), &checked),
                         PROBLEM_MALFORMED);
        assert_null(checked.who);
    }
    ground_remove(&ground);
}

/* The magic and nothing right behind it: the signature holds, the layout does not. */
static void test_bad_layout(void **state)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
    struct checked checked;
    struct ground ground;

    (void)state;
    ground_make(&ground, "may=\"run\",as=\"*\" ");
    assert_int_equal(order_encode(&ground.order, &bytes), 0);
    assert_int_equal(buffer_append(&bytes, "", 1), 0);
    sign_bytes(&ground.key, buffer_slice(&bytes), &parts);
    assert_int_equal(check_order(&ground.context, buffer_slice(&parts), &checked),
                     PROBLEM_MALFORMED);
    assert_non_null(checked.who); /* so the audit trail can tell whose it was */
    ground_remove(&ground);
}

static void test_key_unknown(void **state)
{
    struct checked checked;
    struct ground ground;

    (void)state;
    ground_make(&ground, "may=\"all\",as=\"*\" ");
    assert_int_equal(sshkey_generate(&ground.key, "mallory"), 0);
    assert_int_equal(ask(&ground, &checked), PROBLEM_KEY_UNKNOWN);
    assert_null(checked.who);
    assert_int_equal(checked.order.verb, 0);
    ground_remove(&ground);
}

/* Every single byte of order and signature counts. */
static void test_signature_wrong(void **state)
{
    _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
    struct checked checked;
    struct ground ground;

    (void)state;
    ground_make(&ground, "may=\"run\",as=\"*\" ");
    sign_order(&ground.key, &ground.order, &parts);
    for (size_t at = 0; at < buffer_length(&parts); at++) {
        enum problem_code problem;

        buffer_bytes(&parts)[at] ^= 1;
        problem = check_order(&ground.context, buffer_slice(&parts), &checked);
        if (problem != PROBLEM_SIGNATURE && problem != PROBLEM_MALFORMED &&
            problem != PROBLEM_KEY_UNKNOWN)
            fail_msg("with a changed byte %zu: %s", at, problem_info(problem)->name);
        assert_null(checked.who);
        buffer_bytes(&parts)[at] ^= 1;
    }
    assert_int_equal(check_order(&ground.context, buffer_slice(&parts), &checked), PROBLEM_NONE);
    ground_remove(&ground);
}

/* The key of one operator, the signature of another one's. */
static void test_signature_of_another_order(void **state)
{
    _cleanup_buffer_ struct buffer first = BUFFER_INIT;
    _cleanup_buffer_ struct buffer second = BUFFER_INIT;
    _cleanup_buffer_ struct buffer mixed = BUFFER_INIT;
    struct order_parts one;
    struct order_parts other;
    struct checked checked;
    struct ground ground;

    (void)state;
    ground_make(&ground, "may=\"run\",as=\"*\" ");
    sign_order(&ground.key, &ground.order, &first);
    assert_int_equal(uuid_make(ground.order.id), 0);
    sign_order(&ground.key, &ground.order, &second);
    assert_int_equal(order_parts_decode(&one, buffer_bytes(&first), buffer_length(&first)), 0);
    assert_int_equal(order_parts_decode(&other, buffer_bytes(&second), buffer_length(&second)), 0);
    one.signature = other.signature;
    assert_int_equal(order_parts_encode(&one, &mixed), 0);
    assert_int_equal(check_order(&ground.context, buffer_slice(&mixed), &checked),
                     PROBLEM_SIGNATURE);
    assert_null(checked.who);
    ground_remove(&ground);
}

static void test_no_signature_blob(void **state)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
    struct order_parts both;
    struct checked checked;
    struct ground ground;

    (void)state;
    ground_make(&ground, "may=\"run\",as=\"*\" ");
    assert_int_equal(order_encode(&ground.order, &bytes), 0);
    both = (struct order_parts){.order = buffer_slice(&bytes), .signature = {NULL, 0}};
    assert_int_equal(order_parts_encode(&both, &parts), 0);
    assert_int_equal(check_order(&ground.context, buffer_slice(&parts), &checked),
                     PROBLEM_SIGNATURE);
    ground_remove(&ground);
}

/* ---- where and when ---- */

static void test_unknown_verb(void **state)
{
    struct checked checked;
    struct ground ground;

    (void)state;
    ground_make(&ground, "may=\"all\",as=\"*\" ");
    ground.order.verb = 999;
    assert_int_equal(ask(&ground, &checked), PROBLEM_UNSUPPORTED);
    ground_remove(&ground);
}

static void test_other_machine(void **state)
{
    struct checked checked;
    struct ground ground;

    (void)state;
    ground_make(&ground, "may=\"run\",as=\"*\" ");
    ground.order.machine[MACHINE_ID_SIZE - 1] ^= 1;
    assert_int_equal(ask(&ground, &checked), PROBLEM_OTHER_MACHINE);
    ground_remove(&ground);
}

static void test_other_epoch(void **state)
{
    struct checked checked;
    struct ground ground;

    (void)state;
    ground_make(&ground, "may=\"run\",as=\"*\" ");
    ground.order.epoch[EPOCH_SIZE - 1] ^= 1;
    assert_int_equal(ask(&ground, &checked), PROBLEM_OTHER_EPOCH);
    ground_remove(&ground);
}

/* `open` binds a channel that exists now: it has nothing to wait for. */
static void test_open_may_not_wait(void **state)
{
    struct checked checked;
    struct ground ground;

    (void)state;
    ground_make(&ground, "may=\"all\",as=\"*\" ");
    memset(ground.order.epoch, 0, EPOCH_SIZE);
    ground.order.verb = VERB_OPEN;
    ground.order.issued = clock_wall_ms();
    ground.order.expires = ground.order.issued + 60000;
    assert_int_equal(ask(&ground, &checked), PROBLEM_OTHER_EPOCH);
    ground_remove(&ground);
}

struct window {
    int64_t issued; /* from now */
    int64_t expires;
    enum problem_code problem;
};

static void try_windows(struct ground *ground, uint64_t now, const struct window *windows,
                        size_t count)
{
    struct checked checked;

    for (size_t i = 0; i < count; i++) {
        enum problem_code problem;

        ground->order.issued = now + (uint64_t)windows[i].issued;
        ground->order.expires = now + (uint64_t)windows[i].expires;
        problem = ask(ground, &checked);
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
    struct ground ground;

    (void)state;
    ground_make(&ground, "may=\"run\",as=\"*\" ");
    try_windows(&ground, BOOT_MS, windows, ELEMENTS_OF(windows));
    ground_remove(&ground);
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
    struct ground ground;

    (void)state;
    ground_make(&ground, "may=\"run\",as=\"*\" ");
    memset(ground.order.epoch, 0, EPOCH_SIZE);
    try_windows(&ground, clock_wall_ms(), windows, ELEMENTS_OF(windows));
    ground_remove(&ground);
}

/* The clock was set back: what has expired before stays expired. */
static void test_window_by_the_latest_order(void **state)
{
    struct checked checked;
    struct ground ground;
    uint64_t now = clock_wall_ms();

    (void)state;
    ground_make(&ground, "may=\"run\",as=\"*\" ");
    memset(ground.order.epoch, 0, EPOCH_SIZE);
    ground.replay.latest_wall_ms = now + 3600000;
    ground.order.issued = now;
    ground.order.expires = now + 1800000;
    assert_int_equal(ask(&ground, &checked), PROBLEM_EXPIRED);
    /* But what one order moved on does not let the next one move it further. */
    ground.order.issued = now + 3600000;
    ground.order.expires = now + 7200000;
    assert_int_equal(ask(&ground, &checked), PROBLEM_NOT_YET);
    ground_remove(&ground);
}

/* ---- who may ---- */

static void test_right_missing(void **state)
{
    struct checked checked;
    struct ground ground;

    (void)state;
    ground_make(&ground, "may=\"observe,shell,files,control\",as=\"*\" ");
    assert_int_equal(ask(&ground, &checked), PROBLEM_RIGHT_MISSING);
    assert_non_null(checked.who);
    ground.order.verb = VERB_RESET;
    assert_int_equal(ask(&ground, &checked), PROBLEM_NONE);
    assert_string_equal(checked.user, "");
    ground_remove(&ground);
    /* A bare key may only observe. */
    ground_make(&ground, "");
    assert_int_equal(ask(&ground, &checked), PROBLEM_RIGHT_MISSING);
    ground.order.verb = VERB_OPEN;
    assert_int_equal(ask(&ground, &checked), PROBLEM_NONE);
    ground_remove(&ground);
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
        struct ground ground;

        ground_make(&ground, row->options);
        ground.context.privileged = row->privileged;
        memset(ground.order.user, 0, sizeof(ground.order.user));
        memcpy(ground.order.user, row->user, strlen(row->user));
        problem = ask(&ground, &checked);
        if (problem != (row->result ? PROBLEM_NONE : PROBLEM_RUN_AS))
            fail_msg("row %zu: %s", i, problem ? problem_info(problem)->name : "taken");
        if (row->result)
            assert_string_equal(checked.user, row->result);
        ground_remove(&ground);
    }
}

/* ---- again ---- */

static void test_repetition(void **state)
{
    struct checked checked;
    struct ground ground;

    (void)state;
    ground_make(&ground, "may=\"run\",as=\"*\" ");
    assert_int_equal(replay_accept(&ground.replay, &ground.order), 0);
    replay_finish(&ground.replay, ground.order.id, (struct job_state){STATE_EXITED, 3});
    assert_int_equal(ask(&ground, &checked), PROBLEM_NONE);
    assert_non_null(checked.seen);
    assert_int_equal(checked.seen->verb, VERB_RUN);
    assert_int_equal(checked.seen->state.detail, 3);
    /* Also after its right was taken away: it happened, and asking again does nothing. */
    keyring_deinit(&ground.keyring);
    folder_write(&ground.folder, "operators", "", 0);
    add_operator(&ground.folder, "", &ground.key);
    assert_int_equal(keyring_refresh(&ground.keyring), 0);
    assert_int_equal(ask(&ground, &checked), PROBLEM_NONE);
    assert_non_null(checked.seen);
    /* But not when it has expired in the meantime. */
    ground.context.boot_ms = ground.order.expires;
    assert_int_equal(ask(&ground, &checked), PROBLEM_EXPIRED);
    assert_null(checked.seen);
    ground_remove(&ground);
}

static int check_again(void *argument)
{
    const struct ground *ground = argument;
    _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
    struct checked checked;
    enum problem_code problem;

    failing_malloc_pause(true);
    sign_order(&ground->key, &ground->order, &parts);
    failing_malloc_pause(false);
    problem = check_order(&ground->context, buffer_slice(&parts), &checked);
    /* No memory must never look like a good signature. */
    assert_true(problem == PROBLEM_NONE || (problem == PROBLEM_SIGNATURE && checked.who == NULL));
    return (int)problem;
}

static void test_no_memory(void **state)
{
    struct ground ground;

    (void)state;
    ground_make(&ground, "may=\"run\",as=\"*\" ");
    assert_true(failing_malloc_run(check_again, &ground) > 0);
    ground_remove(&ground);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_malformed_parts),
        cmocka_unit_test(test_other_documents),
        cmocka_unit_test(test_bad_layout),
        cmocka_unit_test(test_key_unknown),
        cmocka_unit_test(test_signature_wrong),
        cmocka_unit_test(test_signature_of_another_order),
        cmocka_unit_test(test_no_signature_blob),
        cmocka_unit_test(test_unknown_verb),
        cmocka_unit_test(test_other_machine),
        cmocka_unit_test(test_other_epoch),
        cmocka_unit_test(test_open_may_not_wait),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_window_of_a_waiting_order),
        cmocka_unit_test(test_window_by_the_latest_order),
        cmocka_unit_test(test_right_missing),
        cmocka_unit_test(test_run_as),
        cmocka_unit_test(test_repetition),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
