/* See measure.h. SIGUSR1 tells of the frames since the last time. Every time is told twice: as it
 * passed, and as processor time of this thread (of the process, for the first frame), which a busy
 * computer does not change. */
#include "desktop/view/measure.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct moment {
    double passed_ms;
    double cpu_ms;
};

static struct {
    gboolean is_on;
    gboolean is_listed;
    gboolean was_first;
    struct moment frame;  /* when the frame under way began */
    struct moment filter; /* when the text changed */
    double key_ms;        /* when the key was pressed that changes it; 0: by other means */
    gboolean is_asked;    /* and nothing was shown yet */
    gboolean is_filtered;
    guint frames;
    guint slow; /* over 50 ms */
    guint slow_cpu;
    double longest_ms;
    double longest_cpu_ms;
} measure;

/* Since the process was made: what a person waits for. */
static double age_ms(void)
{
    g_autofree char *stat = NULL;
    const char *at;
    struct timespec now;
    unsigned long long ticks = 0;

    if (!g_file_get_contents("/proc/self/stat", &stat, NULL, NULL) || !(at = strrchr(stat, ')')))
        return 0;
    if (sscanf(at + 1,
               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
               &ticks) != 1)
        return 0;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6 -
           (double)ticks * 1000 / (double)sysconf(_SC_CLK_TCK);
}

static double clock_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6;
}

static struct moment now_is(void)
{
    return (struct moment){clock_ms(CLOCK_MONOTONIC), clock_ms(CLOCK_THREAD_CPUTIME_ID)};
}

static void on_before_paint(GdkFrameClock *clock)
{
    (void)clock;
    measure.frame = now_is();
}

static void on_after_paint(GdkFrameClock *clock)
{
    struct moment now = now_is();
    double took = now.passed_ms - measure.frame.passed_ms;
    double cpu = now.cpu_ms - measure.frame.cpu_ms;

    (void)clock;
    measure.frames++;
    measure.slow += took > 50;
    measure.slow_cpu += cpu > 50;
    measure.longest_ms = MAX(measure.longest_ms, took);
    measure.longest_cpu_ms = MAX(measure.longest_cpu_ms, cpu);
    if (measure.is_listed && !measure.was_first) {
        measure.was_first = TRUE;
        g_printerr("measure first-frame %.1f %.1f\n", age_ms(), clock_ms(CLOCK_PROCESS_CPUTIME_ID));
    }
    if (measure.is_asked && measure.is_filtered) {
        g_printerr("measure filter %.1f %.1f\n", now.passed_ms - measure.filter.passed_ms,
                   now.cpu_ms - measure.filter.cpu_ms);
        measure.is_asked = FALSE;
    }
}

static gboolean on_tell(gpointer data)
{
    (void)data;
    g_printerr("measure frames %u slow %u longest %.1f slow-cpu %u longest-cpu %.1f\n",
               measure.frames, measure.slow, measure.longest_ms, measure.slow_cpu,
               measure.longest_cpu_ms);
    measure.frames = measure.slow = measure.slow_cpu = 0;
    measure.longest_ms = measure.longest_cpu_ms = 0;
    return G_SOURCE_CONTINUE;
}

static void on_realize(GtkWidget *window)
{
    GdkFrameClock *clock = gtk_widget_get_frame_clock(window);

    g_signal_connect(clock, "before-paint", G_CALLBACK(on_before_paint), NULL);
    g_signal_connect(clock, "after-paint", G_CALLBACK(on_after_paint), NULL);
}

void hune_measure_window(GtkWindow *window)
{
    if (!g_getenv("HUNE_MEASURE") || measure.is_on)
        return;
    measure.is_on = TRUE;
    g_signal_connect(window, "realize", G_CALLBACK(on_realize), NULL);
    g_unix_signal_add(SIGUSR1, on_tell, NULL);
}

void hune_measure_listed(void)
{
    measure.is_listed = TRUE;
}

/* An X server of this computer tells the times of its events by the same clock, cut to 32 bits. */
static gboolean on_key(GtkEventControllerKey *keys)
{
    guint32 at = gtk_event_controller_get_current_event_time(GTK_EVENT_CONTROLLER(keys));
    double now = clock_ms(CLOCK_MONOTONIC);
    gint32 ago = (gint32)((guint32)(guint64)now - at);

    measure.key_ms = at != GDK_CURRENT_TIME && ago >= 0 && ago < 60000 ? now - ago : 0;
    return GDK_EVENT_PROPAGATE;
}

static void on_filter_changed(void)
{
    measure.filter = now_is();
    if (measure.key_ms > 0)
        measure.filter.passed_ms = measure.key_ms;
    measure.key_ms = 0;
    measure.is_asked = TRUE;
    measure.is_filtered = FALSE;
}

void hune_measure_filter_entry(GtkWidget *entry)
{
    GtkEventController *keys;

    if (!g_getenv("HUNE_MEASURE"))
        return;
    keys = gtk_event_controller_key_new();
    gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
    g_signal_connect(keys, "key-pressed", G_CALLBACK(on_key), NULL);
    gtk_widget_add_controller(entry, keys);
    g_signal_connect(entry, "changed", G_CALLBACK(on_filter_changed), NULL);
}

void hune_measure_filter_ends(void)
{
    measure.is_filtered = TRUE;
}
