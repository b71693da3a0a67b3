/* A real gate between a warden and a console that the test plays: the parcel of a `get` on its way
 * from the belt of a courier, which the test plays, too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/belt.h"
#include "gate/test-tell.h"

#define PARCEL_PATH JOB_PATH "/parcel"

enum { TOTAL = 3 << 20, BEFORE = 1000 };

/* A job that packs, as the warden shows it to the gate. */
struct packing {
    struct ring *ring;
    struct belt belt;
    int bell;
    uint8_t *bytes; /* TOTAL of them, that go onto the belt */
};

/* `taken` bytes were taken by a gate before this one. */
static void packing_begin(struct peers *peers, struct packing *packing, size_t taken)
{
    int file = belt_make(LIMIT_OUTPUT_BELT);
    struct belt before;
    int bell[2];

    packing->bytes = malloc(TOTAL);
    for (size_t i = 0; i < TOTAL; i++)
        packing->bytes[i] = (uint8_t)(i * 7 / 3);
    assert_int_equal(belt_map(&packing->belt, file, BELT_WRITES), 0);
    assert_int_equal(belt_map(&before, file, BELT_READS), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, bell), 0);
    packing->bell = bell[0];
    if (taken > 0) {
        size_t room;

        memcpy(belt_room(&packing->belt, &room), packing->bytes, taken);
        belt_put(&packing->belt, taken);
        belt_take(&before, taken);
    }
    assert_int_equal(ring_new(&packing->ring, LIMIT_RING), 0);
    tell_job_with(peers, VERB_GET, packing->ring, bell[1], file, 7);
    belt_close(&before);
    close(bell[1]);
    close(file);
}

static void packing_put(struct packing *packing, size_t from, size_t size)
{
    size_t room;

    memcpy(belt_room(&packing->belt, &room), packing->bytes + from, size);
    assert_in_range(room, size, LIMIT_OUTPUT_BELT);
    if (belt_put(&packing->belt, size))
        assert_int_equal(send(packing->bell, "", 1, 0), 1);
}

static void packing_end(struct packing *packing)
{
    close(packing->bell);
    belt_close(&packing->belt);
    ring_free(packing->ring);
    free(packing->bytes);
}

static size_t room_of(const struct packing *packing)
{
    size_t room;

    (void)belt_room(&packing->belt, &room);
    return room;
}

static void tell_end_as(struct peers *peers, enum state end)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_state state = {.state = {end, 0}, .ended_ms = 2000};

    memcpy(state.id, job_id, sizeof(state.id));
    assert_int_equal(door_state_encode(&state, &body), 0);
    peers_tell(peers, DOOR_STATE, buffer_bytes(&body), buffer_length(&body), NULL, 0);
}

/* What the console has not acknowledged stays on the belt; asking for what follows is to
 * acknowledge what was before. */
static void test_parcel(void **state)
{
    struct peers *peers = *state;
    struct packing packing;
    struct exchange *parcel;
    char word;

    packing_begin(peers, &packing, 0);
    open_with(peers, RIGHTS_ALL, 7);
    assert_int_equal(recv(packing.bell, &word, 1, 0), 1); /* it may have been asleep */
    parcel = peers_request(peers, "GET", PARCEL_PATH, NULL, NULL, 0);
    packing_put(&packing, 0, 100);
    peers_receive(peers, parcel, 100);
    assert_int_equal(room_of(&packing), LIMIT_OUTPUT_BELT - 100);
    packing_put(&packing, 100, TOTAL - 100);
    peers_receive(peers, parcel, TOTAL);
    assert_int_equal(parcel->ended, false);
    assert_in_range(room_of(&packing), LIMIT_OUTPUT_BELT - LIMIT_STREAM_WINDOW,
                    LIMIT_OUTPUT_BELT - 1);
    shutdown(packing.bell, SHUT_WR);
    peers_finish(peers, parcel, 200);
    assert_int_equal(buffer_length(&parcel->body), TOTAL);
    assert_memory_equal(buffer_bytes(&parcel->body), packing.bytes, TOTAL);
    assert_true(belt_wait_for_room(&packing.belt, LIMIT_OUTPUT_BELT));
    parcel = peers_request(peers, "GET", PARCEL_PATH "?from=3145728", NULL, NULL, 0);
    peers_finish(peers, parcel, 200);
    assert_int_equal(buffer_length(&parcel->body), 0);
    assert_int_equal(recv(packing.bell, &word, 1, 0), 1);
    assert_int_equal(room_of(&packing), LIMIT_OUTPUT_BELT);
    get(peers, PARCEL_PATH "?from=3145727", 410);
    get(peers, PARCEL_PATH "?from=3145729", 400);
    packing_end(&packing);
}

/* A gate that comes after another one goes on where that stopped, and a console that comes back
 * takes over from its lost connection. */
static void test_parcel_goes_on(void **state)
{
    struct peers *peers = *state;
    struct exchange *lost, *parcel;
    struct packing packing;

    packing_begin(peers, &packing, BEFORE);
    packing_put(&packing, BEFORE, TOTAL - BEFORE);
    open_with(peers, RIGHTS_ALL, 7);
    get(peers, PARCEL_PATH "?from=999", 410);
    lost = peers_request(peers, "GET", PARCEL_PATH "?from=1000", NULL, NULL, 0);
    peers_receive(peers, lost, 100000);
    parcel = peers_request(peers, "GET", PARCEL_PATH "?from=3000000", NULL, NULL, 0);
    peers_receive(peers, parcel, 1);
    peers_pass(peers, 50);
    assert_true(lost->closed && !lost->ended);
    shutdown(packing.bell, SHUT_WR);
    peers_finish(peers, parcel, 200);
    assert_int_equal(buffer_length(&parcel->body), TOTAL - 3000000);
    assert_memory_equal(buffer_bytes(&parcel->body), packing.bytes + 3000000, TOTAL - 3000000);
    packing_end(&packing);
}

/* A courier that was killed: the console gets what is there, and the belt is given up behind it. */
static void test_parcel_cut(void **state)
{
    struct peers *peers = *state;
    struct packing packing;
    struct exchange *parcel;

    packing_begin(peers, &packing, 0);
    open_with(peers, RIGHTS_ALL, 7);
    parcel = peers_request(peers, "GET", PARCEL_PATH, NULL, NULL, 0);
    packing_put(&packing, 0, 400);
    peers_receive(peers, parcel, 400);
    packing_put(&packing, 400, 100);
    tell_end_as(peers, STATE_KILLED);
    peers_finish(peers, parcel, 200);
    assert_int_equal(buffer_length(&parcel->body), 500);
    get(peers, PARCEL_PATH "?from=500", 410);
    packing_end(&packing);
}

static void test_parcel_is_the_operators(void **state)
{
    struct peers *peers = *state;
    struct packing packing;

    packing_begin(peers, &packing, 0);
    open_with(peers, RIGHTS_ALL & ~RIGHT_CONTROL, 8);
    get(peers, PARCEL_PATH, 403);
    get(peers, "/v1/jobs/91020304-0506-7008-800a-0b0c0d0e0f10/parcel", 404);
    packing_end(&packing);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        gate_test(test_parcel),
        gate_test(test_parcel_goes_on),
        gate_test(test_parcel_cut),
        gate_test(test_parcel_is_the_operators),
    };

    if (!gate_program_init(argc, argv))
        return 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
