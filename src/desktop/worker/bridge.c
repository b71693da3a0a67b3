/* Two queues behind one mutex, and a GSource that is made ready when the first letter comes in:
 * with two million letters a second it costs a third of what an idle source per letter does. */
#include "desktop/worker/bridge.h"

#include <glib.h>

/* Letters are read in slices of this length, so that a flood of them leaves the window alive. */
enum { READING_US = 8000 };

struct letters {
    struct letter *first;
    struct letter **end;
};

struct bridge {
    struct bridge_sides sides;
    GMutex lock;
    struct letters to_worker;
    struct letters to_window;
    struct letters reading; /* of the window; the main thread's own */
    GSource *source;
};

struct bridge_source {
    GSource source;
    struct bridge *bridge;
};

static void letters_init(struct letters *letters)
{
    letters->first = NULL;
    letters->end = &letters->first;
}

/* Whether it was empty before. */
static bool letters_put(struct letters *letters, struct letter *letter)
{
    bool was_empty = letters->first == NULL;

    letter->next = NULL;
    *letters->end = letter;
    letters->end = &letter->next;
    return was_empty;
}

static struct letter *letters_take(struct letters *letters)
{
    struct letter *letter = letters->first;

    if (!letter)
        return NULL;
    letters->first = letter->next;
    if (!letters->first)
        letters->end = &letters->first;
    return letter;
}

static void letters_move(struct letters *to, struct letters *from)
{
    if (!from->first)
        return;
    *to->end = from->first;
    to->end = from->end;
    letters_init(from);
}

static gboolean read_in_window(GSource *source, GSourceFunc callback, gpointer data)
{
    struct bridge *bridge = ((struct bridge_source *)source)->bridge;
    gint64 end = g_get_monotonic_time() + READING_US;
    struct letter *letter;

    (void)callback;
    (void)data;
    g_source_set_ready_time(source, -1);
    g_mutex_lock(&bridge->lock);
    letters_move(&bridge->reading, &bridge->to_window);
    g_mutex_unlock(&bridge->lock);
    while ((letter = letters_take(&bridge->reading))) {
        letter->read(letter, bridge->sides.window);
        if (bridge->reading.first && g_get_monotonic_time() >= end) {
            g_source_set_ready_time(source, 0);
            break;
        }
    }
    return G_SOURCE_CONTINUE;
}

struct bridge *bridge_new(const struct bridge_sides *sides)
{
    static GSourceFuncs functions = {.dispatch = read_in_window};
    struct bridge *bridge = g_new0(struct bridge, 1);

    bridge->sides = *sides;
    g_mutex_init(&bridge->lock);
    letters_init(&bridge->to_worker);
    letters_init(&bridge->to_window);
    letters_init(&bridge->reading);
    bridge->source = g_source_new(&functions, sizeof(struct bridge_source));
    ((struct bridge_source *)bridge->source)->bridge = bridge;
    g_source_set_static_name(bridge->source, "bridge");
    /* Behind redrawing and input. */
    g_source_set_priority(bridge->source, G_PRIORITY_HIGH_IDLE + 30);
    g_source_attach(bridge->source, NULL);
    return bridge;
}

static void drop_all(struct letters *letters)
{
    struct letter *letter;

    while ((letter = letters_take(letters)))
        letter->drop(letter);
}

struct bridge *bridge_free(struct bridge *bridge)
{
    if (!bridge)
        return NULL;
    g_source_destroy(bridge->source);
    g_source_unref(bridge->source);
    drop_all(&bridge->reading);
    drop_all(&bridge->to_window);
    drop_all(&bridge->to_worker);
    g_mutex_clear(&bridge->lock);
    g_free(bridge);
    return NULL;
}

void bridge_to_worker(struct bridge *bridge, struct letter *letter)
{
    bool first;

    g_mutex_lock(&bridge->lock);
    first = letters_put(&bridge->to_worker, letter);
    g_mutex_unlock(&bridge->lock);
    if (first)
        bridge->sides.wake_worker(bridge->sides.worker);
}

void bridge_to_window(struct bridge *bridge, struct letter *letter)
{
    bool first;

    g_mutex_lock(&bridge->lock);
    first = letters_put(&bridge->to_window, letter);
    g_mutex_unlock(&bridge->lock);
    if (first)
        g_source_set_ready_time(bridge->source, 0);
}

void bridge_read_in_worker(struct bridge *bridge)
{
    struct letters letters;
    struct letter *letter;

    letters_init(&letters);
    g_mutex_lock(&bridge->lock);
    letters_move(&letters, &bridge->to_worker);
    g_mutex_unlock(&bridge->lock);
    while ((letter = letters_take(&letters)))
        letter->read(letter, bridge->sides.worker);
}
