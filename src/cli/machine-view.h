/* One machine on the whole screen of `hune top`: pages of processors, processes, disks, network and
 * the past. Draws on a canvas what it is given; knows no terminal and no connection. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cli/canvas.h"
#include "fleet/inventory/machines.h"
#include "fleet/watch/lookout.h"
#include "fleet/watch/vitals.h"

/* X(NAME, "Title") */
#define HUNE_MACHINE_PAGES(X)     \
    X(OVERVIEW, N_("Overview"))   \
    X(PROCESSES, N_("Processes")) \
    X(DISKS, N_("Disks"))         \
    X(NETWORK, N_("Network"))     \
    X(PAST, N_("The past"))

enum machine_page {
#define X(name, title) PAGE_##name,
    HUNE_MACHINE_PAGES(X)
#undef X
        PAGE_COUNT, /* how many there are */
};

/* X("word", seconds): how far back the page of the past goes. */
#define HUNE_VIEW_SPANS(X)       \
    X(N_("1 hour"), 3600)        \
    X(N_("6 hours"), 6 * 3600)   \
    X(N_("24 hours"), 24 * 3600) \
    X(N_("7 days"), 7 * 86400)   \
    X(N_("30 days"), 30 * 86400) \
    X(N_("1 year"), 365 * 86400)

enum {
    VIEW_SPAN_DAY = 2, /* the first that is shown */
    VIEW_LIVE = 240,   /* samples of the graphs that move */
    VIEW_PROCESSES = 40,
};

struct machine_view {
    const struct machine *machine;
    const struct sight *sight;
    const struct vitals_sample *sample; /* borrowed; NULL: none came yet */
    struct vitals_history history;
    bool has_history;
    char trouble[256]; /* why there is no sample or no history; "" */
    enum machine_page page;
    bool by_memory; /* the processes */
    size_t span;    /* of the past, in HUNE_VIEW_SPANS */
    int scroll;
    int height; /* of the page's part of the screen, when it was drawn last */
    float live_cpu[VIEW_LIVE], live_rx[VIEW_LIVE], live_tx[VIEW_LIVE];
    uint64_t now_ms;     /* monotonic */
    struct canvas paper; /* the whole page; the screen shows a part of it */
    int used;            /* rows of it */
    struct buffer scratch;
};

void machine_view_init(struct machine_view *view, const struct machine *machine,
                       const struct sight *sight);
void machine_view_deinit(struct machine_view *view);
/* A new sample is there, or (NULL) the connection was interrupted. */
void machine_view_take(struct machine_view *view, const struct vitals_sample *sample);
/* Takes the history over. */
void machine_view_set_history(struct machine_view *view, struct vitals_history *history);
void machine_view_turn(struct machine_view *view, enum machine_page page);
/* Goes further back, or less far; false at the last one. What was shown is dropped. */
bool machine_view_change_span(struct machine_view *view, int step);
uint64_t machine_view_span_ms(const struct machine_view *view);
const char *machine_view_span_word(const struct machine_view *view);
void machine_view_scroll(struct machine_view *view, int lines);
void machine_view_draw(struct machine_view *view, struct canvas *canvas, int row, int height,
                       uint64_t now_ms);

/* The pages (machine-pages.c, machine-things.c): each draws on view->paper and returns the rows
 * that it took. */
int page_overview(struct machine_view *view);
int page_processes(struct machine_view *view);
int page_disks(struct machine_view *view);
int page_network(struct machine_view *view);
int page_past(struct machine_view *view);
