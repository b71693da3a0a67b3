/* Watches files that are replaced while the agent runs.
 *
 * The operators file: whoever loses a right there loses, at once, the connections that were opened
 * with it. Orders are checked against the file anyway; this is for what a connection may see.
 * Files of the system that the gate reads: it is lent the new ones, see lend.h. */
#pragma once

struct warden;

/* Without inotify it says so and goes on: then a loss shows at the next order, and a new file of
 * the system is seen by the next gate. */
void watch_start(struct warden *warden);
void watch_stop(struct warden *warden);
