/* Watches the operators file: whoever loses a right there loses, at once, the connections that were
 * opened with it. Orders are checked against the file anyway; this is for what a connection may
 * see. */
#pragma once

struct warden;

/* Without inotify it says so and goes on: then the loss shows at the next order. */
void watch_start(struct warden *warden);
void watch_stop(struct warden *warden);
