/* See order-model.h. */
#include "desktop/model/order-model.h"

#include <string.h>

#include "desktop/worker/past.h"
#include "fleet/home/i18n.h"
#include "fleet/link/outcome.h"

struct _HuneOrder {
    GObject parent_instance;

    HuneFleet *fleet;
    enum verb verb;
    char *line;
    struct hune_answer *answers;
    guint count;
    char *user;
    struct order_terms terms; /* with this user */
    struct order_wave wave;
    gboolean is_done;
    gboolean is_kept;
    gint64 past_number;
    gint64 begun_us;
    gint64 ended_us;
};

G_DEFINE_FINAL_TYPE(HuneOrder, hune_order, G_TYPE_OBJECT)

enum { SIGNAL_OUTPUT, SIGNAL_CHANGED, SIGNAL_DONE, SIGNALS };
static guint signals[SIGNALS];

static void hune_order_finalize(GObject *object)
{
    HuneOrder *self = HUNE_ORDER(object);

    if (self->is_kept && hune_fleet_worker(self->fleet))
        worker_send_order_forget(hune_fleet_worker(self->fleet), self);
    for (guint i = 0; i < self->count; i++) {
        struct hune_answer *answer = &self->answers[i];

        g_object_unref(answer->machine);
        g_string_free(answer->text, TRUE);
        g_free(answer->note);
        g_free(answer->sentence);
        g_free(answer->advice);
    }
    g_free(self->answers);
    g_free(self->line);
    g_free(self->user);
    g_object_unref(self->fleet);
    G_OBJECT_CLASS(hune_order_parent_class)->finalize(object);
}

static void hune_order_class_init(HuneOrderClass *class)
{
    GType type = G_TYPE_FROM_CLASS(class);

    G_OBJECT_CLASS(class)->finalize = hune_order_finalize;
    signals[SIGNAL_OUTPUT] = g_signal_new("output", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 4, G_TYPE_UINT, G_TYPE_POINTER, G_TYPE_ULONG,
                                          G_TYPE_BOOLEAN);
    signals[SIGNAL_CHANGED] = g_signal_new("changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                           G_TYPE_NONE, 0);
    signals[SIGNAL_DONE] = g_signal_new("done", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                        G_TYPE_NONE, 0);
}

static void hune_order_init(HuneOrder *self)
{
    self->begun_us = g_get_monotonic_time();
}

/* ---- what the worker tells ---- */

static void take_text(HuneOrder *self, const struct order_event *event, const char *text)
{
    struct hune_answer *answer = &self->answers[event->position];
    gsize room = HUNE_ANSWER_MAX - answer->text->len;
    gsize take = MIN(room, event->size);

    if (take < event->size) {
        while (take > 0 && ((guchar)text[take] & 0xc0) == 0x80)
            take--;
        answer->left_out += event->size - take;
    }
    g_string_append_len(answer->text, text, (gssize)take);
    answer->ms = MAX(answer->ms, event->ms);
    answer->said = event->said;
    g_signal_emit(self, signals[SIGNAL_OUTPUT], 0, event->position, text, (gulong)event->size,
                  event->kind == ORDER_ERR);
}

static void take_result(struct hune_answer *answer, const struct order_event *event)
{
    answer->state = HUNE_ANSWER_ENDED;
    answer->is_broken = FALSE;
    answer->end = event->state;
    answer->groups = event->groups;
    answer->is_unasked = event->is_unasked;
    answer->sentence = g_strdup(event->sentence);
    answer->advice = g_strdup(event->advice);
}

/* Whether the states changed. */
static gboolean take_event(HuneOrder *self, const struct order_event *event, const char *text)
{
    struct hune_answer *answer = &self->answers[event->position];

    switch (event->kind) {
    case ORDER_ACCEPTED: answer->state = HUNE_ANSWER_RUNNING; return TRUE;
    case ORDER_OUT:
    case ORDER_ERR: take_text(self, event, text); return FALSE;
    case ORDER_NOTE:
        g_free(answer->note);
        answer->note = g_strndup(text, event->size);
        return TRUE;
    case ORDER_BROKEN: answer->is_broken = TRUE; return TRUE;
    case ORDER_BACK: answer->is_broken = FALSE; return TRUE;
    case ORDER_RESULT: take_result(answer, event); return TRUE;
    case ORDER_WAVE: self->wave = event->wave; return TRUE;
    case ORDER_DONE:
    default: return TRUE;
    }
}

static void on_told(const struct order_news *news, void *owner)
{
    g_autoptr(HuneOrder) self = g_object_ref(owner);
    gboolean changed = FALSE;

    for (guint i = 0; i < news->events->len; i++) {
        const struct order_event *event = &g_array_index(news->events, struct order_event, i);

        if (event->kind == ORDER_DONE)
            self->is_done = TRUE;
        else
            changed |= take_event(self, event, (const char *)news->bytes->data + event->offset);
    }
    if (news->bytes->len > 0 && hune_fleet_worker(self->fleet))
        worker_send_order_read(hune_fleet_worker(self->fleet), self, news->bytes->len);
    if (self->is_done)
        self->ended_us = g_get_monotonic_time();
    if (changed || self->is_done)
        g_signal_emit(self, signals[SIGNAL_CHANGED], 0);
    if (self->is_done) {
        g_signal_emit(self, signals[SIGNAL_DONE], 0);
        g_object_unref(self); /* the worker's own */
    }
}

/* ---- giving it ---- */

static void set_terms(HuneOrder *self, const struct order_terms *terms)
{
    self->user = g_strdup(self->verb == VERB_RUN ? terms->user : "");
    self->terms = *terms;
    self->terms.user = self->user;
}

static HuneOrder *order_new(HuneFleet *fleet, GPtrArray *machines, enum verb verb, const char *line,
                            const struct order_terms *terms, gboolean is_kept)
{
    HuneOrder *self = g_object_new(HUNE_TYPE_ORDER, NULL);
    g_autofree uint32_t *slots = g_new(uint32_t, machines->len + 1);
    struct order_request request = {.verb = verb,
                                    .line = line,
                                    .user = terms->user,
                                    .slots = slots,
                                    .count = machines->len,
                                    .is_kept = is_kept,
                                    .waves = terms->waves,
                                    .told = on_told};

    self->fleet = g_object_ref(fleet);
    self->verb = verb;
    set_terms(self, terms);
    self->is_kept = is_kept;
    self->line = g_strdup(line);
    self->count = machines->len;
    self->answers = g_new0(struct hune_answer, machines->len + 1);
    for (guint i = 0; i < machines->len; i++) {
        HuneMachine *machine = g_ptr_array_index(machines, i);

        slots[i] = machine->slot;
        self->answers[i].machine = g_object_ref(machine);
        self->answers[i].text = g_string_new(NULL);
        self->answers[i].is_kept = is_kept;
    }
    request.owner = g_object_ref(self);
    worker_send_order(hune_fleet_worker(fleet), &request);
    return self;
}

HuneOrder *hune_order_new(HuneFleet *fleet, GPtrArray *machines, enum verb verb, const char *line)
{
    return order_new(fleet, machines, verb, line, &(struct order_terms){.user = ""}, FALSE);
}

HuneOrder *hune_order_new_on_terms(HuneFleet *fleet, GPtrArray *machines, enum verb verb,
                                   const char *line, const struct order_terms *terms)
{
    return order_new(fleet, machines, verb, line, terms, TRUE);
}

HuneOrder *hune_order_new_kept(HuneFleet *fleet, HuneMachine *machine, enum verb verb,
                               const char *line, const char *user)
{
    const struct order_terms terms = {.user = user};
    g_autoptr(GPtrArray) machines = g_ptr_array_new();

    g_ptr_array_add(machines, machine);
    return order_new(fleet, machines, verb, line, &terms, TRUE);
}

void hune_order_read_again(HuneOrder *self, struct order_reading *reading)
{
    reading->owner = self;
    worker_send_order_reading(hune_fleet_worker(self->fleet), reading);
}

void hune_order_search(HuneOrder *self, struct order_search *search)
{
    search->owner = self;
    worker_send_order_search(hune_fleet_worker(self->fleet), search);
}

void hune_order_search_end(HuneOrder *self)
{
    if (hune_fleet_worker(self->fleet))
        worker_send_order_search_end(hune_fleet_worker(self->fleet), self);
}

static HuneMachine *machine_of(HuneFleet *fleet, const char *name)
{
    HuneMachine *machine = hune_fleet_find(fleet, name);

    if (machine)
        return g_object_ref(machine);
    machine = hune_machine_new(name);
    machine->is_listed = FALSE;
    return machine;
}

HuneOrder *hune_order_new_past(HuneFleet *fleet, const struct past_run *run,
                               const struct past_answer *answers, gsize count)
{
    HuneOrder *self = g_object_new(HUNE_TYPE_ORDER, NULL);
    g_autofree uint32_t *slots = g_new(uint32_t, count + 1);
    guint32 longest = 0;

    self->fleet = g_object_ref(fleet);
    self->verb = VERB_RUN;
    self->line = g_strdup(run->command);
    set_terms(self, &(struct order_terms){.user = run->as});
    self->count = (guint)count;
    self->is_done = TRUE;
    self->is_kept = TRUE;
    self->past_number = run->number;
    self->answers = g_new0(struct hune_answer, count + 1);
    for (gsize i = 0; i < count; i++) {
        struct hune_answer *answer = &self->answers[i];

        answer->machine = machine_of(fleet, answers[i].name);
        answer->state = HUNE_ANSWER_ENDED;
        answer->end = answers[i].is_ended ? answers[i].state
                                          : (struct job_state){.state = STATE_UNSENT};
        answer->text = g_string_new_len(answers[i].text->str, (gssize)answers[i].text->len);
        answer->left_out = answers[i].left_out;
        answer->said = answers[i].said;
        answer->is_kept = answers[i].is_kept;
        slots[i] = answer->machine->is_listed ? answer->machine->slot : PAST_NO_SLOT;
        answer->sentence = g_strdup(answers[i].sentence);
        answer->groups = answers[i].groups;
        answer->is_unasked = answers[i].is_unasked;
        answer->ms = answers[i].ms;
        longest = MAX(longest, answer->ms);
        if (!answers[i].is_ended)
            self->past_number = 0;
    }
    self->ended_us = self->begun_us + (gint64)longest * 1000;
    worker_send_past_keep(hune_fleet_worker(fleet), run->number, self, slots, (uint32_t)count);
    return self;
}

gint64 hune_order_past_number(HuneOrder *self)
{
    return self->past_number;
}

void hune_order_stop(HuneOrder *self)
{
    if (!self->is_done && hune_fleet_worker(self->fleet))
        worker_send_order_stop(hune_fleet_worker(self->fleet), self);
}

void hune_order_leave(HuneOrder *self)
{
    if (!self->is_done && hune_fleet_worker(self->fleet))
        worker_send_order_leave(hune_fleet_worker(self->fleet), self);
}

const char *hune_order_line(HuneOrder *self)
{
    return self->line;
}

enum verb hune_order_verb(HuneOrder *self)
{
    return self->verb;
}

guint hune_order_count(HuneOrder *self)
{
    return self->count;
}

const struct hune_answer *hune_order_answer(HuneOrder *self, guint position)
{
    return &self->answers[position];
}

const struct order_terms *hune_order_terms(HuneOrder *self)
{
    return &self->terms;
}

const struct order_wave *hune_order_wave(HuneOrder *self)
{
    return &self->wave;
}

gboolean hune_order_is_done(HuneOrder *self)
{
    return self->is_done;
}

double hune_order_seconds(HuneOrder *self)
{
    gint64 end = self->is_done ? self->ended_us : g_get_monotonic_time();

    return (double)(end - self->begun_us) / G_USEC_PER_SEC;
}

gboolean hune_answer_is_ok(const struct hune_answer *answer)
{
    return answer->state == HUNE_ANSWER_ENDED && answer->end.state == STATE_EXITED &&
           answer->end.detail == 0 && !answer->sentence;
}

enum hune_answer_kind hune_answer_kind(const struct hune_answer *answer)
{
    if (answer->state == HUNE_ANSWER_WAITING)
        return HUNE_ANSWER_IS_WAITING;
    if (answer->state == HUNE_ANSWER_RUNNING)
        return HUNE_ANSWER_IS_RUNNING;
    if (hune_answer_is_ok(answer))
        return HUNE_ANSWER_IS_OK;
    if (answer->is_unasked)
        return HUNE_ANSWER_IS_UNASKED;
    return answer->end.state == STATE_UNREACHABLE || answer->end.state == STATE_UNSENT
               ? HUNE_ANSWER_IS_UNREACHABLE
               : HUNE_ANSWER_IS_FAILED;
}

char *hune_answer_kind_text(const struct hune_answer *answer)
{
    return answer->is_unasked ? g_strdup(_("not asked")) : hune_answer_state_text(answer);
}

char *hune_answer_state_text(const struct hune_answer *answer)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;

    if (answer->state == HUNE_ANSWER_WAITING)
        return g_strdup(_("waiting"));
    if (answer->state == HUNE_ANSWER_RUNNING)
        return g_strdup(answer->is_broken ? _("connection lost; the job goes on") : _("running"));
    if (outcome_describe(answer->end, &text) != 0)
        return g_strdup("");
    return g_strndup((const char *)buffer_bytes(&text), buffer_length(&text));
}
