/* See screen-state.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "cli/screen-state.h"

struct row {
    const char *bytes;
    const char *undo;
    bool asked;
    bool torn; /* it ends within a sequence or a character */
};

static void check(const struct row *row, size_t piece)
{
    _cleanup_buffer_ struct buffer undo = BUFFER_INIT;
    struct screen_state state = {0};
    size_t size = strlen(row->bytes);

    for (size_t at = 0; at < size; at += piece)
        screen_state_feed(&state, row->bytes + at, size - at < piece ? size - at : piece);
    assert_int_equal(screen_state_undo(&state, &undo), 0);
    if (!buffer_text(&undo))
        fail();
    assert_string_equal(buffer_text(&undo), row->undo);
    assert_int_equal(state.asked, row->asked);
    assert_int_equal(!screen_state_is_between(&state), row->torn);
}

static const struct row rows[] = {
    {"plain text\r\n", "", false, false},
    {"\033[1;31mred\033[0m", "", false, false},
    {"\033[1;31mred\033[m", "", false, false},
    {"\033[1;31mred", "\033[m", false, false},
    {"\033[38;5;196mred", "\033[m", false, false},
    {"\033[?1049h\033[?25l", "\033[?1049l\033[?25h", false, false},
    {"\033[?1049h\033[?25l\033[?1049l\033[?25h", "", false, false},
    {"\033[?1000;1006h", "\033[?1000l\033[?1006l", false, false},
    {"\033[?1000;1006h\033[?1000;1006l", "", false, false},
    {"\033[?2004h$ ", "\033[?2004l", false, false},
    {"\033[?7l", "\033[?7h", false, false},
    {"\033[?12h\033[?12l\033[4h\033[25l", "", false, false},
    {"\033=\033[?1h", "\033[?1l\033>", false, false},
    {"\033=\033>", "", false, false},
    {"\033[2;20r", "\0337\033[r\0338", false, false},
    {"\033[2;20r\033[r", "", false, false},
    {"\033(0lqqk", "\033(B", false, false},
    {"\033(0lqqk\033(B\033)0", "", false, false},
    {"\033[?1049h\033[31m\033c", "", false, false},
    {"\033[?1049h\033[31m\033[!p", "", false, false},
    /* strings are no text, whatever stands in them */
    {"\033]2;\x1b[?1049h is a title\007", "\033[?1049l", false, false},
    {"\033]2;title [1049h\033[m\007", "", false, false},
    {"\033]2;title\033\\", "", false, false},
    {"\033Pdata\033\\text", "", false, false},
    {"\033]2;title", "\030", false, true},
    {"\033", "\030", false, true},
    {"\033[", "\030", false, true},
    {"\033[?10", "\030", false, true},
    {"\033[?10\030", "", false, false},
    {"caf\303", "", false, true},
    {"caf\303\251", "", false, false},
    {"\342\202", "", false, true},
    {"\360\237\230\200", "", false, false},
    {"\377\300\200", "", false, false},
    /* what terminals answer */
    {"\033[6n", "", true, false},
    {"\033[5n", "", true, false},
    {"\033[?6n", "", true, false},
    {"\033[c", "", true, false},
    {"\033[>c", "", true, false},
    {"\033[0c", "", true, false},
    {"\033[?2026$p", "", true, false},
    {"\033[>q", "", true, false},
    {"\033[?u", "", true, false},
    {"\033[18t", "", true, false},
    {"\033[22;2t\033[23;2t", "", false, false},
    {"\033]11;?\007", "", true, false},
    {"\033]0;what?\007", "", true, false}, /* too careful, and harmless */
    {"\033P+q544e\033\\", "", true, false},
    {"\005", "", true, false},
    {"\033Z", "", true, false},
    {"what? c n \033[3C\033[2 q", "", false, false},
    /* more numbers than are kept, and larger ones */
    {"\033[0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;1m", "", false, false},
    {"\033[?99999999999999999999h", "", false, false},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(rows); i++) {
        check(&rows[i], 1);
        check(&rows[i], 3);
        check(&rows[i], 1000);
    }
}

/* Undoing leaves nothing to undo. */
static void test_undo_undoes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(rows); i++) {
        _cleanup_buffer_ struct buffer undo = BUFFER_INIT;
        _cleanup_buffer_ struct buffer again = BUFFER_INIT;
        struct screen_state screen = {0};

        screen_state_feed(&screen, rows[i].bytes, strlen(rows[i].bytes));
        assert_int_equal(screen_state_undo(&screen, &undo), 0);
        screen_state_feed(&screen, buffer_bytes(&undo), buffer_length(&undo));
        assert_int_equal(screen_state_undo(&screen, &again), 0);
        assert_int_equal(buffer_length(&again), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_undo_undoes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
