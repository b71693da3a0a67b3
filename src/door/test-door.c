/* See door.h. One side is a door, the other is often a bare socket that breaks the rules. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/failing-malloc.h"
#include "door/door.h"

static unsigned count_open_fds(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

/* Both sides, as doors. */
struct pair {
    struct door *warden;
    struct door *gate;
};

static void pair_open(struct pair *pair)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(door_new(&pair->warden, DOOR_WARDEN, ends[0]), 0);
    assert_int_equal(door_new(&pair->gate, DOOR_GATE, ends[1]), 0);
}

static void pair_close(struct pair *pair)
{
    pair->warden = door_free(pair->warden);
    pair->gate = door_free(pair->gate);
}

/* What a peer without our code could put into the socket. */
static void send_raw(int socket, const void *bytes, size_t size, int fd, size_t fd_count)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int) * 32)];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    int fds[32];

    assert_true(fd_count <= ELEMENTS_OF(fds));
    for (size_t i = 0; i < fd_count; i++)
        fds[i] = fd;
    if (fd_count > 0) {
        header.msg_control = control.bytes;
        header.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        control.align = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
                                         .cmsg_type = SCM_RIGHTS,
                                         .cmsg_len = CMSG_LEN(sizeof(int) * fd_count)};
        memcpy(CMSG_DATA(&control.align), fds, sizeof(int) * fd_count);
    }
    assert_int_equal(sendmsg(socket, &header, MSG_NOSIGNAL), (ssize_t)size);
}

static void test_message_with_descriptors(void **state)
{
    unsigned before = count_open_fds();
    struct door_message message;
    struct pair pair;
    int ends[2];

    (void)state;
    pair_open(&pair);
    assert_int_equal(door_receive(pair.gate, &message), 0);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(door_send(pair.warden, DOOR_JOB, "body", 4, ends, 2), 0);
    assert_int_equal(door_receive(pair.gate, &message), 1);
    assert_int_equal(message.type, DOOR_JOB);
    assert_true(slice_is_text(message.body, "body"));
    assert_int_equal(message.fd_count, 2);
    /* They are the pipe, not numbers of it, and do not survive an exec. */
    assert_int_equal(write(message.fds[1], "x", 1), 1);
    assert_int_equal(fcntl(message.fds[0], F_GETFD), FD_CLOEXEC);
    for (int i = 0; i < 2; i++) {
        close(message.fds[i]);
        close(ends[i]);
    }
    assert_int_equal(door_receive(pair.gate, &message), 0);
    pair_close(&pair);
    assert_int_equal(count_open_fds(), before);
}

static void test_largest_body(void **state)
{
    static const uint8_t body[LIMIT_DOOR_MESSAGE + 1];
    struct door_message message;
    struct pair pair;

    (void)state;
    pair_open(&pair);
    assert_int_equal(door_send(pair.warden, DOOR_SETUP, body, LIMIT_DOOR_MESSAGE, NULL, 0), 0);
    assert_int_equal(door_receive(pair.gate, &message), 1);
    assert_int_equal(message.body.size, LIMIT_DOOR_MESSAGE);
    assert_int_equal(door_send(pair.warden, DOOR_SETUP, body, LIMIT_DOOR_MESSAGE + 1, NULL, 0),
                     -EPROTO);
    pair_close(&pair);
}

/* What our own side must not send either: the same table guards both directions. */
static void test_refuses_to_send(void **state)
{
    static const uint8_t body[64];
    struct pair pair;
    int fds[] = {0, 0, 0, 0, 0};

    (void)state;
    pair_open(&pair);
    assert_int_equal(door_send(pair.warden, DOOR_READY, NULL, 0, NULL, 0), -EPROTO);
    assert_int_equal(door_send(pair.gate, DOOR_SETUP, NULL, 0, NULL, 0), -EPROTO);
    assert_int_equal(door_send(pair.gate, DOOR_ROOM, body, 17, NULL, 0), -EPROTO);
    assert_int_equal(door_send(pair.gate, DOOR_ROOM, body, 16, fds, 1), -EPROTO);
    assert_int_equal(door_send(pair.warden, DOOR_SPOOL, body, 24, NULL, 0), -EPROTO);
    assert_int_equal(door_send(pair.warden, DOOR_JOB, body, 16, fds, 5), -EPROTO);
    assert_int_equal(door_send(pair.warden, (enum door_type)0, NULL, 0, NULL, 0), -EPROTO);
    assert_int_equal(door_send(pair.warden, (enum door_type)99, NULL, 0, NULL, 0), -EPROTO);
    assert_false(door_wants_write(pair.warden));
    pair_close(&pair);
}

struct breach {
    const char *what;
    uint16_t type;
    size_t size; /* of the body; the packet has two bytes more */
    size_t fd_count;
};

static const struct breach breaches_of_gate[] = {
    {"no type", 0, 0, 0},
    {"unknown type", 99, 0, 0},
    {"unknown type far off", 0xffff, 4, 2},
    {"wrong way", DOOR_SETUP, 4, 1},
    {"wrong way, empty", DOOR_GOODBYE, 0, 0},
    {"body where none may be", DOOR_READY, 1, 0},
    {"body one too long", DOOR_ROOM, 17, 0},
    {"body one too long for any", DOOR_ORDER, LIMIT_DOOR_MESSAGE + 1, 0},
    {"body far too long", DOOR_ORDER, 2 * LIMIT_DOOR_MESSAGE, 1},
    {"descriptor where none may be", DOOR_ROOM, 16, 1},
    {"one descriptor too many", DOOR_ORDER, 16, 2},
    {"as many as fit", DOOR_ORDER, 16, DOOR_FDS_MAX},
    {"more than fit", DOOR_ORDER, 16, DOOR_FDS_MAX + 1},
    {"many more than fit", DOOR_ORDER, 16, 32},
};

static const struct breach breaches_of_warden[] = {
    {"wrong way", DOOR_READY, 0, 0},
    {"descriptor missing", DOOR_SPOOL, 24, 0},
    {"one descriptor too many", DOOR_JOB, 16, 5},
    {"more than fit, where all may be", DOOR_SETUP, 16, DOOR_FDS_MAX + 1},
    {"body one too long for any", DOOR_SETUP, LIMIT_DOOR_MESSAGE + 1, 0},
};

static void try_breaches(enum door_side side, const struct breach *breaches, size_t count)
{
    static uint8_t packet[2 + 2 * LIMIT_DOOR_MESSAGE];
    struct door_message message;

    for (size_t i = 0; i < count; i++) {
        unsigned before = count_open_fds();
        struct door *door;
        int ends[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
        assert_int_equal(door_new(&door, side, ends[0]), 0);
        packet[0] = (uint8_t)(breaches[i].type >> 8);
        packet[1] = (uint8_t)breaches[i].type;
        send_raw(ends[1], packet, 2 + breaches[i].size, 0, breaches[i].fd_count);
        if (door_receive(door, &message) != -EPROTO)
            fail_msg("%s is no breach", breaches[i].what);
        /* Two ends of the door, and nothing that came through it. */
        if (count_open_fds() != before + 2)
            fail_msg("%s leaves descriptors open", breaches[i].what);
        door_free(door);
        close(ends[1]);
    }
}

static void test_breaches(void **state)
{
    (void)state;
    try_breaches(DOOR_WARDEN, breaches_of_gate, ELEMENTS_OF(breaches_of_gate));
    try_breaches(DOOR_GATE, breaches_of_warden, ELEMENTS_OF(breaches_of_warden));
}

/* Not even a type: one byte, or none, which looks like the end and may carry descriptors. */
static void test_short_packets(void **state)
{
    unsigned before = count_open_fds();
    struct door_message message;
    struct door *door;
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(door_new(&door, DOOR_WARDEN, ends[0]), 0);
    send_raw(ends[1], "\0", 1, 0, 0);
    assert_int_equal(door_receive(door, &message), -EPROTO);
    send_raw(ends[1], "", 0, 0, DOOR_FDS_MAX);
    assert_int_equal(door_receive(door, &message), -EPIPE);
    assert_int_equal(count_open_fds(), before + 2);
    door_free(door);
    close(ends[1]);
}

static void test_other_side_gone(void **state)
{
    static const uint8_t id[16];
    struct door_message message;
    struct pair pair;

    (void)state;
    pair_open(&pair);
    /* What was said before the end is still heard. */
    assert_int_equal(door_send(pair.gate, DOOR_READY, NULL, 0, NULL, 0), 0);
    pair.gate = door_free(pair.gate);
    assert_int_equal(door_receive(pair.warden, &message), 1);
    assert_int_equal(door_receive(pair.warden, &message), -EPIPE);
    assert_int_equal(door_send(pair.warden, DOOR_BYTES, id, sizeof(id), NULL, 0), -EPIPE);
    pair_close(&pair);
    /* And when it left without reading what it was told. */
    pair_open(&pair);
    assert_int_equal(door_send(pair.warden, DOOR_BYTES, id, sizeof(id), NULL, 0), 0);
    pair.gate = door_free(pair.gate);
    assert_int_equal(door_receive(pair.warden, &message), -EPIPE);
    pair_close(&pair);
}

/* Sends numbered messages until the socket is full, and one more. Returns how many. */
static uint32_t fill_socket(struct door *door, size_t size, const int *fds, size_t fd_count)
{
    static uint8_t body[4096];
    uint32_t count = 0;

    while (!door_wants_write(door)) {
        memcpy(body, &count, sizeof(count));
        assert_int_equal(door_send(door, DOOR_JOB, body, size, fds, fd_count), 0);
        count++;
    }
    return count;
}

/* Reads until there is nothing; returns what the next number is. */
static uint32_t read_numbers(struct door *door, uint32_t expected)
{
    struct door_message message;

    while (door_receive(door, &message) == 1) {
        assert_memory_equal(message.body.bytes, &expected, sizeof(expected));
        expected++;
        for (size_t i = 0; i < message.fd_count; i++) {
            assert_int_equal(fcntl(message.fds[i], F_GETFD), FD_CLOEXEC);
            close(message.fds[i]);
        }
    }
    return expected;
}

static void test_full_socket_queues_in_order(void **state)
{
    unsigned before = count_open_fds();
    struct pair pair;
    uint32_t count;
    uint32_t read = 0;
    int fd;

    (void)state;
    pair_open(&pair);
    fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    count = fill_socket(pair.warden, 4096, &fd, 1);
    for (int i = 0; i < 100; i++, count++)
        assert_int_equal(door_send(pair.warden, DOOR_JOB, &count, sizeof(count), &fd, 1), 0);
    /* Room in the socket is not for what comes after the queue. */
    read = read_numbers(pair.gate, read);
    assert_int_equal(door_send(pair.warden, DOOR_JOB, &count, sizeof(count), &fd, 1), 0);
    count++;
    /* The queue has descriptors of its own. */
    close(fd);
    while (door_wants_write(pair.warden)) {
        read = read_numbers(pair.gate, read);
        assert_int_equal(door_flush(pair.warden), 0);
    }
    assert_int_equal(read_numbers(pair.gate, read), count);
    pair_close(&pair);
    assert_int_equal(count_open_fds(), before);
}

static void test_queue_has_an_end(void **state)
{
    static const uint8_t id[16];
    unsigned before = count_open_fds();
    struct pair pair;
    unsigned queued = 1;
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int r;

    (void)state;
    pair_open(&pair);
    fill_socket(pair.warden, 4096, &fd, 1);
    while ((r = door_send(pair.warden, DOOR_BYTES, id, sizeof(id), NULL, 0)) == 0)
        queued++;
    assert_int_equal(r, -ENOBUFS);
    assert_int_equal(queued, LIMIT_DOOR_QUEUE);
    /* Room again, by exactly what the socket takes. */
    read_numbers(pair.gate, 0);
    assert_int_equal(door_flush(pair.warden), 0);
    assert_int_equal(door_send(pair.warden, DOOR_BYTES, id, sizeof(id), NULL, 0), 0);
    close(fd);
    pair_close(&pair);
    assert_int_equal(count_open_fds(), before);
}

static void test_queue_of_a_bad_descriptor(void **state)
{
    unsigned before = count_open_fds();
    struct pair pair;
    int fds[2] = {open("/dev/null", O_RDONLY | O_CLOEXEC), -1};

    (void)state;
    pair_open(&pair);
    fill_socket(pair.warden, 4096, fds, 1);
    assert_int_equal(door_send(pair.warden, DOOR_JOB, "", 0, fds, 2), -EBADF);
    close(fds[0]);
    pair_close(&pair);
    assert_int_equal(count_open_fds(), before);
}

static int make_and_queue(void *argument)
{
    static uint8_t body[4096];
    struct door *door;
    int ends[2];
    int r;

    (void)argument;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    r = door_new(&door, DOOR_WARDEN, ends[0]);
    if (r) {
        close(ends[0]);
    } else {
        while (!r && !door_wants_write(door))
            r = door_send(door, DOOR_JOB, body, sizeof(body), &ends[0], 1);
        door_free(door);
    }
    close(ends[1]);
    return r;
}

static void test_no_memory(void **state)
{
    unsigned before = count_open_fds();

    (void)state;
    assert_int_equal(failing_malloc_run(make_and_queue, NULL), 2);
    assert_int_equal(count_open_fds(), before);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(door_type_name(DOOR_SETUP), "SETUP");
    assert_string_equal(door_type_name(DOOR_GOODBYE), "GOODBYE");
    assert_string_equal(door_type_name(0), "unknown");
    assert_string_equal(door_type_name(99), "unknown");
    assert_string_equal(door_type_name(UINT16_MAX), "unknown");
    assert_null(door_free(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_with_descriptors),
        cmocka_unit_test(test_largest_body),
        cmocka_unit_test(test_refuses_to_send),
        cmocka_unit_test(test_breaches),
        cmocka_unit_test(test_short_packets),
        cmocka_unit_test(test_other_side_gone),
        cmocka_unit_test(test_full_socket_queues_in_order),
        cmocka_unit_test(test_queue_has_an_end),
        cmocka_unit_test(test_queue_of_a_bad_descriptor),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
