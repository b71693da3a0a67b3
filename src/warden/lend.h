/* Lends the gate what has taken the place of a file that it reads (door/system-file.h): a user was
 * added, the system was upgraded. What not everybody may read it does not get. */
#pragma once

struct warden;

/* Without inotify it says so and goes on: then the gate does not see the change before it is a new
 * one. */
void lend_start(struct warden *warden);
void lend_stop(struct warden *warden);
