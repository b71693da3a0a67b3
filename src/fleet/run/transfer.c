/* See transfer.h. One machine's turn ends when both of its halves have: the job there, the courier
 * here. The parcel's way out is here, its way in is in transfer-in.c, and what is read off it as it
 * passes in transfer-passage.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fleet/run/courier-words.h"
#include "fleet/run/transfer-private.h"
#include "proto/verb.h"

enum { LINE_MAX_BYTES = 16 * 1024, RECEIPT_MAX = 4096 };

static uint32_t machine_of(const struct turn *turn)
{
    return fanout_visit_machine(turn->visit);
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

/* What both halves say together. */
static bool is_whole(const struct turn *turn)
{
    if (!turn->has_receipt || !is_good_exit(turn))
        return false;
    if (turn->task->verb == VERB_GET)
        return turn->code == 0;
    return turn->state.detail == 0 && memcmp(turn->receipt.sum, turn_sum(turn), SHA256_SIZE) == 0;
}

/* A parcel that is shown is not unpacked, so nobody writes a receipt for it. */
static bool is_shown(const struct turn *turn)
{
    return turn->task->verb == VERB_GET && turn->head_size == PARCEL_HEAD_SIZE &&
           turn->head[8] == PARCEL_PLAIN && turn->code == 0;
}

void turn_settle(struct turn *turn)
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
    memcpy(report.sum, turn_sum(turn), sizeof(report.sum));
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
    if (turn->is_older) {
        state = (struct job_state){STATE_REFUSED, PROBLEM_VERSION};
        trouble = turn->older;
        has_trouble = true;
    }
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

static void pump_out(struct turn *turn);

void turn_stop_here(struct turn *turn)
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
        turn_take_in(turn);
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
        turn_stop_here(turn);
    turn_give_back(turn);
    if (turn->parcel)
        remote_parcel_resume(turn->parcel);
    turn_settle(turn);
}

static const struct courier_events courier_events = {
    .on_bell = on_courier_bell,
    .on_line = on_courier_line,
    .on_end = on_courier_end,
};

/* ---- put: from the courier to the job ---- */

/* All that lies on the belt; what is new of it passes here. */
static struct slice look(struct turn *turn)
{
    struct slice bytes;

    bytes.bytes = belt_bytes(&turn->belt, &bytes.size);
    if (bytes.size > turn->seen)
        turn_notice(turn, bytes.bytes + turn->seen, bytes.size - turn->seen);
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
    turn_advance(turn, size);
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
        turn_fetch(turn);
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

static size_t belt_size(const struct fanout *fanout)
{
    uint32_t at_once = fanout_at_once(fanout);
    uint32_t count = fanout_count(fanout);
    size_t share = (size_t)TURN_BELTS_TOGETHER / (count < at_once ? count : at_once);

    if (share > TURN_BELT)
        return TURN_BELT;
    return share < TURN_BELT_LEAST ? TURN_BELT_LEAST : share & ~(size_t)(BELT_PAGE - 1);
}

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
                      belt_size(fanout_visit_fanout(visit)), &turn->belt, &courier_events, turn);
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
