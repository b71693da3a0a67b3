/* See burst.h. */
#include "gate/burst.h"

#include <sched.h>

#include "gate/gate.h"

/* With fewer a key that is typed matters more. */
enum { BURST_FROM = 16, BURST_UNTIL = 4 };

void burst_look(struct gate *gate)
{
    const struct sched_param normal = {.sched_priority = 0};
    bool many = gate->unopened.count >= (gate->in_burst ? BURST_UNTIL : BURST_FROM);

    if (many == gate->in_burst)
        return;
    gate->in_burst = many;
    /* A kernel that does not want to makes us no worse than we were. */
    (void)sched_setscheduler(0, many ? SCHED_BATCH : SCHED_OTHER, &normal);
}
