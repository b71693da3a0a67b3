/* For tests: lets the n-th allocation fail, for every n, and so walks every out-of-memory path.
 *
 * A test program links `failing_malloc_dep`, whose link arguments (-Wl,--wrap=malloc and so on)
 * lead every allocation of the program's own objects and static libraries through here. What shared
 * libraries allocate inside themselves is not seen. Works under the sanitizers. One thread only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Runs `scenario` with the first, the second, the third... allocation failing, until one run needs
 * fewer allocations than that. A run in which one failed must return anything but 0 and must have
 * released all it took (the leak check sees to that); the last run must return 0. Breaks either
 * rule: prints what happened and aborts. Returns how many allocations the scenario makes. */
unsigned failing_malloc_run(int (*scenario)(void *argument), void *argument);

/* The same for code that may go on without what it could not allocate: a run in which an allocation
 * failed may return what it likes, only the last one must return 0. */
unsigned failing_malloc_run_lenient(int (*scenario)(void *argument), void *argument);

/* The parts of these, for tests that need the failure at a place of their own: the `nth` allocation
 * from now on fails (1 is the next), and only that one. */
void failing_malloc_arm(unsigned nth);
/* Ends it. Returns 1 if the allocation was reached and failed, else 0. */
int failing_malloc_disarm(void);
/* While paused, allocations are neither counted nor failed. */
void failing_malloc_pause(bool pause);
