/* See invitation.h. */
#include "warden/test-support.h"

#include <dirent.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "proto/right.h"
#include "warden/invitation.h"

static const uint8_t exporter[EXPORTER_SIZE] = {1};
static const uint8_t machine[MACHINE_ID_SIZE] = {2};

static struct pair_request prove(const uint8_t code[INVITE_CODE_SIZE])
{
    struct pair_request request = {.label = "alice@laptop"};
    struct sshkey_private key;

    assert_int_equal(sshkey_generate(&key, ""), 0);
    request.key = key.key;
    assert_int_equal(pair_prove(&request, code, exporter, machine), 0);
    return request;
}

static int redeem(const struct folder *folder, const uint8_t code[INVITE_CODE_SIZE],
                  struct invitation *invitation_out)
{
    struct pair_request request = prove(code);

    return invitation_redeem(folder->place.run, &request, exporter, machine, invitation_out);
}

static int guess_wrong(const struct folder *folder)
{
    static const uint8_t wrong[INVITE_CODE_SIZE] = {1, 2, 3};
    struct invitation invitation;

    return redeem(folder, wrong, &invitation);
}

static unsigned count_files(const struct folder *folder)
{
    _cleanup_free_ char *path = place_path(folder->path, "run/invitations");
    DIR *directory = opendir(path);
    const struct dirent *entry;
    unsigned count = 0;

    assert_non_null(directory);
    while ((entry = readdir(directory)))
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

/* The name of the one open invitation, as folder_read() takes it. */
static void find_file(const struct folder *folder, char name_out[300])
{
    _cleanup_free_ char *path = place_path(folder->path, "run/invitations");
    DIR *directory = opendir(path);
    const struct dirent *entry;

    assert_non_null(directory);
    while ((entry = readdir(directory))) {
        if (entry->d_name[0] != '.')
            snprintf(name_out, 300, "run/invitations/%s", entry->d_name);
    }
    closedir(directory);
}

static void make(const struct folder *folder, struct invitation *invitation_out)
{
    assert_int_equal(invitation_make(folder->place.run, RIGHT_RUN | RIGHT_FILES, "root,www-data",
                                     60, invitation_out),
                     0);
}

static void test_good_once(void **state)
{
    struct folder *folder = *state;
    struct invitation made;
    struct invitation found;

    assert_int_equal(guess_wrong(folder), 1); /* there is not even a folder */
    make(folder, &made);
    assert_int_equal(count_files(folder), 1);
    assert_int_equal(redeem(folder, made.code, &found), 0);
    assert_int_equal(found.rights, RIGHT_RUN | RIGHT_FILES);
    assert_string_equal(found.as, "root,www-data");
    assert_int_equal(count_files(folder), 0);
    assert_int_equal(redeem(folder, made.code, &found), 1);
}

/* The right code, but proven for another channel, machine, key or label. */
static void test_bound_to_the_channel(void **state)
{
    static const uint8_t other[MACHINE_ID_SIZE] = {3};
    struct folder *folder = *state;
    struct pair_request request;
    struct invitation made;
    struct invitation found;

    make(folder, &made);
    request = prove(made.code);
    assert_int_equal(invitation_redeem(folder->place.run, &request, other, machine, &found), 1);
    assert_int_equal(invitation_redeem(folder->place.run, &request, exporter, other, &found), 1);
    request.label[0] = 'b';
    assert_int_equal(invitation_redeem(folder->place.run, &request, exporter, machine, &found), 1);
    request.label[0] = 'a';
    request.key.point[0] ^= 1;
    assert_int_equal(invitation_redeem(folder->place.run, &request, exporter, machine, &found), 1);
    request.key.point[0] ^= 1;
    /* Four tries lost, and the fifth is right. */
    assert_int_equal(invitation_redeem(folder->place.run, &request, exporter, machine, &found), 0);
    assert_int_equal(found.tries_left, 1);
}

static void test_five_wrong_guesses(void **state)
{
    struct folder *folder = *state;
    struct invitation made;
    struct invitation found;

    make(folder, &made);
    for (int i = 0; i < LIMIT_INVITE_TRIES; i++) {
        assert_int_equal(count_files(folder), 1);
        assert_int_equal(guess_wrong(folder), 1);
    }
    assert_int_equal(count_files(folder), 0);
    assert_int_equal(redeem(folder, made.code, &found), 1);
}

static void test_all_lose_a_try(void **state)
{
    struct folder *folder = *state;
    struct invitation first;
    struct invitation second;
    struct invitation found;

    make(folder, &first);
    for (int i = 0; i < LIMIT_INVITE_TRIES - 2; i++)
        assert_int_equal(guess_wrong(folder), 1);
    make(folder, &second);
    assert_int_equal(guess_wrong(folder), 1);
    /* One try left of the first, all but one of the second; the right code costs nobody anything.
     */
    assert_int_equal(redeem(folder, second.code, &found), 0);
    assert_int_equal(found.tries_left, LIMIT_INVITE_TRIES - 1);
    assert_int_equal(redeem(folder, first.code, &found), 0);
    assert_int_equal(found.tries_left, 1);
}

static void test_expired(void **state)
{
    struct folder *folder = *state;
    struct invitation made;
    struct invitation found;

    assert_int_equal(invitation_make(folder->place.run, RIGHTS_ALL, "", 0, &made), 0);
    assert_int_equal(redeem(folder, made.code, &found), 1);
    assert_int_equal(count_files(folder), 0);
}

/* Cut, lengthened, changed: such a file invites nobody and is removed. */
static void test_unreadable_file(void **state)
{
    struct folder *folder = *state;
    _cleanup_buffer_ struct buffer good = BUFFER_INIT;
    struct invitation made;
    struct invitation found;
    char name[300];

    make(folder, &made);
    find_file(folder, name);
    folder_read(folder, name, &good);
    for (size_t size = 0; size < buffer_length(&good); size++) {
        folder_write(folder, name, buffer_bytes(&good), size);
        assert_int_equal(redeem(folder, made.code, &found), 1);
        assert_int_equal(count_files(folder), 0);
    }
    folder_write(folder, name, buffer_bytes(&good), buffer_length(&good));
    folder_append(folder, name, "", 1);
    assert_int_equal(redeem(folder, made.code, &found), 1);
    buffer_bytes(&good)[0] ^= 1;
    folder_write(folder, name, buffer_bytes(&good), buffer_length(&good));
    assert_int_equal(redeem(folder, made.code, &found), 1);
    buffer_bytes(&good)[0] ^= 1;
    /* Whole again, it is good again. */
    folder_write(folder, name, buffer_bytes(&good), buffer_length(&good));
    assert_int_equal(redeem(folder, made.code, &found), 0);
}

/* What another process is just writing (base/file.c) is neither an invitation nor rubbish. */
static void test_file_under_way(void **state)
{
    struct folder *folder = *state;
    _cleanup_buffer_ struct buffer good = BUFFER_INIT;
    struct invitation made;
    struct invitation found;
    char temporary[312];
    char name[300];

    make(folder, &made);
    find_file(folder, name);
    folder_read(folder, name, &good);
    snprintf(temporary, sizeof(temporary), "%s.Ab12Cd", name);
    folder_write(folder, temporary, buffer_bytes(&good), buffer_length(&good));
    assert_int_equal(redeem(folder, made.code, &found), 0);
    assert_int_equal(redeem(folder, made.code, &found), 1);
    folder_write(folder, temporary, "half", 4);
    assert_int_equal(guess_wrong(folder), 1);
    assert_int_equal(count_files(folder), 1);
}

static void test_too_many(void **state)
{
    struct folder *folder = *state;
    struct invitation made;

    for (int i = 0; i < LIMIT_INVITATIONS; i++)
        make(folder, &made);
    assert_int_equal(invitation_make(folder->place.run, RIGHT_RUN, "", 60, &made), 1);
    /* Those that are over make room. */
    for (int i = 0; i < LIMIT_INVITE_TRIES; i++)
        assert_int_equal(guess_wrong(folder), 1);
    make(folder, &made);
    assert_int_equal(count_files(folder), 1);
}

static void test_codes_differ(void **state)
{
    struct folder *folder = *state;
    struct invitation first;
    struct invitation second;

    make(folder, &first);
    make(folder, &second);
    assert_memory_not_equal(first.code, second.code, INVITE_CODE_SIZE);
    assert_in_range(first.expires_ms, clock_boot_ms() + 50000, clock_boot_ms() + 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        folder_test(test_good_once),
        folder_test(test_bound_to_the_channel),
        folder_test(test_five_wrong_guesses),
        folder_test(test_all_lose_a_try),
        folder_test(test_expired),
        folder_test(test_unreadable_file),
        folder_test(test_file_under_way),
        folder_test(test_too_many),
        folder_test(test_codes_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
