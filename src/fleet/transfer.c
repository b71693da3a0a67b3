/* See transfer.h. One machine's turn ends when both of its halves have: the job there, the courier
 * here. */
#include "fleet/transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/belt.h"
#include "base/buffer.h"
#include "base/list.h"
#include "fleet/courier-words.h"
#include "fleet/remote-parcel.h"
#include "proto/parcel.h"
#include "proto/verb.h"

enum {
    /* Of what our courier has not taken yet, more than this holds the parcel's window, so that what
     * is on its way and what lies here are both enough. With a new connection comes a new window:
     * it is not asked for while more than this lies here. */
    HELD_FREE = LIMIT_STREAM_WINDOW,
    TAKEN_STEP = 512 * 1024, /* what our courier takes before it tells */
    LINE_MAX_BYTES = 16 * 1024,
    RECEIPT_MAX = 4096,
    ENTRY_OVERHEAD = 1600, /* about what a file takes in a parcel besides its bytes */
};

_Static_assert((int)COURIER_BELT >= (int)HELD_FREE + (int)LIMIT_STREAM_WINDOW,
               "what a window lets come finds room");

struct turn {
    struct fanout_transfer *task;
    struct fanout_visit *visit;
    struct remote_job *job;
    struct courier *courier;

    uint8_t head[PARCEL_HEAD_SIZE]; /* the parcel's first bytes, as they pass */
    size_t head_size;
    uint8_t tail[PARCEL_TAIL_SIZE]; /* and its last ones */
    uint64_t passed, total, expected;

    struct remote_parcel *parcel; /* get: once the machine has the job */
    struct belt belt;             /* to or from our courier */
    size_t kept;                  /* get: of what came, and was not given back */
    size_t seen;                  /* put: of what lies there */
    bool read_all;                /* put: our courier has said everything */
    struct buffer lines;          /* of the machine's courier */
    struct buffer text;           /* put: its receipt */

    bool job_ended, courier_ended, parcel_ended, stopping, failed_here;
    struct job_state state;
    struct trouble trouble;
    bool has_trouble;
    int code; /* of our courier */
    struct receipt receipt;
    bool has_receipt;
};

static uint32_t machine_of(const struct turn *turn)
{
    return fanout_visit_machine(turn->visit);
}

/* ---- the parcel as it passes ---- */

static void notice_head(struct turn *turn)
{
    struct reader reader = reader_init(turn->head + 9, PARCEL_HEAD_SIZE - 9);
    uint64_t bytes = reader_u64(&reader);
    uint64_t entries = reader_u64(&reader);

    /* Also a number that a machine made up is only shown. */
    if (entries == 0 || bytes > 1ull << 60 || entries > 1ull << 40)
        return;
    turn->total = bytes;
    turn->expected = bytes + entries * ENTRY_OVERHEAD;
    turn->task->progress.unknown--;
    turn->task->progress.total += bytes;
}

/* In bytes of files: what passes holds names, too. */
static uint64_t moved(const struct turn *turn, uint64_t passed)
{
    if (turn->expected == 0)
        return passed;
    if (passed >= turn->expected)
        return turn->total;
    return (uint64_t)((double)passed / (double)turn->expected * (double)turn->total);
}

static void notice(struct turn *turn, const uint8_t *bytes, size_t size)
{
    size_t missing = PARCEL_HEAD_SIZE - turn->head_size;
    size_t taken = size < missing ? size : missing;
    size_t kept = size < PARCEL_TAIL_SIZE ? size : PARCEL_TAIL_SIZE;
    uint64_t before = moved(turn, turn->passed);

    if (missing > 0) {
        memcpy(turn->head + turn->head_size, bytes, taken);
        turn->head_size += taken;
        if (turn->head_size == PARCEL_HEAD_SIZE)
            notice_head(turn);
    }
    memmove(turn->tail, turn->tail + kept, PARCEL_TAIL_SIZE - kept);
    memcpy(turn->tail + PARCEL_TAIL_SIZE - kept, bytes + size - kept, kept);
    turn->passed += size;
    turn->task->progress.moved += moved(turn, turn->passed) - before;
}

/* ---- the end ---- */

static void turn_free(struct turn *turn)
{
    struct fanout_transfer *task = turn->task;

    if (turn->expected == 0)
        task->progress.unknown--;
    remote_parcel_free(turn->parcel);
    belt_close(&turn->belt);
    buffer_deinit(&turn->lines);
    buffer_deinit(&turn->text);
    free(turn);
}

static bool is_good_exit(const struct turn *turn)
{
    return turn->state.state == STATE_EXITED && !turn->has_trouble;
}

static const uint8_t *sum_of(const struct turn *turn)
{
    return turn->tail + PARCEL_TAIL_SIZE - SHA256_SIZE;
}

/* What both halves say together. */
static bool is_whole(const struct turn *turn)
{
    if (!turn->has_receipt || !is_good_exit(turn))
        return false;
    if (turn->task->verb == VERB_GET)
        return turn->code == 0;
    return turn->state.detail == 0 && memcmp(turn->receipt.sum, sum_of(turn), SHA256_SIZE) == 0;
}

/* A parcel that is shown is not unpacked, so nobody writes a receipt for it. */
static bool is_shown(const struct turn *turn)
{
    return turn->task->verb == VERB_GET && turn->head_size == PARCEL_HEAD_SIZE &&
           turn->head[8] == PARCEL_PLAIN && turn->code == 0;
}

static void turn_settle(struct turn *turn)
{
    struct fanout_visit *visit = turn->visit;
    struct transfer_report report;
    struct job_state state = turn->state;
    struct trouble trouble = turn->trouble;
    bool has_trouble = turn->has_trouble;
    uint8_t id[UUID_SIZE];

    if (!turn->job_ended || !turn->courier_ended || (turn->parcel && !turn->parcel_ended))
        return;
    report = (struct transfer_report){
        .entries = turn->receipt.entries,
        .bytes = turn->receipt.bytes,
        .is_whole = is_whole(turn) || (is_shown(turn) && is_good_exit(turn)),
    };
    if (is_shown(turn))
        report.entries = 1;
    memcpy(report.sum, sum_of(turn), sizeof(report.sum));
    if (remote_job_is_accepted(turn->job)) {
        memcpy(id, remote_job_id(turn->job), sizeof(id));
        report.job = id;
    }
    remote_job_detach(turn->job);
    if (turn->task->on_report)
        turn->task->on_report(machine_of(turn), &report, turn->task->user);
    /* Ours failed, and the job was stopped for that or has done its part; or things were left out
     * here. */
    if (!has_trouble && (turn->failed_here || (state.state == STATE_EXITED && state.detail == 0 &&
                                               (!report.is_whole || turn->code != 0))))
        state = (struct job_state){STATE_EXITED, 1};
    turn_free(turn);
    fanout_visit_end(visit, state, has_trouble ? &trouble : NULL);
}

/* ---- what couriers say ---- */

/* In the reader's language, as far as there is memory for that. */
static void tell_line(const struct turn *turn, const char *text, size_t size)
{
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;
    uint32_t machine = machine_of(turn);

    if (!turn->task->on_line)
        return;
    if (size == 0 || courier_words(text, size, &line))
        turn->task->on_line(machine, text, size, turn->task->user);
    else
        turn->task->on_line(machine, (const char *)buffer_bytes(&line), buffer_length(&line),
                            turn->task->user);
}

/* ---- the courier here ---- */

static void pump_in(struct turn *turn);
static void pump_out(struct turn *turn);
static void give_back(struct turn *turn);

/* What is made there is of no use here. */
static void stop_here(struct turn *turn)
{
    if (turn->stopping)
        return;
    turn->stopping = turn->failed_here = true;
    if (remote_job_is_accepted(turn->job))
        remote_job_signal(turn->job, 0);
}

static void on_courier_bell(void *user)
{
    struct turn *turn = user;

    if (turn->task->verb == VERB_GET)
        pump_in(turn);
    else
        pump_out(turn);
}

static void on_courier_line(void *user, const char *text, size_t size)
{
    struct turn *turn = user;

    /* When the machine's half ended before its time, that is the news, and not that ours misses the
     * rest. */
    if (turn->stopping || (turn->job_ended && !is_good_exit(turn)))
        return;
    tell_line(turn, text, size);
}

static void on_courier_end(void *user, int code, const struct receipt *receipt)
{
    struct turn *turn = user;

    turn->courier = NULL;
    turn->courier_ended = true;
    turn->code = code;
    if (turn->task->verb == VERB_GET && receipt) {
        turn->receipt = *receipt;
        turn->has_receipt = true;
    }
    /* Nobody takes the rest: no more of it is made, and what comes is dropped. */
    if (turn->task->verb == VERB_GET && code != 0 && !turn->job_ended)
        stop_here(turn);
    give_back(turn);
    if (turn->parcel)
        remote_parcel_resume(turn->parcel);
    turn_settle(turn);
}

static const struct courier_events courier_events = {
    .on_bell = on_courier_bell,
    .on_line = on_courier_line,
    .on_end = on_courier_end,
};

/* ---- get: from the machine to the courier ---- */

static size_t held(const struct turn *turn)
{
    size_t room;

    (void)belt_room(&turn->belt, &room);
    return COURIER_BELT - room;
}

/* What our courier has taken goes back to the machine as window; it tells when there is more. */
static void give_back(struct turn *turn)
{
    size_t now, keeps;

    do {
        now = turn->courier ? held(turn) : 0;
        keeps = now > HELD_FREE ? now - HELD_FREE : 0;
        if (turn->parcel && turn->kept > keeps) {
            remote_parcel_give_back(turn->parcel, turn->kept - keeps);
            turn->kept = keeps;
        }
    } while (keeps > 0 && !belt_wait_for_room(&turn->belt, COURIER_BELT - now + TAKEN_STEP));
}

/* Our courier has taken some of what was held. */
static void pump_in(struct turn *turn)
{
    give_back(turn);
    if (turn->parcel && held(turn) <= HELD_FREE)
        remote_parcel_resume(turn->parcel);
}

static void on_parcel_bytes(void *user, const uint8_t *bytes, size_t size)
{
    struct turn *turn = user;
    size_t room;
    uint8_t *at;

    notice(turn, bytes, size);
    turn->kept += size;
    at = belt_room(&turn->belt, &room);
    if (turn->courier && size > room) {
        /* It cannot be; then it is cut here, and refused there. */
        courier_write_end(turn->courier);
    } else if (turn->courier) {
        memcpy(at, bytes, size);
        if (belt_put(&turn->belt, size))
            courier_ring(turn->courier);
    }
    give_back(turn);
}

static void on_parcel_interrupted(void *user)
{
    struct turn *turn = user;

    turn->kept = 0;
    if (turn->courier && belt_wait_for_room(&turn->belt, COURIER_BELT - HELD_FREE))
        remote_parcel_pause(turn->parcel);
}

static void on_parcel_end(void *user, const struct trouble *trouble)
{
    struct turn *turn = user;

    turn->parcel_ended = true;
    /* Then why is told by the job's end, before our courier misses the rest. */
    if (trouble && !turn->job_ended)
        stop_here(turn);
    else if (turn->courier)
        courier_write_end(turn->courier);
    turn_settle(turn);
}

static const struct remote_parcel_events parcel_events = {
    .on_bytes = on_parcel_bytes,
    .on_interrupted = on_parcel_interrupted,
    .on_end = on_parcel_end,
};

static void fetch(struct turn *turn)
{
    if (turn->parcel)
        return;
    if (remote_parcel_start(&turn->parcel, remote_job_link(turn->job), remote_job_id(turn->job),
                            &parcel_events, turn) != 0)
        stop_here(turn);
}

/* ---- put: from the courier to the job ---- */

/* All that lies on the belt; what is new of it passes here. */
static struct slice look(struct turn *turn)
{
    struct slice bytes;

    bytes.bytes = belt_bytes(&turn->belt, &bytes.size);
    if (bytes.size > turn->seen)
        notice(turn, bytes.bytes + turn->seen, bytes.size - turn->seen);
    turn->seen = bytes.size;
    return bytes;
}

static struct slice put_bytes(void *user)
{
    return look(user);
}

/* The machine has them. */
static void put_taken(void *user, size_t size)
{
    struct turn *turn = user;

    turn->seen -= size;
    if (belt_take(&turn->belt, size) && turn->courier)
        courier_ring(turn->courier);
}

static void pump_out(struct turn *turn)
{
    const struct remote_job_source source = {.bytes = put_bytes, .taken = put_taken, .user = turn};
    bool said_all;

    if (turn->job_ended || turn->read_all)
        return;
    do {
        said_all = !turn->courier || courier_has_said_all(turn->courier);
        (void)look(turn);
    } while (!said_all && !belt_wait_for_bytes(&turn->belt, turn->seen + 1));
    remote_job_write_from(turn->job, &source);
    if (said_all) {
        turn->read_all = true;
        remote_job_write_end(turn->job);
    }
}

/* ---- the job there ---- */

static void take_lines(struct turn *turn, const uint8_t *bytes, size_t size, bool all)
{
    struct buffer *lines = &turn->lines;

    if (size > 0 && buffer_append(lines, bytes, size))
        return;
    while (buffer_length(lines) > 0) {
        const uint8_t *at = buffer_bytes(lines);
        const uint8_t *newline = memchr(at, '\n', buffer_length(lines));
        size_t length = newline ? (size_t)(newline - at) : buffer_length(lines);

        if (!newline && !all && length < LINE_MAX_BYTES)
            return;
        tell_line(turn, (const char *)at, length);
        buffer_consume(lines, length + (newline != NULL));
    }
}

static void on_output(struct remote_job *job, enum frame_kind kind, const uint8_t *bytes,
                      size_t size, uint32_t ms, void *user)
{
    struct turn *turn = user;

    (void)job;
    (void)ms;
    if (kind == FRAME_ERR)
        take_lines(turn, bytes, size, false);
    else if (turn->task->verb == VERB_PUT && buffer_length(&turn->text) + size <= RECEIPT_MAX)
        (void)buffer_append(&turn->text, bytes, size);
}

static void on_note(struct remote_job *job, const char *text, size_t size, void *user)
{
    struct turn *turn = user;

    (void)job;
    if (turn->task->on_line)
        turn->task->on_line(machine_of(turn), text, size, turn->task->user);
}

static void on_interrupted(struct remote_job *job, bool interrupted, void *user)
{
    struct turn *turn = user;

    if (turn->task->on_interrupted && remote_job_is_accepted(job))
        turn->task->on_interrupted(machine_of(turn), interrupted, turn->task->user);
}

static void on_accepted(struct remote_job *job, void *user)
{
    struct turn *turn = user;

    if (turn->stopping)
        remote_job_signal(job, 0);
    else if (turn->task->verb == VERB_PUT)
        pump_out(turn); /* from here on its bell tells when there is more */
    else
        fetch(turn);
}

static void on_job_end(struct remote_job *job, struct job_state state,
                       const struct trouble *trouble, void *user)
{
    struct turn *turn = user;

    (void)job;
    take_lines(turn, NULL, 0, true);
    turn->job_ended = true;
    turn->state = state;
    turn->has_trouble = trouble != NULL;
    if (trouble)
        turn->trouble = *trouble;
    if (turn->task->verb == VERB_PUT) {
        turn->has_receipt = receipt_read(buffer_slice(&turn->text), &turn->receipt);
        /* It packs for nobody any more. One that has said everything, as the sum tells when it has
         * not ended yet, still tells what it left out. */
        if (turn->courier && !is_whole(turn) && !(turn->read_all && is_good_exit(turn))) {
            turn->courier = courier_abandon(turn->courier);
            turn->courier_ended = true;
        }
    } else if (turn->parcel && !is_good_exit(turn)) {
        turn->parcel = remote_parcel_free(turn->parcel);
    }
    if (turn->task->verb == VERB_GET && turn->courier && (!turn->parcel || turn->parcel_ended))
        courier_write_end(turn->courier);
    turn_settle(turn);
}

static const struct remote_job_events job_events = {
    .on_accepted = on_accepted,
    .on_output = on_output,
    .on_note = on_note,
    .on_interrupted = on_interrupted,
    .on_end = on_job_end,
};

/* ---- the task ---- */

static int transfer_start(struct fanout_visit *visit, void *user)
{
    struct fanout_transfer *task = user;
    struct link *link = fanout_visit_link(visit);
    struct turn *turn = calloc(1, sizeof(*turn));
    struct transfer_plan plan = {0};
    struct errand errand = {.verb = task->verb};
    int r = turn ? task->plan(fanout_visit_machine(visit), &plan, task->user) : -ENOMEM;

    if (r) {
        free(turn);
        return r;
    }
    turn->task = task;
    turn->visit = visit;
    errand.user = plan.user;
    errand.payload = plan.there;
    r = courier_start(&turn->courier, link_factory_loop(link_factory_of(link)),
                      task->verb == VERB_GET ? COURIER_UNPACKS : COURIER_PACKS, plan.here,
                      &turn->belt, &courier_events, turn);
    if (r) {
        free(turn);
        return r;
    }
    task->progress.unknown++;
    fanout_visit_set_data(visit, turn);
    r = remote_job_start(&turn->job, link, &errand, true, &job_events, turn);
    if (r) {
        courier_abandon(turn->courier);
        turn_free(turn);
        return r;
    }
    return 0;
}

static enum state transfer_abandon(struct fanout_visit *visit, void *user)
{
    struct turn *turn = fanout_visit_data(visit);
    enum state state = STATE_UNSENT;

    (void)user;
    if (remote_job_is_accepted(turn->job))
        state = STATE_RUNNING;
    else if (remote_job_is_sent(turn->job))
        state = STATE_UNREACHABLE;
    courier_abandon(turn->courier);
    remote_job_detach(turn->job);
    turn_free(turn);
    return state;
}

void fanout_transfer_init(struct fanout_transfer *transfer)
{
    transfer->task = (struct fanout_task){
        .start = transfer_start, .abandon = transfer_abandon, .user = transfer};
}

void fanout_transfer_stop(const struct fanout *fanout, uint32_t position)
{
    struct fanout_visit *visit = fanout_visit_at(fanout, position);
    struct turn *turn = visit ? fanout_visit_data(visit) : NULL;

    if (!turn || turn->stopping || turn->job_ended)
        return;
    turn->stopping = true;
    if (remote_job_is_accepted(turn->job))
        remote_job_signal(turn->job, 0);
}
