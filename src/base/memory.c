/* See memory.h. */
#include "base/memory.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

#include "base/cleanup.h"

/* Only what cannot have been written to: a private copy (relocations, data) would be lost for good.
 */
static void drop_unwritable_file_pages(void)
{
    _cleanup_fclose_ FILE *maps = fopen("/proc/self/maps", "re");
    char line[512];

    while (maps && fgets(line, sizeof(line), maps)) {
        unsigned long begin;
        unsigned long end;
        unsigned long inode;
        char access[5];

        if (sscanf(line, "%lx-%lx %4s %*x %*s %lu", &begin, &end, access, &inode) != 4)
            continue;
        if (inode != 0 && access[1] == '-' && access[3] == 'p' && access[0] == 'r' &&
            access[2] == 'x')
            madvise((void *)(uintptr_t)begin, end - begin, MADV_DONTNEED);
    }
}

void memory_trim(void)
{
    malloc_trim(0);
    drop_unwritable_file_pages();
}
