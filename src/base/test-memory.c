/* See memory.h: what is given back comes again, and nothing else goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/memory.h"

/* KiB of programs and libraries that are in memory. */
static unsigned long resident_code(void)
{
    _cleanup_fclose_ FILE *maps = fopen("/proc/self/smaps", "re");
    char line[512];
    unsigned long sum = 0;
    int is_code = 0;

    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps)) {
        unsigned long size;
        unsigned long inode;
        char access[5];

        if (sscanf(line, "%*x-%*x %4s %*x %*s %lu", access, &inode) == 2)
            is_code = strcmp(access, "r-xp") == 0 && inode != 0;
        else if (is_code && sscanf(line, "Rss: %lu", &size) == 1)
            sum += size;
    }
    return sum;
}

/* Reads a byte of each page of all that runs. */
static unsigned touch_code(void)
{
    _cleanup_fclose_ FILE *maps = fopen("/proc/self/maps", "re");
    unsigned sum = 0;
    char line[512];

    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps)) {
        unsigned long begin;
        unsigned long end;
        unsigned long inode;
        char access[5];

        if (sscanf(line, "%lx-%lx %4s %*x %*s %lu", &begin, &end, access, &inode) == 4 &&
            strcmp(access, "r-xp") == 0 && inode != 0) {
            for (unsigned long at = begin; at < end; at += 4096)
                sum += *(const volatile unsigned char *)at;
        }
    }
    return sum;
}

static char written[] = "as it was made";

static void test_code_goes_and_comes(void **state)
{
    _cleanup_free_ char *kept = strdup("on the heap");
    unsigned sum = touch_code();
    unsigned long before = resident_code();

    (void)state;
    memcpy(written, "then", 4);
    memory_trim();
    /* To look at it brings some back, and the kernel brings what lies around that. */
    assert_true(resident_code() < before);
    assert_int_equal(touch_code(), sum);
    assert_string_equal(written, "thent was made");
    assert_string_equal(kept, "on the heap");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_code_goes_and_comes)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
