/* A real gate between a warden and a console that the test plays: a terminal that it is lent. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/belt.h"
#include "base/cleanup.h"
#include "door/screen.h"
#include "gate/test-tell.h"

#define INPUT_PATH  JOB_PATH "/input"
#define OUTPUT_PATH JOB_PATH "/output"

/* A shell as the warden has it, and the program's side of its terminal, in raw mode. */
struct shell {
    struct ring *ring;
    int master, slave, belt_fd;
    struct belt belt;
};

static void shell_open(struct peers *peers, struct shell *shell)
{
    struct termios raw;
    int unlocked = 0;
    int packets = 1;

    shell->master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    assert_true(shell->master >= 0);
    assert_int_equal(ioctl(shell->master, TIOCSPTLCK, &unlocked), 0);
    assert_int_equal(ioctl(shell->master, TIOCPKT, &packets), 0);
    shell->slave = ioctl(shell->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    assert_true(shell->slave >= 0);
    assert_int_equal(tcgetattr(shell->slave, &raw), 0);
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(shell->slave, TCSANOW, &raw), 0);
    shell->belt_fd = belt_make(LIMIT_SCREEN_BELT);
    assert_true(shell->belt_fd >= 0);
    assert_int_equal(belt_map(&shell->belt, shell->belt_fd, BELT_READS), 0);
    assert_int_equal(ring_new(&shell->ring, LIMIT_RING), 0);
    ring_say(peers, shell->ring, "\1\0\0\0\0\0\0\5\0\0\0\0first", 17);
    ring_lend(shell->ring, ring_head(shell->ring), 0);
    tell_shell(peers, shell->ring, shell->master, shell->belt_fd, 7);
    open_with(peers, RIGHTS_ALL, 7);
}

static void shell_close(struct shell *shell)
{
    if (shell->slave >= 0)
        close(shell->slave);
    close(shell->master);
    close(shell->belt_fd);
    belt_close(&shell->belt);
    ring_free(shell->ring);
}

/* What the program gets, all of it. */
static void typed(struct peers *peers, const struct shell *shell, const char *expected)
{
    char got[256] = "";
    size_t size = 0;
    ssize_t n;

    for (int i = 0; i < 200 && size < strlen(expected); i++) {
        peers_pass(peers, 5);
        while ((n = read(shell->slave, got + size, sizeof(got) - 1 - size)) > 0)
            size += (size_t)n;
    }
    peers_pass(peers, 20);
    n = read(shell->slave, got + size, sizeof(got) - 1 - size);
    assert_string_equal(got, expected);
}

static void shows(const struct shell *shell, const char *text)
{
    assert_int_equal(write(shell->slave, text, strlen(text)), strlen(text));
}

/* Moves what is on the belt to the ring, as the warden does. */
static void take(struct peers *peers, struct shell *shell)
{
    struct frame_header header;
    const uint8_t *payload;
    uint8_t frame[FRAME_HEADER_SIZE + SCREEN_PIECE];
    bool waits = false;

    while (screen_next(&shell->belt, &header, &payload) == 1) {
        frame_header_encode(&header, frame);
        memcpy(frame + FRAME_HEADER_SIZE, payload, header.length);
        ring_say(peers, shell->ring, frame, FRAME_HEADER_SIZE + header.length);
        waits |= belt_take(&shell->belt, FRAME_HEADER_SIZE + header.length);
    }
    if (waits)
        tell_id(peers, DOOR_BYTES);
}

/* Whole frames are obeyed, however they come; then nonsense ends the writer alone. */
static void test_keys(void **state)
{
    static const char sent[] = "\1\0\0\3abc\1\0\0\1d\1\1\1"; /* the last byte never leaves */
    struct peers *peers = *state;
    struct exchange *input;
    struct shell shell;

    shell_open(peers, &shell);
    input = peers_request_part(peers, "POST", INPUT_PATH, sent, sizeof(sent) - 1, 6);
    peers_quiet(peers);
    typed(peers, &shell, "");
    exchange_release(input, 11);
    typed(peers, &shell, "abc");
    exchange_release(input, sizeof(sent) - 2);
    typed(peers, &shell, "d");
    assert_int_equal(ring_input(shell.ring), 12);
    peers_disconnect(peers);
    /* What was cut goes with its connection; the same console sends it again, and it is bad. */
    peers_connect(peers);
    open_with(peers, RIGHTS_ALL, 7);
    input = peers_request(peers, "POST", INPUT_PATH "?from=7", NULL, "\1\0\0\1d\1\1\0\0", 9);
    peers_finish(peers, input, 400);
    typed(peers, &shell, "");
    assert_int_equal(ring_input(shell.ring), 12);
    /* Another may go on, and its end is the terminal's. */
    input = peers_request(peers, "POST", INPUT_PATH "?from=12", NULL, "\1\0\0\1e\1", 6);
    assert_memory_equal(peers_told(peers, DOOR_INPUT_END).bytes, job_id, sizeof(job_id));
    peers_finish(peers, input, 200);
    assert_true(exchange_says(input, "{\"taken\":17}"));
    typed(peers, &shell, "e");
    shell_close(&shell);
}

static void test_taken_over(void **state)
{
    struct peers *peers = *state;
    struct exchange *first, *second;
    struct shell shell;

    shell_open(peers, &shell);
    first = peers_request_part(peers, "POST", INPUT_PATH, "\1\0\0\1a\1\0\0\1b", 10, 5);
    peers_quiet(peers);
    second = peers_request(peers, "POST", INPUT_PATH "?from=5&writer=9", NULL, "x", 1);
    peers_finish(peers, second, 400); /* of its own input nothing was taken */
    second = peers_request_part(peers, "POST", INPUT_PATH "?writer=9", "\1\0\0\1c\1\0\0\1d", 10, 5);
    peers_finish(peers, first, 409);
    assert_true(exchange_says(first, "taken-over"));
    typed(peers, &shell, "ac");
    /* The first one comes back, as after a lost connection. */
    first = peers_request(peers, "POST", INPUT_PATH "?from=5", NULL, "\1\0\0\1b", 5);
    peers_finish(peers, first, 409);
    get(peers, JOB_PATH, 200);
    assert_true(exchange_says(&peers->exchanges[peers->exchange_count - 1], "\"writer\":9"));
    exchange_release(second, 10);
    peers_told(peers, DOOR_INPUT_END);
    typed(peers, &shell, "d");
    shell_close(&shell);
}

static void test_resize(void **state)
{
    struct peers *peers = *state;
    struct winsize size;
    struct shell shell;

    shell_open(peers, &shell);
    peers_request_part(peers, "POST", INPUT_PATH, "\2\0\0\10\0\62\0\204\0\0\0\0", 13, 12);
    for (int i = 0; i < 200; i++) {
        peers_pass(peers, 5);
        assert_int_equal(ioctl(shell.slave, TIOCGWINSZ, &size), 0);
        if (size.ws_row == 50)
            break;
    }
    assert_int_equal(size.ws_row, 50);
    assert_int_equal(size.ws_col, 132);
    shell_close(&shell);
}

/* A program that does not read: the rest of a frame waits, is counted only as a whole, and each key
 * comes once, though the console asks twice. */
static void test_terminal_full(void **state)
{
    enum { TOTAL = 40, PIECE = 4000 };
    struct peers *peers = *state;
    _cleanup_free_ uint8_t *sent = malloc(TOTAL * (4 + PIECE));
    struct exchange *input;
    struct shell shell;
    uint64_t taken;
    size_t got = 0;

    for (size_t i = 0; i < TOTAL; i++) {
        uint8_t *frame = sent + i * (4 + PIECE);

        memcpy(frame, (const uint8_t[]){1, 0, PIECE >> 8, PIECE & 0xff}, 4);
        for (size_t k = 0; k < PIECE; k++)
            frame[4 + k] = (uint8_t)('a' + (i * PIECE + k) % 23);
    }
    shell_open(peers, &shell);
    peers_request(peers, "POST", INPUT_PATH, NULL, sent, TOTAL * (4 + PIECE));
    peers_pass(peers, 200);
    taken = ring_input(shell.ring);
    assert_int_equal(taken % (4 + PIECE), 0);
    assert_true(taken < TOTAL * (4 + PIECE));
    peers_disconnect(peers);
    peers_connect(peers);
    open_with(peers, RIGHTS_ALL, 7);
    input = peers_request(peers, "POST", INPUT_PATH "?from=0", NULL, sent, TOTAL * (4 + PIECE));
    for (int idle = 0; got < (size_t)TOTAL * PIECE && idle < 400;) {
        uint8_t bytes[1000];
        ssize_t n = read(shell.slave, bytes, sizeof(bytes));

        for (ssize_t i = 0; i < n; i++)
            assert_int_equal(bytes[i], 'a' + (got + (size_t)i) % 23);
        got += n > 0 ? (size_t)n : 0;
        idle = n > 0 ? 0 : idle + 1;
        peers_pass(peers, n > 0 ? 0 : 5);
    }
    assert_int_equal(got, TOTAL * PIECE);
    peers_told(peers, DOOR_INPUT_END);
    peers_finish(peers, input, 200);
    shell_close(&shell);
}

/* What is shown is sent before the warden knows of it, and is the same bytes once it does. */
static void test_shown(void **state)
{
    struct peers *peers = *state;
    struct exchange *ahead, *later;
    struct shell shell;
    size_t size;

    shell_open(peers, &shell);
    ahead = peers_request(peers, "GET", OUTPUT_PATH, NULL, NULL, 0);
    peers_receive(peers, ahead, 17);
    shows(&shell, "second");
    peers_receive(peers, ahead, 35);
    assert_int_equal(ring_head(shell.ring), 17);
    get(peers, JOB_PATH, 200);
    assert_true(exchange_says(&peers->exchanges[peers->exchange_count - 1], "\"output\":35"));
    /* From the belt alone, and from both. */
    later = peers_request(peers, "GET", OUTPUT_PATH "?from=17", NULL, NULL, 0);
    peers_receive(peers, later, 18);
    take(peers, &shell);
    assert_int_equal(ring_head(shell.ring), 35);
    shows(&shell, "third");
    peers_receive(peers, ahead, 52);
    peers_receive(peers, later, 35);
    size = buffer_length(&later->body);
    assert_memory_equal(buffer_bytes(&later->body), buffer_bytes(&ahead->body) + 17, size);
    assert_memory_equal(buffer_bytes(&ahead->body) + 47, "third", 5);
    later = get(peers, OUTPUT_PATH "?from=53", 400);
    assert_true(exchange_says(later, "0 to 52"));
    shell_close(&shell);
}

/* More than the belt holds: the warden is told, and the program waits for it. */
static void test_much_is_shown(void **state)
{
    enum { TOTAL = 4 * LIMIT_SCREEN_BELT, MUCH = LIMIT_SCREEN_BELT / 4 };
    struct peers *peers = *state;
    struct exchange *output;
    struct shell shell;
    size_t written = 0;
    size_t told = 0;

    shell_open(peers, &shell);
    output = peers_request(peers, "GET", OUTPUT_PATH, NULL, NULL, 0);
    for (int i = 0; i < 4000 && written < TOTAL; i++) {
        uint8_t bytes[500];
        size_t waiting;
        ssize_t n;

        memset(bytes, 'x', sizeof(bytes));
        n = write(shell.slave, bytes, sizeof(bytes));
        written += n > 0 ? (size_t)n : 0;
        peers_pass(peers, n > 0 ? 0 : 1);
        (void)belt_bytes(&shell.belt, &waiting);
        if (!peers->told)
            continue;
        peers_told(peers, DOOR_ROOM);
        told++;
        if (n <= 0 || waiting > LIMIT_SCREEN_BELT / 2)
            take(peers, &shell);
    }
    assert_true(written >= TOTAL);
    /* Not until there was much, and once more whenever the belt was full. */
    assert_in_range(told, TOTAL / LIMIT_SCREEN_BELT, 2 * TOTAL / MUCH);
    while (ring_head(shell.ring) < TOTAL) {
        if (peers->told)
            peers_told(peers, DOOR_ROOM);
        take(peers, &shell);
        peers_pass(peers, 1);
    }
    peers_receive(peers, output, TOTAL);
    /* What it still says would be left unheard. */
    for (int quiet = 0; quiet < 10; quiet++) {
        peers_pass(peers, 5);
        if (peers->told) {
            peers_told(peers, DOOR_ROOM);
            quiet = 0;
        }
    }
    shell_close(&shell);
}

static void test_given_back(void **state)
{
    struct peers *peers = *state;
    struct frame_header header;
    const uint8_t *payload;
    struct shell shell;

    /* Asked for, with what is there. */
    shell_open(peers, &shell);
    shows(&shell, "last");
    for (int i = 0; i < 200 && screen_next(&shell.belt, &header, &payload) == 0; i++)
        peers_pass(peers, 5);
    tell_id(peers, DOOR_RECALL);
    assert_memory_equal(peers_told(peers, DOOR_RETURNED).bytes, job_id, sizeof(job_id));
    assert_int_equal(screen_next(&shell.belt, &header, &payload), 1);
    assert_memory_equal(payload, "last", 4);
    shows(&shell, "not for the gate");
    tell_id(peers, DOOR_RECALL);
    peers_quiet(peers);
    assert_int_equal(belt_take(&shell.belt, FRAME_HEADER_SIZE + 4), 0);
    assert_int_equal(screen_next(&shell.belt, &header, &payload), 0);
    shell_close(&shell);
}

static void test_hung_up(void **state)
{
    struct peers *peers = *state;
    struct frame_header header;
    const uint8_t *payload;
    struct shell shell;

    shell_open(peers, &shell);
    shows(&shell, "bye");
    close(shell.slave);
    shell.slave = -1;
    peers_told(peers, DOOR_RETURNED);
    assert_int_equal(screen_next(&shell.belt, &header, &payload), 1);
    assert_memory_equal(payload, "bye", 3);
    shell_close(&shell);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        gate_test(test_keys),          gate_test(test_taken_over), gate_test(test_resize),
        gate_test(test_terminal_full), gate_test(test_shown),      gate_test(test_much_is_shown),
        gate_test(test_given_back),    gate_test(test_hung_up),
    };

    if (!gate_program_init(argc, argv))
        return 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
