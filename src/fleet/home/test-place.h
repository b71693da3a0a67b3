/* For tests that need files: a temporary directory as the current one. */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char test_place[64];

static int test_place_enter(void **state)
{
    (void)state;
    strcpy(test_place, "/tmp/test-hune.XXXXXX");
    return mkdtemp(test_place) && chdir(test_place) == 0 ? 0 : -1;
}

static int test_place_leave(void **state)
{
    DIR *directory = opendir(".");
    struct dirent *entry;

    (void)state;
    while (directory && (entry = readdir(directory)))
        unlink(entry->d_name);
    if (directory)
        closedir(directory);
    return chdir("/") == 0 && rmdir(test_place) == 0 ? 0 : -1;
}
