/* See store.h: steps, two processes at once, and files and disks that are not as they should be. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "fleet/home/store-statement.h"

static const char *const one_step[] = {
    "CREATE TABLE pet (id INTEGER PRIMARY KEY, name TEXT)",
};
static const char *const two_steps[] = {
    "CREATE TABLE pet (id INTEGER PRIMARY KEY, name TEXT)",
    "ALTER TABLE pet ADD COLUMN legs INTEGER NOT NULL DEFAULT 4",
};

/* Each test has an empty directory as its current one. */
static char place[64];

static int place_enter(void **state)
{
    (void)state;
    strcpy(place, "/tmp/test-store.XXXXXX");
    return mkdtemp(place) && chdir(place) == 0 ? 0 : -1;
}

static int place_leave(void **state)
{
    DIR *directory = opendir(".");
    struct dirent *entry;

    (void)state;
    while (directory && (entry = readdir(directory)))
        if (unlink(entry->d_name) < 0)
            rmdir(entry->d_name);
    if (directory)
        closedir(directory);
    return chdir("/") == 0 && rmdir(place) == 0 ? 0 : -1;
}

static struct store *opened(const char *path, const char *const *steps, int count)
{
    struct fault fault = {0};
    struct store *store = NULL;
    int error = store_open_steps(path, steps, count, &store, &fault);

    if (error)
        fail_msg("%d: %s", error, fault.text);
    return store;
}

static int add_pet(struct store *store, const char *name)
{
    sqlite3_stmt *statement = store_prepare(store, "INSERT INTO pet (name) VALUES (?1)");

    store_bind_text(statement, 1, name);
    return store_do(store, statement);
}

static int64_t number(struct store *store, const char *sql)
{
    sqlite3_stmt *statement = store_prepare(store, sql);
    int64_t value;

    assert_int_equal(store_step(store, statement), STORE_ROW);
    value = sqlite3_column_int64(statement, 0);
    assert_int_equal(store_step(store, statement), 0);
    return value;
}

static const char count_pets[] = "SELECT count(*) FROM pet";

static mode_t mode_of(const char *path)
{
    struct stat found;

    assert_int_equal(stat(path, &found), 0);
    return found.st_mode & 07777;
}

/* Made with its directory, for nobody else's eyes, and the same file is found again. */
static void test_made_and_found(void **state)
{
    struct store *store;

    (void)state;
    umask(0);
    store = opened("one/hune.db", one_step, 1);
    assert_int_equal(add_pet(store, "Rex"), 0);
    assert_int_equal(store_last_id(store), 1);
    assert_int_equal(mode_of("one"), 0700);
    assert_int_equal(mode_of("one/hune.db"), 0600);
    assert_int_equal(mode_of("one/hune.db-wal"), 0600);
    store = store_close(store);
    store = opened("one/hune.db", one_step, 1);
    assert_int_equal(number(store, count_pets), 1);
    store = store_close(store);
    unlink("one/hune.db");
    unlink("one/hune.db-wal");
    unlink("one/hune.db-shm");
}

/* The size of what is not in the file yet, -1 if there is no such file. */
static off_t wal_size(void)
{
    struct stat found;

    return stat("hune.db-wal", &found) == 0 ? found.st_size : -1;
}

/* Nobody waits for the disk at the end of a command that has written little, nor at the begin of
 * any: what is short stays beside the file, and to open the file writes nothing. */
static void test_wal(void **state)
{
    enum { SIZE = 8 << 20 };
    char *name = malloc(SIZE + 1);
    struct store *store = opened("hune.db", one_step, 1);

    (void)state;
    assert_int_equal(add_pet(store, "Rex"), 0);
    store = store_close(store);
    assert_in_range(wal_size(), 1, SIZE / 2);
    store = opened("hune.db", one_step, 1);
    assert_int_equal(number(store, count_pets), 1);
    memset(name, 'x', SIZE);
    name[SIZE] = '\0';
    assert_int_equal(add_pet(store, name), 0);
    store = store_close(store);
    free(name);
    assert_int_equal(wal_size(), -1);
    store = opened("hune.db", one_step, 1);
    assert_int_equal(number(store, count_pets), 2);
    store = store_close(store);
    assert_true(wal_size() <= 0);
    /* Without its file it is nobody's: it does not end up in a new one. */
    store = opened("hune.db", one_step, 1);
    assert_int_equal(add_pet(store, "Tom"), 0);
    store = store_close(store);
    assert_true(wal_size() > 0);
    assert_int_equal(unlink("hune.db"), 0);
    store = opened("hune.db", one_step, 1);
    assert_int_equal(number(store, count_pets), 0);
    store = store_close(store);
}

/* Real tables, as the console has them. */
static void test_real_steps(void **state)
{
    struct fault fault = {0};
    struct store *store = NULL;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(store_open("hune.db", &store, &fault), 0);
        store = store_close(store);
    }
}

static void test_steps_since(void **state)
{
    struct store *store = opened("hune.db", one_step, 1);

    (void)state;
    assert_int_equal(add_pet(store, "Rex"), 0);
    store_close(store);
    store = opened("hune.db", two_steps, 2);
    assert_int_equal(number(store, "SELECT legs FROM pet"), 4);
    assert_int_equal(number(store, "PRAGMA user_version"), 2);
    store_close(store);
    store = opened("hune.db", two_steps, 2);
    store_close(store);
}

/* A step that fails takes those before it back too. */
static void test_step_that_fails(void **state)
{
    static const char *const steps[] = {"CREATE TABLE pet (name TEXT)", "CREATE TABLE pet (x)"};
    struct fault fault = {0};
    struct store *store = NULL;

    (void)state;
    assert_int_equal(store_open_steps("hune.db", steps, 2, &store, &fault), STORE_OFF);
    store = opened("hune.db", one_step, 1);
    assert_int_equal(number(store, count_pets), 0);
    store_close(store);
}

static void test_newer_file(void **state)
{
    struct fault fault = {0};
    struct store *store = opened("hune.db", two_steps, 2);

    (void)state;
    store_close(store);
    store = NULL;
    assert_int_equal(store_open_steps("hune.db", one_step, 1, &store, &fault), STORE_OFF);
    assert_null(store);
    assert_non_null(strstr(fault.text, "newer"));
}

static void test_transactions(void **state)
{
    struct store *store = opened("hune.db", one_step, 1);

    (void)state;
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(add_pet(store, "Rex"), 0);
    assert_int_equal(store_commit(store), 0);
    store_rollback(store);
    assert_int_equal(number(store, count_pets), 0);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(add_pet(store, "Rex"), 0);
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(number(store, count_pets), 1);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(add_pet(store, "lost"), 0);
    store_close(store);
    store = opened("hune.db", one_step, 1);
    assert_int_equal(number(store, count_pets), 1);
    store_close(store);
}

/* ---- several processes ---- */

enum { PROCESSES = 4, PETS = 200 };

static void child_adds(int gate)
{
    struct fault fault = {0};
    struct store *store = NULL;
    char byte;
    int failed = 0;

    if (read(gate, &byte, 1) != 0) /* the end: all are there */
        _exit(9);
    if (store_open_steps("hune.db", two_steps, 2, &store, &fault)) {
        fprintf(stderr, "%s\n", fault.text);
        _exit(2);
    }
    for (unsigned i = 0; i < PETS && !failed; i++)
        failed = add_pet(store, "Rex");
    if (store_trouble(store, &fault))
        fprintf(stderr, "%s\n", fault.text);
    store_close(store);
    _exit(failed ? 1 : 0);
}

/* All make the same new file and write to it at the same time: nobody fails, nothing is lost. */
static void test_several_processes(void **state)
{
    struct store *store;
    int gate[2], status;

    (void)state;
    assert_int_equal(pipe(gate), 0);
    for (unsigned i = 0; i < PROCESSES; i++) {
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0) {
            close(gate[1]);
            child_adds(gate[0]);
        }
    }
    close(gate[0]);
    close(gate[1]);
    for (unsigned i = 0; i < PROCESSES; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    store = opened("hune.db", two_steps, 2);
    assert_int_equal(number(store, count_pets), PROCESSES * PETS);
    store_close(store);
}

/* Killed in the middle of a transaction: the next one finds what was committed. */
static void test_killed(void **state)
{
    struct store *store;
    int ready[2], status;
    pid_t child;
    char byte;

    (void)state;
    assert_int_equal(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        store = opened("hune.db", one_step, 1);
        add_pet(store, "Rex");
        store_begin(store);
        add_pet(store, "lost");
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    close(ready[0]);
    close(ready[1]);
    store = opened("hune.db", one_step, 1);
    assert_int_equal(number(store, count_pets), 1);
    assert_int_equal(add_pet(store, "Rex"), 0);
    store_close(store);
}

/* ---- what is not as it should be ---- */

static void refused(const char *path, const char *word)
{
    struct fault fault = {0};
    struct store *store = NULL;

    assert_int_equal(store_open_steps(path, one_step, 1, &store, &fault), STORE_OFF);
    assert_null(store);
    if (!strstr(fault.text, word))
        fail_msg("\"%s\" does not say \"%s\"", fault.text, word);
}

static void test_broken_files(void **state)
{
    char noise[8192];

    (void)state;
    memset(noise, 'x', sizeof(noise));
    assert_int_equal(file_replace("noise.db", 0600, noise, sizeof(noise)), 0);
    refused("noise.db", "damaged");
    assert_int_equal(mkdir("folder.db", 0700), 0);
    refused("folder.db", "directory");
    refused("noise.db/hune.db", "Not a directory");
    refused("/proc/hune/hune.db", "/proc/hune");
}

/* Pages in the middle are overwritten while nobody looks. */
static void test_damaged_later(void **state)
{
    struct store *store = opened("hune.db", one_step, 1);
    struct fault fault = {0};
    char noise[4096];
    int fd, result = 0;

    (void)state;
    assert_int_equal(store_begin(store), 0);
    for (unsigned i = 0; i < 2000; i++)
        add_pet(store, "a name that is long enough to need many pages");
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(sqlite3_wal_checkpoint(store_database(store), NULL), SQLITE_OK);
    store_close(store);
    assert_int_equal(unlink("hune.db-wal"), 0);
    memset(noise, 0xaa, sizeof(noise));
    fd = open("hune.db", O_RDWR);
    for (off_t page = 1; page < 20; page++)
        assert_int_equal(pwrite(fd, noise, sizeof(noise), page * 4096), sizeof(noise));
    close(fd);
    store = opened("hune.db", one_step, 1);
    for (unsigned i = 0; i < 10 && !result; i++)
        result = add_pet(store, "Rex");
    assert_int_equal(result, STORE_OFF);
    assert_true(store_trouble(store, &fault));
    assert_non_null(strstr(fault.text, "damaged"));
    store_close(store);
}

/* A full disk, played by a limit: told once, all is off, and what was committed stays. */
static void test_no_room(void **state)
{
    struct store *store = opened("hune.db", one_step, 1);
    struct rlimit before, small = {.rlim_cur = 256 << 10, .rlim_max = RLIM_INFINITY};
    struct fault fault = {0};
    char large[4096];
    int result = 0;

    (void)state;
    memset(large, 'x', sizeof(large) - 1);
    large[sizeof(large) - 1] = '\0';
    assert_int_equal(add_pet(store, "Rex"), 0);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(store_begin(store), 0);
    for (unsigned i = 0; i < 2000 && !result; i++)
        result = add_pet(store, large);
    if (!result)
        result = store_commit(store);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(result, STORE_OFF);
    assert_true(store_is_off(store));
    assert_true(store_trouble(store, &fault));
    assert_string_not_equal(fault.text, "");
    assert_false(store_trouble(store, &fault));
    assert_int_equal(add_pet(store, "after"), STORE_OFF);
    assert_int_equal(store_begin(store), STORE_OFF);
    assert_int_equal(store_commit(store), STORE_OFF);
    store_close(store);
    store = opened("hune.db", one_step, 1);
    assert_int_equal(number(store, count_pets), 1);
    store_close(store);
}

static void test_full_pages(void **state)
{
    struct store *store = opened("hune.db", one_step, 1);
    struct fault fault = {0};
    int result = 0;

    (void)state;
    sqlite3_exec(store_database(store), "PRAGMA max_page_count = 8", NULL, NULL, NULL);
    for (unsigned i = 0; i < 4000 && !result; i++)
        result = add_pet(store, "a name of some length");
    assert_int_equal(result, STORE_OFF);
    assert_true(store_trouble(store, &fault));
    assert_non_null(strstr(fault.text, "full"));
    store_close(store);
}

/* Another process sits on the file: a writer gives up after a while and says so. */
static void test_busy(void **state)
{
    struct store *store = opened("hune.db", one_step, 1);
    struct store *other = opened("hune.db", one_step, 1);
    struct fault fault = {0};

    (void)state;
    assert_int_equal(store_begin(other), 0);
    assert_int_equal(add_pet(other, "Rex"), 0);
    sqlite3_busy_timeout(store_database(store), 50);
    assert_int_equal(add_pet(store, "Tom"), STORE_OFF);
    assert_true(store_trouble(store, &fault));
    assert_non_null(strstr(fault.text, "in use"));
    assert_int_equal(store_commit(other), 0);
    store_close(store);
    store_close(other);
}

/* Without a store everything does nothing. */
static void test_none(void **state)
{
    struct fault fault;

    (void)state;
    assert_true(store_is_off(NULL));
    assert_false(store_trouble(NULL, &fault));
    assert_int_equal(store_begin(NULL), STORE_OFF);
    assert_int_equal(store_commit(NULL), STORE_OFF);
    store_rollback(NULL);
    assert_null(store_prepare(NULL, count_pets));
    assert_int_equal(add_pet(NULL, "Rex"), STORE_OFF);
    assert_int_equal(store_last_id(NULL), 0);
    assert_null(store_close(NULL));
}

#define AT_PLACE(test) cmocka_unit_test_setup_teardown(test, place_enter, place_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_PLACE(test_made_and_found),
        AT_PLACE(test_wal),
        AT_PLACE(test_real_steps),
        AT_PLACE(test_steps_since),
        AT_PLACE(test_step_that_fails),
        AT_PLACE(test_newer_file),
        AT_PLACE(test_transactions),
        AT_PLACE(test_several_processes),
        AT_PLACE(test_killed),
        AT_PLACE(test_broken_files),
        AT_PLACE(test_damaged_later),
        AT_PLACE(test_no_room),
        AT_PLACE(test_full_pages),
        AT_PLACE(test_busy),
        AT_PLACE(test_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
