/* See folder.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/folder.h"

struct seen {
    unsigned count;
    unsigned stop_at;
    bool file, folder, link, broken;
};

static int take(const struct folder_entry *entry, void *user)
{
    struct seen *seen = user;

    assert_true(entry->is_known);
    seen->count++;
    if (strcmp(entry->name, "a\nb") == 0) {
        seen->file = true;
        assert_true(S_ISREG(entry->mode));
        assert_int_equal(entry->mode & 07777, 0640);
        assert_int_equal(entry->size, 3);
        assert_true(entry->modified_s > 1600000000);
        assert_false(entry->is_folder);
    } else if (strcmp(entry->name, "sub") == 0) {
        seen->folder = true;
        assert_true(S_ISDIR(entry->mode) && entry->is_folder && !entry->target);
    } else if (strcmp(entry->name, "to-sub") == 0) {
        seen->link = true;
        assert_true(S_ISLNK(entry->mode) && entry->is_folder);
        assert_string_equal(entry->target, "sub");
    } else if (strcmp(entry->name, "nowhere") == 0) {
        seen->broken = true;
        assert_true(S_ISLNK(entry->mode) && !entry->is_folder);
        assert_string_equal(entry->target, "gone");
    } else {
        fail_msg("nobody made %s", entry->name);
    }
    return seen->count == seen->stop_at ? 7 : 0;
}

static void test_all_kinds(void **state)
{
    char path[] = "/tmp/hune-folder-XXXXXX";
    struct seen seen = {0};
    FILE *file;

    (void)state;
    assert_non_null(mkdtemp(path));
    assert_int_equal(chdir(path), 0);
    file = fopen("a\nb", "w");
    assert_non_null(file);
    fputs("abc", file);
    fclose(file);
    assert_int_equal(chmod("a\nb", 0640), 0);
    assert_int_equal(mkdir("sub", 0700), 0);
    assert_int_equal(symlink("sub", "to-sub"), 0);
    assert_int_equal(symlink("gone", "nowhere"), 0);
    assert_int_equal(folder_read(path, take, &seen), 0);
    assert_int_equal(seen.count, 4);
    assert_true(seen.file && seen.folder && seen.link && seen.broken);
    seen = (struct seen){.stop_at = 2};
    assert_int_equal(folder_read(path, take, &seen), 7);
    assert_int_equal(seen.count, 2);
    assert_int_equal(folder_read("a\nb", take, &seen), -ENOTDIR);
    assert_int_equal(folder_read("missing", take, &seen), -ENOENT);
    unlink("a\nb");
    unlink("to-sub");
    unlink("nowhere");
    rmdir("sub");
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_kinds)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
