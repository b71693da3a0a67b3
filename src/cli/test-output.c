/* Tables and JSON lines, as they reach a pipe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/grid.h"
#include "cli/json-line.h"

static void assert_pending(struct output *output, const char *expected)
{
    assert_string_equal(buffer_text(&output->pending), expected);
    buffer_clear(&output->pending);
}

static void test_grid_aligns(void **state)
{
    struct output output = {.fd = -1, .width = 80};
    struct grid grid;

    (void)state;
    grid_init(&grid, (const char *const[]){"NAME", "N", "TEXT", NULL});
    grid.right[1] = true;
    grid_cell(&grid, "w\xc3\xa4rter");
    grid_cellf(&grid, "%u", 5u);
    grid_cell(&grid, NULL);
    grid_cell(&grid, "a");
    grid_cell(&grid, "1000");
    grid_cell(&grid, "x\033y\n");
    grid_print(&grid, "  ", &output);
    assert_pending(&output, "  NAME       N  TEXT\n"
                            "  w\xc3\xa4rter     5  \n"
                            "  a       1000  x\\x1by\\x0a\n");
    grid_deinit(&grid);
    output_deinit(&output);
}

static void test_grid_is_cut_on_terminals(void **state)
{
    struct output output = {.fd = -1, .width = 10, .terminal = true};
    struct grid grid;

    (void)state;
    grid_init(&grid, (const char *const[]){"A", "B", NULL});
    grid_cell(&grid, "1234");
    grid_cell(&grid, "567890");
    grid_cell(&grid, "123456789012");
    grid_cell(&grid, "x");
    grid_print(&grid, "", &output);
    assert_pending(&output, "A\n1234\n1234567890\n");
    grid_deinit(&grid);
    output_deinit(&output);
}

static void test_json_line(void **state)
{
    struct output output = {.fd = -1};
    struct json_line line = json_line_begin(&output);

    (void)state;
    json_line_text(&line, "a\"", "x\ny");
    json_line_number(&line, "n", -5);
    json_line_flag(&line, "f", true);
    json_line_list(&line, "l", "web, prod,,x");
    json_line_list(&line, "none", "");
    json_line_raw(&line, "r", "{\"b\":1}");
    json_line_end(&line);
    assert_pending(&output, "{\"a\\\"\":\"x\\ny\",\"n\":-5,\"f\":true,"
                            "\"l\":[\"web\",\"prod\",\"x\"],\"none\":[],\"r\":{\"b\":1}}\n");
    line = json_line_begin(&output);
    json_line_end(&line);
    assert_pending(&output, "{}\n");
    output_deinit(&output);
}

static void test_json_reals(void **state)
{
    static const struct {
        double number;
        const char *text;
    } cases[] = {{0, "0.000"},       {1.5, "1.500"},    {-0.25, "-0.250"},
                 {0.0004, "0.000"},  {0.0006, "0.001"}, {1234567.891, "1234567.891"},
                 {-0.0006, "-0.001"}};

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
        struct output output = {.fd = -1};
        struct json_line line = json_line_begin(&output);
        char expected[64];

        snprintf(expected, sizeof(expected), "{\"ms\":%s}\n", cases[i].text);
        json_line_real(&line, "ms", cases[i].number);
        json_line_end(&line);
        assert_pending(&output, expected);
        output_deinit(&output);
    }
}

/* A reader that went away closes the output; nothing else happens. */
static void test_output_closes(void **state)
{
    struct output output;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    output_init(&output, ends[1]);
    assert_false(output.terminal);
    assert_false(output.colour);
    assert_true(output_write(&output, "x", 1));
    assert_true(output.begun_line);
    assert_true(output_write(&output, "\n", 1));
    assert_false(output.begun_line);
    close(ends[0]);
    assert_false(output_write(&output, "x", 1));
    assert_true(output.closed);
    output_deinit(&output);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grid_aligns),   cmocka_unit_test(test_grid_is_cut_on_terminals),
        cmocka_unit_test(test_json_line),     cmocka_unit_test(test_json_reals),
        cmocka_unit_test(test_output_closes),
    };

    signal(SIGPIPE, SIG_IGN);
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
