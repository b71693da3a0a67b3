/* See random.h. */
#include "base/random.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/types.h>

int random_bytes(void *bytes_out, size_t size)
{
    char *at = bytes_out;

    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);

        if (got < 0) {
            if (errno == EINTR)
                continue;
            return -errno;
        }
        at += got;
        size -= (size_t)got;
    }
    return 0;
}
