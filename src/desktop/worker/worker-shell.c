/* Shells on machines: see shell.h. */
#include <string.h>

#include "desktop/worker/news.h"
#include "desktop/worker/shell.h"
#include "desktop/worker/station.h"
#include "fleet/home/i18n.h"
#include "fleet/link/remote-job.h"

enum { UNSHOWN_MAX = 256 * 1024 };

struct shell {
    struct list at;
    struct worker *worker;
    uint32_t slot;
    void (*told)(const struct shell_news *news, void *owner);
    void *owner;
    struct remote_job *job;
    struct buffer sending; /* input frames that the job has no room for yet */
    size_t unshown;
    bool is_paused;
    bool is_accepted;
    bool is_attached;
    bool is_left; /* nobody listens any more: it was told to stop, and its end is awaited */
};

/* ---- telling ---- */

static void shell_news_free(struct shell_news *news)
{
    if (news->bytes)
        g_byte_array_unref(news->bytes);
    g_free(news->sentence);
    g_free(news->advice);
    g_free(news);
}

static void read_shell_news(struct letter *letter, void *reader)
{
    struct shell_news *news = (struct shell_news *)letter;

    (void)reader;
    news->told(news, news->owner);
    shell_news_free(news);
}

static void drop_shell_news(struct letter *letter)
{
    struct shell_news *news = (struct shell_news *)letter;

    if (news->event == SHELL_ENDED)
        read_shell_news(letter, NULL); /* the owner lets go */
    else
        shell_news_free(news);
}

static struct shell_news *shell_news_new(const struct shell *shell, enum shell_event event)
{
    struct shell_news *news = g_new0(struct shell_news, 1);

    news->letter.read = read_shell_news;
    news->letter.drop = drop_shell_news;
    news->told = shell->told;
    news->owner = shell->owner;
    news->event = event;
    return news;
}

static void tell(const struct shell *shell, enum shell_event event)
{
    if (shell->is_left)
        return;
    worker_tell(shell->worker, &shell_news_new(shell, event)->letter);
}

static void tell_left(const struct shell *shell)
{
    struct shell_news *news = shell_news_new(shell, SHELL_ENDED);

    news->state = (struct job_state){.state = STATE_KILLED};
    worker_tell(shell->worker, &news->letter);
}

static void shell_end(struct shell *shell, struct job_state state, const struct trouble *trouble)
{
    struct shell_news *news = shell->is_left ? NULL : shell_news_new(shell, SHELL_ENDED);
    struct worker *worker = shell->worker;

    if (news) {
        news->state = state;
        if (trouble)
            trouble_texts(trouble, worker->signer, &news->sentence, &news->advice);
        worker_tell(worker, &news->letter);
    }
    remote_job_detach(shell->job);
    list_remove(&shell->at);
    buffer_deinit(&shell->sending);
    g_free(shell);
    if (worker->is_ending)
        worker_go_on_ending(worker);
}

/* The window looks away. A shell of ours must not stay behind on the machine without anybody in
 * front of it: it is told to stop, and its end awaited; a job that was attached to goes on. */
static void shell_leave(struct shell *shell)
{
    if (!shell->job || !shell->is_accepted || shell->is_attached || shell->is_left ||
        remote_job_signal(shell->job, 0) != 0) {
        if (!shell->is_left)
            shell_end(shell, (struct job_state){.state = STATE_KILLED}, NULL);
        return;
    }
    tell_left(shell);
    shell->is_left = true;
    shell->owner = NULL;
    if (shell->is_paused)
        remote_job_resume(shell->job);
}

/* ---- what the machine says ---- */

static void on_accepted(struct remote_job *job, void *user)
{
    struct shell *shell = user;

    (void)job;
    shell->is_accepted = true;
    tell(shell, SHELL_BEGUN);
}

static void on_output(struct remote_job *job, enum frame_kind kind, const uint8_t *bytes,
                      size_t size, uint32_t ms, void *user)
{
    struct shell *shell = user;
    struct shell_news *news;

    (void)ms;
    if (shell->is_left)
        return;
    news = shell_news_new(shell, SHELL_OUTPUT);
    news->bytes = g_byte_array_sized_new((guint)size);
    g_byte_array_append(news->bytes, bytes, (guint)size);
    news->is_error = kind == FRAME_ERR;
    shell->unshown += size;
    if (shell->unshown > UNSHOWN_MAX && !shell->is_paused) {
        shell->is_paused = true;
        remote_job_pause(job);
    }
    worker_tell(shell->worker, &news->letter);
}

static void on_interrupted(struct remote_job *job, bool interrupted, void *user)
{
    (void)job;
    tell(user, interrupted ? SHELL_BROKEN : SHELL_BACK);
}

static void send_input(struct shell *shell)
{
    size_t size = buffer_length(&shell->sending);
    size_t room = shell->job ? remote_job_write_room(shell->job) : 0;

    if (size > room)
        size = room;
    if (size > 0 && remote_job_write(shell->job, buffer_bytes(&shell->sending), size) == 0)
        buffer_consume(&shell->sending, size);
}

static void on_writable(struct remote_job *job, void *user)
{
    (void)job;
    send_input(user);
}

static void on_end(struct remote_job *job, struct job_state state, const struct trouble *trouble,
                   void *user)
{
    (void)job;
    shell_end(user, state, trouble);
}

static const struct remote_job_events events = {
    .on_accepted = on_accepted,
    .on_output = on_output,
    .on_interrupted = on_interrupted,
    .on_writable = on_writable,
    .on_end = on_end,
};

/* ---- beginning ---- */

struct shell_letter {
    struct letter letter;
    struct shell_request request;
    char *user;
};

static int start(struct shell *shell, const struct station *station,
                 const struct terminal_size *size, const char *user)
{
    _cleanup_buffer_ struct buffer payload = BUFFER_INIT;
    const struct command command = {.mode = COMMAND_LOGIN, .flags = COMMAND_INPUT};
    const struct terminal terminal = {
        .size = *size, .flags = TERMINAL_UTF8, .erase = 0x7f, .name = "xterm-256color"};
    struct errand errand = {.verb = VERB_SHELL};
    int error = terminal_encode(&terminal, &command, &payload);

    errand.user = station_user(station, user);
    if (error)
        return error;
    errand.payload = (struct slice){.bytes = buffer_bytes(&payload),
                                    .size = buffer_length(&payload)};
    return remote_job_start(&shell->job, station_link(station), &errand, true, &events, shell);
}

static void read_shell(struct letter *letter, void *reader)
{
    struct shell_request request = ((struct shell_letter *)letter)->request;
    g_autofree char *user = ((struct shell_letter *)letter)->user;
    struct worker *worker = reader;
    struct link *link = station_ready_link(worker, request.slot);
    struct shell *shell = g_new0(struct shell, 1);
    struct trouble trouble;

    g_free(letter);
    shell->worker = worker;
    shell->slot = request.slot;
    shell->told = request.told;
    shell->owner = request.owner;
    shell->is_attached = request.is_attaching;
    list_append(&worker->shells, &shell->at);
    if (!link) {
        trouble_set(&trouble, PROBLEM_LOST, NULL, NULL);
        shell_end(shell, (struct job_state){.state = STATE_UNSENT}, &trouble);
    } else if (request.is_attaching
                   ? remote_job_attach(&shell->job, link, request.job, request.from, 0, &events,
                                       shell) != 0
                   : start(shell, station_at(worker, request.slot), &request.size, user) != 0) {
        trouble_set(&trouble, PROBLEM_INTERNAL, NULL, NULL);
        shell_end(shell, (struct job_state){.state = STATE_UNSENT}, &trouble);
    }
}

static void drop_shell(struct letter *letter)
{
    const struct shell_request *request = &((struct shell_letter *)letter)->request;
    const struct shell nobody = {.told = request->told, .owner = request->owner};
    struct shell_news *news = shell_news_new(&nobody, SHELL_ENDED);

    g_free(((struct shell_letter *)letter)->user);
    g_free(letter);
    read_shell_news(&news->letter, NULL);
}

void worker_send_shell(struct worker *worker, const struct shell_request *request)
{
    struct shell_letter *letter = g_new0(struct shell_letter, 1);

    letter->letter.read = read_shell;
    letter->letter.drop = drop_shell;
    letter->request = *request;
    letter->user = request->user && *request->user ? g_strdup(request->user) : NULL;
    worker_send(worker, &letter->letter);
}

/* ---- what follows ---- */

struct input_letter {
    struct letter letter;
    void *owner;
    GBytes *keys;
    struct terminal_size size;
    size_t shown;
};

static void drop_input(struct letter *letter)
{
    struct input_letter *input = (struct input_letter *)letter;

    g_clear_pointer(&input->keys, g_bytes_unref);
    g_free(input);
}

static struct shell *shell_of(struct worker *worker, void *owner)
{
    struct shell *shell;

    list_for_each (&worker->shells, struct shell, at, shell) {
        if (shell->owner == owner)
            return shell;
    }
    return NULL;
}

static void read_keys(struct letter *letter, void *reader)
{
    const struct input_letter *input = (const struct input_letter *)letter;
    struct shell *shell = shell_of(reader, input->owner);

    if (shell && terminal_input_keys(&shell->sending, g_bytes_get_data(input->keys, NULL),
                                     g_bytes_get_size(input->keys)) == 0)
        send_input(shell);
    drop_input(letter);
}

static void read_resize(struct letter *letter, void *reader)
{
    const struct input_letter *input = (const struct input_letter *)letter;
    struct shell *shell = shell_of(reader, input->owner);

    if (shell && terminal_input_resize(&shell->sending, &input->size) == 0)
        send_input(shell);
    drop_input(letter);
}

static void read_shown(struct letter *letter, void *reader)
{
    const struct input_letter *input = (const struct input_letter *)letter;
    struct shell *shell = shell_of(reader, input->owner);

    if (shell) {
        shell->unshown -= MIN(input->shown, shell->unshown);
        if (shell->is_paused && shell->unshown < UNSHOWN_MAX / 2) {
            shell->is_paused = false;
            remote_job_resume(shell->job);
        }
    }
    drop_input(letter);
}

static void read_end(struct letter *letter, void *reader)
{
    struct shell *shell = shell_of(reader, ((struct input_letter *)letter)->owner);

    drop_input(letter);
    if (shell)
        shell_leave(shell);
}

static struct input_letter *input_new(void *owner,
                                      void (*read)(struct letter *letter, void *reader))
{
    struct input_letter *letter = g_new0(struct input_letter, 1);

    letter->letter.read = read;
    letter->letter.drop = drop_input;
    letter->owner = owner;
    return letter;
}

void worker_send_shell_keys(struct worker *worker, void *owner, const char *keys, size_t size)
{
    struct input_letter *letter = input_new(owner, read_keys);

    letter->keys = g_bytes_new(keys, size);
    worker_send(worker, &letter->letter);
}

void worker_send_shell_resize(struct worker *worker, void *owner, const struct terminal_size *size)
{
    struct input_letter *letter = input_new(owner, read_resize);

    letter->size = *size;
    worker_send(worker, &letter->letter);
}

void worker_send_shell_shown(struct worker *worker, void *owner, size_t size)
{
    struct input_letter *letter = input_new(owner, read_shown);

    letter->shown = size;
    worker_send(worker, &letter->letter);
}

static void read_stop(struct letter *letter, void *reader)
{
    struct shell *shell = shell_of(reader, ((struct input_letter *)letter)->owner);

    drop_input(letter);
    if (shell && shell->job)
        remote_job_signal(shell->job, 0);
}

void worker_send_shell_stop(struct worker *worker, void *owner)
{
    worker_send(worker, &input_new(owner, read_stop)->letter);
}

void worker_send_shell_end(struct worker *worker, void *owner)
{
    worker_send(worker, &input_new(owner, read_end)->letter);
}

/* ---- the machine ---- */

void shells_machine_gone(struct worker *worker, uint32_t slot)
{
    struct trouble trouble;
    struct shell *shell;

    trouble_set(&trouble, PROBLEM_NO_SUCH_MACHINE, NULL, NULL);
    list_for_each (&worker->shells, struct shell, at, shell) {
        if (shell->slot == slot)
            shell_end(shell, (struct job_state){.state = STATE_LOST}, &trouble);
    }
}

bool shells_leave(struct worker *worker)
{
    struct shell *shell;

    list_for_each (&worker->shells, struct shell, at, shell)
        shell_leave(shell);
    return !list_is_empty(&worker->shells);
}

void shells_end(struct worker *worker)
{
    struct shell *shell;

    list_for_each (&worker->shells, struct shell, at, shell)
        shell_end(shell, (struct job_state){.state = STATE_KILLED}, NULL);
}
