/* What one machine answered, as text that does not change any more: the beginning of it that this
 * window holds, how it ended, and how it differs from what others say. */
#pragma once

#include "desktop/model/order-model.h"
#include "desktop/view/output-view.h"

void answer_text_show(HuneOutputView *output, const struct hune_answer *answer);
/* With what the usual one says, and this does not. */
void answer_text_show_against(HuneOutputView *output, const struct hune_answer *answer,
                              const struct hune_answer *usual);
/* What went wrong, if anything did, and what to do next. */
void answer_text_show_trouble(HuneOutputView *output, const struct hune_answer *answer);
