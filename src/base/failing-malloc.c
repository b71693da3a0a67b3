/* See failing-malloc.h. The __wrap_ and __real_ names are ld's (ld(1), --wrap). */
#include "base/failing-malloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);

/* Allocations until the one that fails; 0 while nothing is armed. */
static unsigned countdown;
static bool has_failed;
static bool is_paused;

static bool is_to_fail(void)
{
    if (is_paused || countdown == 0 || --countdown > 0)
        return false;
    has_failed = true;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return is_to_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_to_fail() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return is_to_fail() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    return is_to_fail() ? NULL : __real_reallocarray(old, count, size);
}

char *__wrap_strdup(const char *text)
{
    return is_to_fail() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size)
{
    return is_to_fail() ? NULL : __real_strndup(text, size);
}

void failing_malloc_arm(unsigned nth)
{
    countdown = nth;
    has_failed = false;
}

int failing_malloc_disarm(void)
{
    countdown = 0;
    return has_failed;
}

void failing_malloc_pause(bool pause)
{
    is_paused = pause;
}

static unsigned run(int (*scenario)(void *argument), void *argument, bool is_lenient)
{
    for (unsigned nth = 1;; nth++) {
        int r;

        failing_malloc_arm(nth);
        r = scenario(argument);
        if (!failing_malloc_disarm()) {
            if (r == 0)
                return nth - 1;
            fprintf(stderr, "failing-malloc: returned %d though no allocation failed\n", r);
            abort();
        }
        if (r == 0 && !is_lenient) {
            fprintf(stderr, "failing-malloc: returned 0 though allocation %u failed\n", nth);
            abort();
        }
    }
}

unsigned failing_malloc_run(int (*scenario)(void *argument), void *argument)
{
    return run(scenario, argument, false);
}

unsigned failing_malloc_run_lenient(int (*scenario)(void *argument), void *argument)
{
    return run(scenario, argument, true);
}
