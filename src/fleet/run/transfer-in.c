/* The way of a parcel from the machine to our courier: a window that follows what the courier
 * takes, so that a slow disk here slows the machine, and a new connection is not filled before the
 * old one's bytes are gone. */
#include <string.h>

#include "fleet/home/i18n.h"
#include "fleet/run/transfer-private.h"
#include "proto/limits.h"

enum { TAKEN_STEP = 512 * 1024 }; /* what our courier takes before it tells */

_Static_assert((int)TURN_BELT_LEAST >= 2 * (int)LIMIT_STREAM_WINDOW,
               "what a window lets come finds room");

static size_t held(const struct turn *turn)
{
    size_t room;

    (void)belt_room(&turn->belt, &room);
    return turn->belt.capacity - room;
}

/* Of what our courier has not taken yet, more than this holds the parcel's window, so that what is
 * on its way and what lies here are both enough. With a new connection comes a new window: it is
 * not asked for while more than this lies here. */
static size_t held_free(const struct turn *turn)
{
    return turn->belt.capacity - LIMIT_STREAM_WINDOW;
}

void turn_give_back(struct turn *turn)
{
    const size_t capacity = turn->belt.capacity, free = held_free(turn);
    size_t now, keeps;

    do {
        now = turn->courier ? held(turn) : 0;
        keeps = now > free ? now - free : 0;
        if (turn->parcel && turn->kept > keeps) {
            remote_parcel_give_back(turn->parcel, turn->kept - keeps);
            turn->kept = keeps;
        }
    } while (keeps > 0 && !belt_wait_for_room(&turn->belt, capacity - now + TAKEN_STEP));
}

void turn_take_in(struct turn *turn)
{
    turn_give_back(turn);
    if (turn->parcel && held(turn) <= held_free(turn))
        remote_parcel_resume(turn->parcel);
}

static uint8_t *room_for_parcel(void *user, size_t *size_out)
{
    const struct turn *turn = user;

    return turn->courier ? belt_room(&turn->belt, size_out) : NULL;
}

static void on_parcel_bytes(void *user, const uint8_t *bytes, size_t size)
{
    struct turn *turn = user;
    size_t room;
    uint8_t *at;

    turn_notice(turn, bytes, size);
    turn_advance(turn, size);
    turn->kept += size;
    at = belt_room(&turn->belt, &room);
    if (turn->courier && size > room) {
        /* It cannot be; then it is cut here, and refused there. */
        courier_write_end(turn->courier);
    } else if (turn->courier) {
        if (bytes != at)
            memcpy(at, bytes, size);
        if (belt_put(&turn->belt, size))
            courier_ring(turn->courier);
    }
    turn_give_back(turn);
}

static void on_parcel_interrupted(void *user)
{
    struct turn *turn = user;

    turn->kept = 0;
    if (turn->courier && belt_wait_for_room(&turn->belt, LIMIT_STREAM_WINDOW))
        remote_parcel_pause(turn->parcel);
}

/* An agent that knows the verb, but not the path: it puts what it packs among the job's output,
 * where nobody looks for it any more. */
static void agent_is_older(struct turn *turn, const struct trouble *trouble)
{
    turn->is_older = true;
    trouble_set(&turn->older, PROBLEM_VERSION, trouble->where, "%s",
                _("its agent is older than this console: put works there, get not before huned is "
                  "updated"));
}

static void on_parcel_end(void *user, const struct trouble *trouble)
{
    struct turn *turn = user;

    turn->parcel_ended = true;
    if (trouble && trouble->code == PROBLEM_NOT_FOUND)
        agent_is_older(turn, trouble);
    /* Then why is told by the job's end, before our courier misses the rest. */
    if (trouble && !turn->job_ended)
        turn_stop_here(turn);
    else if (turn->courier)
        courier_write_end(turn->courier);
    turn_settle(turn);
}

static const struct remote_parcel_events parcel_events = {
    .room = room_for_parcel,
    .on_bytes = on_parcel_bytes,
    .on_interrupted = on_parcel_interrupted,
    .on_end = on_parcel_end,
};

void turn_fetch(struct turn *turn)
{
    if (turn->parcel)
        return;
    if (remote_parcel_start(&turn->parcel, remote_job_link(turn->job), remote_job_id(turn->job),
                            &parcel_events, turn) != 0)
        turn_stop_here(turn);
}
