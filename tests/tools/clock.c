/* Preloaded into an agent by a test: its wall clock and its boot clock are off by the seconds (two
 * numbers of 64 bits, signed) that stand in the file named by HUNE_TEST_CLOCK, and jump when they
 * change: the first alone is a clock that is set, both together a machine that was suspended. The
 * file is mapped before the gate closes its sandbox. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offsets;

__attribute__((constructor)) static void map_offsets(void)
{
    const char *path = getenv("HUNE_TEST_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *mapped;

    if (fd < 0)
        return;
    mapped = mmap(NULL, 2 * sizeof(*offsets), PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped != MAP_FAILED)
        offsets = mapped;
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t which, struct timespec *now)
{
    int r = (int)syscall(SYS_clock_gettime, which, now);

    if (r == 0 && offsets && (which == CLOCK_REALTIME || which == CLOCK_BOOTTIME))
        now->tv_sec += offsets[which == CLOCK_BOOTTIME];
    return r;
}
