/* See listeners.h. All on the loopback, on ports that the kernel has just said are free. */
#include "warden/test-support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "warden/listeners.h"

/* A port that was free a moment ago; the socket keeps it while it is open. */
static uint16_t port_take(int *fd_out)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    if (fd_out) {
        assert_int_equal(listen(fd, 1), 0);
        *fd_out = fd;
    } else {
        close(fd);
    }
    return ntohs(address.sin_port);
}

static void configure(struct config *config, const char *first, const char *second)
{
    config_init(config);
    text_copy(config->listen[0], sizeof(config->listen[0]), first);
    text_copy(config->listen[1], sizeof(config->listen[1]), second ? second : "");
    config->listen_count = second ? 2 : 1;
}

static void name_of(char name_out[80], uint16_t port)
{
    snprintf(name_out, 80, "127.0.0.1:%u", port);
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    _cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

static void test_open_and_close(void **state)
{
    struct listeners listeners = {0};
    unsigned before = count_open_fds();
    uint16_t port = port_take(NULL);
    struct config config;
    char name[80];

    (void)state;
    name_of(name, port);
    configure(&config, name, NULL);
    assert_int_equal(listeners_open(&listeners, &config), 0);
    assert_int_equal(listeners.count, 1);
    assert_string_equal(listeners.names[0], name);
    assert_false(listeners.inherited);
    assert_int_equal(fcntl(listeners.fds[0], F_GETFD), FD_CLOEXEC);
    assert_true(fcntl(listeners.fds[0], F_GETFL) & O_NONBLOCK);
    /* Nobody is let in before the address is told. */
    assert_int_equal(connect_to(port), -ECONNREFUSED);
    assert_int_equal(listeners_listen(&listeners), 0);
    assert_int_equal(connect_to(port), 0);
    listeners_close(&listeners);
    assert_int_equal(listeners.count, 0);
    assert_int_equal(connect_to(port), -ECONNREFUSED);
    assert_int_equal(count_open_fds(), before);
}

static void test_bad_addresses(void **state)
{
    static const char *const names[] = {
        "127.0.0.1",  "localhost:80", ":80",   "127.0.0.1:",     "127.0.0.1:65536",
        "[::1:80",    "::1]:80",      "[]:80", "127.0.0.256:80", "[127.0.0.1]:80",
        "127.0.0:80", "[:80",         "]:80",  "127.0.0.1:80x",  "[::1]x:80",
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(names); i++) {
        struct listeners listeners = {0};
        struct config config;

        configure(&config, names[i], NULL);
        if (listeners_open(&listeners, &config) != -EINVAL)
            fail_msg("%s is taken", names[i]);
        assert_int_equal(listeners.count, 0);
    }
}

static void test_all_or_nothing(void **state)
{
    unsigned before = count_open_fds();
    struct listeners listeners = {0};
    uint16_t free_port = port_take(NULL);
    struct config config;
    char free_name[80];
    char taken_name[80];
    int taken;

    (void)state;
    name_of(free_name, free_port);
    name_of(taken_name, port_take(&taken));
    configure(&config, free_name, taken_name);
    assert_int_equal(listeners_open(&listeners, &config), -EADDRINUSE);
    assert_int_equal(listeners.count, 0);
    assert_int_equal(connect_to(free_port), -ECONNREFUSED);
    configure(&config, "203.0.113.77:1", NULL); /* of nobody's */
    assert_int_equal(listeners_open(&listeners, &config), -EADDRNOTAVAIL);
    close(taken);
    assert_int_equal(count_open_fds(), before);
}

/* At a reset: what stays is not closed for a moment, what is new is opened, what is left out goes.
 */
static void test_again(void **state)
{
    unsigned before = count_open_fds();
    struct listeners listeners = {0};
    uint16_t ports[3] = {port_take(NULL), port_take(NULL), port_take(NULL)};
    struct config config;
    char names[3][80];
    int kept;

    (void)state;
    for (int i = 0; i < 3; i++)
        name_of(names[i], ports[i]);
    configure(&config, names[0], names[1]);
    assert_int_equal(listeners_open(&listeners, &config), 0);
    kept = listeners.fds[1];
    configure(&config, names[2], names[1]);
    assert_int_equal(listeners_open(&listeners, &config), 0);
    assert_int_equal(listeners.count, 2);
    assert_int_equal(listeners.fds[1], kept);
    assert_string_equal(listeners.names[0], names[2]);
    assert_int_equal(listeners_listen(&listeners), 0);
    assert_int_equal(connect_to(ports[0]), -ECONNREFUSED);
    assert_int_equal(connect_to(ports[1]), 0);
    assert_int_equal(connect_to(ports[2]), 0);
    assert_int_equal(count_open_fds(), before + 2);
    /* Named twice, it is one. */
    configure(&config, names[1], names[1]);
    assert_int_equal(listeners_open(&listeners, &config), 0);
    assert_int_equal(listeners.count, 1);
    assert_int_equal(count_open_fds(), before + 1);
    listeners_close(&listeners);
    assert_int_equal(count_open_fds(), before);
}

/* A reset with an address that cannot be had must not take the agent off the network. */
static void test_failed_reset_keeps_the_old(void **state)
{
    unsigned before = count_open_fds();
    struct listeners listeners = {0};
    uint16_t port = port_take(NULL);
    struct config config;
    char name[80];
    int kept;

    (void)state;
    name_of(name, port);
    configure(&config, name, NULL);
    assert_int_equal(listeners_open(&listeners, &config), 0);
    assert_int_equal(listeners_listen(&listeners), 0);
    kept = listeners.fds[0];
    configure(&config, name, "203.0.113.77:1");
    assert_int_equal(listeners_open(&listeners, &config), -EADDRNOTAVAIL);
    assert_int_equal(listeners.count, 1);
    assert_int_equal(listeners.fds[0], kept);
    assert_int_equal(connect_to(port), 0);
    configure(&config, "nonsense", NULL);
    assert_int_equal(listeners_open(&listeners, &config), -EINVAL);
    assert_int_equal(connect_to(port), 0);
    listeners_close(&listeners);
    assert_int_equal(count_open_fds(), before);
}

static void test_publish(void **state)
{
    struct folder *folder = *state;
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    struct listeners listeners = {0};
    uint16_t port = port_take(NULL);
    struct config config;
    char expected[81];
    char name[80];

    name_of(name, port);
    configure(&config, name, NULL);
    assert_int_equal(listeners_open(&listeners, &config), 0);
    assert_int_equal(listeners_publish(&listeners, &folder->place), 0);
    folder_read(folder, "run/listen", &content);
    snprintf(expected, sizeof(expected), "%s\n", name);
    assert_string_equal(buffer_text(&content), expected);
    listeners_close(&listeners);
}

static void test_ipv6(void **state)
{
    struct folder *folder = *state;
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    struct listeners listeners = {0};
    struct config config;
    char name[80];

    snprintf(name, sizeof(name), "[::1]:%u", port_take(NULL));
    configure(&config, name, NULL);
    if (listeners_open(&listeners, &config)) {
        print_message("skipped: there is no IPv6 loopback here\n");
        skip();
    }
    assert_int_equal(listeners_publish(&listeners, &folder->place), 0);
    folder_read(folder, "run/listen", &content);
    assert_non_null(strstr(buffer_text(&content), "[::1]:"));
    listeners_close(&listeners);
}

/* Socket activation, in a child of its own, since it is about descriptors from 3 on. */
static _Noreturn void inherit(const char *pid_text, const char *count_text, bool taken)
{
    struct listeners listeners = {0};
    struct config config;
    char own_pid[16];
    int fd;
    bool good;

    snprintf(own_pid, sizeof(own_pid), "%d", getpid());
    port_take(&fd);
    if (fd != 3) {
        dup2(fd, 3);
        close(fd);
    }
    setenv("LISTEN_PID", pid_text ? pid_text : own_pid, 1);
    setenv("LISTEN_FDS", count_text, 1);
    configure(&config, "nonsense", NULL);
    if (taken)
        good = listeners_open(&listeners, &config) == 0 && listeners.inherited &&
               listeners.count == 1 && listeners.fds[0] >= 64 && fcntl(3, F_GETFD) < 0 &&
               fcntl(listeners.fds[0], F_GETFD) == FD_CLOEXEC && !getenv("LISTEN_FDS") &&
               /* A reset leaves them alone. */
               listeners_open(&listeners, &config) == 0 && listeners.count == 1;
    else
        good = listeners_open(&listeners, &config) == -EINVAL && fcntl(3, F_GETFD) >= 0;
    /* The child's own ends are the test; what cmocka allocated is the parent's. */
    _exit(good ? 0 : 1);
}

static void test_inherited(void **state)
{
    static const struct {
        const char *pid;
        const char *count;
        bool taken;
    } rows[] = {
        {NULL, "1", true},  {"1", "1", false},  {NULL, "0", false},
        {NULL, "9", false}, {NULL, "x", false}, {"", "1", false},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(rows); i++) {
        int status;
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0)
            inherit(rows[i].pid, rows[i].count, rows[i].taken);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (status != 0)
            fail_msg("row %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_and_close),
        cmocka_unit_test(test_bad_addresses),
        cmocka_unit_test(test_all_or_nothing),
        cmocka_unit_test(test_again),
        cmocka_unit_test(test_failed_reset_keeps_the_old),
        folder_test(test_publish),
        folder_test(test_ipv6),
        cmocka_unit_test(test_inherited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
