/* Lines that begin in Hebrew or Arabic, made to stand at the left as on a terminal: a text view
 * takes the direction of a line from its first letter, and there is no telling it otherwise. A mark
 * that is not seen (U+200E) becomes that letter; inside of the line each word keeps its own
 * direction. What is copied goes without the marks: a name of a file with one in it would be
 * another name. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The text with its marks, or NULL if it needs none. `goes_on`: its first line has letters before
 * it. */
char *left_lines(const char *text, gboolean goes_on);
/* How many marks are before so many characters of the text that had none. */
gsize left_lines_before(const char *marked, gsize characters);
/* `marked` begins where a line does; the result, without the bytes up to `from`, and without marks.
 */
char *left_lines_undo(const char *marked, gsize from);
/* Whether there is a letter in it. */
gboolean left_lines_has_letter(const char *text);

G_END_DECLS
