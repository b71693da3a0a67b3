/* Whole small files: read with a bound, replaced so that a crash leaves the old or the new one. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/buffer.h"

/* Appends the whole file to `content`. Returns 0, -EFBIG if it holds more than `max` bytes, or
 * -errno (-ENOENT for a file that is not there). Works for files in /proc too. */
int file_read(const char *path, size_t max, struct buffer *content);
int file_read_at(int directory, const char *path, size_t max, struct buffer *content);

/* Writes `path.XXXXXX` beside the file, syncs it, renames it over `path`, syncs the directory.
 * A file that was there keeps its mode, else `mode` holds. Returns 0 or -errno; on error the old
 * file is as it was and no temporary is left. */
int file_replace(const char *path, mode_t mode, const void *bytes, size_t size);

/* Makes the directory and its parents, each with `mode`. An existing one is left as it is.
 * Returns 0 or -errno. */
int directory_make(const char *path, mode_t mode);

/* Appends what comes from `fd` until its end. Returns 0, -EFBIG beyond `max` bytes, or -errno. */
int fd_read_all(int fd, size_t max, struct buffer *content);
/* All of the bytes, through EINTR and short writes. Returns 0 or -errno. */
int fd_write_all(int fd, const void *bytes, size_t size);

/* Takes the lock `path.lock` (of the file that a symbolic link leads to), which is made with `mode`
 * and stays; waits for whoever has it at most `wait_ms`. It ends with the descriptor. Returns 0,
 * -ETIMEDOUT, or -errno. */
int file_lock(const char *path, mode_t mode, unsigned wait_ms, int *fd_out);
