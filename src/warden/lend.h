/* Lends the gate what has taken the place of a file that it reads (door/system-file.h): a user was
 * added, the system was upgraded. What not everybody may read it does not get. */
#pragma once

struct warden;

/* A file of that name, without its folder, has changed; NULL: any may have. */
void lend_changed(struct warden *warden, const char *name);
