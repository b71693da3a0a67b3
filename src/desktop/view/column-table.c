/* What each column shows of a machine and how it sorts. See column-table.h. */
#include "desktop/view/column-table.h"

#include <assert.h>
#include <string.h>

#include "desktop/text/facts-text.h"
#include "fleet/home/i18n.h"

/* ---- texts ---- */

static char *name_text(const HuneMachine *machine)
{
    return g_strdup(machine->name);
}

/* "Debian 12" of "Debian GNU/Linux 12 (bookworm)": the column is narrow, the machine's page says
 * all. */
static char *os_text(const HuneMachine *machine)
{
    const char *os = machine->os ? machine->os : "";
    const char *gnu = strstr(os, " GNU/Linux");
    const char *rest = gnu ? gnu + strlen(" GNU/Linux") : "";
    g_autofree char *text = gnu ? g_strdup_printf("%.*s%s", (int)(gnu - os), os, rest)
                                : g_strdup(os);
    char *nickname = strstr(text, " (");

    if (nickname && g_str_has_suffix(text, ")"))
        *nickname = '\0';
    return g_steal_pointer(&text);
}

static char *disk_text(const HuneMachine *machine)
{
    return hune_percent_text(machine->disk);
}

static char *uptime_text(const HuneMachine *machine)
{
    return machine->state == MACHINE_CONNECTED ? hune_uptime_text(machine->booted) : g_strdup("");
}

static char *tags_text(const HuneMachine *machine)
{
    return g_strdup(machine->tags);
}

/* ---- orders ---- */

#define TWO(a, b)                   \
    const HuneMachine *one = (a);   \
    const HuneMachine *other = (b); \
    (void)user_data

static int compare_text(const char *a, const char *b)
{
    return g_strcmp0(a, b);
}

/* web2 before web10. */
static int natural(const char *a, const char *b)
{
    while (*a && *b) {
        if (g_ascii_isdigit(*a) && g_ascii_isdigit(*b)) {
            guint64 left = g_ascii_strtoull(a, (char **)&a, 10);
            guint64 right = g_ascii_strtoull(b, (char **)&b, 10);

            if (left != right)
                return left < right ? -1 : 1;
        } else if (g_ascii_tolower(*a) != g_ascii_tolower(*b)) {
            return g_ascii_tolower(*a) < g_ascii_tolower(*b) ? -1 : 1;
        } else {
            a++;
            b++;
        }
    }
    return *a ? 1 : *b ? -1 : 0;
}

static int by_name(gconstpointer a, gconstpointer b, gpointer user_data)
{
    TWO(a, b);
    return natural(one->name, other->name);
}

static int by_state(gconstpointer a, gconstpointer b, gpointer user_data)
{
    TWO(a, b);
    return (int)one->state - (int)other->state;
}

static int by_address(gconstpointer a, gconstpointer b, gpointer user_data)
{
    TWO(a, b);
    int order = natural(one->host, other->host);

    return order ? order : (int)one->port - (int)other->port;
}

static int by_os(gconstpointer a, gconstpointer b, gpointer user_data)
{
    TWO(a, b);
    return compare_text(one->os, other->os);
}

static int compare_numbers(float a, float b)
{
    return (a > b) - (a < b);
}

static int by_cpu(gconstpointer a, gconstpointer b, gpointer user_data)
{
    TWO(a, b);
    return compare_numbers(hune_machine_cpu(one), hune_machine_cpu(other));
}

static int by_memory(gconstpointer a, gconstpointer b, gpointer user_data)
{
    TWO(a, b);
    return compare_numbers(hune_machine_memory(one), hune_machine_memory(other));
}

static int by_disk(gconstpointer a, gconstpointer b, gpointer user_data)
{
    TWO(a, b);
    return compare_numbers(one->disk, other->disk);
}

/* The longest running last: the later it was booted, the smaller. */
static int by_uptime(gconstpointer a, gconstpointer b, gpointer user_data)
{
    TWO(a, b);
    return one->booted < other->booted ? 1 : one->booted > other->booted ? -1 : 0;
}

static int by_tags(gconstpointer a, gconstpointer b, gpointer user_data)
{
    TWO(a, b);
    return compare_text(one->tags, other->tags);
}

/* The last of them go first when there is no room. */
static const struct hune_column columns[] = {
    {"state", N_("State"), hune_machine_state_word, by_state, .usual = N_("Connected"),
     .least = N_("Unreachable"), .rank = 0, .has_icon = TRUE},
    {"name", N_("Name"), name_text, by_name, .usual = "web-01", .least = "web-server-1", .rank = 0,
     .expand = TRUE},
    {"address", N_("Address"), hune_machine_address, by_address, .usual = "10.0.0.1:10000",
     .least = "192.168.1.100:10000", .rank = 5, .expand = TRUE},
    {"os", N_("System"), os_text, by_os, .usual = "Debian 12", .least = "Debian 12", .rank = 6,
     .expand = TRUE},
    {"cpu", N_("CPU"), NULL, by_cpu, .measure = HUNE_MEASURE_CPU, .rank = 2},
    {"memory", N_("Memory"), NULL, by_memory, .measure = HUNE_MEASURE_MEMORY, .rank = 3},
    {"disk", N_("Disk"), disk_text, by_disk, .usual = "100 %", .least = "100 %", .rank = 4,
     .right = TRUE},
    {"uptime", N_("Uptime"), uptime_text, by_uptime, .usual = "20 h 46 min", .least = "20 h 46 min",
     .rank = 7, .right = TRUE},
    {"tags", N_("Tags"), tags_text, by_tags, .usual = "web", .least = "web,prod", .rank = 8,
     .expand = TRUE},
};

static_assert(G_N_ELEMENTS(columns) == HUNE_COLUMNS, "the header says how many there are");

const struct hune_column *hune_column_at(guint position)
{
    return &columns[position];
}

gboolean hune_column_shows_name(const struct hune_column *column)
{
    return column->compare == by_name;
}

gboolean hune_column_is_sampled(const struct hune_column *column)
{
    return column->compare == by_disk || column->compare == by_uptime;
}
