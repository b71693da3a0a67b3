/* See facts-text.h. */
#include "desktop/text/facts-text.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "fleet/home/i18n.h"
#include "fleet/home/net-state.h"

enum { PROCESSES_MAX = 200 };

char *hune_printable(const char *text)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    if (!text || text_append_printable_line(&out, text, strlen(text)) != 0)
        return g_strdup("");
    return g_strndup((const char *)buffer_bytes(&out), buffer_length(&out));
}

char *hune_size_text(double bytes)
{
    static const char *const units[] = {N_("B"),   N_("KiB"), N_("MiB"),
                                        N_("GiB"), N_("TiB"), N_("PiB")};
    size_t unit = 0;

    if (isnan(bytes))
        return g_strdup("");
    while (bytes >= 1024 && unit + 1 < G_N_ELEMENTS(units)) {
        bytes /= 1024;
        unit++;
    }
    return g_strdup_printf(unit == 0 || bytes >= 99.95 ? "%.0f %s" : "%.1f %s", bytes,
                           _(units[unit]));
}

char *hune_uptime_text(guint64 booted_ms)
{
    gint64 minutes = (g_get_real_time() / 1000 - (gint64)booted_ms) / 60000;

    if (booted_ms == 0 || minutes < 0)
        return g_strdup("");
    if (minutes < 60)
        return g_strdup_printf(_("%d min"), (int)minutes);
    if (minutes < 24 * 60)
        return g_strdup_printf(_("%d h %d min"), (int)(minutes / 60), (int)(minutes % 60));
    return g_strdup_printf(_("%d d %d h"), (int)(minutes / (24 * 60)), (int)(minutes / 60 % 24));
}

char *hune_percent_text(float part)
{
    return part < 0 ? g_strdup("") : g_strdup_printf("%.0f %%", (double)part * 100);
}

/* ---- members ---- */

static void put_text(GString *out, const json_t *object, const char *key)
{
    g_autofree char *text = hune_printable(json_string_value(json_object_get(object, key)));

    g_string_append(out, text);
}

static gboolean has(const json_t *object, const char *key)
{
    return json_is_number(json_object_get(object, key));
}

static double number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static void put_size(GString *out, const json_t *object, const char *key)
{
    g_autofree char *text = has(object, key) ? hune_size_text(number(object, key)) : g_strdup("-");

    g_string_append(out, text);
}

static void put_time(GString *out, const json_t *object, const char *key)
{
    g_autoptr(GDateTime) time = NULL;
    g_autofree char *text = NULL;

    if (!has(object, key) || number(object, key) < 0 || number(object, key) > 2.5e14)
        return;
    time = g_date_time_new_from_unix_local((gint64)(number(object, key) / 1000));
    text = time ? g_date_time_format(time, "%x %H:%M") : NULL;
    g_string_append(out, text ? text : "");
}

/* ---- facts ---- */

static void name_text(GString *out, json_t *fact, gboolean brief)
{
    const char *qualified = json_string_value(json_object_get(fact, "fqdn"));

    (void)brief;
    put_text(out, fact, "name");
    if (qualified && *qualified &&
        g_strcmp0(qualified, json_string_value(json_object_get(fact, "name"))) != 0) {
        g_string_append(out, " (");
        put_text(out, fact, "fqdn");
        g_string_append(out, ")");
    }
}

static void os_text(GString *out, json_t *fact, gboolean brief)
{
    const char *virtual = json_string_value(json_object_get(fact, "virtual"));

    (void)brief;
    put_text(out, fact, json_object_get(fact, "pretty") ? "pretty" : "name");
    g_string_append(out, ", ");
    put_text(out, fact, "kernel");
    g_string_append(out, " ");
    put_text(out, fact, "release");
    g_string_append(out, " ");
    put_text(out, fact, "arch");
    if (virtual && *virtual) {
        g_string_append(out, " (");
        put_text(out, fact, "virtual");
        g_string_append(out, ")");
    }
}

static void ip_text(GString *out, json_t *fact, gboolean brief)
{
    const json_t *address;
    size_t i;

    put_text(out, fact, "primary");
    json_array_foreach (json_object_get(fact, "addresses"), i, address) {
        if (brief && g_strcmp0(json_string_value(json_object_get(address, "scope")), "global") != 0)
            continue;
        if (brief && g_strcmp0(json_string_value(json_object_get(address, "address")),
                               json_string_value(json_object_get(fact, "primary"))) == 0)
            continue;
        g_string_append(out, brief ? ", " : "\n  ");
        if (!brief) {
            put_text(out, address, "interface");
            g_string_append(out, "  ");
        }
        put_text(out, address, "address");
        g_string_append_printf(out, "/%.0f", number(address, "prefix"));
    }
}

static void ram_text(GString *out, json_t *fact, gboolean brief)
{
    (void)brief;
    put_size(out, fact, "total");
    if (has(fact, "used") && number(fact, "total") > 0) {
        g_autofree char *percent = hune_percent_text(
            (float)(number(fact, "used") / number(fact, "total")));
        g_autofree char *used = hune_size_text(number(fact, "used"));

        g_string_append(out, ", ");
        g_string_append_printf(out, _("%s used (%s)"), used, percent);
    }
    if (number(fact, "swap_total") > 0) {
        g_autofree char *swap = hune_size_text(number(fact, "swap_total"));
        g_autofree char *left = hune_size_text(number(fact, "swap_free"));

        g_string_append_printf(out, _("; swap %s, %s free"), swap, left);
    }
}

static void cpu_text(GString *out, json_t *fact, gboolean brief)
{
    const json_t *load = json_object_get(fact, "load");

    (void)brief;
    put_text(out, fact, "model");
    g_string_append_printf(out, _(", %.0f threads"), number(fact, "threads"));
    if (json_array_size(load) == 3)
        g_string_append_printf(
            out, _("; load %.2f %.2f %.2f"), json_number_value(json_array_get(load, 0)),
            json_number_value(json_array_get(load, 1)), json_number_value(json_array_get(load, 2)));
}

static void disk_text(GString *out, json_t *fact, gboolean brief)
{
    const json_t *mount;
    size_t i;

    json_array_foreach (json_object_get(fact, "mounts"), i, mount) {
        if (brief && i >= 3) {
            g_string_append(out, " …");
            break;
        }
        g_string_append(out, i == 0 ? "" : brief ? "; " : "\n");
        put_text(out, mount, "target");
        g_string_append(out, "  ");
        put_size(out, mount, "used");
        g_string_append(out, " / ");
        put_size(out, mount, "size");
        if (has(mount, "full")) {
            g_autofree char *full = hune_percent_text((float)(number(mount, "full") / 100));

            g_string_append_printf(out, " (%s)", full);
        }
        if (!brief) {
            g_string_append(out, "  ");
            put_text(out, mount, "type");
        }
    }
}

static void put_state(GString *out, const json_t *interface)
{
    const char *state = json_string_value(json_object_get(interface, "state"));
    g_autofree char *text = hune_printable(state ? net_state_text(state) : "");

    g_string_append(out, text);
}

static void net_text(GString *out, json_t *fact, gboolean brief)
{
    const json_t *interface;
    size_t i;

    json_array_foreach (json_object_get(fact, "interfaces"), i, interface) {
        g_string_append(out, i == 0 ? "" : brief ? "; " : "\n");
        put_text(out, interface, "name");
        g_string_append(out, " ");
        put_state(out, interface);
        if (brief)
            continue;
        g_string_append(out, "  ");
        g_string_append(out, _("received "));
        put_size(out, interface, "rx_bytes");
        g_string_append(out, ", ");
        g_string_append(out, _("sent "));
        put_size(out, interface, "tx_bytes");
    }
}

static void uptime_text(GString *out, json_t *fact, gboolean brief)
{
    g_autofree char *span = hune_uptime_text(
        has(fact, "booted") ? (guint64)MAX(number(fact, "booted"), 0) : 0);

    (void)brief;
    g_string_append(out, span);
    g_string_append(out, _(", since "));
    put_time(out, fact, "booted");
}

static void users_text(GString *out, json_t *fact, gboolean brief)
{
    const json_t *sessions = json_object_get(fact, "sessions");
    const json_t *session;
    size_t i;

    if (json_array_size(sessions) == 0) {
        g_string_append(out, _("nobody is logged in"));
        return;
    }
    json_array_foreach (sessions, i, session) {
        g_string_append(out, i == 0 ? "" : brief ? ", " : "\n");
        put_text(out, session, "user");
        if (brief)
            continue;
        g_string_append(out, "  ");
        put_text(out, session, "terminal");
        g_string_append(out, "  ");
        put_text(out, session, "host");
        g_string_append(out, "  ");
        put_time(out, session, "since");
    }
}

static void processes_text(GString *out, json_t *fact, gboolean brief)
{
    const json_t *process;
    size_t i;

    g_string_append_printf(out, _("%.0f, %.0f running"), number(fact, "count"),
                           number(fact, "running"));
    if (brief)
        return;
    json_array_foreach (json_object_get(fact, "processes"), i, process) {
        if (i == PROCESSES_MAX)
            break;
        g_string_append_printf(out, "\n%8.0f  ", number(process, "pid"));
        put_text(out, process, "user");
        g_string_append(out, "  ");
        put_size(out, process, "rss");
        g_string_append(out, "  ");
        put_text(out, process, "command");
    }
}

static void services_text(GString *out, json_t *fact, gboolean brief)
{
    const json_t *services = json_object_get(fact, "services");
    const json_t *service;
    size_t i;

    if (!services) {
        g_string_append(out, _("no service manager that is known here"));
        return;
    }
    g_string_append_printf(out, _("%zu running under "), json_array_size(services));
    put_text(out, fact, "manager");
    if (brief)
        return;
    json_array_foreach (services, i, service) {
        g_string_append(out, "\n  ");
        put_text(out, service, "name");
    }
}

static const struct {
    const char *title;
    void (*put)(GString *out, json_t *fact, gboolean brief);
} facts[FACT_COUNT] = {
    [FACT_NAME] = {N_("Name"), name_text},
    [FACT_OS] = {N_("System"), os_text},
    [FACT_IP] = {N_("Addresses"), ip_text},
    [FACT_RAM] = {N_("Memory"), ram_text},
    [FACT_CPU] = {N_("Processor"), cpu_text},
    [FACT_DISK] = {N_("Disks"), disk_text},
    [FACT_NET] = {N_("Network"), net_text},
    [FACT_UPTIME] = {N_("Uptime"), uptime_text},
    [FACT_USERS] = {N_("Logged in"), users_text},
    [FACT_PROCESSES] = {N_("Processes"), processes_text},
    [FACT_SERVICES] = {N_("Services"), services_text},
};

const char *hune_fact_title(enum fact fact)
{
    return _(facts[fact].title);
}

char *hune_fact_text(enum fact fact, json_t *document, gboolean brief)
{
    GString *out = g_string_new(NULL);

    if (json_object_size(document) == 0)
        g_string_append(out, _("not known"));
    else
        facts[fact].put(out, document, brief);
    return g_string_free(out, FALSE);
}
