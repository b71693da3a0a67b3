/* Writes all that the machines of an order said into a file, part by part: from what the window
 * holds, from this computer's disk, and from the jobs on the machines. It never waits: the main
 * loop goes on between the parts. The file is the old one until all of it is written. */
#pragma once

#include <gio/gio.h>

#include "desktop/window/answer-format.h"

G_BEGIN_DECLS

struct hune_answer_writer;

/* How far it is, and how it ended. */
struct hune_writing {
    guint64 done; /* bytes of answers */
    guint64 all;
    gboolean is_over;
    gboolean is_cancelled; /* once over: nothing was written */
    const char *fault;     /* once over: why nothing was written, or NULL */
    const GPtrArray *gaps; /* char *, "web1: 1.2 MiB": what could not be had */
};

/* `told` hears now and then, and once with the end; the writer is gone then. */
struct hune_answer_writer *hune_answer_writer_new(
    HuneOrder *order, enum hune_answer_format format, GFile *file,
    void (*told)(const struct hune_writing *writing, gpointer user), gpointer user);
/* The end follows. */
void hune_answer_writer_cancel(struct hune_answer_writer *writer);

G_END_DECLS
