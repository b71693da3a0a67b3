/* Where a line of a label is broken inside a word, GTK writes a hyphen there that is not in the
 * text. Hune's labels hold ids, paths and commands, which are compared and copied: no hyphen is
 * added. */
#pragma once

/* From now on, in every label of this program that comes to be shown. */
void hune_plain_breaks_begin(void);
