/* Runs every file of a corpus through a fuzz target, so that each input that was ever found is an
 * ordinary test. Each input lies in a block of its exact size, for the sanitizer to guard. */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "fuzz.h"

enum { REPLAY_FILE_MAX = 4 << 20 };

static void replay(int directory, const char *name)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    _cleanup_free_ uint8_t *exact = NULL;

    must(file_read_at(directory, name, REPLAY_FILE_MAX, &content) == 0);
    exact = malloc(buffer_length(&content) ? buffer_length(&content) : 1);
    must(exact);
    if (buffer_length(&content) > 0)
        memcpy(exact, buffer_bytes(&content), buffer_length(&content));
    LLVMFuzzerTestOneInput(exact, buffer_length(&content));
}

int main(int argc, char **argv)
{
    struct dirent *entry;
    unsigned count = 0;
    DIR *directory;

    if (argc != 2) {
        fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
        return 2;
    }
    directory = opendir(argv[1]);
    if (!directory) {
        perror(argv[1]);
        return 1;
    }
    while ((entry = readdir(directory))) {
        if (entry->d_name[0] == '.')
            continue;
        replay(dirfd(directory), entry->d_name);
        count++;
    }
    closedir(directory);
    printf("%u inputs\n", count);
    /* A corpus that was not found must not look like one that passed. */
    return count > 0 ? 0 : 1;
}
