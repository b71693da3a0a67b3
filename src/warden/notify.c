/* See notify.h. */
#include "warden/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"

static void notify(const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    _cleanup_close_ int fd = -1;
    size_t length = path ? strlen(path) : 0;

    if (length == 0 || length >= sizeof(address.sun_path))
        return;
    memcpy(address.sun_path, path, length);
    if (*path == '@') /* the abstract namespace */
        address.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    /* A manager that does not listen is no reason to stop. */
    if (fd >= 0 && sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0)
        return;
}

void notify_ready(const struct listeners *listeners)
{
    char text[1024];
    size_t length = (size_t)snprintf(text, sizeof(text), "READY=1\nSTATUS=Listening on");

    for (size_t i = 0; i < listeners->count && length < sizeof(text); i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, " %s",
                                   listeners->names[i]);
    notify(text);
}

void notify_stopping(void)
{
    notify("STOPPING=1");
}
