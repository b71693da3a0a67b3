/* ssh-agent's protocol against agents that lie, stammer, hang up or say nothing. Real agents are
 * asked in test-signer.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "fleet/home/agent-client.h"

enum { IDENTITIES_ANSWER = 12, SIGN_RESPONSE = 14, ENOUGH_MS = 4000 };

static const struct sshkey key = {.type = SSHKEY_ED25519, .point = {1, 2, 3}};

/* Our end of a connection, and the agent's, which has said `bytes` already. */
struct talk {
    int ours, theirs;
};

static struct talk talk_begin(const void *bytes, size_t size)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    if (size > 0)
        assert_int_equal(fd_write_all(ends[1], bytes, size), 0);
    return (struct talk){.ours = ends[0], .theirs = ends[1]};
}

static void talk_end(const struct talk *talk)
{
    close(talk->ours);
    if (talk->theirs >= 0)
        close(talk->theirs);
}

static int ask_holds(const void *answer, size_t size, bool *holds_out, char comment_out[128])
{
    struct talk talk = talk_begin(answer, size);
    int r;

    shutdown(talk.theirs, SHUT_WR); /* no more comes: what is missing is not waited for */
    r = agent_client_holds(talk.ours, &key, holds_out, comment_out);
    talk_end(&talk);
    return r;
}

static int ask_sign(const void *answer, size_t size, struct buffer *signature_out)
{
    struct talk talk = talk_begin(answer, size);
    int r;

    shutdown(talk.theirs, SHUT_WR);
    r = agent_client_sign(talk.ours, &key, "order", 5, signature_out);
    talk_end(&talk);
    return r;
}

/* An answer behind its length, with one key for each comment. */
static void write_identities(struct buffer *out, const struct sshkey *keys,
                             const char *const *comments, uint32_t count)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct writer writer = writer_init(&body), framed = writer_init(out);

    writer_u8(&writer, IDENTITIES_ANSWER);
    writer_u32(&writer, count);
    for (uint32_t i = 0; i < count; i++) {
        _cleanup_buffer_ struct buffer blob = BUFFER_INIT;

        assert_int_equal(sshkey_encode(&keys[i], &blob), 0);
        writer_slice32(&writer, buffer_bytes(&blob), buffer_length(&blob));
        writer_slice32(&writer, (const uint8_t *)comments[i], strlen(comments[i]));
    }
    writer_slice32(&framed, buffer_bytes(&body), buffer_length(&body));
    assert_int_equal(writer.error, 0);
    assert_int_equal(framed.error, 0);
}

static void test_found_among_others(void **state)
{
    const struct sshkey keys[] = {{.type = SSHKEY_ED25519, .point = {9}}, key};
    char long_comment[300] = "";
    const char *comments[] = {"another", long_comment};
    _cleanup_buffer_ struct buffer answer = BUFFER_INIT;
    char comment[128] = "untouched";
    bool holds = false;

    (void)state;
    memset(long_comment, 'c', sizeof(long_comment) - 1);
    write_identities(&answer, keys, comments, 2);
    assert_int_equal(ask_holds(buffer_bytes(&answer), buffer_length(&answer), &holds, comment), 0);
    assert_true(holds);
    assert_int_equal(strlen(comment), 127);
    /* Only the other one is there. */
    buffer_clear(&answer);
    write_identities(&answer, keys, comments, 1);
    assert_int_equal(ask_holds(buffer_bytes(&answer), buffer_length(&answer), &holds, comment), 0);
    assert_false(holds);
}

/* It is cut short at each of its bytes, and each time nothing is found. */
static void test_cut_short(void **state)
{
    const char *comments[] = {"a comment"};
    _cleanup_buffer_ struct buffer answer = BUFFER_INIT;
    char comment[128];

    (void)state;
    write_identities(&answer, &key, comments, 1);
    for (size_t size = 0; size < buffer_length(&answer); size++) {
        bool holds = true;

        assert_int_equal(ask_holds(buffer_bytes(&answer), size, &holds, comment),
                         AGENT_CLIENT_E_ABSENT);
        assert_false(holds);
    }
}

static void test_bad_lists(void **state)
{
    static const struct {
        const char *answer;
        size_t size;
        int error;
    } cases[] = {
        {"\0\0\0\0", 4, AGENT_CLIENT_E_PROTOCOL},             /* no message at all */
        {"\xff\xff\xff\xff\x0c", 5, AGENT_CLIENT_E_PROTOCOL}, /* one that is too long, */
        {"\0\4\0\1\x0c", 5, AGENT_CLIENT_E_PROTOCOL},         /* by one byte */
        {"\0\0\0\1\5", 5, AGENT_CLIENT_E_REFUSED},
        {"\0\0\0\1\x0c", 5, AGENT_CLIENT_E_PROTOCOL},         /* no count */
        {"\0\0\0\5\x0c\0\0\0\1", 9, AGENT_CLIENT_E_PROTOCOL}, /* fewer keys than counted */
        {"\0\0\0\x0d\x0c\xff\xff\xff\xff\0\0\0\0\xff\xff\xff\xff", 17, AGENT_CLIENT_E_PROTOCOL},
        {"SSH-2.0-OpenSSH_9.2p1\r\n", 23, AGENT_CLIENT_E_PROTOCOL},
        {"\0\0\0\5\x0c\0\0\0\0", 9, 0},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
        char comment[128];
        bool holds = true;

        assert_int_equal(ask_holds(cases[i].answer, cases[i].size, &holds, comment),
                         cases[i].error);
        assert_false(holds);
    }
}

static void test_signature(void **state)
{
    static const uint8_t answer[] = {0, 0, 0, 8, SIGN_RESPONSE, 0, 0, 0, 3, 's', 'i', 'g'};
    static const uint8_t behind[] = {0, 0, 0, 9, SIGN_RESPONSE, 0, 0, 0, 3, 's', 'i', 'g', 'x'};
    static const uint8_t missing[] = {0, 0, 0, 7, SIGN_RESPONSE, 0, 0, 0, 3, 's', 'i'};
    static const uint8_t refused[] = {0, 0, 0, 1, 5};
    static const uint8_t other[] = {0, 0, 0, 5, IDENTITIES_ANSWER, 0, 0, 0, 0};
    _cleanup_buffer_ struct buffer signature = BUFFER_INIT;

    (void)state;
    assert_int_equal(ask_sign(behind, sizeof(behind), &signature), AGENT_CLIENT_E_PROTOCOL);
    assert_int_equal(ask_sign(missing, sizeof(missing), &signature), AGENT_CLIENT_E_PROTOCOL);
    assert_int_equal(ask_sign(refused, sizeof(refused), &signature), AGENT_CLIENT_E_REFUSED);
    assert_int_equal(ask_sign(other, sizeof(other), &signature), AGENT_CLIENT_E_REFUSED);
    assert_int_equal(ask_sign(answer, sizeof(answer) - 1, &signature), AGENT_CLIENT_E_ABSENT);
    assert_int_equal(buffer_length(&signature), 0); /* nothing of a bad answer is left in it */
    assert_int_equal(ask_sign(answer, sizeof(answer), &signature), 0);
    assert_string_equal(buffer_text(&signature), "sig");
}

/* What is asked: the message as the protocol has it, with no flags. */
static void test_what_is_asked(void **state)
{
    static const uint8_t refusal[] = {0, 0, 0, 1, 5};
    _cleanup_buffer_ struct buffer signature = BUFFER_INIT, expected = BUFFER_INIT,
                                   blob = BUFFER_INIT;
    struct writer writer = writer_init(&expected);
    struct talk talk = talk_begin(refusal, sizeof(refusal));
    uint8_t bytes[256];
    ssize_t size;

    (void)state;
    assert_int_equal(sshkey_encode(&key, &blob), 0);
    writer_u32(&writer, (uint32_t)(1 + 4 + buffer_length(&blob) + 4 + 5 + 4));
    writer_u8(&writer, 13);
    writer_slice32(&writer, buffer_bytes(&blob), buffer_length(&blob));
    writer_slice32(&writer, (const uint8_t *)"order", 5);
    writer_u32(&writer, 0);
    assert_int_equal(agent_client_sign(talk.ours, &key, "order", 5, &signature),
                     AGENT_CLIENT_E_REFUSED);
    size = read(talk.theirs, bytes, sizeof(bytes));
    assert_int_equal(size, buffer_length(&expected));
    assert_memory_equal(bytes, buffer_bytes(&expected), (size_t)size);
    talk_end(&talk);
}

static void test_too_much_to_sign(void **state)
{
    const size_t size = 300 * 1000;
    uint8_t *bytes = calloc(1, size);
    struct talk talk = talk_begin(NULL, 0);
    _cleanup_buffer_ struct buffer signature = BUFFER_INIT;
    uint8_t sent;

    (void)state;
    assert_int_equal(agent_client_sign(talk.ours, &key, bytes, size, &signature),
                     AGENT_CLIENT_E_PROTOCOL);
    assert_int_equal(read(talk.theirs, &sent, 1), -1); /* the agent hears nothing of it */
    talk_end(&talk);
    free(bytes);
}

static void test_hung_up(void **state)
{
    struct talk talk = talk_begin(NULL, 0);
    char comment[128];
    bool holds = true;

    (void)state;
    close(talk.theirs);
    talk.theirs = -1;
    assert_int_equal(agent_client_holds(talk.ours, &key, &holds, comment), AGENT_CLIENT_E_ABSENT);
    assert_false(holds);
    talk_end(&talk);
}

/* A stopped agent, or one that stops within its answer, does not stop the console for ever. */
static void test_silent(void **state)
{
    struct talk talk = talk_begin("\0\0\0\5\x0c", 5);
    uint64_t before = clock_monotonic_ms();
    char comment[128];
    bool holds = true;

    (void)state;
    assert_int_equal(agent_client_holds(talk.ours, &key, &holds, comment), AGENT_CLIENT_E_PROTOCOL);
    assert_false(holds);
    assert_true(clock_monotonic_ms() - before >= ENOUGH_MS); /* but it was given its time */
    talk_end(&talk);
}

static void test_connect(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char folder[] = "/tmp/hune-agent-XXXXXX", path[64], long_path[200];
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd = -1;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/socket", folder);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    memset(long_path, '/', sizeof(long_path) - 1);
    long_path[sizeof(long_path) - 1] = '\0';
    assert_int_equal(agent_client_connect(NULL, &fd), AGENT_CLIENT_E_ABSENT);
    assert_int_equal(agent_client_connect("", &fd), AGENT_CLIENT_E_ABSENT);
    assert_int_equal(agent_client_connect(long_path, &fd), AGENT_CLIENT_E_ABSENT);
    assert_int_equal(agent_client_connect(path, &fd), AGENT_CLIENT_E_ABSENT);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(agent_client_connect(path, &fd), AGENT_CLIENT_E_ABSENT); /* nobody listens */
    assert_int_equal(fd, -1);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(agent_client_connect(path, &fd), 0);
    close(fd);
    close(listener);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found_among_others),
        cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_bad_lists),
        cmocka_unit_test(test_signature),
        cmocka_unit_test(test_what_is_asked),
        cmocka_unit_test(test_too_much_to_sign),
        cmocka_unit_test(test_hung_up),
        cmocka_unit_test(test_silent),
        cmocka_unit_test(test_connect),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
