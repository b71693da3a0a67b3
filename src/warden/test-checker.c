/* See test-checker.h. */
#include "warden/test-checker.h"

#include <string.h>

#include "base/cleanup.h"

void checker_add_line(struct checker *checker, const char *options)
{
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;

    assert_int_equal(buffer_append_text(&line, options), 0);
    assert_int_equal(sshkey_append_line(&checker->key.key, &line), 0);
    assert_int_equal(buffer_append_text(&line, " alice\n"), 0);
    folder_append(&checker->folder, "operators", buffer_bytes(&line), buffer_length(&line));
}

void checker_make(struct checker *checker, const char *options)
{
    *checker = (struct checker){0};
    folder_make(&checker->folder);
    assert_int_equal(sshkey_generate(&checker->key, "alice"), 0);
    checker_add_line(checker, options);
    keyring_init(&checker->keyring, checker->folder.place.operators);
    assert_int_equal(keyring_refresh(&checker->keyring), 0);
    assert_int_equal(checker->keyring.count, 1);
    assert_int_equal(
        replay_init(&checker->replay, checker->folder.place.run, checker->folder.place.state, true),
        0);
    memset(checker->machine, 'm', sizeof(checker->machine));
    memset(checker->epoch, 'e', sizeof(checker->epoch));
    checker->context = (struct check_context){
        .machine = checker->machine,
        .epoch = checker->epoch,
        .keyring = &checker->keyring,
        .replay = &checker->replay,
        .last_key = &checker->last_key,
        .boot_ms = BOOT_MS,
        .privileged = true,
        .self = "huneuser",
    };
    checker->order = (struct order){
        .issued = BOOT_MS,
        .expires = BOOT_MS + 60000,
        .verb = VERB_RUN,
        .user = "www-data",
        .payload = {(const uint8_t *)"payload", 7},
    };
    memcpy(checker->order.machine, checker->machine, sizeof(checker->machine));
    memcpy(checker->order.epoch, checker->epoch, sizeof(checker->epoch));
    assert_int_equal(uuid_make(checker->order.id), 0);
}

void checker_remove(struct checker *checker)
{
    replay_deinit(&checker->replay);
    crypto_last_deinit(&checker->last_key);
    keyring_deinit(&checker->keyring);
    folder_remove(&checker->folder);
}

enum problem_code checker_ask(const struct checker *checker, struct checked *checked_out)
{
    _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
    enum problem_code problem;

    sign_order(&checker->key, &checker->order, &parts);
    problem = check_order(&checker->context, buffer_slice(&parts), checked_out);
    checked_out->order.payload = (struct slice){0};
    checked_out->parts = (struct order_parts){0};
    return problem;
}

int checker_set_up(void **state)
{
    static struct checker checker;

    checker_make(&checker, *state);
    *state = &checker;
    return 0;
}

int checker_tear_down(void **state)
{
    checker_remove(*state);
    return 0;
}
