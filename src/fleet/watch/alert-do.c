/* See alert-do.h. */
#include "fleet/watch/alert-do.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/list.h"
#include "base/text.h"
#include "fleet/home/i18n.h"

extern char **environ;

enum { WORDS_MAX = 8, VARIABLES_MAX = 16 };

/* One program that waits or runs. */
struct deed {
    struct list at;
    struct doer *doer; /* NULL: nobody waits for it any more */
    uv_process_t process;
    uv_timer_t patience;
    unsigned closing; /* handles that are not closed yet */
    char *machine;    /* for complaints */
    char *words[WORDS_MAX];
    char *variables[VARIABLES_MAX]; /* of its own, added to ours */
    size_t variable_count;
};

struct doer {
    struct doer_settings settings;
    struct list waiting;
    struct list running;
    unsigned waiting_count, running_count;
    bool is_full; /* told already */
    bool has_desktop;
};

static void deed_free(struct deed *deed)
{
    for (size_t i = 0; i < WORDS_MAX; i++)
        free(deed->words[i]);
    for (size_t i = 0; i < deed->variable_count; i++)
        free(deed->variables[i]);
    free(deed->machine);
    free(deed);
}

__attribute__((format(printf, 3, 4))) static void complain(struct doer *doer, const char *machine,
                                                           const char *format, ...)
{
    char *sentence;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vasprintf(&sentence, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    doer->settings.on_complaint(machine, sentence, doer->settings.user);
    free(sentence);
}

/* ---- running ---- */

static void run_next(struct doer *doer);

static void on_closed(uv_handle_t *handle)
{
    struct deed *deed = handle->data;

    if (--deed->closing == 0)
        deed_free(deed);
}

static void deed_close(struct deed *deed)
{
    deed->closing = 2;
    uv_close((uv_handle_t *)&deed->process, on_closed);
    uv_close((uv_handle_t *)&deed->patience, on_closed);
}

static void deed_over(struct deed *deed)
{
    struct doer *doer = deed->doer;

    list_remove(&deed->at);
    doer->running_count--;
    deed->doer = NULL;
    deed_close(deed);
    run_next(doer);
}

static void on_exit_of(uv_process_t *process, int64_t status, int signal_number)
{
    struct deed *deed = process->data;

    if (!deed->doer)
        return;
    if (signal_number)
        complain(deed->doer, deed->machine, _("\"%s\" was ended by signal %d."), deed->words[0],
                 signal_number);
    else if (status)
        complain(deed->doer, deed->machine, _("\"%s\" ended with status %d."), deed->words[0],
                 (int)status);
    deed_over(deed);
}

/* It leads a session of its own: everything that it started goes with it. */
static void on_patience(uv_timer_t *timer)
{
    struct deed *deed = timer->data;

    kill(-deed->process.pid, SIGKILL);
}

/* Ours, without what another alert's command may have left in it, and its own. NULL for no memory.
 */
static char **environment_of(const struct deed *deed)
{
    size_t count = 0, kept = 0;
    char **all;

    while (environ[count])
        count++;
    all = calloc(count + deed->variable_count + 1, sizeof(*all));
    for (size_t i = 0; all && i < count; i++) {
        if (!text_starts(environ[i], "HUNE_"))
            all[kept++] = environ[i];
    }
    for (size_t i = 0; all && i < deed->variable_count; i++)
        all[kept++] = deed->variables[i];
    return all;
}

static int deed_run(struct deed *deed)
{
    struct doer *doer = deed->doer;
    _cleanup_free_ char **environment = environment_of(deed);
    uv_stdio_container_t stdio[3] = {{.flags = UV_IGNORE},
                                     {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
                                     {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO}};
    uv_process_options_t options = {.exit_cb = on_exit_of,
                                    .file = deed->words[0],
                                    .args = deed->words,
                                    .env = environment,
                                    .flags = UV_PROCESS_DETACHED,
                                    .stdio = stdio,
                                    .stdio_count = 3};
    int error;

    if (!environment)
        return -ENOMEM;
    uv_timer_init(doer->settings.loop, &deed->patience);
    deed->process.data = deed->patience.data = deed;
    error = uv_spawn(doer->settings.loop, &deed->process, &options);
    if (!error)
        uv_timer_start(&deed->patience, on_patience, DOER_PATIENCE_MS, 0);
    return error;
}

static void run_next(struct doer *doer)
{
    while (doer->running_count < DOER_RUNNING_MAX && !list_is_empty(&doer->waiting)) {
        struct deed *deed = container_of(doer->waiting.next, struct deed, at);
        int error;

        list_remove(&deed->at);
        doer->waiting_count--;
        list_append(&doer->running, &deed->at);
        doer->running_count++;
        error = deed_run(deed);
        if (!error)
            continue;
        complain(doer, deed->machine, _("The command does not start. (%s)"), uv_strerror(error));
        list_remove(&deed->at);
        doer->running_count--;
        if (error == -ENOMEM)
            deed_free(deed);
        else
            deed_close(deed); /* uv_spawn() leaves a handle to be closed */
    }
    doer->is_full = doer->is_full && doer->waiting_count > 0;
}

static void deed_enter(struct doer *doer, struct deed *deed)
{
    if (doer->waiting_count >= DOER_WAITING_MAX) {
        if (!doer->is_full)
            complain(doer, NULL, "%s",
                     _("Commands take longer than alerts come; some are left out."));
        doer->is_full = true;
        deed_free(deed);
        return;
    }
    deed->doer = doer;
    list_append(&doer->waiting, &deed->at);
    doer->waiting_count++;
    run_next(doer);
}

/* ---- what is run ---- */

static struct deed *deed_new(const struct alert *alert)
{
    struct deed *deed = calloc(1, sizeof(*deed));

    if (deed)
        deed->machine = strdup(alert->machine->name);
    if (deed && !deed->machine) {
        deed_free(deed);
        deed = NULL;
    }
    return deed;
}

__attribute__((format(printf, 2, 3))) static bool add_variable(struct deed *deed,
                                                               const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vasprintf(&deed->variables[deed->variable_count], format, arguments);
    va_end(arguments);
    if (length < 0)
        return false;
    deed->variable_count++;
    return true;
}

static bool add_variables(struct deed *deed, const struct alert *alert)
{
    return add_variable(deed, "HUNE_MACHINE=%s", alert->machine->name) &&
           add_variable(deed, "HUNE_HOST=%s", alert->machine->host) &&
           add_variable(deed, "HUNE_PORT=%u", alert->machine->port) &&
           add_variable(deed, "HUNE_STATE=%s", alert->is_over ? "end" : "begin") &&
           add_variable(deed, "HUNE_RULE=%s", rule_text(alert->rule->rule)) &&
           add_variable(deed, "HUNE_LABEL=%s", alert->rule->label) &&
           add_variable(deed, "HUNE_DETAIL=%s", alert->detail) &&
           add_variable(deed, "HUNE_TIME=%llu", (unsigned long long)(alert->at_ms / 1000)) &&
           add_variable(deed, "HUNE_BEGAN=%llu", (unsigned long long)(alert->begun_ms / 1000));
}

static bool add_words(struct deed *deed, const char *const *words)
{
    for (size_t i = 0; words[i]; i++) {
        deed->words[i] = strdup(words[i]);
        if (!deed->words[i])
            return false;
    }
    return true;
}

void doer_command(struct doer *doer, const char *command, const struct alert *alert)
{
    const char *const words[] = {"/bin/sh", "-c", command, NULL};
    struct deed *deed = deed_new(alert);

    if (deed && add_words(deed, words) && add_variables(deed, alert)) {
        deed_enter(doer, deed);
        return;
    }
    complain(doer, NULL, "%s", _("There is not enough memory."));
    if (deed)
        deed_free(deed);
}

/* A notification's body is markup, and rules have < and >. */
static int append_markup(struct buffer *out, const char *text)
{
    int error = 0;

    for (; *text && !error; text++) {
        if (*text == '<')
            error = buffer_append_text(out, "&lt;");
        else if (*text == '>')
            error = buffer_append_text(out, "&gt;");
        else if (*text == '&')
            error = buffer_append_text(out, "&amp;");
        else
            error = buffer_append(out, text, 1);
    }
    return error;
}

void doer_notify(struct doer *doer, const struct alert *alert)
{
    _cleanup_buffer_ struct buffer title = BUFFER_INIT, body = BUFFER_INIT;
    struct deed *deed = doer->has_desktop ? deed_new(alert) : NULL;
    const char *label = alert->rule->label;
    int error;

    if (!deed)
        return;
    if (*label) /* as the window says it */
        error = buffer_printf(&title, alert->is_over ? _("%s: %s is over") : _("%s: %s"),
                              alert->machine->name, label);
    else
        error = buffer_printf(&title, _("%s: %s"), alert->machine->name,
                              alert->is_over ? _("over") : _("alert"));
    if (!error)
        error = append_markup(&body, rule_text(alert->rule->rule));
    if (!error && *alert->detail)
        error = buffer_printf(&body, "\n%s", alert->detail);
    if (!error && buffer_text(&title) && buffer_text(&body)) {
        const char *const words[] = {"notify-send",
                                     "--app-name=Hune",
                                     alert->is_over ? "--urgency=low" : "--urgency=critical",
                                     "--",
                                     buffer_text(&title),
                                     buffer_text(&body),
                                     NULL};

        if (add_words(deed, words)) {
            deed_enter(doer, deed);
            return;
        }
    }
    deed_free(deed);
}

/* ---- life ---- */

static bool program_exists(const char *name)
{
    _cleanup_free_ char *paths = getenv("PATH") ? strdup(getenv("PATH")) : NULL;
    char *rest = paths;
    char *folder;

    while (rest && (folder = strsep(&rest, ":"))) {
        char path[4096];

        if (*folder && snprintf(path, sizeof(path), "%s/%s", folder, name) < (int)sizeof(path) &&
            access(path, X_OK) == 0)
            return true;
    }
    return false;
}

static bool desktop_exists(void)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    char path[4096];

    if (!program_exists("notify-send"))
        return false;
    if (getenv("DBUS_SESSION_BUS_ADDRESS"))
        return true;
    return runtime && snprintf(path, sizeof(path), "%s/bus", runtime) < (int)sizeof(path) &&
           access(path, R_OK) == 0;
}

int doer_new(struct doer **doer_out, const struct doer_settings *settings)
{
    struct doer *doer = calloc(1, sizeof(*doer));

    if (!doer)
        return -ENOMEM;
    doer->settings = *settings;
    doer->has_desktop = desktop_exists();
    list_init(&doer->waiting);
    list_init(&doer->running);
    *doer_out = doer;
    return 0;
}

struct doer *doer_free(struct doer *doer)
{
    if (!doer)
        return NULL;
    while (!list_is_empty(&doer->waiting)) {
        struct deed *deed = container_of(doer->waiting.next, struct deed, at);

        list_remove(&deed->at);
        deed_free(deed);
    }
    while (!list_is_empty(&doer->running)) {
        struct deed *deed = container_of(doer->running.next, struct deed, at);

        list_remove(&deed->at);
        deed->doer = NULL;
        deed_close(deed);
    }
    free(doer);
    return NULL;
}

unsigned doer_pending(const struct doer *doer)
{
    return doer->waiting_count + doer->running_count;
}
