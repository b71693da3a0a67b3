/* HuneOrder: one order on one or many machines, as the window sees it: an answer per machine,
 * filled while it runs. It keeps itself alive until the worker has told its end.
 *
 * Signals: "output" (position, text, length, is_error) as text comes; "changed" when states did;
 * "done". */
#pragma once

#include <glib-object.h>

#include "desktop/model/fleet-model.h"
#include "desktop/worker/order.h"

G_BEGIN_DECLS

enum hune_answer_state { HUNE_ANSWER_WAITING, HUNE_ANSWER_RUNNING, HUNE_ANSWER_ENDED };

/* How far a machine is, as people count them. */
enum hune_answer_kind {
    HUNE_ANSWER_IS_WAITING,
    HUNE_ANSWER_IS_RUNNING,
    HUNE_ANSWER_IS_OK,
    HUNE_ANSWER_IS_FAILED,
    HUNE_ANSWER_IS_UNREACHABLE,
    HUNE_ANSWER_IS_UNASKED,
};

/* One machine's part. */
struct hune_answer {
    HuneMachine *machine;
    enum hune_answer_state state;
    struct job_state end;       /* once ENDED */
    struct order_groups groups; /* once ENDED */
    gboolean is_unasked;        /* once ENDED: its turn never came */
    GString *text;              /* stdout and stderr as they came, at most HUNE_ANSWER_MAX bytes */
    gsize left_out;             /* bytes that did not fit */
    gboolean is_kept;           /* what did not fit may be read again */
    char *note;
    char *sentence; /* what went wrong, or NULL */
    char *advice;
    guint32 ms;
    guint64 said;       /* bytes, as the machine said them, up to the last "output" */
    gboolean is_broken; /* the connection is away; the job goes on */
};

#define HUNE_TYPE_ORDER (hune_order_get_type())
G_DECLARE_FINAL_TYPE(HuneOrder, hune_order, HUNE, ORDER, GObject)

/* Of HuneMachine. `line` for VERB_RUN. Starts at once. */
HuneOrder *hune_order_new(HuneFleet *fleet, GPtrArray *machines, enum verb verb, const char *line);
/* As another user, in waves. What is said can be read again as long as the order lives. */
HuneOrder *hune_order_new_on_terms(HuneFleet *fleet, GPtrArray *machines, enum verb verb,
                                   const char *line, const struct order_terms *terms);
struct past_run;
struct past_answer;
/* One that has ended before, out of the console's memory. Machines that have left the list have a
 * HuneMachine that is not listed. */
HuneOrder *hune_order_new_past(HuneFleet *fleet, const struct past_run *run,
                               const struct past_answer *answers, gsize count);
/* The number of the run that it was; 0: it runs, or ran, here, or had not ended yet. */
gint64 hune_order_past_number(HuneOrder *self);
/* The same on one machine, all at once. */
HuneOrder *hune_order_new_kept(HuneFleet *fleet, HuneMachine *machine, enum verb verb,
                               const char *line, const char *user);
/* As worker_send_order_reading(); of an order of before, what nobody has. */
void hune_order_read_again(HuneOrder *self, struct order_reading *reading);
/* As worker_send_order_search(), likewise. */
void hune_order_search(HuneOrder *self, struct order_search *search);
void hune_order_search_end(HuneOrder *self);
void hune_order_stop(HuneOrder *self);
/* Looks away; jobs go on. */
void hune_order_leave(HuneOrder *self);

const char *hune_order_line(HuneOrder *self);
enum verb hune_order_verb(HuneOrder *self);
guint hune_order_count(HuneOrder *self);
const struct hune_answer *hune_order_answer(HuneOrder *self, guint position);
gboolean hune_order_is_done(HuneOrder *self);
/* As it was given, and how far it is. */
const struct order_terms *hune_order_terms(HuneOrder *self);
const struct order_wave *hune_order_wave(HuneOrder *self);
/* Seconds since it was given, to its end if it has ended. */
double hune_order_seconds(HuneOrder *self);

/* Whether it ended as it should: exited(0). */
gboolean hune_answer_is_ok(const struct hune_answer *answer);
enum hune_answer_kind hune_answer_kind(const struct hune_answer *answer);
/* "exited(0)", "running", "unreachable"; free it. */
char *hune_answer_state_text(const struct hune_answer *answer);
/* The same, and "not asked" for one whose turn never came; free it. */
char *hune_answer_kind_text(const struct hune_answer *answer);

G_END_DECLS
