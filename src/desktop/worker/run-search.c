/* A text looked for in all that is kept here of what a machine said: a piece at a time, so that the
 * worker goes on with everything else. See order.h. */
#include "desktop/worker/run-private.h"

#include <string.h>

#include "desktop/text/find-text.h"

enum { PIECE = 1 << 20, TOLD_EVERY_MS = 100 };

struct run_search {
    struct run *run;
    struct order_search asked;
    char *text;
    struct find_text find;
    uint64_t at;      /* looked through up to here; backwards: down to here */
    uint64_t told_ms; /* when the window heard of it */
    bool has_skipped;
    uv_idle_t *turn;
};

/* ---- telling ---- */

static void read_news(struct letter *letter, void *reader)
{
    struct order_search_news *news = (struct order_search_news *)letter;

    (void)reader;
    news->told(news, news->user);
    buffer_deinit(&news->text);
    g_free(news);
}

static void drop_news(struct letter *letter)
{
    read_news(letter, NULL);
}

static struct order_search_news *news_new(const struct order_search *search)
{
    struct order_search_news *news = g_new0(struct order_search_news, 1);

    news->letter.read = read_news;
    news->letter.drop = drop_news;
    news->told = search->told;
    news->user = search->user;
    return news;
}

static void tell_progress(struct run_search *search)
{
    const struct order_search *asked = &search->asked;
    struct order_search_news *news;
    uint64_t now = uv_now(&search->run->worker->loop);

    if (now - search->told_ms < TOLD_EVERY_MS)
        return;
    search->told_ms = now;
    news = news_new(asked);
    news->fraction = (double)(asked->backwards ? asked->until - search->at
                                               : search->at - asked->from) /
                     (double)(asked->until - asked->from);
    worker_tell(search->run->worker, &news->letter);
}

/* ---- the end ---- */

static void turn_closed(uv_handle_t *handle)
{
    g_free(handle);
}

static void search_free(struct run_search *search)
{
    search->run->search = NULL;
    uv_close((uv_handle_t *)search->turn, turn_closed);
    find_text_clear(&search->find);
    g_free(search->text);
    g_free(search);
}

/* `text` NULL: it was not found. */
static void search_over(struct run_search *search, const struct order_part *part,
                        struct buffer *text)
{
    struct order_search_news *news = news_new(&search->asked);

    news->is_over = true;
    news->has_skipped = search->has_skipped;
    news->is_found = text != NULL;
    if (text) {
        news->part = *part;
        news->text = *text;
        *text = BUFFER_INIT;
        news->part.text = (const char *)buffer_bytes(&news->text);
        news->part.length = buffer_length(&news->text);
    }
    worker_tell(search->run->worker, &news->letter);
    search_free(search);
}

void run_search_end(struct run *run)
{
    if (run->search)
        search_over(run->search, NULL, NULL);
}

/* ---- looking ---- */

/* A piece is of whole lines; a line that is longer is looked through with an overlap. Returns how
 * many bytes the next piece begins before this one's end. */
static size_t overlap(const struct run_search *search, size_t size)
{
    size_t most = 8 * search->find.size;

    return most < size / 2 ? most : size / 2;
}

/* Where the piece is, `bytes` of it: what is cut off at its end (or at its beginning) comes with
 * the next one. Returns how far one is with it. */
static uint64_t trim_ahead(const struct run_search *search, struct buffer *bytes, uint64_t from,
                           bool is_last)
{
    size_t size = buffer_length(bytes);
    const uint8_t *newline = memrchr(buffer_bytes(bytes), '\n', size);

    if (is_last)
        return from + size;
    if (!newline)
        return from + size - overlap(search, size);
    size = (size_t)(newline + 1 - buffer_bytes(bytes));
    bytes->end = bytes->begin + size;
    return from + size;
}

static uint64_t trim_back(const struct run_search *search, struct buffer *bytes, uint64_t *from,
                          bool is_last)
{
    size_t size = buffer_length(bytes);
    const uint8_t *newline = memchr(buffer_bytes(bytes), '\n', size);
    size_t skipped = newline ? (size_t)(newline + 1 - buffer_bytes(bytes)) : size;

    if (is_last)
        return *from;
    if (skipped == size)
        return *from + overlap(search, size);
    buffer_consume(bytes, skipped);
    *from += skipped;
    return *from;
}

/* True if it is there; then the search is over. */
static bool look_in(struct run_search *search, const struct buffer *bytes, uint64_t from)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    struct order_part part = {.from = from, .size = buffer_length(bytes)};
    const char *raw = (const char *)buffer_bytes(bytes);
    const char *shown;
    struct display display = {0};
    size_t at, size;

    /* What is shown of ASCII is what was said, with line ends added. */
    if (search->find.is_ascii &&
        !find_text_in(&search->find, raw, buffer_length(bytes), false, &at, &size))
        return false;
    if (display_feed(&display, buffer_bytes(bytes), buffer_length(bytes), &text) != 0 ||
        display_finish(&display, &text) != 0)
        return false;
    shown = (const char *)buffer_bytes(&text);
    if (!find_text_in(&search->find, shown, buffer_length(&text), search->asked.backwards, &at,
                      &size))
        return false;
    part.match_at = (size_t)g_utf8_strlen(shown, (gssize)at);
    part.match_size = (size_t)g_utf8_strlen(shown + at, (gssize)size);
    search_over(search, &part, &text);
    return true;
}

/* To the next byte that is here. False: there is none. */
static bool skip_gap(struct run_search *search)
{
    const struct order_search *asked = &search->asked;
    uint64_t next = asked->backwards ? run_kept_before(search->run, asked->position, search->at)
                                     : run_kept_behind(search->run, asked->position, search->at);

    search->has_skipped = true;
    if (asked->backwards ? next <= asked->from : next >= asked->until)
        return false;
    search->at = next;
    return true;
}

static bool is_through(const struct run_search *search)
{
    return search->asked.backwards ? search->at <= search->asked.from
                                   : search->at >= search->asked.until;
}

static void on_turn(uv_idle_t *turn)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct run_search *search = turn->data;
    const struct order_search *asked = &search->asked;
    uint64_t from, until;

    if (is_through(search) ||
        (!run_kept_around(search->run, asked->position,
                          asked->backwards ? search->at - 1 : search->at, &from, &until) &&
         !skip_gap(search))) {
        search_over(search, NULL, NULL);
        return;
    }
    if (!run_kept_around(search->run, asked->position,
                         asked->backwards ? search->at - 1 : search->at, &from, &until))
        return; /* the end moved on meanwhile: the next turn skips again */
    if (asked->backwards) {
        until = search->at;
        from = MAX(MAX(from, asked->from), until > PIECE ? until - PIECE : 0);
    } else {
        from = search->at;
        until = MIN(MIN(until, asked->until), from + PIECE);
    }
    if (run_kept_copy(search->run, asked->position, from, until - from, &bytes) != 0 ||
        buffer_length(&bytes) == 0) {
        search->has_skipped = true;
        search->at = asked->backwards ? from : until;
        return;
    }
    if (asked->backwards)
        search->at = trim_back(search, &bytes, &from, until - from < PIECE || from <= asked->from);
    else
        search->at = trim_ahead(search, &bytes, from, until - from < PIECE);
    if (!look_in(search, &bytes, from))
        tell_progress(search);
}

/* ---- asking ---- */

struct search_letter {
    struct letter letter;
    struct order_search search;
    char *text;
};

static void search_letter_free(struct search_letter *letter)
{
    g_free(letter->text);
    g_free(letter);
}

static void drop_search(struct letter *letter)
{
    struct search_letter *asked = (struct search_letter *)letter;
    struct order_search_news news = {.is_over = true};

    asked->search.told(&news, asked->search.user);
    search_letter_free(asked);
}

static void read_search(struct letter *letter, void *reader)
{
    struct search_letter *asked = (struct search_letter *)letter;
    struct worker *worker = reader;
    struct run *run = run_kept(worker, asked->search.owner);
    struct run_search *search;

    if (!run_is_kept(run, asked->search.position)) {
        struct order_search_news *news = news_new(&asked->search);

        news->is_over = true;
        worker_tell(worker, &news->letter);
        search_letter_free(asked);
        return;
    }
    run_search_end(run);
    search = g_new0(struct run_search, 1);
    search->run = run;
    search->asked = asked->search;
    search->text = g_steal_pointer(&asked->text);
    find_text_init(&search->find, search->text);
    search->at = search->asked.backwards ? search->asked.until : search->asked.from;
    search->turn = g_new0(uv_idle_t, 1);
    uv_idle_init(&worker->loop, search->turn);
    search->turn->data = search;
    uv_idle_start(search->turn, on_turn);
    search->told_ms = uv_now(&worker->loop);
    run->search = search;
    search_letter_free(asked);
}

void worker_send_order_search(struct worker *worker, const struct order_search *search)
{
    struct search_letter *letter = g_new0(struct search_letter, 1);

    letter->letter.read = read_search;
    letter->letter.drop = drop_search;
    letter->search = *search;
    letter->text = g_strdup(search->text);
    worker_send(worker, &letter->letter);
}

struct end_letter {
    struct letter letter;
    void *owner;
};

static void drop_end(struct letter *letter)
{
    g_free(letter);
}

static void read_end(struct letter *letter, void *reader)
{
    struct run *run = run_kept(reader, ((struct end_letter *)letter)->owner);

    g_free(letter);
    if (run)
        run_search_end(run);
}

void worker_send_order_search_end(struct worker *worker, void *owner)
{
    struct end_letter *letter = g_new0(struct end_letter, 1);

    letter->letter.read = read_end;
    letter->letter.drop = drop_end;
    letter->owner = owner;
    worker_send(worker, &letter->letter);
}
