/* The interactive prompt: a selector is set, commands are typed, connections stay warm. */
#pragma once

#include "cli/editor.h"
#include "cli/session.h"

/* Links to more machines than this are not kept warm: their state is looked at when they are used.
 */
enum { PROMPT_WARM_MAX = 64 };

struct prompt;

/* A link that is kept for the selected machines. */
struct warm_link {
    struct prompt *prompt;
    struct link *link;
    struct link_watcher watcher;
    uint32_t machine;
    bool was_ready;
    bool is_lost;
};

struct prompt {
    struct session session;
    struct editor *editor;
    char *selector; /* as typed; NULL: none is set */
    struct selection selection;
    bool agreed;        /* orders for so many machines are meant: asked once for a selector */
    struct buffer text; /* the prompt itself */
    struct buffer tags; /* what the completion offers, each with its @ and NUL */
    struct warm_link warm[PROMPT_WARM_MAX];
    uint32_t warm_count;
    uint64_t stamp[4]; /* of the fleet list's file */
    bool busy;         /* a command runs and tells its own troubles */
    bool leaving;
    int status; /* the largest so far */
};

/* Sets the selector; false (told) if it picks nothing. NULL takes it away. */
bool prompt_use(struct prompt *prompt, const char *selector);
/* Reads the fleet list again if its file is not the one that was read. */
void prompt_refresh(struct prompt *prompt);
/* Carries out one typed line. */
void prompt_obey(struct prompt *prompt, const char *line);
/* Offers what may stand at the end of the line. */
void prompt_complete(struct completion *completion, const char *line, void *user);
