/* What a machine said, read again: from this computer as far as it is kept here, else from the job,
 * from the byte on where it is wanted; what nobody has any more is told. See order.h. */
#include "desktop/worker/run-private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fleet/link/job-object.h"
#include "fleet/link/request.h"

/* ---- what is kept here ---- */

bool run_is_kept(const struct run *run, uint32_t position)
{
    return run && run->harvest && run->is_kept && position < run->count &&
           run->shares[position].kept;
}

bool run_kept_around(const struct run *run, uint32_t position, uint64_t at, uint64_t *from_out,
                     uint64_t *until_out)
{
    uint64_t said = run->shares[position].said;
    uint64_t here = harvest_here(run->harvest, position);
    uint64_t from = kept_from(run->shares[position].kept);

    if (at >= said || (at >= here && at < from))
        return false;
    *from_out = at < here || from <= here ? 0 : from;
    *until_out = at < here && from > here ? here : said;
    return true;
}

uint64_t run_kept_behind(const struct run *run, uint32_t position, uint64_t at)
{
    uint64_t from = kept_from(run->shares[position].kept);

    return from > at ? from : UINT64_MAX;
}

uint64_t run_kept_before(const struct run *run, uint32_t position, uint64_t at)
{
    uint64_t here = harvest_here(run->harvest, position);

    return here < at ? here : 0;
}

int run_kept_copy(const struct run *run, uint32_t position, uint64_t from, uint64_t size,
                  struct buffer *out)
{
    uint64_t here = harvest_here(run->harvest, position);
    uint64_t part = from >= here ? 0 : here - from < size ? here - from : size;
    int error = part > 0 ? harvest_copy(run->harvest, position, from, part, out) : 0;

    return error || part == size
               ? error
               : kept_copy(run->shares[position].kept, from + part, size - part, out);
}

/* ---- answering ---- */

struct part_letter {
    struct letter letter;
    struct order_reading reading;
    struct order_part part;
    struct buffer text;
};

static void read_part(struct letter *letter, void *reader)
{
    struct part_letter *answer = (struct part_letter *)letter;

    (void)reader;
    answer->reading.done(&answer->part, answer->reading.user);
    buffer_deinit(&answer->text);
    g_free(answer);
}

static void drop_part(struct letter *letter)
{
    read_part(letter, NULL);
}

static struct part_letter *part_letter_new(const struct order_reading *reading)
{
    struct part_letter *answer = g_new0(struct part_letter, 1);

    answer->letter.read = read_part;
    answer->letter.drop = drop_part;
    answer->reading = *reading;
    return answer;
}

static void tell_missing(struct worker *worker, const struct order_reading *reading,
                         enum order_part_fate fate, uint64_t from, uint64_t until)
{
    struct part_letter *answer = part_letter_new(reading);

    answer->part = (struct order_part){.fate = fate, .from = from, .size = until - from};
    worker_tell(worker, &answer->letter);
}

static size_t to_line_start(const struct buffer *bytes)
{
    const uint8_t *newline = memchr(buffer_bytes(bytes), '\n', buffer_length(bytes));
    size_t skipped = newline ? (size_t)(newline + 1 - buffer_bytes(bytes)) : 0;

    /* A line that goes on to the end of the part has no start in it. */
    return skipped == buffer_length(bytes) ? 0 : skipped;
}

static void tell_raw(struct worker *worker, const struct order_reading *reading, uint64_t from,
                     struct buffer *bytes)
{
    struct part_letter *answer = part_letter_new(reading);

    answer->part = (struct order_part){
        .fate = ORDER_PART_HERE, .from = from, .size = buffer_length(bytes)};
    answer->text = *bytes;
    *bytes = BUFFER_INIT;
    answer->part.text = (const char *)buffer_bytes(&answer->text);
    answer->part.length = buffer_length(&answer->text);
    worker_tell(worker, &answer->letter);
}

/* `bytes` are those from `from` on. */
static void tell_part(struct worker *worker, const struct order_reading *reading, uint64_t from,
                      struct buffer *bytes)
{
    struct part_letter *answer;
    struct display display = {0};
    size_t skipped = reading->backwards && from > 0 ? to_line_start(bytes) : 0;

    if (reading->is_raw) {
        tell_raw(worker, reading, from, bytes);
        return;
    }
    answer = part_letter_new(reading);
    buffer_consume(bytes, skipped);
    answer->part = (struct order_part){
        .fate = ORDER_PART_HERE, .from = from + skipped, .size = buffer_length(bytes)};
    if (display_feed(&display, buffer_bytes(bytes), buffer_length(bytes), &answer->text) != 0 ||
        display_finish(&display, &answer->text) != 0)
        answer->part.fate = ORDER_PART_GONE;
    answer->part.text = (const char *)buffer_bytes(&answer->text);
    answer->part.length = buffer_length(&answer->text);
    worker_tell(worker, &answer->letter);
}

/* ---- the machine is asked ---- */

enum { COUNTED_APART = 32 * 1024 };

struct run_fetch {
    struct run *run;
    struct order_reading reading;
    struct request *look; /* at the job: how much of it is there? */
    struct remote_job *job;
    uint64_t at;   /* said before the next byte that comes */
    uint64_t from; /* these are wanted */
    uint64_t until;
    struct buffer bytes;
    uint64_t frame; /* that was read last */
    bool has_frame;
    bool is_ended;   /* the job: what it says does not grow any more */
    GArray *counted; /* struct kept_mark, of an unknown beginning; NULL: nothing is counted */
};

static void fetch_free(struct run_fetch *fetch)
{
    fetch->run->fetches[fetch->reading.reader] = NULL;
    request_cancel(fetch->look);
    remote_job_detach(fetch->job);
    buffer_deinit(&fetch->bytes);
    g_clear_pointer(&fetch->counted, g_array_unref);
    g_free(fetch);
}

/* What is kept here of what was asked for. Returns false if there is nothing. */
static bool tell_kept(struct run *run, const struct order_reading *reading)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    uint64_t from, until;

    if (!run_kept_around(run, reading->position,
                         reading->backwards ? reading->until - 1 : reading->from, &from, &until))
        return false;
    from = MAX(from, reading->from);
    until = MIN(until, reading->until);
    if (run_kept_copy(run, reading->position, from, until - from, &bytes) != 0 ||
        buffer_length(&bytes) == 0)
        return false;
    tell_part(run->worker, reading, from, &bytes);
    return true;
}

/* Nobody has them from where this computer's beginning ends to where its end begins, or to
 * `known`, where the machine's begin. */
static void fetch_missing(struct run_fetch *fetch, enum order_part_fate fate, uint64_t known)
{
    const struct order_reading *reading = &fetch->reading;
    struct run *run = fetch->run;
    uint64_t at = reading->backwards ? reading->until - 1 : reading->from;
    uint64_t from = run_kept_before(run, reading->position, at);
    uint64_t until = MIN(run_kept_behind(run, reading->position, at), known);

    if (until == UINT64_MAX || until <= at)
        until = MAX(reading->until, at + 1);
    if (!tell_kept(run, reading))
        tell_missing(run->worker, reading, fate, from, until);
    fetch_free(fetch);
}

static void fetch_done(struct run_fetch *fetch)
{
    const struct order_reading *reading = &fetch->reading;

    if (buffer_length(&fetch->bytes) == 0 ||
        (reading->backwards && fetch->from > reading->from && to_line_start(&fetch->bytes) == 0)) {
        fetch_missing(fetch, ORDER_PART_GONE, UINT64_MAX);
        return;
    }
    tell_part(fetch->run->worker, &fetch->reading, fetch->from, &fetch->bytes);
    fetch_free(fetch);
}

/* Of a run that is over nobody else notes where its frames are. */
static void note_frame(struct run_fetch *fetch, uint64_t frame)
{
    struct kept *kept = fetch->run->shares[fetch->reading.position].kept;
    const struct kept_mark mark = {.said = fetch->at, .stream = frame};
    bool is_new = !fetch->has_frame || fetch->frame != frame;

    fetch->frame = frame;
    fetch->has_frame = true;
    if (!is_new || !fetch->run->is_over)
        return;
    if (!fetch->counted)
        kept_frame(kept, mark.said, mark.stream);
    else if (fetch->counted->len == 0 ||
             mark.said - g_array_index(fetch->counted, struct kept_mark, fetch->counted->len - 1)
                             .said >=
                 COUNTED_APART)
        g_array_append_val(fetch->counted, mark);
}

static void on_output(struct remote_job *job, enum frame_kind kind, const uint8_t *bytes,
                      size_t size, uint32_t ms, void *user)
{
    struct run_fetch *fetch = user;
    uint64_t skip = fetch->at < fetch->from ? fetch->from - fetch->at : 0;

    (void)kind;
    (void)ms;
    note_frame(fetch, remote_job_frame(job));
    fetch->at += size;
    if (fetch->counted)
        return;
    if (skip >= size)
        return;
    bytes += skip;
    size -= (size_t)skip;
    if (fetch->at > fetch->until)
        size -= (size_t)MIN(fetch->at - fetch->until, size);
    if (buffer_append(&fetch->bytes, bytes, size) != 0 || fetch->at >= fetch->until)
        fetch_done(fetch);
}

static void on_interrupted(struct remote_job *job, bool interrupted, void *user)
{
    (void)job;
    if (interrupted)
        fetch_missing(user, ORDER_PART_AWAY, UINT64_MAX);
}

static void fetch_from(struct run_fetch *fetch, uint64_t first);

/* The job has said all that it said: where it ends is known, and so is now where it began. */
static void counted(struct run_fetch *fetch)
{
    struct share *share = &fetch->run->shares[fetch->reading.position];
    g_autoptr(GArray) marks = g_steal_pointer(&fetch->counted);
    uint64_t first = marks->len ? g_array_index(marks, struct kept_mark, 0).stream : 0;

    remote_job_detach(fetch->job);
    fetch->job = NULL;
    fetch->is_ended = false; /* once is enough */
    fetch->has_frame = false;
    if (marks->len == 0 || fetch->at > share->said) {
        fetch_missing(fetch, ORDER_PART_GONE, UINT64_MAX);
        return;
    }
    for (guint i = 0; i < marks->len; i++) {
        const struct kept_mark mark = g_array_index(marks, struct kept_mark, i);

        kept_frame(share->kept, share->said - fetch->at + mark.said, mark.stream);
    }
    fetch_from(fetch, first);
}

static void on_end(struct remote_job *job, struct job_state state, const struct trouble *trouble,
                   void *user)
{
    struct run_fetch *fetch = user;

    (void)job;
    (void)state;
    (void)trouble;
    if (fetch->counted)
        counted(fetch);
    else
        fetch_done(fetch);
}

static const struct remote_job_events fetch_events = {
    .on_output = on_output, .on_interrupted = on_interrupted, .on_end = on_end};

/* Of the job's beginning nobody has anything any more: from the first byte that there is to its
 * end, all is counted. */
static void count_from(struct run_fetch *fetch, struct link *link, uint64_t first)
{
    fetch->counted = g_array_new(FALSE, FALSE, sizeof(struct kept_mark));
    fetch->at = 0;
    if (remote_job_attach(&fetch->job, link,
                          harvest_machine(fetch->run->harvest, fetch->reading.position)->job, first,
                          0, &fetch_events, fetch) != 0)
        fetch_missing(fetch, ORDER_PART_AWAY, UINT64_MAX);
}

static void fetch_from(struct run_fetch *fetch, uint64_t first)
{
    struct run *run = fetch->run;
    uint32_t position = fetch->reading.position;
    struct link *link = station_ready_link(run->worker, run->slots[position]);
    struct kept_mark mark;

    if (!link) {
        fetch_missing(fetch, ORDER_PART_AWAY, UINT64_MAX);
        return;
    }
    if (!kept_find(run->shares[position].kept, fetch->reading.from, first, &mark)) {
        if (fetch->is_ended && run->is_over)
            count_from(fetch, link, first);
        else
            fetch_missing(fetch, ORDER_PART_GONE, UINT64_MAX);
        return;
    }
    /* What ends where it is wanted must be there; and what begins where it is. */
    if (fetch->reading.backwards ? mark.said >= fetch->reading.until
                                 : mark.said > fetch->reading.from) {
        fetch_missing(fetch, ORDER_PART_GONE, mark.said);
        return;
    }
    fetch->at = mark.said;
    fetch->from = MAX(fetch->reading.from, mark.said);
    fetch->until = fetch->reading.until;
    if (remote_job_attach(&fetch->job, link, harvest_machine(run->harvest, position)->job,
                          mark.stream, 0, &fetch_events, fetch) != 0)
        fetch_missing(fetch, ORDER_PART_AWAY, UINT64_MAX);
}

static void on_look(json_t *root, const struct trouble *trouble, void *user)
{
    struct run_fetch *fetch = user;
    struct job_object object;

    fetch->look = NULL;
    if (root && job_object_decode(root, &object)) {
        fetch->is_ended = state_is_ended(object.state.state);
        fetch_from(fetch, object.first);
    } else {
        fetch_missing(
            fetch, trouble && !trouble_is_from_machine(trouble) ? ORDER_PART_AWAY : ORDER_PART_GONE,
            UINT64_MAX);
    }
}

static void reader_ends(struct run *run, enum order_reader reader)
{
    if (run->fetches[reader])
        fetch_missing(run->fetches[reader], ORDER_PART_AWAY, UINT64_MAX);
}

static void ask_machine(struct run *run, const struct order_reading *reading)
{
    struct run_fetch *fetch;
    struct link *link = station_ready_link(run->worker, run->slots[reading->position]);
    char path[16 + UUID_TEXT_SIZE] = "/v1/jobs/";

    reader_ends(run, reading->reader);
    fetch = run->fetches[reading->reader] = g_new0(struct run_fetch, 1);
    fetch->run = run;
    fetch->reading = *reading;
    uuid_format(harvest_machine(run->harvest, reading->position)->job, path + strlen(path));
    if (!link || request_document(link, path, on_look, fetch, &fetch->look) != 0)
        fetch_missing(fetch, ORDER_PART_AWAY, UINT64_MAX);
}

void run_read_end(struct run *run)
{
    for (unsigned i = 0; i < ORDER_READERS; i++)
        reader_ends(run, (enum order_reader)i);
}

/* ---- asking ---- */

/* The end of a line whose beginning is kept here no more is better asked for. */
static bool is_whole_here(const struct run *run, const struct order_reading *reading)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    uint64_t from, until;

    if (!run_kept_around(run, reading->position,
                         reading->backwards ? reading->until - 1 : reading->from, &from, &until))
        return false;
    if (!reading->backwards || from <= reading->from)
        return true;
    return run_kept_copy(run, reading->position, from, reading->until - from, &bytes) == 0 &&
           to_line_start(&bytes) > 0;
}

void run_read_again(struct worker *worker, struct run *run, const struct order_reading *reading)
{
    if (!run_is_kept(run, reading->position) || reading->until <= reading->from) {
        tell_missing(worker, reading, ORDER_PART_GONE, reading->from,
                     MAX(reading->until, reading->from));
        return;
    }
    if (!is_whole_here(run, reading))
        ask_machine(run, reading);
    else if (!tell_kept(run, reading))
        tell_missing(worker, reading, ORDER_PART_GONE, reading->from, reading->until);
}

struct reading_letter {
    struct letter letter;
    struct order_reading reading;
};

static void drop_reading(struct letter *letter)
{
    const struct order_reading *reading = &((struct reading_letter *)letter)->reading;
    const struct order_part part = {.fate = ORDER_PART_GONE};

    reading->done(&part, reading->user);
    g_free(letter);
}

static void read_reading(struct letter *letter, void *reader)
{
    struct reading_letter *asked = (struct reading_letter *)letter;
    struct worker *worker = reader;

    run_read_again(worker, run_kept(worker, asked->reading.owner), &asked->reading);
    g_free(letter);
}

void worker_send_order_reading(struct worker *worker, const struct order_reading *reading)
{
    struct reading_letter *letter = g_new0(struct reading_letter, 1);

    letter->letter.read = read_reading;
    letter->letter.drop = drop_reading;
    letter->reading = *reading;
    worker_send(worker, &letter->letter);
}
