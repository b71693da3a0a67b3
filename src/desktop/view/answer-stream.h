/* One machine's own answer in an output view: what came so far, what comes, and what left the view
 * or was never in it, which is read and searched again where it is kept (order.h). It knows of no
 * page; who shows it tells it of text that comes. */
#pragma once

#include "desktop/model/order-model.h"
#include "desktop/view/output-view.h"

struct answer_stream;

/* From now on this is what the view's pages are of. Both outlive it; the view goes on showing what
 * it does. */
struct answer_stream *answer_stream_new(HuneOutputView *output, HuneOrder *order, guint position);
/* Takes NULL, returns NULL. */
struct answer_stream *answer_stream_end(struct answer_stream *stream);
HuneOrder *answer_stream_order(const struct answer_stream *stream);
/* What an "output" of the order brought. */
void answer_stream_append(struct answer_stream *stream, const char *text, gulong length,
                          gboolean is_error);
/* All that was said before: in an empty view. Of a long answer, its end. */
void answer_stream_show(struct answer_stream *stream);
