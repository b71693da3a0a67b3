/* What the tests of this folder share: a directory that stands for the machine, and feeding a
 * parser every beginning of a text, each in memory of exactly its size so that a read beyond it is
 * caught. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "sense/object.h"

static inline void with_each_beginning(const char *bytes, size_t size, void (*use)(struct span))
{
    for (size_t length = 0; length <= size; length++) {
        char *copy = malloc(length ? length : 1);

        assert_non_null(copy);
        memcpy(copy, bytes, length);
        use((struct span){copy, length});
        free(copy);
    }
}

#define assert_span_equal(actual, text)                     \
    do {                                                    \
        struct span span_ = (actual);                       \
        const char *text_ = (text);                         \
        assert_int_equal(span_.length, strlen(text_));      \
        assert_memory_equal(span_.at, text_, span_.length); \
    } while (0)

#define assert_text_in(json, key, text)                                     \
    do {                                                                    \
        const char *found_ = json_string_value(json_object_get(json, key)); \
        assert_non_null(found_);                                            \
        assert_string_equal(found_, text);                                  \
    } while (0)

#define assert_number_in(json, key, number)                                       \
    do {                                                                          \
        assert_true(json_is_integer(json_object_get(json, key)));                 \
        assert_int_equal(json_integer_value(json_object_get(json, key)), number); \
    } while (0)

#define assert_absent(json, key) assert_null(json_object_get(json, key))

/* An empty machine; fixture_remove() it. */
static inline void fixture_make(char root_out[32])
{
    static const char pattern[] = "/tmp/hune-sense-XXXXXX";

    memcpy(root_out, pattern, sizeof(pattern));
    assert_non_null(mkdtemp(root_out));
}

static inline void fixture_write_bytes(const char *root, const char *path, const void *bytes,
                                       size_t size)
{
    char full[512];
    char *slash;
    int fd;

    assert_in_range(snprintf(full, sizeof(full), "%s%s", root, path), 1, sizeof(full) - 1);
    slash = strrchr(full, '/');
    *slash = '\0';
    assert_int_equal(directory_make(full, 0755), 0);
    *slash = '/';
    fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(fd_write_all(fd, bytes, size), 0);
    close(fd);
}

static inline void fixture_write(const char *root, const char *path, const char *text)
{
    fixture_write_bytes(root, path, text, strlen(text));
}

static inline int fixture_remove_one(const char *path, const struct stat *status, int kind,
                                     struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline void fixture_remove(const char *root)
{
    assert_int_equal(nftw(root, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}
