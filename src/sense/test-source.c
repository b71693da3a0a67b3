/* Files that are lent take the place of those with their names. */
#include "sense/test-fixture.h"

#include <sys/mman.h>

#include "sense/source.h"

static int file_with(const char *text)
{
    int fd = memfd_create("test", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    return fd;
}

static void assert_source(const char *path, const char *expected)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    struct span text;

    assert_int_equal(source_read(&content, &text, "", "%s", path), 0);
    assert_span_equal(text, expected);
}

static void what_is_lent_is_read(void **state)
{
    int first = file_with("first\n");

    (void)state;
    assert_source("/nowhere/at/all", "");
    source_lend("/nowhere/at/all", first);
    assert_source("/nowhere/at/all", "first");
    assert_source("/nowhere/at/all", "first"); /* from its beginning, each time */
    assert_source("/nowhere/else", "");
    source_lend("/nowhere/at/all", file_with("second\n"));
    assert_source("/nowhere/at/all", "second");
    assert_int_equal(fcntl(first, F_GETFD), -1); /* the one before was closed */
}

static void there_is_room_for_some(void **state)
{
    static const char *const paths[] = {"/nowhere/1", "/nowhere/2", "/nowhere/3"};
    int last = file_with("one too many\n");

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(paths); i++)
        source_lend(paths[i], file_with(paths[i]));
    for (size_t i = 0; i < ELEMENTS_OF(paths); i++)
        assert_source(paths[i], paths[i]);
    source_lend("/nowhere/4", last);
    assert_source("/nowhere/4", "");
    assert_int_equal(fcntl(last, F_GETFD), -1);
    assert_source("/nowhere/at/all", "second");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_lent_is_read),
        cmocka_unit_test(there_is_room_for_some),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
