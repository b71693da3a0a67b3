/* What a job that carries files (get, put) says, for people: its files go through the console that
 * began it, so there is nothing to be read of them; a receipt is for programs. What couriers
 * complain of is shown. */
#pragma once

#include "desktop/view/output-view.h"

G_BEGIN_DECLS

struct carrier_output;

/* Tells what it is. `output` is borrowed. */
struct carrier_output *carrier_output_new(HuneOutputView *output, gboolean has_ended);
void carrier_output_say(struct carrier_output *self, const uint8_t *bytes, gsize size,
                        gboolean is_error);
/* Tells how it came out, if it went well. */
void carrier_output_end(struct carrier_output *self, gboolean went_well);
/* Takes NULL. */
void carrier_output_free(struct carrier_output *self);

G_END_DECLS
