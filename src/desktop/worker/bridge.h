/* The way between the window and the worker: two queues of letters, one wake-up each.
 *
 * The main thread owns every widget, the worker owns everything of fleet/ (libuv, links, the list).
 * They share nothing: a letter is written on one side, handed over, read once on the other side and
 * freed by whoever reads it. Nothing here waits for the other side. */
#pragma once

#include <stdbool.h>

struct bridge;
struct letter;

struct letter {
    struct letter *next;
    /* On the other side, once; frees the letter. `reader` is what that side named. */
    void (*read)(struct letter *letter, void *reader);
    /* Instead of read() when nobody is left to read; always in the main thread. */
    void (*drop)(struct letter *letter);
};

/* Who reads and who is woken. */
struct bridge_sides {
    void *window;                      /* reader of what the worker sends */
    void *worker;                      /* reader of what the window sends */
    void (*wake_worker)(void *worker); /* from the main thread, without a lock held */
};

/* In the main thread; letters to the window are read in its default context. */
struct bridge *bridge_new(const struct bridge_sides *sides);
/* In the main thread, after the worker has ended: drops all letters that were not read. */
struct bridge *bridge_free(struct bridge *bridge);

/* From the main thread; takes the letter over. */
void bridge_to_worker(struct bridge *bridge, struct letter *letter);
/* From the worker; takes the letter over. */
void bridge_to_window(struct bridge *bridge, struct letter *letter);
/* In the worker, when woken: reads all letters that are there. */
void bridge_read_in_worker(struct bridge *bridge);
