/* See test-support.h. */
#include "warden/test-support.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "proto/sshsig.h"

void folder_make(struct folder *folder)
{
    const char *failed;

    snprintf(folder->path, sizeof(folder->path), "/tmp/hune-warden-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    assert_int_equal(place_init(&folder->place, folder->path, NULL), 0);
    assert_int_equal(place_make(&folder->place, &failed), 0);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

void folder_remove(struct folder *folder)
{
    assert_int_equal(nftw(folder->path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    place_deinit(&folder->place);
}

int folder_set_up(void **state)
{
    static struct folder folder;

    folder_make(&folder);
    *state = &folder;
    return 0;
}

int folder_tear_down(void **state)
{
    folder_remove(*state);
    return 0;
}

static void put(const struct folder *folder, const char *name, int flags, const void *bytes,
                size_t size)
{
    _cleanup_free_ char *path = place_path(folder->path, name);
    _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);

    assert_true(fd >= 0);
    assert_int_equal(fd_write_all(fd, bytes, size), 0);
}

void folder_write(const struct folder *folder, const char *name, const void *bytes, size_t size)
{
    put(folder, name, O_TRUNC, bytes, size);
}

void folder_append(const struct folder *folder, const char *name, const void *bytes, size_t size)
{
    put(folder, name, O_APPEND, bytes, size);
}

void folder_read(const struct folder *folder, const char *name, struct buffer *content_out)
{
    _cleanup_free_ char *path = place_path(folder->path, name);

    assert_int_equal(file_read(path, 64 << 20, content_out), 0);
    assert_non_null(buffer_text(content_out));
}

unsigned count_open_fds(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

void sign_bytes(const struct sshkey_private *key, struct slice bytes, struct buffer *parts_out)
{
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    struct order_parts parts = {.order = bytes};

    assert_int_equal(sshsig_sign(key, bytes.bytes, bytes.size, &blob), 0);
    parts.signature = buffer_slice(&blob);
    assert_int_equal(order_parts_encode(&parts, parts_out), 0);
}

void sign_order(const struct sshkey_private *key, const struct order *order,
                struct buffer *parts_out)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;

    assert_int_equal(order_encode(order, &bytes), 0);
    sign_bytes(key, buffer_slice(&bytes), parts_out);
}
