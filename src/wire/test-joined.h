/* For tests of two wires against each other: a pair of them for each test. */
#pragma once

#include "wire/test-pair.h"

extern struct test_pair pair;

/* A GET of the client's. */
struct wire_stream *get(const char *path);

#define joined_test(test) cmocka_unit_test_setup_teardown(test, joined_set_up, joined_tear_down)
int joined_set_up(void **state);
int joined_tear_down(void **state);
/* For the end of the program. */
int joined_free_contexts(void **state);
