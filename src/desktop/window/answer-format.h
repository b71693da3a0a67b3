/* Answers as a file: text to be read, CSV for spreadsheets, JSON Lines for programs. Pure functions
 * on texts; an answer of any length is written piece by piece. */
#pragma once

#include "base/buffer.h"
#include "desktop/model/order-model.h"

G_BEGIN_DECLS

enum hune_answer_format { HUNE_FORMAT_TEXT, HUNE_FORMAT_CSV, HUNE_FORMAT_JSON };

/* Of "text", "csv", "json". */
enum hune_answer_format hune_answer_format_of(const char *name);
/* "answers.csv" */
const char *hune_answer_format_file(enum hune_answer_format format);

/* What stands before all answers; before the output of one; a piece of it, which is valid UTF-8;
 * and behind it. `missing`: so many bytes of it could not be had. */
void hune_format_head(enum hune_answer_format format, struct buffer *out);
void hune_format_begin(enum hune_answer_format format, const struct hune_answer *answer,
                       struct buffer *out);
void hune_format_piece(enum hune_answer_format format, const char *text, size_t size,
                       struct buffer *out);
/* In text alone: between the pieces, where something is missing. */
void hune_format_gap(enum hune_answer_format format, guint64 bytes, struct buffer *out);
void hune_format_end(enum hune_answer_format format, const struct hune_answer *answer,
                     guint64 missing, gboolean is_line_open, struct buffer *out);

G_END_DECLS
