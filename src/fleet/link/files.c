/* See files.h. */
#include "fleet/link/files.h"

#include <sys/resource.h>

/* Standard streams, the loop's own, and a few for the program around this. A machine's socket
 * outlives its link until the close has been answered: room for as many as there are links, up to
 * what comes and goes at once. */
enum { FILES_KEPT = 64, FILES_CLOSING = 512, LINKS_LEAST = 8 };

uint64_t files_raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 256;
    if (limit.rlim_cur < limit.rlim_max) {
        struct rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};

        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit = raised;
    }
    return limit.rlim_cur;
}

uint32_t files_links_that_fit(void)
{
    struct rlimit limit;
    uint64_t room, closing;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < FILES_KEPT + 2 * LINKS_LEAST)
        return LINKS_LEAST;
    room = limit.rlim_cur - FILES_KEPT;
    closing = room / 2 < FILES_CLOSING ? room / 2 : FILES_CLOSING;
    return room - closing > UINT32_MAX ? UINT32_MAX : (uint32_t)(room - closing);
}
