/* See test-ground.h. */
#include "parcel/test-ground.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

int ground_setup(void **state)
{
    char path[] = "/tmp/hune-parcel.XXXXXX";

    umask(022);
    if (!mkdtemp(path) || chdir(path) < 0)
        return -1;
    *state = strdup(path);
    return *state ? 0 : -1;
}

int ground_teardown(void **state)
{
    int r = chdir("/");

    r |= nftw(*state, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return r;
}

void ground_write(const char *path, const void *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(fd_write_all(fd, bytes, size), 0);
    close(fd);
}

void ground_expect(const char *path, const char *text)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;

    assert_int_equal(file_read(path, 1 << 20, &content), 0);
    assert_string_equal(buffer_text(&content), text);
}

bool ground_has(const char *path)
{
    struct stat info;

    return lstat(path, &info) == 0;
}

unsigned ground_count(const char *path)
{
    DIR *folder = opendir(path);
    unsigned count = 0;
    const struct dirent *entry;

    assert_non_null(folder);
    while ((entry = readdir(folder)))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(folder);
    return count;
}

static int look(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    return strncmp(path + walk->base, ".hune-", 6) == 0;
}

void ground_expect_clean(void)
{
    assert_int_equal(nftw(".", look, 16, FTW_PHYS), 0);
}

static int to_buffer(void *user, const void *bytes, size_t size)
{
    return buffer_append(user, bytes, size);
}

struct parcel_sink ground_sink(struct buffer *parcel)
{
    return (struct parcel_sink){.write = to_buffer, .user = parcel};
}

void ground_wrap(const void *archive, size_t size, struct buffer *parcel)
{
    const struct parcel_sink sink = ground_sink(parcel);
    const struct parcel_head head = {.kind = PARCEL_ARCHIVE};
    struct parcel_tail tail = {0};
    struct parcel_writer writer;

    assert_int_equal(parcel_writer_init(&writer, &sink, &head), 0);
    assert_int_equal(parcel_write(&writer, archive, size), 0);
    assert_int_equal(parcel_finish(&writer, &tail), 0);
    parcel_writer_deinit(&writer);
}

/* ---- archives ---- */

static la_ssize_t on_write(struct archive *archive, void *user, const void *bytes, size_t size)
{
    (void)archive;
    return buffer_append(user, bytes, size) ? -1 : (la_ssize_t)size;
}

void hostile_begin(struct hostile *hostile)
{
    *hostile = (struct hostile){.archive = archive_write_new()};
    assert_int_equal(archive_write_set_format_pax(hostile->archive), ARCHIVE_OK);
    assert_int_equal(archive_write_set_options(hostile->archive, "hdrcharset=BINARY"), ARCHIVE_OK);
    assert_int_equal(archive_write_open(hostile->archive, &hostile->bytes, NULL, on_write, NULL),
                     ARCHIVE_OK);
}

void hostile_add(struct hostile *hostile, const char *name, unsigned type, const char *content,
                 const char *link)
{
    struct archive_entry *entry = archive_entry_new();
    size_t size = type == AE_IFREG && content ? strlen(content) : 0;

    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, type);
    archive_entry_set_perm(entry, type == AE_IFDIR ? 0755 : 06644);
    archive_entry_set_mtime(entry, 1000000000, 5);
    archive_entry_set_size(entry, (int64_t)size);
    if (type == AE_IFLNK)
        archive_entry_set_symlink(entry, content);
    if (link)
        archive_entry_set_hardlink(entry, link);
    assert_int_equal(archive_write_header(hostile->archive, entry), ARCHIVE_OK);
    if (size > 0)
        assert_int_equal(archive_write_data(hostile->archive, content, size), size);
    archive_entry_free(entry);
}

void hostile_end(struct hostile *hostile, struct buffer *parcel)
{
    assert_int_equal(archive_write_close(hostile->archive), ARCHIVE_OK);
    archive_write_free(hostile->archive);
    ground_wrap(buffer_bytes(&hostile->bytes), buffer_length(&hostile->bytes), parcel);
    buffer_deinit(&hostile->bytes);
}

/* ---- unpacking ---- */

static ssize_t lend(void *user, size_t taken, size_t wanted, const uint8_t **bytes_out)
{
    struct ground_source *source = user;
    size_t size = source->step > wanted ? source->step : wanted;

    source->at += taken;
    source->left -= taken;
    *bytes_out = source->at;
    return (ssize_t)(size < source->left ? size : source->left);
}

void ground_source_init(struct ground_source *source, const struct buffer *parcel, size_t step)
{
    *source = (struct ground_source){
        .at = buffer_bytes(parcel),
        .left = buffer_length(parcel),
        .step = step,
        .source = {.read = lend, .user = source},
    };
}

enum parcel_trouble_code ground_unpack(const struct buffer *parcel, const char *target,
                                       uint64_t bytes_max, struct unpack_result *result_out)
{
    const struct unpack_settings settings = {.target = target, .bytes_max = bytes_max};
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    struct parcel_trouble trouble = {0};
    struct ground_source source;
    struct unpack_result result;
    enum parcel_trouble_code code;
    int r;

    ground_source_init(&source, parcel, 1000);
    r = unpack_run(&settings, &source.source, result_out ? result_out : &result, &trouble);
    code = trouble.code;
    assert_int_equal(r, code != PARCEL_TROUBLE_NONE);
    if (code && !parcel_trouble_describe(&trouble, &text))
        print_message("  %s\n", buffer_text(&text));
    parcel_trouble_deinit(&trouble);
    ground_expect_clean();
    return code;
}
