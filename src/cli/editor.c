#include "cli/editor.h"

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "cli/grid.h"
#include "cli/prompt-history.h"

enum { END_KEY = 'D' & 037, READ_MAX = 4096, LINE_MAX_BYTES = 1 << 20 };

struct editor {
    struct editor_settings settings;
    EditLine *el; /* NULL: plain lines */
    History *history;
    uv_poll_t input;
    uv_signal_t resized;
    bool polled;   /* `input` is a handle; a file cannot be polled and is read at once */
    bool reading;  /* a prompt is on the screen */
    bool got_line; /* `line` is the next one, NULL for the end of input */
    bool at_end;
    char *line;
    const char *prompt;
    struct buffer pending; /* plain: read, not yet handed out */
    unsigned closing;
};

static void deliver(struct editor *editor, char *line)
{
    editor->line = line;
    editor->got_line = true;
}

/* ---- plain lines ---- */

static bool next_plain_line(struct editor *editor)
{
    const uint8_t *bytes = buffer_bytes(&editor->pending);
    size_t size = buffer_length(&editor->pending);
    const uint8_t *newline = size ? memchr(bytes, '\n', size) : NULL;
    size_t length = newline ? (size_t)(newline - bytes) : size;

    if (!newline && !editor->at_end && size < LINE_MAX_BYTES)
        return false;
    if (!newline && size == 0) {
        deliver(editor, NULL);
        return true;
    }
    deliver(editor, strndup((const char *)bytes, length));
    buffer_consume(&editor->pending, newline ? length + 1 : length);
    return true;
}

static void read_plain(struct editor *editor)
{
    uint8_t *room;
    ssize_t got;

    if (buffer_reserve(&editor->pending, READ_MAX, &room) < 0) {
        editor->at_end = true;
    } else {
        got = read(STDIN_FILENO, room, READ_MAX);
        if (got > 0)
            buffer_commit(&editor->pending, (size_t)got);
        else if (got == 0 || (errno != EAGAIN && errno != EINTR))
            editor->at_end = true;
    }
    next_plain_line(editor);
}

/* ---- edited lines ---- */

static char *el_prompt_text(EditLine *el)
{
    struct editor *editor;

    el_get(el, EL_CLIENTDATA, &editor);
    return (char *)(size_t)editor->prompt;
}

static void stop_reading(struct editor *editor)
{
    if (!editor->reading)
        return;
    editor->reading = false;
    uv_poll_stop(&editor->input);
    el_set(editor->el, EL_UNBUFFERED, 0); /* gives the terminal its own ways back */
}

static bool terminal_is_gone(void)
{
    struct pollfd terminal = {.fd = STDIN_FILENO};

    return poll(&terminal, 1, 0) > 0;
}

static void read_keys(struct editor *editor)
{
    int count = 0;
    const char *text = el_gets(editor->el, &count);

    if (!text || count <= 0) { /* the line is empty: count is -1 then as well as at an error */
        if (terminal_is_gone()) {
            stop_reading(editor);
            deliver(editor, NULL);
        }
        return;
    }
    if (text[count - 1] == END_KEY) {
        stop_reading(editor);
        deliver(editor, NULL);
    } else if (text[count - 1] == '\n' || text[count - 1] == '\r') {
        char *line = strndup(text, (size_t)count - 1);

        stop_reading(editor);
        deliver(editor, line);
    }
}

static bool more_keys(void)
{
    struct pollfd keys = {.fd = STDIN_FILENO, .events = POLLIN};

    return poll(&keys, 1, 0) > 0;
}

static void on_input(uv_poll_t *input, int status, int events)
{
    struct editor *editor = input->data;

    (void)status;
    (void)events;
    if (!editor->el) {
        read_plain(editor);
        return;
    }
    do
        read_keys(editor);
    while (!editor->got_line && more_keys());
}

static void start_reading(struct editor *editor)
{
    editor->reading = true;
    el_set(editor->el, EL_UNBUFFERED, 1); /* empties the line and shows the prompt */
    uv_poll_start(&editor->input, UV_READABLE, on_input);
}

static void on_resize(uv_signal_t *resized, int number)
{
    struct editor *editor = resized->data;

    (void)number;
    el_resize(editor->el);
}

/* Ctrl-C at the prompt throws the line away. */
static void on_interrupt(struct session *session, unsigned times)
{
    struct editor *editor = session->user;

    (void)times;
    if (!editor->el || !editor->reading)
        return;
    stop_reading(editor);
    fputs("^C\n", stdout);
    fflush(stdout);
    start_reading(editor);
}

/* ---- the Tab key ---- */

static void list_candidates(const struct completion *completion, unsigned columns)
{
    const char *const *found = completion_found(completion);
    size_t widest = 0;
    size_t across;

    for (size_t i = 0; i < completion->count; i++) {
        size_t width = text_width(found[i], strlen(found[i]));

        widest = width > widest ? width : widest;
    }
    across = columns / (widest + 2);
    across = across ? across : 1;
    fputc('\n', stdout);
    for (size_t i = 0; i < completion->count; i++) {
        bool last = (i + 1) % across == 0 || i + 1 == completion->count;

        printf("%-*s%s", last ? 0 : (int)widest + 2, found[i], last ? "\n" : "");
    }
    fflush(stdout);
}

static unsigned char on_tab(EditLine *el, int key)
{
    enum { LISTED_MAX = 200 };
    struct editor *editor;
    const LineInfo *info = el_line(el);
    size_t size = (size_t)(info->cursor - info->buffer);
    _cleanup_free_ char *line = strndup(info->buffer, size);
    _cleanup_completion_ struct completion completion;
    _cleanup_free_ char *insert = NULL;

    (void)key;
    el_get(el, EL_CLIENTDATA, &editor);
    if (!line)
        return CC_ERROR;
    completion = completion_begin(line, size);
    editor->settings.complete(&completion, line, editor->settings.user);
    if (completion.count == 0)
        return CC_ERROR;
    if (completion.count > 1 && completion.common == completion.length) {
        if (completion.count <= LISTED_MAX)
            list_candidates(&completion, editor->settings.session->console->out.width);
        return CC_REDISPLAY;
    }
    if (asprintf(&insert, "%.*s%s", (int)(completion.common - completion.length),
                 completion_found(&completion)[0] + completion.length,
                 completion.count == 1 ? " " : "") < 0)
        insert = NULL;
    return insert && el_insertstr(el, insert) == 0 ? CC_REFRESH : CC_ERROR;
}

/* ---- life ---- */

static void remember(const char *line, void *user)
{
    struct editor *editor = user;
    HistEvent event;

    history(editor->history, &event, H_ENTER, line);
}

static int start_editing(struct editor *editor)
{
    HistEvent event;

    editor->el = el_init("hune", stdin, stdout, stderr);
    editor->history = history_init();
    if (!editor->el || !editor->history)
        return -ENOMEM;
    history(editor->history, &event, H_SETSIZE, HISTORY_LINES);
    history(editor->history, &event, H_SETUNIQUE, 1);
    if (editor->settings.history)
        history_load(editor->settings.history, remember, editor);
    el_set(editor->el, EL_CLIENTDATA, editor);
    el_set(editor->el, EL_PROMPT_ESC, el_prompt_text, '\1');
    el_set(editor->el, EL_EDITOR, "emacs");
    el_set(editor->el, EL_HIST, history, editor->history);
    el_set(editor->el, EL_SIGNAL, 0);
    /* The wide call, because the other one leaks its copies of the texts. */
    el_wset(editor->el, EL_ADDFN, L"hune-complete", L"continue the word", on_tab);
    el_set(editor->el, EL_BIND, "^I", "hune-complete", NULL);
    el_set(editor->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_source(editor->el, NULL); /* ~/.editrc: who wants vi has it */
    return 0;
}

int editor_new(struct editor **editor_out, const struct editor_settings *settings)
{
    struct editor *editor = calloc(1, sizeof(*editor));
    uv_loop_t *loop = &settings->session->loop;
    int error = 0;

    if (!editor)
        return -ENOMEM;
    editor->settings = *settings;
    editor->polled = uv_poll_init(loop, &editor->input, STDIN_FILENO) == 0;
    editor->input.data = editor;
    if (editor->polled && isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1)
        error = start_editing(editor);
    uv_signal_init(loop, &editor->resized);
    editor->resized.data = editor;
    if (!error && editor->el)
        uv_signal_start(&editor->resized, on_resize, SIGWINCH);
    if (error) {
        editor_free(editor);
        return error;
    }
    *editor_out = editor;
    return 0;
}

static void on_close(uv_handle_t *handle)
{
    struct editor *editor = handle->data;

    if (--editor->closing == 0)
        free(editor);
}

struct editor *editor_free(struct editor *editor)
{
    if (!editor)
        return NULL;
    if (editor->el) {
        stop_reading(editor);
        el_end(editor->el);
    }
    if (editor->history)
        history_end(editor->history);
    buffer_deinit(&editor->pending);
    free(editor->line);
    editor->closing = editor->polled ? 2 : 1;
    if (editor->polled) {
        /* libuv made the descriptor non-blocking; it belongs to the shell as well. */
        int flags = fcntl(STDIN_FILENO, F_GETFL);

        if (flags >= 0)
            fcntl(STDIN_FILENO, F_SETFL, flags & ~O_NONBLOCK);
        uv_close((uv_handle_t *)&editor->input, on_close);
    }
    uv_close((uv_handle_t *)&editor->resized, on_close);
    return NULL;
}

bool editor_is_interactive(const struct editor *editor)
{
    return editor->el != NULL;
}

static void wait_for_line(struct editor *editor)
{
    struct session *session = editor->settings.session;

    if (editor->el) {
        session_catch(session, on_interrupt, editor);
        start_reading(editor);
    } else if (next_plain_line(editor)) {
        return;
    } else if (editor->polled) {
        uv_poll_start(&editor->input, UV_READABLE, on_input);
    }
    while (!editor->got_line) {
        if (editor->polled) {
            uv_run(&session->loop, UV_RUN_ONCE);
        } else {
            uv_run(&session->loop, UV_RUN_NOWAIT);
            read_plain(editor);
        }
    }
    if (editor->el)
        session_catch(session, NULL, NULL);
    else if (editor->polled)
        uv_poll_stop(&editor->input);
}

bool editor_read(struct editor *editor, const char *prompt, char **line_out)
{
    editor->prompt = prompt;
    editor->got_line = false;
    editor->line = NULL;
    wait_for_line(editor);
    *line_out = editor->line;
    editor->line = NULL;
    if (!*line_out)
        return false;
    if (editor->el && **line_out) {
        remember(*line_out, editor);
        if (editor->settings.history)
            history_add(editor->settings.history, *line_out);
    }
    return true;
}

void editor_hide(struct editor *editor)
{
    if (editor->el && editor->reading) {
        fputs("\r\033[J", stdout);
        fflush(stdout);
    }
}

void editor_show(struct editor *editor)
{
    if (editor->el && editor->reading)
        el_set(editor->el, EL_REFRESH);
}
