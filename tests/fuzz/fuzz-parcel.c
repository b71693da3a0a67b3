/* A parcel, or an archive in a good parcel, from anybody: whatever it holds, nothing outside of the
 * target changes, nothing is kept of what is refused, and no temporary is left. */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "parcel/unpack.h"

enum { BYTES_MAX = 1 << 20, ENTRIES_MAX = 64 };

struct input {
    const uint8_t *at;
    size_t left;
};

static ssize_t lend(void *user, size_t taken, size_t wanted, const uint8_t **bytes_out)
{
    struct input *input = user;
    size_t size = wanted > 700 ? wanted : 700;

    input->at += taken;
    input->left -= taken;
    *bytes_out = input->at;
    return (ssize_t)(size < input->left ? size : input->left);
}

static int to_buffer(void *user, const void *bytes, size_t size)
{
    return buffer_append(user, bytes, size);
}

static void wrap(const uint8_t *bytes, size_t size, struct buffer *parcel)
{
    const struct parcel_sink sink = {.write = to_buffer, .user = parcel};
    const struct parcel_head head = {.kind = PARCEL_ARCHIVE};
    struct parcel_tail tail = {0};
    struct parcel_writer writer;

    must(parcel_writer_init(&writer, &sink, &head) == 0);
    must(parcel_write(&writer, bytes, size) == 0);
    must(parcel_finish(&writer, &tail) == 0);
    parcel_writer_deinit(&writer);
}

static unsigned count(const char *path)
{
    DIR *folder = opendir(path);
    unsigned found = 0;

    must(folder);
    while (readdir(folder))
        found++;
    closedir(folder);
    return found - 2;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    must(strncmp(path + walk->base, ".hune-", 6) != 0 || type != FTW_D);
    return remove(path);
}

/* A folder may have been unpacked with a mode that shuts out its owner: opens one and returns 1. */
static int open_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)walk;
    if (type != FTW_DNR && (type != FTW_D || (info->st_mode & 0700) == 0700))
        return 0;
    must(chmod(path, 0700) == 0);
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const struct unpack_settings settings = {
        .target = "ground/target", .bytes_max = BYTES_MAX, .entries_max = ENTRIES_MAX};
    static char ground[] = "/tmp/hune-fuzz.XXXXXX";
    static int home = -1; /* where the fuzzer finds its corpus */
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    struct input input = {bytes, size};
    const struct parcel_source source = {.read = lend, .user = &input};
    struct parcel_trouble trouble = {0};
    struct unpack_result result;
    int r;

    if (size == 0)
        return 0;
    if (bytes[0] & 1) {
        wrap(bytes + 1, size - 1, &parcel);
        input = (struct input){buffer_bytes(&parcel), buffer_length(&parcel)};
    } else {
        input = (struct input){bytes + 1, size - 1};
    }
    if (home < 0)
        home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    must(mkdtemp(ground) && chdir(ground) == 0);
    must(mkdir("ground", 0755) == 0 && mkdir("ground/target", 0755) == 0);
    must(mkdir("ground/outside", 0755) == 0 && symlink("../outside", "ground/target/link") == 0);
    r = unpack_run(&settings, &source, &result, &trouble);
    must((r != 0) == (trouble.code != PARCEL_TROUBLE_NONE));
    parcel_trouble_deinit(&trouble);
    must(count("ground") == 2 && count("ground/outside") == 0);
    must(r ? count("ground/target") == 1 : result.entries <= ENTRIES_MAX);
    must(fchdir(home) == 0);
    do
        r = nftw(ground, open_one, 16, FTW_PHYS);
    while (r == 1);
    must(r == 0 && nftw(ground, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
    memcpy(ground + sizeof(ground) - 7, "XXXXXX", 6);
    return 0;
}
