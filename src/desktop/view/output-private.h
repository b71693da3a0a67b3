/* What the files of HuneOutputView share: output-view.c (the text, and how it comes), output-copy.c
 * (what is copied out of it), output-follow.c (that it stands at its end), output-pager.c (what
 * left the view and is read again), output-find.c (a text looked for in all of it). */
#pragma once

#include "desktop/view/output-view.h"

/* What left the beginning, and comes back when it is asked for. */
struct output_pager {
    const struct hune_output_source *source; /* NULL: there is none */
    gpointer user;
    guint64 said;        /* bytes, of the source */
    guint64 live_from;   /* the live text begins there in the source; 0: it is all there */
    GtkTextBuffer *page; /* shown instead of the live text; NULL: it is not */
    guint64 page_from;
    guint64 page_size;
    gboolean is_gap; /* the page tells that there is nothing */
    gboolean is_asking;
    gboolean is_backwards; /* what was asked for */
    gboolean is_opening;   /* it belongs before the live text */
    GtkWidget *bar;
    GtkLabel *label;
    GtkWidget *to_begin;
    GtkWidget *earlier;
    GtkWidget *later;
    GtkWidget *to_end;
};

/* A search under way; idle while there is no text. */
struct output_find {
    char *text;
    gboolean is_forward;
    GArray *stretches; /* struct stretch: where it is looked for, one after the other */
    guint next;
    guint serial; /* of the search that answers may belong to */
    gboolean in_source;
    gboolean has_skipped;
};

struct _HuneOutputView {
    AdwBin parent_instance;

    GtkTextView *view;
    GtkTextBuffer *buffer;
    GtkTextTag *tags[4]; /* by enum hune_output_style */
    GtkAdjustment *adjustment;
    GtkTextMark *end;
    gboolean follows;  /* it is to stand at its end */
    gint64 touched_us; /* when a person did something in it */
    GString *waiting;
    GArray *pieces; /* struct piece, of what waits */
    guint timer;
    guint laid_out;   /* waits until it is */
    GArray *marks;    /* struct place, of what the buffer holds */
    guint64 appended; /* characters */

    struct output_pager pager;
    struct output_find find;
    GtkWidget *find_bar;
    guint wait_laid_out; /* to scroll to the cursor */
    guint tick;          /* until it stands in view */
    guint frames;
    guint frames_in_view;
};

/* ---- output-pager.c ---- */
GtkWidget *output_pager_make(HuneOutputView *self);
void output_pager_dispose(HuneOutputView *self);
void output_pager_set_source(HuneOutputView *self, const struct hune_output_source *source,
                             gpointer user);
/* The bar tells what is shown. */
void output_pager_show(HuneOutputView *self);
/* What is shown is the live text; `to_end`: its end. */
void output_pager_leave(HuneOutputView *self, gboolean to_end);
void output_pager_set_page(HuneOutputView *self, const struct order_part *part);
/* Asks for what is before the live text, to show it there. */
void output_pager_open(HuneOutputView *self);

/* ---- output-follow.c ---- */
void output_follow_watch(HuneOutputView *self, GtkWidget *scrolled);
void output_follow_dispose(HuneOutputView *self);
/* Before the text changes; and behind it. */
void output_follow_begin(HuneOutputView *self);
void output_follow(HuneOutputView *self);

/* ---- output-view.c ---- */
/* At the live text or a page's; `at` is behind it afterwards. Returns how many characters there are
 * more now. */
guint64 output_view_insert(HuneOutputView *self, GtkTextIter *at, const char *text, gssize length,
                           enum hune_output_style style);
/* `part` ends where the live text begins. */
void output_view_prepend(HuneOutputView *self, const struct order_part *part);

/* ---- output-copy.c ---- */
void output_copy_watch(GtkTextView *view);

/* ---- output-scroll.c ---- */
/* The cursor of what is shown comes into view. */
void output_scroll_to_cursor(HuneOutputView *self);
void output_scroll_stop(HuneOutputView *self);

/* ---- output-find.c ---- */
GtkWidget *output_find_make(HuneOutputView *self);
void output_find_dispose(HuneOutputView *self);
void output_find_stop(HuneOutputView *self);
