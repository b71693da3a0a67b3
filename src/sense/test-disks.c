/* mountinfo: what is shown once, what is hidden, what is escaped. */
#include "sense/test-fixture.h"

#include "sense/disks.h"

static const char usual[] =
    "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
    "27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda1 rw,discard\n"
    "28 27 0:25 / /run rw - tmpfs tmpfs rw\n"
    "29 28 0:26 / /run/user/1000 rw - tmpfs tmpfs rw\n"
    "30 27 0:27 / /tmp rw - tmpfs tmpfs rw\n"
    "31 27 0:28 / /runner rw - tmpfs tmpfs rw\n"
    "32 27 254:16 / /srv/with\\040space rw - xfs /dev/vdb rw\n"
    "33 27 254:0 /var/lib/x /srv/bind rw - ext4 /dev/vda1 rw\n"
    "34 27 0:40 / /var/lib/docker/overlay2/a/merged rw - overlay overlay rw\n"
    "35 27 0:41 / /net rw - nfs4 files:/export rw\n"
    "36 27 7:0 / /snap/core/1 ro - squashfs /dev/loop0 ro\n";

static void each_device_is_shown_once(void **state)
{
    struct mount mounts[16];
    size_t count = mounts_parse(span_of(usual), mounts, ELEMENTS_OF(mounts));

    (void)state;
    assert_int_equal(count, 5);
    assert_span_equal(mounts[0].target, "/");
    assert_span_equal(mounts[0].type, "ext4");
    assert_span_equal(mounts[0].source, "/dev/vda1");
    assert_span_equal(mounts[1].target, "/tmp");
    assert_span_equal(mounts[2].target, "/runner");
    assert_span_equal(mounts[3].target, "/srv/with\\040space");
    assert_span_equal(mounts[4].target, "/net");
    assert_int_equal(mounts_parse(span_of(usual), mounts, 2), 2);
}

static void the_better_place_wins(void **state)
{
    struct mount mounts[4];

    (void)state;
    assert_int_equal(mounts_parse(span_of("1 1 8:1 /sub /a rw - ext4 /dev/sda1 rw\n"
                                          "2 1 8:1 / /longer rw - ext4 /dev/sda1 rw\n"
                                          "3 1 8:1 / /b rw - ext4 /dev/sda1 rw\n"
                                          "4 1 8:1 / /worse/place rw - ext4 /dev/sda1 rw\n"),
                                  mounts, ELEMENTS_OF(mounts)),
                     1);
    assert_span_equal(mounts[0].target, "/b");
}

static void a_covered_mount_is_not_there(void **state)
{
    struct mount mounts[4];

    (void)state;
    assert_int_equal(mounts_parse(span_of("1 1 8:1 / /a rw - ext4 /dev/sda1 rw\n"
                                          "2 1 8:2 / /b rw - ext4 /dev/sda2 rw\n"
                                          "3 1 8:3 / /a rw - xfs /dev/sda3 rw\n"
                                          "4 1 0:9 / /b rw - autofs systemd-1 rw\n"),
                                  mounts, ELEMENTS_OF(mounts)),
                     1);
    assert_span_equal(mounts[0].source, "/dev/sda3");
}

static void broken_lines_are_passed_over(void **state)
{
    static const char *const lines[] = {"",
                                        "\n",
                                        "-",
                                        "1 2 3",
                                        "1 1 8:1 / /a rw ext4 /dev/sda1 rw",
                                        "1 1 8:1 / /a rw -",
                                        "1 1 8:1 / /a rw - ext4",
                                        "1 1 8:1 / /a rw - ext4 ",
                                        "1 1 8:1 / /a -"};
    struct mount mounts[2];

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(lines); i++)
        assert_int_equal(mounts_parse(span_of(lines[i]), mounts, ELEMENTS_OF(mounts)), 0);
}

static void use_beginning(struct span text)
{
    struct mount mounts[16];

    assert_true(mounts_parse(text, mounts, ELEMENTS_OF(mounts)) <= 5);
}

static void unescape_beginning(struct span text)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    assert_int_equal(mount_unescape(text, &out), 0);
    assert_true(buffer_length(&out) <= text.length);
}

static void cut_anywhere(void **state)
{
    (void)state;
    with_each_beginning(usual, sizeof(usual) - 1, use_beginning);
    with_each_beginning("\\040\\040", 8, unescape_beginning);
}

static void assert_unescaped(const char *escaped, const char *plain)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    assert_int_equal(mount_unescape(span_of(escaped), &out), 0);
    assert_string_equal(buffer_text(&out), plain);
}

static void escapes_are_octal(void **state)
{
    (void)state;
    assert_unescaped("/a\\040b\\011c\\012d\\134e\\043", "/a b\tc\nd\\e#");
    assert_unescaped("\\377", "\xff");
    assert_unescaped("\\400", "\\400");
    assert_unescaped("\\04", "\\04");
    assert_unescaped("\\049", "\\049");
    assert_unescaped("\\", "\\");
    assert_unescaped("", "");
}

static void remote_types_have_no_numbers(void **state)
{
    (void)state;
    assert_true(mount_type_is_remote(span_of("nfs")));
    assert_true(mount_type_is_remote(span_of("nfs4")));
    assert_true(mount_type_is_remote(span_of("cifs")));
    assert_true(mount_type_is_remote(span_of("fuse.sshfs")));
    assert_false(mount_type_is_remote(span_of("fuseblk")));
    assert_false(mount_type_is_remote(span_of("ext4")));
}

/* What df(1) makes of the same blocks. */
static void how_full_is_rounded_up(void **state)
{
    (void)state;
    assert_int_equal(disk_full(0, 7), 0);
    assert_int_equal(disk_full(1, 1ull << 40), 1);
    assert_int_equal(disk_full(1, 1), 50);
    assert_int_equal(disk_full(51, 49), 51);
    assert_int_equal(disk_full(510001, 490000), 52);
    assert_int_equal(disk_full(999, 1), 100);
    assert_int_equal(disk_full(8, 0), 100);
    assert_int_equal(disk_full(1ull << 62, 1ull << 62), 50); /* a hundred times that is too much */
    assert_int_equal(disk_full(0, 0), SENSE_UNKNOWN);
    assert_int_equal(disk_full(SENSE_UNKNOWN, 5), SENSE_UNKNOWN);
    assert_int_equal(disk_full(5, SENSE_UNKNOWN), SENSE_UNKNOWN);
}

static void collected_from_a_machine(void **state)
{
    char root[32];
    json_t *json;
    json_t *mounts;

    (void)state;
    fixture_make(root);
    fixture_write(root, "/proc/self/mountinfo", usual);
    fixture_write(root, "/srv/with space/file", "");
    fixture_write(root, "/net/file", "");
    assert_int_equal(disks_collect(root, &json), 0);
    mounts = json_object_get(json, "mounts");
    assert_int_equal(json_array_size(mounts), 5);
    assert_text_in(json_array_get(mounts, 3), "target", "/srv/with space");
    assert_true(json_is_integer(json_object_get(json_array_get(mounts, 3), "size")));
    assert_text_in(json_array_get(mounts, 4), "source", "files:/export");
    assert_true(json_is_integer(json_object_get(json_array_get(mounts, 3), "full")));
    assert_absent(json_array_get(mounts, 4), "size");
    assert_absent(json_array_get(mounts, 4), "full");
    /* A place that cannot be reached has no numbers either. */
    assert_text_in(json_array_get(mounts, 2), "target", "/runner");
    assert_absent(json_array_get(mounts, 2), "size");
    json_decref(json);
    fixture_remove(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_device_is_shown_once),
        cmocka_unit_test(the_better_place_wins),
        cmocka_unit_test(a_covered_mount_is_not_there),
        cmocka_unit_test(broken_lines_are_passed_over),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(escapes_are_octal),
        cmocka_unit_test(remote_types_have_no_numbers),
        cmocka_unit_test(how_full_is_rounded_up),
        cmocka_unit_test(collected_from_a_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
