/* See audit.h. */
#include "warden/test-support.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "proto/sshsig.h"
#include "warden/audit.h"

/* A checked order, as check.c would leave it. */
struct sample {
    struct sshkey_private key;
    struct operator_entry who;
    struct buffer parts;
    struct checked checked;
};

static void sample_make(struct sample *sample, size_t payload_size)
{
    _cleanup_free_ uint8_t *payload = calloc(1, payload_size + 1);
    struct order order = {.verb = VERB_RUN, .payload = {payload, payload_size}};

    *sample = (struct sample){0};
    assert_int_equal(uuid_make(order.id), 0);
    assert_int_equal(sshkey_generate(&sample->key, ""), 0);
    sample->who.key = sample->key.key;
    assert_int_equal(sshkey_fingerprint(&sample->who.key, sample->who.fingerprint), 0);
    text_copy(sample->who.name, sizeof(sample->who.name), "alice \"the\" boss");
    sign_order(&sample->key, &order, &sample->parts);
    assert_int_equal(order_parts_decode(&sample->checked.parts, buffer_bytes(&sample->parts),
                                        buffer_length(&sample->parts)),
                     0);
    assert_int_equal(order_decode(&sample->checked.order, sample->checked.parts.order.bytes,
                                  sample->checked.parts.order.size),
                     0);
    text_copy(sample->checked.user, sizeof(sample->checked.user), "www-data");
    sample->checked.who = &sample->who;
}

static void sample_remove(struct sample *sample)
{
    buffer_deinit(&sample->parts);
}

/* An audit trail, and what may be written into it. */
struct trail {
    struct folder folder;
    struct sample sample;
    struct audit audit;
};

static int set_up(void **state)
{
    static struct trail trail;

    folder_make(&trail.folder);
    sample_make(&trail.sample, 100);
    assert_int_equal(audit_init(&trail.audit, trail.folder.place.state), 0);
    *state = &trail;
    return 0;
}

static int tear_down(void **state)
{
    struct trail *trail = *state;

    audit_deinit(&trail->audit);
    sample_remove(&trail->sample);
    folder_remove(&trail->folder);
    return 0;
}

#define trail_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* The text of a member of the one line, without its quotes. */
static void member(const char *line, const char *name, struct buffer *value_out)
{
    char pattern[64];
    const char *begin;
    const char *end;

    snprintf(pattern, sizeof(pattern), "\"%s\":\"", name);
    begin = strstr(line, pattern);
    assert_non_null(begin);
    begin += strlen(pattern);
    end = strchr(begin, '"');
    assert_non_null(end);
    assert_int_equal(buffer_append(value_out, begin, (size_t)(end - begin)), 0);
    assert_non_null(buffer_text(value_out));
}

static void decoded(const char *line, const char *name, struct buffer *bytes_out)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;

    member(line, name, &text);
    assert_int_equal(base64_decode(buffer_text(&text), buffer_length(&text), bytes_out), 0);
}

/* What the trail keeps is enough to prove years later who asked for what. */
static void test_kept_order_verifies(void **state)
{
    struct trail *trail = *state;
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    _cleanup_buffer_ struct buffer order = BUFFER_INIT;
    _cleanup_buffer_ struct buffer signature = BUFFER_INIT;
    struct slice blob;
    const char *line;

    assert_int_equal(audit_order(&trail->audit, &trail->sample.checked, PROBLEM_NONE), 0);
    folder_read(&trail->folder, "state/audit.log", &content);
    line = buffer_text(&content);
    decoded(line, "signed", &order);
    decoded(line, "signature", &signature);
    blob = buffer_slice(&signature);
    assert_int_equal(
        sshsig_verify(blob, &trail->sample.key.key, buffer_bytes(&order), buffer_length(&order)),
        0);
    buffer_bytes(&order)[50] ^= 1;
    assert_int_equal(
        sshsig_verify(blob, &trail->sample.key.key, buffer_bytes(&order), buffer_length(&order)),
        SSHSIG_E_WRONG);
    assert_non_null(strstr(line, "\"event\":\"taken\""));
    assert_non_null(strstr(line, "\"operator\":\"alice \\\"the\\\" boss\""));
    assert_non_null(strstr(line, "\"verb\":\"run\",\"as\":\"www-data\""));
    assert_string_equal(line + strlen(line) - 2, "}\n");
}

static void test_refusals(void **state)
{
    struct trail *trail = *state;
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    struct checked nobody = {0};
    const char *line;

    /* Nothing of what a stranger claims is written down. */
    nobody.order = trail->sample.checked.order;
    nobody.parts = trail->sample.checked.parts;
    assert_int_equal(audit_order(&trail->audit, &nobody, PROBLEM_KEY_UNKNOWN), 0);
    assert_int_equal(audit_order(&trail->audit, &trail->sample.checked, PROBLEM_RUN_AS), 0);
    folder_read(&trail->folder, "state/audit.log", &content);
    line = buffer_text(&content);
    assert_non_null(strstr(line, "\"event\":\"refused\",\"problem\":\"key-unknown\"}\n"));
    line = strchr(line, '\n') + 1;
    assert_non_null(strstr(line, "\"problem\":\"run-as\",\"operator\":"));
}

static void test_other_events(void **state)
{
    static const uint8_t id[UUID_SIZE] = {1};
    struct trail *trail = *state;
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;

    audit_event(&trail->audit, "paired", "a \"name\"\nwith a line");
    audit_ended(&trail->audit, id, (struct job_state){STATE_SIGNALLED, 9});
    folder_read(&trail->folder, "state/audit.log", &content);
    assert_non_null(strstr(buffer_text(&content),
                           "\"event\":\"paired\",\"detail\":\"a \\\"name\\\"\\nwith a line\"}\n"));
    assert_non_null(strstr(buffer_text(&content),
                           "\"event\":\"ended\",\"order\":\"01000000-0000-0000-0000-000000000000\","
                           "\"state\":\"signalled(9)\"}\n"));
    audit_deinit(&trail->audit);
    audit_deinit(&trail->audit); /* harmless */
}

/* A line that would go over the limit opens a new file; none is torn between the two. */
static void test_rotation(void **state)
{
    struct trail *trail = *state;
    _cleanup_buffer_ struct buffer newer = BUFFER_INIT;
    _cleanup_buffer_ struct buffer older = BUFFER_INIT;
    _cleanup_close_ int newer_fd = -1;
    _cleanup_close_ int older_fd = -1;
    uint64_t older_size;
    unsigned written = 0;
    unsigned found = 0;
    uint64_t line;

    sample_remove(&trail->sample);
    sample_make(&trail->sample, 1000000); /* of which the trail keeps the beginning */
    assert_int_equal(audit_open(&trail->audit, &newer_fd, &older_fd, &older_size), 0);
    assert_int_equal(older_fd, -1);
    assert_int_equal(older_size, 0);
    close(newer_fd);
    do {
        line = trail->audit.size;
        assert_int_equal(audit_order(&trail->audit, &trail->sample.checked, PROBLEM_NONE), 0);
        line = trail->audit.size - line;
        assert_true(trail->audit.size <= LIMIT_AUDIT_FILE);
    } while (++written && trail->audit.size + line <= LIMIT_AUDIT_FILE);
    assert_int_equal(audit_order(&trail->audit, &trail->sample.checked, PROBLEM_NONE), 0);
    written++;
    assert_int_equal(trail->audit.size, line);
    assert_int_equal(audit_open(&trail->audit, &newer_fd, &older_fd, &older_size), 0);
    assert_true(older_fd >= 0);
    folder_read(&trail->folder, "state/audit.log", &newer);
    folder_read(&trail->folder, "state/audit.log.1", &older);
    assert_int_equal(older_size, buffer_length(&older));
    assert_int_equal(buffer_length(&newer), line);
    for (const char *at = buffer_text(&older); *at; at = strchr(at, '\n') + 1)
        found++;
    assert_int_equal(found, written - 1);
}

/* A new warden goes on behind what is there. */
static void test_reopened(void **state)
{
    struct trail *trail = *state;
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;

    audit_event(&trail->audit, "first", "");
    audit_deinit(&trail->audit);
    assert_int_equal(audit_init(&trail->audit, trail->folder.place.state), 0);
    audit_event(&trail->audit, "second", "");
    folder_read(&trail->folder, "state/audit.log", &content);
    assert_int_equal(trail->audit.size, buffer_length(&content));
    assert_true(strstr(buffer_text(&content), "first") < strstr(buffer_text(&content), "second"));
}

/* Out of descriptors, which rotation needs: it fails, and comes back by itself. */
static void test_rotation_fails_and_recovers(void **state)
{
    struct trail *trail = *state;
    struct rlimit before;
    struct rlimit small;

    assert_int_equal(audit_order(&trail->audit, &trail->sample.checked, PROBLEM_NONE), 0);
    trail->audit.size = LIMIT_AUDIT_FILE;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    small = before;
    small.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
    assert_int_equal(audit_order(&trail->audit, &trail->sample.checked, PROBLEM_NONE), -EMFILE);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(audit_order(&trail->audit, &trail->sample.checked, PROBLEM_NONE), 0);
    assert_true(trail->audit.size < 10000);
}

/* The file size limit stands for a full disk: no half line stays behind. */
static void test_full_disk(void **state)
{
    struct trail *trail = *state;
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    struct rlimit before;
    struct rlimit small;

    audit_event(&trail->audit, "first", "");
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = trail->audit.size + 20;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(audit_order(&trail->audit, &trail->sample.checked, PROBLEM_NONE), -EFBIG);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    folder_read(&trail->folder, "state/audit.log", &content);
    assert_int_equal(trail->audit.size, buffer_length(&content));
    assert_null(strstr(buffer_text(&content), "taken"));
    assert_int_equal(audit_order(&trail->audit, &trail->sample.checked, PROBLEM_NONE), 0);
}

static void test_no_folder(void **state)
{
    struct audit audit;

    (void)state;
    assert_int_equal(audit_init(&audit, "/nonexistent"), -ENOENT);
    audit_deinit(&audit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        trail_test(test_kept_order_verifies),
        trail_test(test_refusals),
        trail_test(test_other_events),
        trail_test(test_rotation),
        trail_test(test_reopened),
        trail_test(test_rotation_fails_and_recovers),
        trail_test(test_full_disk),
        cmocka_unit_test(test_no_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
