/* The files of the system that the gate reads, and that are replaced while it lives: a sandbox lets
 * it read the file that had the name when the sandbox was closed, and no other. Both sides of the
 * door call them by their places in this list. */
#pragma once

#define SYSTEM_FILES                                      \
    {                                                     \
        "/etc/passwd", "/etc/hostname", "/etc/os-release" \
    }
/* Where they change: the last one is a link, on most systems. */
#define SYSTEM_FOLDERS     \
    {                      \
        "/etc", "/usr/lib" \
    }
