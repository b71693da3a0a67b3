/* Which machines hune watch looks at, and for what. Both the list and the rules may be edited while
 * it runs: then it looks anew, and what it knew goes on. */
#include "cli/watch-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/text.h"

/* ---- the files ---- */

static void take_stamp(const char *path, struct stamp *stamp_out)
{
    struct stat now;

    *stamp_out = (struct stamp){0};
    if (!path || stat(path, &now) < 0)
        return;
    stamp_out->parts[0] = (uint64_t)now.st_ino;
    stamp_out->parts[1] = (uint64_t)now.st_size;
    stamp_out->parts[2] = (uint64_t)now.st_mtim.tv_sec * 1000000000 + (uint64_t)now.st_mtim.tv_nsec;
}

static bool stamp_changed(const char *path, struct stamp *stamp)
{
    struct stamp now;

    take_stamp(path, &now);
    if (memcmp(&now, stamp, sizeof(now)) == 0)
        return false;
    *stamp = now;
    return true;
}

/* ---- rules ---- */

void watch_forget_rules(struct alert_rules *rules)
{
    if (rules)
        alert_rules_deinit(rules);
    free(rules);
}

static int rules_of_options(struct watch *watch)
{
    struct console *console = watch->session.console;

    for (size_t i = 0; i < watch->options->when.count; i++) {
        const char *text = watch->options->when.items[i];
        struct fault fault = {0};
        int error = alert_rules_add(watch->rules, text, &fault);

        if (error < 0 && error != -ENOSPC) {
            complain_no_memory(&console->error);
            return STATUS_FAILED;
        }
        if (!error)
            continue;
        complain_marked(&console->error, text, &fault);
        return STATUS_USAGE;
    }
    return STATUS_OK;
}

static int rules_of_file(struct watch *watch, struct alert_rules *rules_out)
{
    struct console *console = watch->session.console;
    struct fault fault = {0};
    int error = alert_rules_read(rules_out, watch->path, &fault);

    if (error > 0)
        complain_fault(&console->error, watch->path, &fault);
    else if (error)
        complain(&console->error, watch->path, _("The rules cannot be read."), strerror(-error),
                 NULL);
    return error ? STATUS_FAILED : STATUS_OK;
}

static void set_clear(const struct watch *watch, struct alert_rules *rules)
{
    for (uint32_t i = 0; watch->options->clear && i < rules->count; i++)
        rules->items[i].clear_ms = watch->options->clear * 1000;
}

int watch_read_rules(struct watch *watch)
{
    struct console *console = watch->session.console;
    int status;

    watch->rules = calloc(1, sizeof(*watch->rules));
    if (!watch->rules) {
        complain_no_memory(&console->error);
        return STATUS_FAILED;
    }
    if (watch->options->when.count > 0) {
        status = rules_of_options(watch);
    } else {
        status = console_config_file(console, "alerts.conf", &watch->path);
        if (!status)
            status = rules_of_file(watch, watch->rules);
        take_stamp(watch->path, &watch->rules_stamp);
    }
    if (status)
        return status;
    if (watch->rules->count == 0)
        return console_usage(
            console, _("Watch for what?"),
            _("Say it with --when, for example: --when 'cpu > 90 for 5m' --when down\n"
              "or in ~/.config/hune/alerts.conf."));
    set_clear(watch, watch->rules);
    return STATUS_OK;
}

/* ---- machines ---- */

static int select_machines(struct watch *watch, struct selection *selection_out)
{
    static const char *const everything[] = {"all", NULL};
    struct console *console = watch->session.console;
    bool is_open = !console->common.target && !watch->words[0];

    return console_select(console, is_open ? everything : watch->words, selection_out);
}

int watch_select(struct watch *watch)
{
    return select_machines(watch, &watch->selection);
}

void watch_look_away(struct watch *watch)
{
    watch->alarm = alarm_free(watch->alarm);
    watch->lookout = lookout_free(watch->lookout);
    free(watch->is_told);
    watch->is_told = NULL;
}

/* The alarm of before is only read. */
static int look(struct watch *watch, const struct alarm *before)
{
    struct console *console = watch->session.console;
    const struct alarm_settings alarm = {.fleet = watch->session.fleet,
                                         .machines = watch->selection.indices,
                                         .count = watch->selection.count,
                                         .rules = watch->rules,
                                         .store = watch->store,
                                         .before = before,
                                         .on_alert = watch_alert,
                                         .user = watch};
    struct lookout_settings lookout = {.pool = watch->session.pool,
                                       .machines = watch->selection.indices,
                                       .count = watch->selection.count,
                                       .every_ms = (uint32_t)watch->options->every * 1000,
                                       .events = &watch_events,
                                       .user = watch};
    struct fault fault = {0};
    int error;

    free(watch->fields);
    watch->fields = NULL;
    error = alert_rules_fields(watch->rules, NULL, &watch->fields);
    lookout.fields = watch->fields;
    if (!error)
        error = alarm_new(&watch->alarm, &alarm, clock_monotonic_ms(), &fault);
    if (error > 0) {
        complain_fault(&console->error, watch->path, &fault);
        return STATUS_FAILED;
    }
    watch->is_told = calloc(watch->selection.count + 1, sizeof(*watch->is_told));
    if (error || !watch->is_told || lookout_new(&watch->lookout, &lookout) < 0) {
        complain_no_memory(&console->error);
        return STATUS_FAILED;
    }
    return STATUS_OK;
}

int watch_look(struct watch *watch)
{
    const char *path;

    if (console_fleet_path(watch->session.console, &path) == 0)
        take_stamp(path, &watch->fleet_stamp);
    return look(watch, NULL);
}

/* ---- looking anew ---- */

/* What was looked at before, and what was known of it. */
struct before {
    struct fleet *fleet;       /* NULL: it is still the session's */
    struct alert_rules *rules; /* NULL: they still are the watch's */
    struct selection selection;
    struct alarm *alarm;
    struct sight *sights; /* by position */
};

static void before_take(struct before *before, struct watch *watch)
{
    uint32_t count = watch->selection.count;

    *before = (struct before){.selection = watch->selection,
                              .alarm = watch->alarm,
                              .sights = calloc(count + 1, sizeof(struct sight))};
    for (uint32_t i = 0; before->sights && i < count; i++)
        before->sights[i] = *lookout_sight(watch->lookout, i);
    watch->selection = SELECTION_INIT;
    watch->alarm = NULL;
    watch_look_away(watch);
}

static void before_deinit(struct before *before)
{
    alarm_free(before->alarm);
    watch_forget_rules(before->rules);
    fleet_free(before->fleet);
    selection_deinit(&before->selection);
    free(before->sights);
}

/* Until a machine is heard of again, it is as it was: a gap would begin every `for` anew. */
static void adopt_sights(struct watch *watch, const struct before *before)
{
    const struct fleet *now = watch->session.fleet;
    const struct fleet *fleet = before->fleet ? before->fleet : now;

    for (uint32_t i = 0; before->sights && i < before->selection.count; i++) {
        const char *name = fleet->machines[before->selection.indices[i]].name;
        uint32_t position = selection_find(&watch->selection, fleet_find(now, name));

        if (position != FLEET_NONE)
            lookout_adopt(watch->lookout, position, &before->sights[i]);
    }
}

/* NULL: they hold on as they are. */
static struct alert_rules *new_rules(struct watch *watch)
{
    struct alert_rules *rules = calloc(1, sizeof(*rules));

    if (rules && rules_of_file(watch, rules) == STATUS_OK) {
        set_clear(watch, rules);
        return rules;
    }
    output_print(&watch->session.console->error, "%s\n", _("hune: the rules of before hold on."));
    watch_forget_rules(rules);
    return NULL;
}

/* What the list says now. False: it cannot be read, or none of the machines is in it, as while an
 * editor writes it; those of before are looked at as they are, until it changes again. */
static bool new_machines(struct watch *watch, struct fleet **before_out,
                         struct selection *selection_out)
{
    struct session *session = &watch->session;
    struct fleet *fleet;

    if (console_fleet_reload(session->console, &fleet, before_out) == 0) {
        if (select_machines(watch, selection_out) == 0) {
            session->fleet = fleet;
            link_pool_forget(session->pool);
            return true;
        }
        selection_deinit(selection_out);
        *selection_out = SELECTION_INIT;
        console_fleet_restore(session->console, *before_out);
    }
    *before_out = NULL;
    output_print(&session->console->error, "%s\n", _("hune: the machines of before are watched."));
    return false;
}

void watch_look_again(struct watch *watch)
{
    struct console *console = watch->session.console;
    const char *fleet_path;
    bool rules_changed = watch->path && stamp_changed(watch->path, &watch->rules_stamp);
    bool fleet_changed = console_fleet_path(console, &fleet_path) == 0 &&
                         stamp_changed(fleet_path, &watch->fleet_stamp);
    struct alert_rules *rules = rules_changed ? new_rules(watch) : NULL;
    struct selection selection = SELECTION_INIT;
    struct fleet *fleet = NULL;
    struct before before;

    if (fleet_changed)
        fleet_changed = new_machines(watch, &fleet, &selection);
    if (!rules && !fleet_changed)
        return;
    before_take(&before, watch);
    before.fleet = fleet;
    if (rules) {
        before.rules = watch->rules;
        watch->rules = rules;
    }
    watch->selection = selection;
    if (!fleet_changed)
        watch->status = watch_select(watch);
    if (!watch->status)
        watch->status = look(watch, before.alarm);
    if (!watch->status)
        adopt_sights(watch, &before);
    before_deinit(&before);
    watch->done |= watch->status != STATUS_OK;
}
