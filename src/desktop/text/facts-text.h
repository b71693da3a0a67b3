/* Facts of a machine as text for people: one paragraph per fact. Whatever a machine sends, the
 * result is printable UTF-8. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "proto/fact.h"

G_BEGIN_DECLS

/* "Name", "System", "Addresses" ...: translated. */
const char *hune_fact_title(enum fact fact);
/* The fact's document as text, in short where `brief` (one line); free it. */
char *hune_fact_text(enum fact fact, json_t *document, gboolean brief);
/* A text of a machine made printable, on one line; free it. */
char *hune_printable(const char *text);
/* "15.6 GiB"; free it. */
char *hune_size_text(double bytes);
/* "3 d 4 h"; free it. "" for 0. */
char *hune_uptime_text(guint64 booted_ms);
/* "12 %", "" for a negative number; free it. */
char *hune_percent_text(float part);

G_END_DECLS
