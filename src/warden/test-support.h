/* For the tests of this folder: a folder of their own, keys, signed orders. Everything that fails
 * here fails the test. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "proto/order.h"
#include "proto/sshkey.h"
#include "warden/place.h"

/* cmocka wants these before its own header, in this order. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* A new folder with "state" and "run" in it; free it with folder_remove(). */
struct folder {
    char path[64];
    struct place place;
};

void folder_make(struct folder *folder);
void folder_remove(struct folder *folder);
/* A test in a folder of its own: `struct folder *folder = *state;`. */
#define folder_test(test) cmocka_unit_test_setup_teardown(test, folder_set_up, folder_tear_down)
int folder_set_up(void **state);
int folder_tear_down(void **state);
/* Writes, or appends to, the file `name` in the folder. */
void folder_write(const struct folder *folder, const char *name, const void *bytes, size_t size);
void folder_append(const struct folder *folder, const char *name, const void *bytes, size_t size);
/* The whole file, with a NUL behind it. */
void folder_read(const struct folder *folder, const char *name, struct buffer *content_out);

unsigned count_open_fds(void);
/* A signed order as it travels; and any other bytes in its place. */
void sign_order(const struct sshkey_private *key, const struct order *order,
                struct buffer *parts_out);
void sign_bytes(const struct sshkey_private *key, struct slice bytes, struct buffer *parts_out);
