/* The views of `hune top` on a canvas, without a terminal and without machines. */
#include "cli/table.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/machine-view.h"

static const char fleet_text[] = "name,host,port,tags\n"
                                 "web1,192.0.2.1,,prod\n"
                                 "web2,192.0.2.2,,prod\n"
                                 "web10,192.0.2.10,,test\n"
                                 "db1,198.51.100.7,,\"prod,db\"\n"
                                 "away,198.51.100.8,,\n";
enum { MACHINES = 5, AWAY = 4 };

struct world {
    struct fleet *fleet;
    struct sight sights[MACHINES];
    struct table table;
    struct canvas canvas;
};

static void sight_set(struct sight *sight, double cpu, double mem)
{
    *sight = (struct sight){.presence = PRESENCE_UP, .is_ready = true, .sample_ms = 1000};
    for (size_t i = 0; i < VITAL_COUNT; i++)
        sight->vitals[i] = NAN;
    for (size_t t = 0; t < TRACK_COUNT; t++)
        for (size_t i = 0; i < TRACK_LENGTH; i++)
            sight->tracks[t][i] = NAN;
    sight->vitals[VITAL_CPU_BUSY] = (float)cpu;
    sight->vitals[VITAL_MEM_TOTAL] = 1000;
    sight->vitals[VITAL_MEM_USED] = (float)(10 * mem);
    sight->vitals[VITAL_LOAD_1] = 1.5F;
    sight->vitals[VITAL_UPTIME] = 90000;
    sight->tracks[TRACK_CPU][TRACK_LENGTH - 1] = (float)cpu;
}

static int setup(void **state)
{
    static struct world world;
    struct table_row *rows = calloc(MACHINES, sizeof(*rows));

    memset(&world, 0, sizeof(world));
    assert_int_equal(fleet_parse(fleet_text, strlen(fleet_text), &world.fleet, NULL), 0);
    sight_set(&world.sights[0], 10, 50);
    sight_set(&world.sights[1], 97, 20);
    sight_set(&world.sights[2], 30, 99);
    sight_set(&world.sights[3], 20, 30);
    sight_set(&world.sights[AWAY], NAN, NAN);
    world.sights[AWAY].presence = PRESENCE_DOWN;
    world.sights[AWAY].problem = PROBLEM_TIMEOUT;
    world.sights[AWAY].presence_ms = 1;
    for (uint32_t i = 0; i < MACHINES; i++)
        rows[i] = (struct table_row){.machine = &world.fleet->machines[i],
                                     .sight = &world.sights[i]};
    assert_int_equal(table_init(&world.table, world.fleet, rows, MACHINES), 0);
    world.table.every_ms = 2000;
    *state = &world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;

    table_deinit(&world->table);
    canvas_deinit(&world->canvas);
    fleet_free(world->fleet);
    return 0;
}

static void draw(struct world *world, int rows, int columns)
{
    assert_int_equal(canvas_resize(&world->canvas, rows, columns), 0);
    table_draw(&world->table, &world->canvas, 0, rows, 2000);
}

static const char *row_text(struct world *world, int row)
{
    static char texts[4][1024];
    static int next;
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    next = (next + 1) % 4;
    assert_int_equal(canvas_row(&world->canvas, row, &out), 0);
    snprintf(texts[next], sizeof(texts[next]), "%s", buffer_text(&out));
    return texts[next];
}

static void assert_has(struct world *world, int row, const char *piece)
{
    if (!strstr(row_text(world, row), piece))
        fail_msg("no \"%s\" in \"%s\"", piece, row_text(world, row));
}

/* The names of the lines from the first on, as "web1 db1 ". */
static void assert_order(struct world *world, const char *expected)
{
    char text[256] = "";

    for (uint32_t i = 0; i < world->table.shown; i++) {
        strcat(text, world->table.rows[world->table.order[i]].machine->name);
        strcat(text, " ");
    }
    assert_string_equal(text, expected);
}

static void test_sorting(void **state)
{
    struct world *world = *state;

    table_sort_by(&world->table, TABLE_CPU, false);
    assert_order(world, "web2 web10 db1 web1 away ");
    table_sort_by(&world->table, TABLE_CPU, true);
    assert_order(world, "web1 db1 web10 web2 away "); /* what is not known stays last */
    world->sights[0].presence = PRESENCE_DOWN;
    table_sort_by(&world->table, TABLE_CPU, false);
    assert_order(world, "web2 web10 db1 web1 away ");
    world->sights[0].presence = PRESENCE_UP;
    table_sort_by(&world->table, TABLE_MEM, false);
    assert_order(world, "web10 web1 db1 web2 away ");
    table_sort_by(&world->table, TABLE_NAME, false);
    assert_order(world, "away db1 web1 web2 web10 ");
    table_sort_by(&world->table, TABLE_STATE, false);
    assert_order(world, "away web1 web2 web10 db1 ");
}

static void test_cursor_follows_its_machine(void **state)
{
    struct world *world = *state;

    draw(world, 4, 80);
    table_sort_by(&world->table, TABLE_CPU, false);
    table_move(&world->table, 3);
    assert_int_equal(table_chosen(&world->table), 0);
    world->sights[0].vitals[VITAL_CPU_BUSY] = 99;
    table_sort(&world->table);
    assert_int_equal(table_chosen(&world->table), 0);
    assert_int_equal(world->table.cursor, 0);
    assert_true(table_is_visible(&world->table, 0));
    table_move(&world->table, -100);
    table_move(&world->table, INT32_MAX);
    assert_int_equal(table_chosen(&world->table), AWAY);
    table_move_to(&world->table, UINT32_MAX);
    assert_int_equal(table_chosen(&world->table), AWAY);
    assert_true(table_is_visible(&world->table, AWAY));
    assert_false(table_is_visible(&world->table, 0));
}

static void test_filter(void **state)
{
    struct world *world = *state;

    table_sort_by(&world->table, TABLE_NAME, false);
    table_set_filter(&world->table, "web[1-2]");
    assert_true(world->table.filter_is_selector);
    assert_order(world, "web1 web2 ");
    table_set_filter(&world->table, "@prod&!db*");
    assert_order(world, "web1 web2 ");
    table_set_filter(&world->table, "we");
    assert_false(world->table.filter_is_selector);
    assert_order(world, "web1 web2 web10 ");
    table_set_filter(&world->table, "198.51");
    assert_order(world, "away db1 ");
    table_set_filter(&world->table, "nothing like it");
    assert_order(world, "");
    assert_int_equal(table_chosen(&world->table), FLEET_NONE);
    draw(world, 5, 80);
    assert_has(world, 1, "Nothing fits");
    table_move(&world->table, 5);
    table_set_filter(&world->table, "");
    assert_order(world, "away db1 web1 web2 web10 ");
}

static void test_80x24(void **state)
{
    struct world *world = *state;

    table_sort_by(&world->table, TABLE_CPU, false);
    draw(world, 24, 80);
    assert_has(world, 0, "MACHINE");
    assert_has(world, 0, "▼CPU");
    assert_has(world, 0, "LOAD");
    assert_has(world, 1, "web2");
    assert_has(world, 1, "█  97%");
    assert_has(world, 1, "1.50");
    assert_has(world, 1, "1d1h");
    assert_has(world, 2, "web10");
    assert_has(world, 2, "99%");
    assert_has(world, 5, "away");
    assert_has(world, 5, "down 1s: No answer in time.");
    assert_string_equal(row_text(world, 6), "");
}

static void test_20x5(void **state)
{
    struct world *world = *state;

    table_sort_by(&world->table, TABLE_CPU, false);
    draw(world, 5, 20);
    assert_string_equal(row_text(world, 0), "  MACHINE  ▼CPU  MEM");
    assert_string_equal(row_text(world, 1), "● web2      97%  20%");
    assert_has(world, 4, "web1");
}

/* No size makes it write outside or read what is not there. */
static void test_any_size(void **state)
{
    struct world *world = *state;

    for (int columns = 1; columns < 260; columns += columns < 30 ? 1 : 13) {
        for (int rows = 1; rows < 12; rows++)
            draw(world, rows, columns);
    }
}

static void test_ascii(void **state)
{
    struct world *world = *state;

    assert_int_equal(canvas_resize(&world->canvas, 8, 120), 0);
    world->canvas.ascii = true;
    table_draw(&world->table, &world->canvas, 0, 8, 2000);
    for (int i = 0; i < 8 * 120; i++)
        assert_true(world->canvas.cells[i].code < 0x80);
}

static void test_old_figures_are_dim(void **state)
{
    struct world *world = *state;

    table_sort_by(&world->table, TABLE_NAME, true);
    assert_int_equal(canvas_resize(&world->canvas, 3, 20), 0);
    table_draw(&world->table, &world->canvas, 0, 3, 2000);
    assert_int_equal(world->canvas.cells[20 + 13].style, STYLE_PLAIN);
    table_draw(&world->table, &world->canvas, 0, 3, 100000);
    assert_int_equal(world->canvas.cells[20 + 13].style, STYLE_DIM);
}

/* ---- one machine ---- */

static void fill_sample(struct vitals_sample *sample)
{
    static double cores[4 * 8];
    static char texts[4][2] = {"0", "1", "2", "3"};
    static char *names[] = {texts[0], texts[1], texts[2], texts[3]};
    static struct vitals_process processes[2] = {
        {.pid = 7, .cpu = 3, .memory = 900 << 20, .state = 'S', .user = "db", .command = "mysqld"},
        {.pid = 9, .cpu = 88, .memory = 1 << 20, .state = 'R', .user = "\x1b[1m", .command = "x"},
    };

    vitals_sample_init(sample);
    sample->value[VITAL_CPU_BUSY] = 40;
    sample->value[VITAL_MEM_TOTAL] = 8e9;
    sample->value[VITAL_MEM_USED] = 2e9;
    sample->series[VITAL_LABEL_CORE] = (struct vitals_series){
        .count = 4, .things = names, .values = cores};
    for (size_t i = 0; i < 4; i++)
        cores[i * vital_label_width(VITAL_LABEL_CORE) + vital_label_place(VITAL_CPU_BUSY)] =
            25. * (double)(i + 1);
    sample->processes = processes;
    sample->process_count = 2;
}

static void fill_history(struct vitals_history *history)
{
    static struct vital_column columns[1];
    static uint64_t rows[10];
    static double mean[10], min[10], max[10];

    columns[0] = (struct vital_column){.vital = VITAL_CPU_BUSY};
    for (size_t i = 0; i < 10; i++) {
        rows[i] = 1000000 + i * 1000;
        mean[i] = min[i] = max[i] = 10. * (double)i;
    }
    *history = (struct vitals_history){.since_ms = 1000000,
                                       .until_ms = 1010000,
                                       .step_ms = 1000,
                                       .column_count = 1,
                                       .columns = columns,
                                       .row_count = 10,
                                       .row_ms = rows,
                                       .mean = mean,
                                       .min = min,
                                       .max = max};
}

static void draw_view(struct world *world, struct machine_view *view, int rows, int columns)
{
    assert_int_equal(canvas_resize(&world->canvas, rows, columns), 0);
    machine_view_draw(view, &world->canvas, 0, rows, 2000);
}

static void test_machine(void **state)
{
    struct world *world = *state;
    struct machine_view view;
    struct vitals_sample sample;

    machine_view_init(&view, &world->fleet->machines[0], &world->sights[0]);
    draw_view(world, &view, 24, 80);
    assert_has(world, 0, "web1  up 1d 1h  192.0.2.1:10000");
    assert_has(world, 1, "1 Overview  2 Processes");
    assert_has(world, 2, "Waiting");
    fill_sample(&sample);
    machine_view_take(&view, &sample);
    draw_view(world, &view, 24, 80);
    assert_has(world, 2, "25%");
    assert_has(world, 3, "50%");
    assert_has(world, 4, "25%"); /* of the memory */
    machine_view_turn(&view, PAGE_PROCESSES);
    draw_view(world, &view, 24, 80);
    assert_has(world, 3, "      9   88%  1.0M R \\x1b[1m  x");
    view.by_memory = true;
    draw_view(world, &view, 24, 80);
    assert_has(world, 3, "mysqld");
    machine_view_turn(&view, PAGE_PAST);
    draw_view(world, &view, 24, 80);
    assert_has(world, 2, "The last 24 hours");
    assert_has(world, 3, "Waiting");
    fill_history(&view.history);
    view.has_history = true;
    draw_view(world, &view, 24, 80);
    assert_has(world, 3, "Processors    now 90 %  mean 45 %  most 90 %");
    view.has_history = false; /* it is not the view's to free */
    assert_true(machine_view_change_span(&view, 1));
    draw_view(world, &view, 24, 80);
    assert_has(world, 2, "The last 7 days");
    assert_true(machine_view_span_ms(&view) == 7 * 86400000ull);
    assert_true(machine_view_change_span(&view, 1) && machine_view_change_span(&view, 1));
    assert_false(machine_view_change_span(&view, 1));
    for (int columns = 1; columns < 200; columns += 7) {
        for (int rows = 1; rows < 12; rows++) {
            for (int page = 0; page < PAGE_PAST; page++) {
                machine_view_turn(&view, (enum machine_page)page);
                draw_view(world, &view, rows, columns);
                machine_view_scroll(&view, 1000);
                draw_view(world, &view, rows, columns);
                machine_view_scroll(&view, -2000);
                assert_int_equal(view.scroll, 0);
            }
        }
    }
    machine_view_deinit(&view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sorting, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cursor_follows_its_machine, setup, teardown),
        cmocka_unit_test_setup_teardown(test_filter, setup, teardown),
        cmocka_unit_test_setup_teardown(test_80x24, setup, teardown),
        cmocka_unit_test_setup_teardown(test_20x5, setup, teardown),
        cmocka_unit_test_setup_teardown(test_any_size, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ascii, setup, teardown),
        cmocka_unit_test_setup_teardown(test_old_figures_are_dim, setup, teardown),
        cmocka_unit_test_setup_teardown(test_machine, setup, teardown),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
