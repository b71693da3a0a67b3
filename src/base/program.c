/* See program.h. */
#include "base/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "config.h"

char *program_path(const char *folder, const char *name)
{
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    _cleanup_free_ char *path = NULL;
    char *installed;
    char *slash;

    if (length > 0) {
        self[length] = '\0';
        slash = strrchr(self, '/');
        if (slash)
            *slash = '\0';
        if (asprintf(&path, "%s/../%s/%s", self, folder, name) >= 0 && access(path, X_OK) == 0)
            return steal_pointer(path);
    }
    return asprintf(&installed, "%s/%s", HUNE_LIBEXEC_DIR, name) < 0 ? NULL : installed;
}
