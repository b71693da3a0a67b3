/* HuneMachine: one machine of the list as the window knows it, a plain copy of what the worker
 * told. Everybody reads the fields; HuneFleet alone changes them, and emits "changed" after it did.
 */
#pragma once

#include <glib-object.h>

#include "desktop/worker/news.h"

G_BEGIN_DECLS

/* There are thousands of machines: a sample is a 65,534th, and the largest number one that is not
 * known. */
enum { HUNE_SAMPLES = 60, HUNE_SAMPLE_ALL = 65534, HUNE_SAMPLE_NONE = 65535 };

static inline guint16 hune_sample_of(float part)
{
    return part < 0 ? HUNE_SAMPLE_NONE : (guint16)(MIN(part, 1.0f) * HUNE_SAMPLE_ALL + 0.5f);
}

static inline float hune_sample_part(guint16 sample)
{
    return sample == HUNE_SAMPLE_NONE ? -1 : (float)sample / HUNE_SAMPLE_ALL;
}

#define HUNE_TYPE_MACHINE (hune_machine_get_type())
G_DECLARE_FINAL_TYPE(HuneMachine, hune_machine, HUNE, MACHINE, GObject)

struct _HuneMachine {
    GObject parent_instance;

    /* The list's columns. */
    char *name;
    char *host;
    char *tags;
    char *user;
    char *id;
    guint16 port;
    gboolean has_id;
    guint32 slot;
    gboolean is_listed; /* false once it has left the list */

    /* The connection. Texts may be NULL. */
    enum machine_state state;
    enum problem_code problem;
    gboolean is_kept_out; /* its id changed, and a person said that it stays refused */
    gint64 retry_us;
    char *sentence;
    char *advice;
    char *pinned;
    char *seen;
    uint8_t seen_id[MACHINE_ID_SIZE];
    struct link_info *info; /* NULL before it was connected once */

    /* Slow facts; 0 and NULL: not known. */
    char *os;
    guint64 booted;
    guint64 ram;
    guint64 ram_used;

    /* Fast measures, 0 to 1, the newest at the end; negative: not known. */
    guint16 cpu[HUNE_SAMPLES]; /* hune_sample_part() */
    guint16 memory[HUNE_SAMPLES];
    guint samples;
    float disk; /* of the fullest file system, as df(1) tells it; slow facts tell it first */

    guint alerts; /* that stand */
    char *alert;  /* the name of the first; NULL */

    gboolean matches; /* the selector that is typed */
};

HuneMachine *hune_machine_new(const char *name);
void hune_machine_changed(HuneMachine *self);
guint hune_machine_sampled_signal(void);

/* "web1:10000", "[2001:db8::7]:10000"; free it. */
char *hune_machine_address(const HuneMachine *self);
/* "Connected", "Reconnecting in 12 s"; true for a second; free it. */
char *hune_machine_state_text(const HuneMachine *self);
/* "Connected", "Reconnecting", "hot, Connected" with an alert; free it. */
char *hune_machine_state_word(const HuneMachine *self);
const char *hune_machine_state_icon(const HuneMachine *self);
/* Whether somebody should look after it. */
gboolean hune_machine_needs_attention(const HuneMachine *self);
/* Whether it was expected to answer and does not. */
gboolean hune_machine_is_down(const HuneMachine *self);
gboolean hune_machine_has_tag(const HuneMachine *self, const char *tag);
/* Whether the text occurs in its name, address, tags or system; `folded` is g_utf8_casefold()ed. */
gboolean hune_machine_contains(const HuneMachine *self, const char *folded);
/* The newest measure, or a negative number. */
float hune_machine_cpu(const HuneMachine *self);
float hune_machine_memory(const HuneMachine *self);

G_END_DECLS
