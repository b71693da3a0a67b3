/* For the tests of check.h: a machine with an operator, that operator's key, and an order that is
 * good as it stands. */
#pragma once

#include "warden/test-support.h"

#include "warden/check.h"

enum { BOOT_MS = 5000000 };

struct checker {
    struct folder folder;
    struct replay replay;
    struct keyring keyring;
    struct check_context context;
    struct crypto_last last_key;
    uint8_t machine[MACHINE_ID_SIZE], epoch[EPOCH_SIZE];
    struct sshkey_private key;
    struct order order;
};

/* `options` stand before the operator's key, as in the file. */
void checker_make(struct checker *checker, const char *options);
void checker_remove(struct checker *checker);
/* The same key in a line with other options, appended to the file. */
void checker_add_line(struct checker *checker, const char *options);
/* Signs the order as it now is, and has it checked. The order's payload and its parts are borrowed
 * from bytes that are gone afterwards, so they are not in what comes back. */
enum problem_code checker_ask(const struct checker *checker, struct checked *checked_out);

/* A test with `struct checker *checker = *state;`, whose operator has these options. */
#define checker_test(test, options)                                                   \
    cmocka_unit_test_prestate_setup_teardown(test, checker_set_up, checker_tear_down, \
                                             (void *)(options))
#define MAY_RUN "may=\"run\",as=\"*\" "
#define MAY_ALL "may=\"all\",as=\"*\" "
int checker_set_up(void **state);
int checker_tear_down(void **state);
