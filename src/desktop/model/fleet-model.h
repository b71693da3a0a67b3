/* HuneFleet: the window's side of the worker. It owns the worker, holds a HuneMachine for every
 * line of the list, and is the only one that reads what the worker tells of its own accord.
 *
 * Signals: "listed" (machines came, went or changed their lines), "told" (states of some
 * machines changed), "sampled" (measures did), "matched" (the answer to hune_fleet_match() is in
 * the machines), "faults". */
#pragma once

#include <gio/gio.h>

#include "desktop/model/alerts-model.h"
#include "desktop/model/machine.h"
#include "desktop/worker/worker.h"

G_BEGIN_DECLS

#define HUNE_TYPE_FLEET (hune_fleet_get_type())
G_DECLARE_FINAL_TYPE(HuneFleet, hune_fleet, HUNE, FLEET, GObject)

#define HUNE_ERROR (hune_error_quark())
GQuark hune_error_quark(void);

/* Both may be NULL: the defaults. */
HuneFleet *hune_fleet_new(const char *path, const char *identity);
/* Ends the worker. Nothing comes after it. */
void hune_fleet_close(HuneFleet *self);
struct worker *hune_fleet_worker(HuneFleet *self);

/* Of HuneMachine, in the order of the file. Borrowed. */
GListModel *hune_fleet_machines(HuneFleet *self);
/* Borrowed; NULL if there is none. */
HuneMachine *hune_fleet_find(HuneFleet *self, const char *name);
/* Borrowed. */
HuneAlerts *hune_fleet_alerts(HuneFleet *self);
/* Whether the list has been read once. */
gboolean hune_fleet_is_read(HuneFleet *self);
const char *hune_fleet_path(HuneFleet *self);

/* Sentences for a banner, translated; NULL for none. */
const char *hune_fleet_list_fault(HuneFleet *self);
const char *hune_fleet_key_fault(HuneFleet *self);
const char *hune_fleet_key_fingerprint(HuneFleet *self);
const char *hune_fleet_key_origin(HuneFleet *self);
/* Lines that are no machines: sentences, NULL-terminated, the first ones only; never NULL after the
 * list was read. */
const char *const *hune_fleet_bad_lines(HuneFleet *self);
guint hune_fleet_bad_count(HuneFleet *self);

/* Asks which machines a selector means; "matched" follows, unless another question came after this
 * one. */
void hune_fleet_match(HuneFleet *self, const char *text);
/* Of the last answer. */
const char *hune_fleet_matched_text(HuneFleet *self);
gboolean hune_fleet_match_is_valid(HuneFleet *self);
const char *hune_fleet_match_fault(HuneFleet *self);

/* A change of the list on disk; see fleet_edit() for `edit`, which runs in another thread. After
 * the finish, the machines show the change. `context` goes to hune_fleet_edit_finish() through
 * g_task_get_task_data(). */
void hune_fleet_edit(HuneFleet *self,
                     int (*edit)(struct fleet *fleet, void *context, struct fault *fault),
                     void *context, GDestroyNotify free_context, GAsyncReadyCallback callback,
                     gpointer user_data);
gboolean hune_fleet_edit_finish(HuneFleet *self, GAsyncResult *result, GError **error);

G_END_DECLS
