/* Which machine of the list has which slot, and that the lookout sees every one of them. A machine
 * keeps its slot while its name, address, user and id stay the same. */
#include "desktop/worker/station.h"

#include <string.h>

#include "desktop/worker/news.h"

/* ---- its place in the lookout ---- */

struct link *station_link(const struct station *station)
{
    return station->position == STATION_UNSEEN
               ? NULL
               : lookout_link(station->worker->lookout, station->position);
}

const char *station_user(const struct station *station, const char *wanted)
{
    const char *user = wanted && *wanted ? wanted : station ? station->user : "";

    return *user ? user : NULL;
}

struct link *station_ready_link(struct worker *worker, uint32_t slot)
{
    const struct station *station = station_at(worker, slot);
    struct link *link = station ? station_link(station) : NULL;

    return link && link_state(link) == LINK_READY ? link : NULL;
}

void station_target(void *user, uint32_t slot, struct link_target *target_out)
{
    const struct station *station = station_at(user, slot);

    if (!station) {
        target_out->host = "";
        return;
    }
    target_out->host = station->host;
    target_out->port = station->port;
    target_out->id = station->has_id ? station->id : NULL;
}

/* Without memory it stays unseen until the list is read again. */
static void look_at(struct station *station)
{
    struct lookout *lookout = station->worker->lookout;

    if (station->position != STATION_UNSEEN || !lookout)
        return;
    if (lookout_add(lookout, station->slot, station->has_id ? PROBLEM_NONE : PROBLEM_ID_UNKNOWN,
                    &station->position) != 0)
        station->position = STATION_UNSEEN;
    states_changed(station);
}

void station_wake(struct station *station)
{
    g_clear_pointer(&station->kept_out, g_free);
    if (station->position != STATION_UNSEEN)
        lookout_wake(station->worker->lookout, station->position);
}

/* The link forgets why it was not there, once it is told to leave. */
void station_rest(struct station *station)
{
    struct lookout *lookout = station->worker->lookout;

    if (station->position == STATION_UNSEEN || lookout_is_resting(lookout, station->position))
        return;
    g_clear_pointer(&station->kept_out, g_free);
    if (lookout_sight(lookout, station->position)->problem == PROBLEM_ID_CHANGED)
        station->kept_out = g_memdup2(link_trouble(station_link(station)),
                                      sizeof(*station->kept_out));
    lookout_rest(lookout, station->position);
}

static void look_away(struct station *station)
{
    station->facts = request_cancel(station->facts);
    if (station->position != STATION_UNSEEN)
        lookout_remove(station->worker->lookout, station->position);
    station->position = STATION_UNSEEN;
}

/* ---- the list of stations ---- */

struct station *station_at(struct worker *worker, uint32_t slot)
{
    return slot < worker->stations->len ? g_ptr_array_index(worker->stations, slot) : NULL;
}

static void station_free(struct station *station)
{
    g_free(station->name);
    g_free(station->host);
    g_free(station->user);
    g_free(station->kept_out);
    g_free(station);
}

static void retire(struct station *station)
{
    struct worker *worker = station->worker;

    runs_machine_gone(worker, station->slot);
    sights_machine_gone(worker, station->slot);
    shells_machine_gone(worker, station->slot);
    look_away(station);
    g_ptr_array_index(worker->stations, station->slot) = NULL;
    station_free(station);
}

static bool fits(const struct station *station, const struct machine *machine)
{
    return station->port == machine->port && station->has_id == machine->has_id &&
           strcmp(station->host, machine->host) == 0 && strcmp(station->user, machine->user) == 0 &&
           (!machine->has_id || memcmp(station->id, machine->id, MACHINE_ID_SIZE) == 0);
}

static struct station *station_new(struct worker *worker, const struct machine *machine)
{
    struct station *station = g_new0(struct station, 1);

    station->worker = worker;
    station->slot = worker->stations->len;
    station->position = STATION_UNSEEN;
    station->name = g_strdup(machine->name);
    station->host = g_strdup(machine->host);
    station->user = g_strdup(machine->user);
    station->port = machine->port;
    station->has_id = machine->has_id;
    memcpy(station->id, machine->id, sizeof(station->id));
    g_ptr_array_add(worker->stations, station);
    return station;
}

void stations_sync(struct worker *worker)
{
    GHashTable *before = worker->by_name;
    const struct fleet *fleet = worker->fleet;
    GHashTableIter iter;
    gpointer value;

    worker->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    g_array_set_size(worker->slot_of_row, fleet->count);
    for (uint32_t i = 0; i < fleet->count; i++) {
        const struct machine *machine = &fleet->machines[i];
        struct station *station = g_hash_table_lookup(before, machine->name);

        if (station && fits(station, machine))
            g_hash_table_remove(before, machine->name);
        else
            station = station_new(worker, machine);
        g_hash_table_insert(worker->by_name, station->name, station);
        g_array_index(worker->slot_of_row, uint32_t, i) = station->slot;
    }
    g_hash_table_iter_init(&iter, before);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        g_hash_table_iter_steal(&iter);
        retire(value);
    }
    g_hash_table_unref(before);
    stations_look(worker);
}

void stations_look(struct worker *worker)
{
    for (guint i = 0; i < worker->stations->len; i++) {
        struct station *station = station_at(worker, i);

        if (station)
            look_at(station);
    }
}

void stations_begin(struct worker *worker)
{
    worker->stations = g_ptr_array_new();
    worker->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    worker->slot_of_row = g_array_new(FALSE, FALSE, sizeof(uint32_t));
}

void stations_end(struct worker *worker)
{
    for (guint i = 0; i < worker->stations->len; i++) {
        if (station_at(worker, i))
            retire(station_at(worker, i));
    }
    g_ptr_array_unref(worker->stations);
    g_hash_table_unref(worker->by_name);
    g_array_unref(worker->slot_of_row);
}
