/* The facts of a machine, for people: one line where one line tells it, a table where there are
 * many. A member that the machine does not tell is left out; nothing here trusts what it is told.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "cli/amount.h"
#include "cli/grid.h"
#include "cli/render.h"
#include "fleet/home/net-state.h"

enum { PROCESSES_SHOWN_MAX = 15 };

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static bool number_of(const json_t *object, const char *key, double *number_out)
{
    const json_t *value = json_object_get(object, key);

    *number_out = json_number_value(value);
    return json_is_number(value);
}

/* "15.6 GiB"; "" for a number that is not told. */
static const char *size_text(const json_t *object, const char *key, char text[AMOUNT_TEXT])
{
    double bytes;

    text[0] = '\0';
    if (number_of(object, key, &bytes) && bytes >= 0 && bytes < 0x1p64)
        amount_size((uint64_t)bytes, text);
    return text;
}

static const char *percent_text(const json_t *object, const char *part, const char *whole,
                                char text[AMOUNT_TEXT])
{
    double a, b;

    text[0] = '\0';
    if (number_of(object, part, &a) && number_of(object, whole, &b) && b > 0)
        snprintf(text, AMOUNT_TEXT, "%.0f %%", 100 * a / b);
    return text;
}

static const char *number_text(const json_t *object, const char *key, char text[AMOUNT_TEXT])
{
    double number;

    text[0] = '\0';
    if (number_of(object, key, &number))
        snprintf(text, AMOUNT_TEXT, "%.0f", number);
    return text;
}

static void show_name(struct output *output, json_t *fact)
{
    const char *qualified = text_of(fact, "fqdn");

    output_safe(output, text_of(fact, "name"));
    if (*qualified && !text_equal(qualified, text_of(fact, "name"))) {
        output_print(output, " (");
        output_safe(output, qualified);
        output_print(output, ")");
    }
    output_print(output, "\n");
}

static void show_os(struct output *output, json_t *fact)
{
    const char *pretty = text_of(fact, "pretty");
    const char *virtual = text_of(fact, "virtual");

    output_safe(output, *pretty ? pretty : text_of(fact, "name"));
    output_print(output, ", ");
    output_safe(output, text_of(fact, "kernel"));
    output_print(output, " ");
    output_safe(output, text_of(fact, "release"));
    output_print(output, " ");
    output_safe(output, text_of(fact, "arch"));
    if (*virtual) {
        output_print(output, " (");
        output_safe(output, virtual);
        output_print(output, ")");
    }
    output_print(output, "\n");
}

static void show_ip(struct output *output, json_t *fact)
{
    const char *primary = text_of(fact, "primary");
    _cleanup_grid_ struct grid grid;
    const json_t *address;
    size_t i;

    grid_init(&grid, (const char *const[]){_("INTERFACE"), _("ADDRESS"), _("SCOPE"), NULL});
    json_array_foreach (json_object_get(fact, "addresses"), i, address) {
        char prefix[AMOUNT_TEXT];
        const char *text = text_of(address, "address");

        grid_cell(&grid, text_of(address, "interface"));
        grid_cellf(&grid, "%s/%s%s", text, number_text(address, "prefix", prefix),
                   text_equal(text, primary) ? " *" : "");
        grid_cell(&grid, text_of(address, "scope"));
    }
    output_safe(output, *primary ? primary : "-");
    output_print(output, "\n");
    grid_print(&grid, "  ", output);
}

static void show_ram(struct output *output, json_t *fact)
{
    char total[AMOUNT_TEXT], used[AMOUNT_TEXT], available[AMOUNT_TEXT], percent[AMOUNT_TEXT];
    double swap;

    output_print(output, _("%s, %s used (%s), %s available"), size_text(fact, "total", total),
                 size_text(fact, "used", used), percent_text(fact, "used", "total", percent),
                 size_text(fact, "available", available));
    if (number_of(fact, "swap_total", &swap) && swap > 0)
        output_print(output, _("; swap %s, %s free"), size_text(fact, "swap_total", total),
                     size_text(fact, "swap_free", available));
    if (number_of(fact, "limit", &swap))
        output_print(output, _("; limited to %s"), size_text(fact, "limit", total));
    output_print(output, "\n");
}

static void show_cpu(struct output *output, json_t *fact)
{
    const json_t *load = json_object_get(fact, "load");
    char threads[AMOUNT_TEXT], mhz[AMOUNT_TEXT];
    double limit;

    output_safe(output, text_of(fact, "model"));
    output_print(output, _(", %s threads"), number_text(fact, "threads", threads));
    if (*number_text(fact, "cores", threads))
        output_print(output, _(" on %s cores"), threads);
    if (*number_text(fact, "mhz", mhz))
        output_print(output, ", %s MHz", mhz);
    if (number_of(fact, "limit", &limit))
        output_print(output, _(", limited to %.1f"), limit);
    if (json_array_size(load) == 3)
        output_print(output, _("; load %.2f %.2f %.2f"), json_number_value(json_array_get(load, 0)),
                     json_number_value(json_array_get(load, 1)),
                     json_number_value(json_array_get(load, 2)));
    output_print(output, "\n");
}

static void show_disk(struct output *output, json_t *fact)
{
    _cleanup_grid_ struct grid grid;
    const json_t *mount;
    size_t i;

    grid_init(&grid, (const char *const[]){_("MOUNTED AT"), _("SIZE"), _("USED"), _("FREE"), "%",
                                           _("TYPE"), _("SOURCE"), NULL});
    grid.right[1] = grid.right[2] = grid.right[3] = grid.right[4] = true;
    json_array_foreach (json_object_get(fact, "mounts"), i, mount) {
        char text[AMOUNT_TEXT];
        double full;

        grid_cell(&grid, text_of(mount, "target"));
        grid_cell(&grid, size_text(mount, "size", text));
        grid_cell(&grid, size_text(mount, "used", text));
        grid_cell(&grid, size_text(mount, "available", text));
        if (number_of(mount, "full", &full))
            snprintf(text, sizeof(text), "%.0f %%", full);
        else
            text[0] = '\0';
        grid_cell(&grid, text);
        grid_cell(&grid, text_of(mount, "type"));
        grid_cell(&grid, text_of(mount, "source"));
    }
    output_print(output, "\n");
    grid_print(&grid, "  ", output);
}

static void show_net(struct output *output, json_t *fact)
{
    _cleanup_grid_ struct grid grid;
    const json_t *interface;
    size_t i;

    grid_init(&grid, (const char *const[]){_("INTERFACE"), _("STATE"), _("RECEIVED"), _("SENT"),
                                           _("ERRORS"), _("MTU"), _("MAC"), NULL});
    grid.right[2] = grid.right[3] = grid.right[4] = grid.right[5] = true;
    json_array_foreach (json_object_get(fact, "interfaces"), i, interface) {
        char text[AMOUNT_TEXT];
        double received = 0, sent = 0;

        number_of(interface, "rx_errors", &received);
        number_of(interface, "tx_errors", &sent);
        grid_cell(&grid, text_of(interface, "name"));
        grid_cell(&grid, net_state_text(text_of(interface, "state")));
        grid_cell(&grid, size_text(interface, "rx_bytes", text));
        grid_cell(&grid, size_text(interface, "tx_bytes", text));
        grid_cellf(&grid, "%.0f", received + sent);
        grid_cell(&grid, number_text(interface, "mtu", text));
        grid_cell(&grid, text_of(interface, "mac"));
    }
    output_print(output, "\n");
    grid_print(&grid, "  ", output);
}

/* A machine's wall clock time, in the time zone of who looks at it. */
static const char *time_text(const json_t *object, const char *key, char text[AMOUNT_TEXT])
{
    double ms;
    time_t seconds;
    struct tm local;

    text[0] = '\0';
    if (!number_of(object, key, &ms) || ms < 0 || ms > 2.5e14)
        return text;
    seconds = (time_t)(ms / 1000);
    if (localtime_r(&seconds, &local))
        strftime(text, AMOUNT_TEXT, "%Y-%m-%d %H:%M", &local);
    return text;
}

static void show_uptime(struct output *output, json_t *fact)
{
    char since[AMOUNT_TEXT];
    double number = 0;
    uint64_t seconds;

    if (number_of(fact, "seconds", &number) && number >= 0 && number < 1e12) {
        seconds = (uint64_t)number;
        if (seconds >= 86400)
            output_print(output,
                         ngettext("%" PRIu64 " day, ", "%" PRIu64 " days, ",
                                  (unsigned long)(seconds / 86400)),
                         seconds / 86400);
        output_print(output, "%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64, seconds / 3600 % 24,
                     seconds / 60 % 60, seconds % 60);
    }
    if (*time_text(fact, "booted", since))
        output_print(output, _(" (since %s)"), since);
    output_print(output, "\n");
}

static void show_users(struct output *output, json_t *fact)
{
    const json_t *sessions = json_object_get(fact, "sessions");
    _cleanup_grid_ struct grid grid;
    const json_t *session;
    size_t i;

    if (json_array_size(sessions) == 0) {
        output_print(output, "%s\n", _("nobody is logged in"));
        return;
    }
    grid_init(&grid, (const char *const[]){_("USER"), _("TERMINAL"), _("FROM"), _("SINCE"), NULL});
    json_array_foreach (sessions, i, session) {
        char since[AMOUNT_TEXT];

        grid_cell(&grid, text_of(session, "user"));
        grid_cell(&grid, text_of(session, "terminal"));
        grid_cell(&grid, text_of(session, "host"));
        grid_cell(&grid, time_text(session, "since", since));
    }
    output_print(output, "\n");
    grid_print(&grid, "  ", output);
}

/* On a terminal the list ends after the largest ones; a file or a pipe gets them all. */
static void show_processes(struct output *output, json_t *fact)
{
    const json_t *processes = json_object_get(fact, "processes");
    size_t all = json_array_size(processes);
    size_t shown = output->terminal && all > PROCESSES_SHOWN_MAX ? PROCESSES_SHOWN_MAX : all;
    _cleanup_grid_ struct grid grid;
    char count[AMOUNT_TEXT], running[AMOUNT_TEXT];

    output_print(output, _("%s, %s running\n"), number_text(fact, "count", count),
                 number_text(fact, "running", running));
    grid_init(&grid, (const char *const[]){_("PID"), _("USER"), _("S"), _("MEMORY"), _("CPU s"),
                                           _("COMMAND"), NULL});
    grid.right[0] = grid.right[3] = grid.right[4] = true;
    for (size_t i = 0; i < shown; i++) {
        const json_t *process = json_array_get(processes, i);
        char text[AMOUNT_TEXT];
        double ms = 0;

        grid_cell(&grid, number_text(process, "pid", text));
        grid_cell(&grid, text_of(process, "user"));
        grid_cell(&grid, text_of(process, "state"));
        grid_cell(&grid, size_text(process, "rss", text));
        number_of(process, "cpu_ms", &ms);
        grid_cellf(&grid, "%.1f", ms / 1000);
        grid_cell(&grid, text_of(process, "command"));
    }
    grid_print(&grid, "  ", output);
    if (shown < all)
        output_print(output, _("  … and %zu more (all of them: --json, or into a pipe)\n"),
                     all - shown);
}

static void show_services(struct output *output, json_t *fact)
{
    const json_t *services = json_object_get(fact, "services");
    _cleanup_buffer_ struct buffer name = BUFFER_INIT;
    const char *manager;
    const json_t *service;
    size_t i;

    if (!services) {
        output_print(output, "%s\n", _("no service manager that is known here"));
        return;
    }
    manager = text_of(fact, "manager");
    if (text_append_printable_line(&name, manager, strlen(manager)) == 0 && buffer_text(&name))
        output_print(output, _("%zu running under %s\n"), json_array_size(services),
                     buffer_text(&name));
    json_array_foreach (services, i, service) {
        output_print(output, "  ");
        output_safe(output, text_of(service, "name"));
        output_print(output, "\n");
    }
}

static void (*const shows[FACT_COUNT])(struct output *output, json_t *fact) = {
    [FACT_NAME] = show_name,
    [FACT_OS] = show_os,
    [FACT_IP] = show_ip,
    [FACT_RAM] = show_ram,
    [FACT_CPU] = show_cpu,
    [FACT_DISK] = show_disk,
    [FACT_NET] = show_net,
    [FACT_UPTIME] = show_uptime,
    [FACT_USERS] = show_users,
    [FACT_PROCESSES] = show_processes,
    [FACT_SERVICES] = show_services,
};

void facts_show(struct output *output, const struct answer *answer)
{
    enum { COLUMN = 11 };

    if (answer->headed) {
        output_print(output, "%s", output_colour(output, COLOUR_BOLD));
        output_safe(output, answer->machine);
        output_print(output, "%s\n", output_plain(output));
    }
    for (size_t i = 0; i < FACT_COUNT; i++) {
        const char *word = fact_name((enum fact)i);

        if (!answer->facts[i])
            continue;
        output_print(output, "%s%s%s%*s", output_colour(output, COLOUR_CYAN), word,
                     output_plain(output), COLUMN - (int)strlen(word), "");
        if (json_object_size(answer->facts[i]) == 0)
            output_print(output, "%s\n", _("not known"));
        else
            shows[i](output, answer->facts[i]);
    }
}
