/* What the tests of parcels stand on: a folder that goes away, parcels in memory, and archives with
 * anything in them. */
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "parcel/pack.h"
#include "parcel/unpack.h"

/* cmocka setup and teardown: the test runs in an empty folder of its own. */
int ground_setup(void **state);
int ground_teardown(void **state);

void ground_write(const char *path, const void *bytes, size_t size);
/* The whole file must hold exactly this text. */
void ground_expect(const char *path, const char *text);
bool ground_has(const char *path);
/* How many names a folder holds. */
unsigned ground_count(const char *path);
/* Fails the test if a temporary is left anywhere below. */
void ground_expect_clean(void);

struct parcel_sink ground_sink(struct buffer *parcel);
/* A parcel that holds `archive` as it is. */
void ground_wrap(const void *archive, size_t size, struct buffer *parcel);

/* An archive in memory. */
struct hostile {
    struct archive *archive;
    struct buffer bytes;
};

void hostile_begin(struct hostile *hostile);
/* `type` is AE_IF...; `content` fills a file, is the target of a symbolic link, or NULL. With
 * `link`, a hard link to that. */
void hostile_add(struct hostile *hostile, const char *name, unsigned type, const char *content,
                 const char *link);
/* Wraps it into a parcel and forgets it. */
void hostile_end(struct hostile *hostile, struct buffer *parcel);

struct ground_source {
    const uint8_t *at;
    size_t left, step; /* lent at a time, if no more is wanted */
    struct parcel_source source;
};
void ground_source_init(struct ground_source *source, const struct buffer *parcel, size_t step);

/* Unpacks to `target` and returns the trouble's code (0 for none), which is also printed. */
enum parcel_trouble_code ground_unpack(const struct buffer *parcel, const char *target,
                                       uint64_t bytes_max, struct unpack_result *result_out);
