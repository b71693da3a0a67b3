/* See screen.h: a terminal that is read by a process which is killed at any moment, and a belt that
 * holds what no gate would put there. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "door/screen.h"
#include "door/test-both.h"

enum { BELT = 16 * PAGE, KILLS = 300, LINE = 40 };

struct screen {
    struct both both;
    int master, slave;
    int belt_fd;
    struct belt gate, warden;
    uint64_t seen; /* bytes that the warden took, each of them checked */
};

static int set_up(void **state)
{
    struct screen *screen = calloc(1, sizeof(*screen));
    struct termios raw;
    int unlocked = 0;
    int packets = 1;

    assert_non_null(screen);
    both_open(&screen->both, CAPACITY);
    screen->master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    assert_true(screen->master >= 0);
    assert_int_equal(ioctl(screen->master, TIOCSPTLCK, &unlocked), 0);
    assert_int_equal(ioctl(screen->master, TIOCPKT, &packets), 0);
    screen->slave = ioctl(screen->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(screen->slave >= 0);
    assert_int_equal(tcgetattr(screen->slave, &raw), 0);
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(screen->slave, TCSANOW, &raw), 0);
    screen->belt_fd = belt_make(BELT);
    assert_true(screen->belt_fd >= 0);
    assert_int_equal(belt_map(&screen->gate, screen->belt_fd, BELT_WRITES), 0);
    assert_int_equal(belt_map(&screen->warden, screen->belt_fd, BELT_READS), 0);
    *state = screen;
    return 0;
}

static int tear_down(void **state)
{
    struct screen *screen = *state;

    both_close(&screen->both);
    close(screen->master);
    if (screen->slave >= 0)
        close(screen->slave);
    close(screen->belt_fd);
    belt_close(&screen->gate);
    belt_close(&screen->warden);
    free(screen);
    return 0;
}

/* As the next gate finds it. */
static void map_anew(struct screen *screen)
{
    belt_close(&screen->gate);
    assert_int_equal(belt_map(&screen->gate, screen->belt_fd, BELT_WRITES), 0);
}

static ssize_t put(struct screen *screen)
{
    return screen_put(&screen->gate, screen->both.gate, screen->master);
}

static void shows(const struct screen *screen, const char *text)
{
    assert_int_equal(write(screen->slave, text, strlen(text)), strlen(text));
}

/* The kernel moves what was written to the other side a moment later. */
static ssize_t put_soon(struct screen *screen)
{
    ssize_t size = 0;

    for (int i = 0; i < 1000 && size == 0; i++) {
        size = put(screen);
        if (size == 0)
            usleep(1000);
    }
    return size;
}

static void test_frames(void **state)
{
    struct screen *screen = *state;
    struct frame_header header;
    const uint8_t *payload;

    assert_int_equal(put(screen), 0);
    assert_int_equal(screen_next(&screen->warden, &header, &payload), 0);
    shows(screen, "hello");
    assert_int_equal(put_soon(screen), 5);
    assert_int_equal(screen_next(&screen->warden, &header, &payload), 1);
    assert_int_equal(header.kind, FRAME_OUT);
    assert_int_equal(header.length, 5);
    assert_memory_equal(payload, "hello", 5);
    belt_take(&screen->warden, FRAME_HEADER_SIZE + 5);
    assert_int_equal(screen_next(&screen->warden, &header, &payload), 0);
}

/* Flow control and flushes are told in packets of their own; they are no output. */
static void test_status_is_no_output(void **state)
{
    struct screen *screen = *state;

    assert_int_equal(tcflush(screen->slave, TCIFLUSH), 0);
    assert_int_equal(tcflow(screen->slave, TCOOFF), 0);
    assert_int_equal(tcflow(screen->slave, TCOON), 0);
    assert_int_equal(put(screen), 0);
    shows(screen, "x");
    assert_int_equal(put_soon(screen), 1);
}

static void test_end(void **state)
{
    struct screen *screen = *state;

    shows(screen, "bye");
    close(screen->slave);
    screen->slave = -1;
    assert_int_equal(put_soon(screen), 3);
    assert_int_equal(put(screen), -EIO);
}

static void test_full(void **state)
{
    struct screen *screen = *state;
    char line[SCREEN_PIECE / 4];
    ssize_t size = 0;
    size_t frames = 0;

    memset(line, 'x', sizeof(line));
    while (size >= 0 && frames < 1000) {
        assert_int_equal(write(screen->slave, line, sizeof(line)), sizeof(line));
        size = put_soon(screen);
        frames++;
    }
    assert_int_equal(size, -ENOBUFS);
    assert_true(frames > 10);
}

/* ---- a reader that is killed ---- */

static void take_all(struct screen *screen)
{
    struct frame_header header;
    const uint8_t *payload;

    /* Bounded: the other two may be faster. */
    for (int n = 0; n < 1000 && screen_next(&screen->warden, &header, &payload) == 1; n++) {
        size_t good = 0;

        while (good < header.length && payload[good] == byte_at(screen->seen + good))
            good++;
        assert_int_equal(good, header.length);
        screen->seen += header.length;
        belt_take(&screen->warden, FRAME_HEADER_SIZE + header.length);
    }
}

static _Noreturn void be_a_gate(const struct screen *screen)
{
    struct belt belt;
    struct ring *ring;

    /* A ring is no child's; this one is not ours. */
    if (belt_map(&belt, screen->belt_fd, BELT_WRITES) ||
        ring_map(&ring, ring_fd(screen->both.warden)))
        _exit(1);
    for (;;)
        (void)screen_put(&belt, ring, screen->master);
}

/* Writes without end, so that the reader has always something to be killed over. */
static _Noreturn void be_a_program(int slave)
{
    uint8_t bytes[LINE];

    for (uint64_t at = 0;;) {
        ssize_t written;

        for (size_t i = 0; i < sizeof(bytes); i++)
            bytes[i] = byte_at(at + i);
        written = write(slave, bytes, 1 + at % sizeof(bytes));
        if (written < 0)
            _exit(1);
        at += (uint64_t)written;
    }
}

static pid_t start(const struct screen *screen, bool gate)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* also when the test fails before it ends them */
    if (pid == 0 && gate)
        be_a_gate(screen);
    if (pid == 0)
        be_a_program(screen->slave);
    return pid;
}

static void end(pid_t pid)
{
    int status;

    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}

static void test_a_killed_reader_loses_nothing(void **state)
{
    struct screen *screen = *state;
    pid_t program = start(screen, false);

    for (int kills = 0; kills < KILLS; kills++) {
        pid_t gate = start(screen, true);

        for (int i = 0; i < 5; i++) {
            usleep((useconds_t)(rand() % 400));
            take_all(screen);
        }
        end(gate);
        assert_int_equal(screen_recover(screen->both.warden, screen->belt_fd), 0);
        ring_set_reading(screen->both.warden, 0);
        take_all(screen);
    }
    end(program);
    assert_true(screen->seen > KILLS);
}

/* The same moments, one by one: what a reader leaves that is killed there. */
static void test_each_moment(void **state)
{
    struct screen *screen = *state;
    struct frame_header header;
    const uint8_t *payload;
    uint64_t before;
    uint64_t word;

    shows(screen, "abc");
    assert_int_equal(put_soon(screen), 3);
    before = belt_written(&screen->gate);
    word = before << 16 | 3;
    /* Before the read: there is nothing. */
    belt_room(&screen->gate, &(size_t){0})[FRAME_HEADER_SIZE - 1] = SCREEN_UNREAD;
    ring_set_reading(screen->both.gate, word);
    assert_int_equal(screen_recover(screen->both.warden, screen->belt_fd), 0);
    map_anew(screen);
    assert_int_equal(belt_written(&screen->gate), before);
    /* After it. */
    memcpy(belt_room(&screen->gate, &(size_t){0}) + FRAME_HEADER_SIZE - 1, "\0def", 4);
    assert_int_equal(screen_recover(screen->both.warden, screen->belt_fd), 0);
    assert_int_equal(screen_next(&screen->warden, &header, &payload), 1);
    belt_take(&screen->warden, FRAME_HEADER_SIZE + header.length);
    assert_int_equal(screen_next(&screen->warden, &header, &payload), 1);
    assert_memory_equal(payload, "def", 3);
    belt_take(&screen->warden, FRAME_HEADER_SIZE + header.length);
    /* After it was put: not once more. */
    assert_int_equal(screen_recover(screen->both.warden, screen->belt_fd), 0);
    assert_int_equal(screen_next(&screen->warden, &header, &payload), 0);
}

static void test_hostile(void **state)
{
    static const uint64_t words[] = {1, SCREEN_PIECE + 1, UINT64_MAX, 1ull << 15, 0xffff, 1 << 16};
    static const struct frame_header headers[] = {
        {.kind = FRAME_ERR, .length = 1},   {.kind = FRAME_EXIT, .length = 8},
        {.kind = FRAME_OUT, .length = 0},   {.kind = FRAME_OUT, .length = SCREEN_PIECE + 1},
        {.kind = FRAME_OUT, .length = 101},
    };
    struct screen *screen = *state;
    struct frame_header header;
    const uint8_t *payload;
    size_t room;

    for (size_t i = 0; i < ELEMENTS_OF(words); i++) {
        ring_set_reading(screen->both.gate, words[i]);
        assert_int_equal(screen_recover(screen->both.warden, screen->belt_fd), 0);
        /* Nothing of it, or at most as much as one read gives. */
        (void)belt_bytes(&screen->warden, &room);
        assert_true(room <= FRAME_HEADER_SIZE + SCREEN_PIECE);
    }
    (void)belt_take(&screen->warden, room);
    map_anew(screen);
    for (size_t i = 0; i < ELEMENTS_OF(headers); i++) {
        frame_header_encode(&headers[i], belt_room(&screen->gate, &room));
        belt_put(&screen->gate, FRAME_HEADER_SIZE + 100);
        assert_int_equal(screen_next(&screen->warden, &header, &payload), -EBADMSG);
        belt_take(&screen->warden, FRAME_HEADER_SIZE + 100);
    }
    belt_put(&screen->gate, FRAME_HEADER_SIZE - 1);
    assert_int_equal(screen_next(&screen->warden, &header, &payload), -EBADMSG);
}

#define screen_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        screen_test(test_frames),
        screen_test(test_status_is_no_output),
        screen_test(test_end),
        screen_test(test_full),
        screen_test(test_a_killed_reader_loses_nothing),
        screen_test(test_each_moment),
        screen_test(test_hostile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
