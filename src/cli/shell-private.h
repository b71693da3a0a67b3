/* What the parts of a shell share: shell-session.c (the job, and how it ends), shell-show.c (what
 * it shows) and shell-keys.c (what is typed). */
#pragma once

#include "cli/shell-session.h"

/* ---- shell-session.c ---- */

/* The person leaves; the first way counts. */
void shell_leave(struct shell *shell, enum shell_leaving how);
/* The person wants the shell that hune was started from. */
void shell_suspend(struct shell *shell);
/* Tells the machine the window's size, if it does not know it. */
void shell_send_size(struct shell *shell);

/* ---- shell-show.c ---- */

/* What the terminal does not take waits, and with it the machine. */
void shell_show(struct shell *shell, const void *bytes, size_t size);
void shell_show_text(struct shell *shell, const char *text);
/* The terminal takes more of what waits. */
void shell_show_rest(struct shell *shell);
/* The title alone, since the screen is the machine's; and only where it tears nothing apart. */
void shell_set_title(struct shell *shell, bool is_away);
/* What is to be undone on the terminal, should we die. */
void shell_tell_farewell(struct shell *shell);
/* A note of the agent, and our own help, between what the shell shows. */
void shell_show_note(struct shell *shell, const char *text, size_t size);
void shell_show_help(struct shell *shell);

/* ---- shell-keys.c ---- */

/* Gives the job what is queued. False if it takes no more now. */
bool shell_send_queued(struct shell *shell);
/* A terminal that is shown an old question answers it, and the answer would be typed into the
 * shell. It works in order: behind its answer to a question of ours no old one is left. Drops keys
 * until that answer, or as long as shell->dropping stays. */
void shell_drop_old_answers(struct shell *shell);
/* Waits for what the terminal can do next: keys, or room. */
void shell_poll(struct shell *shell);
