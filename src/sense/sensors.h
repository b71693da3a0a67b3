/* The temperatures that the kernel's hwmon tells. */
#pragma once

#include <stddef.h>

#include "base/buffer.h"
#include "sense/tap.h"
#include "sense/vitals.h"

struct sensor {
    struct tap tap;
    unsigned slow;              /* how often in a row it took too long */
    char name[VITAL_THING_MAX]; /* "coretemp Package id 0", "nvme 1" */
};

/* Zeroed at first. */
struct sensors {
    struct sensor *items;
    size_t count, room;
};

/* Opens those that there are. Returns 0 or -ENOMEM. */
int sensors_open(struct sensors *sensors, const char *root);
void sensors_close(struct sensors *sensors);
/* Fills the sensors of `slow`. One that takes its time to answer is not asked again: the bus that
 * it is on would hold up everything else. Returns 0 or -ENOMEM. */
int sensors_read(struct sensors *sensors, struct buffer *content, struct slow_reading *slow);
