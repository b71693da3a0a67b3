/* Not installed: fills a file with a made-up history that ends now, for tests and measurements:
 * `history FILE DAYS`. The curves are the same each time. What is so old that only a coarser ring
 * still has it gets fewer samples: a year would take a minute otherwise. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "sense/history.h"

enum { DAY = 86400 };

static int file_make(const char *path)
{
    uint64_t keep[HISTORY_RING_COUNT];
    struct history_layout layout;
    uint8_t head[HISTORY_FIXED];
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    for (size_t i = 0; i < HISTORY_RING_COUNT; i++)
        keep[i] = history_default_keep((enum history_ring)i);
    if (fd < 0 || history_layout_make(&layout, keep))
        return -1;
    history_head_write(&layout, head);
    if (ftruncate(fd, (off_t)layout.size) < 0 ||
        pwrite(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* A slow triangle with a fast one upon it, from 0 to 100. */
static double curve(uint64_t second, unsigned which)
{
    double slow = (double)((second + 997 * which) % DAY) / DAY;
    double fast = (double)((second * (which + 3)) % 600) / 600;

    return 80 * (slow < 0.5 ? slow : 1 - slow) * 2 + 20 * fast;
}

static void fill(struct vitals *vitals, uint64_t second)
{
    vitals->wall_ms = second * 1000;
    for (unsigned i = 0; i < VITAL_COUNT; i++) {
        double value = curve(second, i);

        vitals->value[i] = vital_info((enum vital)i)->unit == VITAL_UNIT_BYTES ? value * 1e8
                                                                               : value;
    }
}

static uint64_t step_at(uint64_t age)
{
    if (age <= DAY + 3600)
        return 10;
    return age <= 14 * DAY + 3600 ? 120 : 1200;
}

int main(int argc, char **argv)
{
    uint64_t now = clock_wall_ms() / 1000;
    struct vitals vitals = {0};
    struct history *history;
    uint64_t days;
    int fd;

    if (argc != 3 || !text_to_u64(argv[2], 400, &days)) {
        fprintf(stderr, "usage: %s FILE DAYS\n", argv[0]);
        return 2;
    }
    fd = file_make(argv[1]);
    if (fd < 0 || history_new(&history, fd)) {
        perror(argv[1]);
        return 1;
    }
    for (uint64_t second = now - days * DAY; second <= now; second += step_at(now - second)) {
        int r;

        fill(&vitals, second);
        r = history_add(history, &vitals);
        if (r) {
            fprintf(stderr, "%s: %s\n", argv[1], strerror(-r));
            return 1;
        }
    }
    history_free(history);
    return 0;
}
