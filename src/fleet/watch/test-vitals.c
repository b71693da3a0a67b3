/* The lines of /v1/vitals as the console reads them, without a connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fleet/watch/vitals-path.h"
#include "fleet/watch/vitals-read.h"
#include "fleet/watch/vitals-scan.h"
#include "proto/limits.h"

struct stream {
    struct vitals_reader reader;
    struct vitals_sample sample;
};

static int setup(void **state)
{
    struct stream *stream = calloc(1, sizeof(*stream));

    vitals_sample_init(&stream->sample);
    *state = stream;
    return 0;
}

static int teardown(void **state)
{
    struct stream *stream = *state;

    vitals_reader_deinit(&stream->reader);
    vitals_sample_deinit(&stream->sample);
    free(stream);
    return 0;
}

/* From memory of just its size, so that a read beyond it shows. */
static int line(struct stream *stream, const char *text)
{
    size_t length = strlen(text);
    char *copy = malloc(length ? length : 1);
    int r;

    memcpy(copy, text, length);
    r = vitals_read_line(&stream->reader, &stream->sample, copy, length);
    free(copy);
    return r;
}

static void test_numbers(void **state)
{
    static const char *const numbers[] = {"0",      "-0",
                                          "7",      "12.5",
                                          "0.1",    "-3.25",
                                          "8.2e9",  "1E3",
                                          "1e-3",   "123456789012",
                                          "99.9",   "0.001",
                                          "1.5e+2", "1e308",
                                          "0e999",  "100000000000000000000000",
                                          "1e-400", "0.000000000000000000001"};

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(numbers); i++) {
        struct vitals_scan scan = scan_of(numbers[i], strlen(numbers[i]));
        double expected = strtod(numbers[i], NULL);
        double value;

        assert_true(scan_value(&scan, &value));
        assert_true(scan_is_done(&scan));
        if (fabs(value - expected) > fabs(expected) * 1e-15)
            fail_msg("%s was read as %.17g", numbers[i], value);
    }
}

static void test_no_numbers(void **state)
{
    static const char *const texts[] = {"",   "-",     ".5", "x",  "nul",
                                        "e5", "-null", "1e", "1.", "1e+"};

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(texts); i++) {
        struct vitals_scan scan = scan_of(texts[i], strlen(texts[i]));
        double value;

        assert_false(scan_value(&scan, &value) && scan_is_done(&scan));
    }
}

static void test_stream(void **state)
{
    struct stream *stream = *state;
    struct vitals_sample *sample = &stream->sample;

    assert_int_equal(line(stream,
                          "{\"columns\":[\"cpu.busy\",\"mem.used\",\"of.tomorrow\","
                          "\"net.rx{interface=\\\"eth0\\\"}\",\"net.tx{interface=\\\"eth0\\\"}\","
                          "\"net.rx{interface=\\\"wlan0\\\"}\"],\"every_ms\":2000}"),
                     VITALS_HEAD);
    assert_int_equal(
        line(stream, "{\"t\":1764133563123,\"i\":2000,\"v\":[12.5,8243503104,1,100,200,null]}"),
        VITALS_SAMPLE);
    assert_int_equal(sample->time_ms, 1764133563123);
    assert_int_equal(sample->interval_ms, 2000);
    assert_true(sample->value[VITAL_CPU_BUSY] == 12.5);
    assert_true(sample->value[VITAL_MEM_USED] == 8243503104.0);
    assert_true(isnan(sample->value[VITAL_MEM_TOTAL]));
    assert_int_equal(sample->series[VITAL_LABEL_INTERFACE].count, 2);
    assert_int_equal(vitals_series_find(sample, VITAL_LABEL_INTERFACE, "wlan0"), 1);
    assert_int_equal(vitals_series_find(sample, VITAL_LABEL_INTERFACE, "wlan1"), -1);
    assert_true(vitals_series_value(sample, VITAL_NET_RX, 0) == 100);
    assert_true(vitals_series_value(sample, VITAL_NET_TX, 0) == 200);
    assert_true(isnan(vitals_series_value(sample, VITAL_NET_RX, 1)));
    assert_true(isnan(vitals_series_value(sample, VITAL_NET_TX, 1))); /* not even asked for */
    assert_true(isnan(vitals_series_value(sample, VITAL_NET_TX, 2)));
    assert_true(isnan(vitals_series_value(sample, VITAL_LOAD_1, 0)));
    /* What was known is not known any more. */
    assert_int_equal(line(stream, "{\"t\":1764133565123,\"i\":2000,\"v\":[null,1,1,1,1,1]}"),
                     VITALS_SAMPLE);
    assert_true(isnan(sample->value[VITAL_CPU_BUSY]));
}

static void test_other_forms(void **state)
{
    struct stream *stream = *state;
    struct vitals_sample *sample = &stream->sample;

    assert_int_equal(line(stream, "{\"columns\":[\"cpu.busy\"]}"), VITALS_HEAD);
    assert_int_equal(line(stream, "{ \"v\": [ 1e1 ], \"new\": {\"v\":[]}, \"t\": 5, \"i\": 3 }"),
                     VITALS_SAMPLE);
    assert_true(sample->value[VITAL_CPU_BUSY] == 10);
    assert_int_equal(sample->time_ms, 5);
    assert_int_equal(sample->interval_ms, 3);
    assert_int_equal(line(stream,
                          "{\"t\":1,\"i\":1,\"v\":[5],\"p\":[[1,\"root\",\"S\",null,1048576,"
                          "\"init\"],[22,\"me\",\"R\",99.5,4096,\"busy \\u001b[1m\"],7]}"),
                     VITALS_SAMPLE);
    assert_int_equal(sample->process_count, 3);
    assert_int_equal(sample->processes[0].pid, 1);
    assert_true(isnan(sample->processes[0].cpu));
    assert_int_equal(sample->processes[0].memory, 1048576);
    assert_string_equal(sample->processes[1].user, "me");
    assert_int_equal(sample->processes[1].state, 'R');
    assert_true(sample->processes[1].cpu == 99.5);
    assert_string_equal(sample->processes[1].command, "busy \x1b[1m");
    assert_int_equal(line(stream, "{\"t\":2,\"i\":1,\"v\":[5]}"), VITALS_SAMPLE);
}

static void test_bad_lines(void **state)
{
    static const char *const bad[] = {"",
                                      "{",
                                      "[]",
                                      "null",
                                      "{\"columns\":7}",
                                      "{\"columns\":[7]}",
                                      "{\"columns\":[\"cpu.busy{core=\\\"0\\\"}\",{}]}",
                                      "{\"t\":1,\"i\":1,\"v\":[1]}"};
    static const char *const bad_samples[] = {"{\"t\":1,\"i\":1,\"v\":[]}",
                                              "{\"t\":1,\"i\":1,\"v\":[1,2]}",
                                              "{\"t\":1,\"i\":1,\"v\":[1]",
                                              "{\"t\":1,\"i\":1,\"v\":[1]}}",
                                              "{\"t\":-1,\"i\":1,\"v\":[1]}",
                                              "{\"i\":1,\"v\":[1]}",
                                              "{\"t\":1,\"i\":1}",
                                              "{\"t\":1,\"i\":1,\"v\":{}}"};
    struct stream *stream = *state;

    for (size_t i = 0; i < ELEMENTS_OF(bad); i++)
        assert_int_equal(line(stream, bad[i]), VITALS_BAD);
    assert_int_equal(line(stream, "{\"columns\":[\"cpu.busy\"]}"), VITALS_HEAD);
    for (size_t i = 0; i < ELEMENTS_OF(bad_samples); i++)
        assert_int_equal(line(stream, bad_samples[i]), VITALS_BAD);
    assert_int_equal(line(stream, "{\"columns\":[7]}"), VITALS_BAD);
    assert_int_equal(line(stream, "{\"t\":1,\"i\":1,\"v\":[1]}"), VITALS_BAD); /* of no head */
}

static void test_too_many_things(void **state)
{
    _cleanup_buffer_ struct buffer head = BUFFER_INIT;
    struct stream *stream = *state;

    buffer_append_text(&head, "{\"columns\":[\"cpu.busy\"");
    for (int i = 0; i < LIMIT_VITALS_THINGS + 10; i++)
        buffer_printf(&head, ",\"cpu.busy{core=\\\"%d\\\"}\"", i);
    buffer_append_text(&head, "]}");
    assert_int_equal(line(stream, buffer_text(&head)), VITALS_HEAD);
    assert_int_equal(stream->sample.series[VITAL_LABEL_CORE].count, LIMIT_VITALS_THINGS);
}

static void test_document(void **state)
{
    static const char text[] = "{\"time_ms\":7,\"interval_ms\":1000,\"cpu.busy\":1.5,"
                               "\"disk.free{mount=\\\"/\\\"}\":12,\"what\":\"text\"}";
    json_t *root = json_loads(text, 0, NULL);
    struct vitals_sample sample;

    (void)state;
    assert_int_equal(vitals_read_document(root, &sample), VITALS_SAMPLE);
    assert_int_equal(sample.time_ms, 7);
    assert_int_equal(sample.interval_ms, 1000);
    assert_true(sample.value[VITAL_CPU_BUSY] == 1.5);
    assert_true(vitals_series_value(&sample, VITAL_DISK_FREE, 0) == 12);
    assert_string_equal(sample.series[VITAL_LABEL_MOUNT].things[0], "/");
    vitals_sample_deinit(&sample);
    json_decref(root);
    assert_int_equal(vitals_read_document(NULL, &sample), VITALS_BAD);
    vitals_sample_deinit(&sample);
}

static int history_line(struct vitals_history *history, size_t *room, const char *text)
{
    return vitals_read_history(history, room, text, strlen(text));
}

static void test_history(void **state)
{
    struct vitals_history history = {0};
    size_t room = 0;
    char row[100];

    (void)state;
    assert_int_equal(history_line(&history, &room, "{\"t\":1,\"v\":[1]}"), VITALS_BAD);
    assert_int_equal(history_line(&history, &room,
                                  "{\"columns\":[\"cpu.busy\",\"disk.free{mount=\\\"/\\\"}\"],"
                                  "\"since\":10,\"until\":99,\"step_ms\":5,\"oldest\":3}"),
                     VITALS_HEAD);
    assert_int_equal(history.since_ms, 10);
    assert_int_equal(history.until_ms, 99);
    assert_int_equal(history.step_ms, 5);
    assert_int_equal(history.oldest_ms, 3);
    assert_int_equal(vitals_history_column(&history, "disk.free{mount=\"/\"}"), 1);
    assert_int_equal(vitals_history_column(&history, "mem.used"), -1);
    assert_int_equal(history_line(&history, &room, "{\"t\":10,\"v\":[1,null]}"), VITALS_SAMPLE);
    assert_int_equal(
        history_line(&history, &room, "{\"t\":15,\"v\":[2,3],\"min\":[1,2],\"max\":[4,5]}"),
        VITALS_SAMPLE);
    assert_int_equal(history_line(&history, &room, "{\"v\":[2,3],\"min\":[1,2],\"t\":20,\"x\":0}"),
                     VITALS_SAMPLE);
    assert_int_equal(history.row_count, 3);
    assert_int_equal(history.row_ms[1], 15);
    assert_true(history.mean[0] == 1 && history.min[0] == 1 && history.max[0] == 1);
    assert_true(isnan(history.max[1]));
    assert_true(history.mean[2] == 2 && history.min[2] == 1 && history.max[3] == 5);
    assert_true(history.max[4] == 2);
    assert_int_equal(history_line(&history, &room, "{\"t\":25,\"v\":[2]}"), VITALS_BAD);
    assert_int_equal(
        history_line(&history, &room, "{\"t\":25,\"v\":[2,3],\"min\":[1],\"max\":[1]}"),
        VITALS_BAD);
    for (size_t i = 3; i < LIMIT_HISTORY_ROWS; i++) {
        snprintf(row, sizeof(row), "{\"t\":%zu,\"v\":[%zu,1]}", 25 + i, i);
        assert_int_equal(history_line(&history, &room, row), VITALS_SAMPLE);
    }
    assert_true(history.mean[2 * (LIMIT_HISTORY_ROWS - 1)] == LIMIT_HISTORY_ROWS - 1);
    assert_int_equal(history_line(&history, &room, row), VITALS_BAD); /* a machine without end */
    vitals_history_deinit(&history);
}

struct told {
    char text[256];
    int stop_at;
};

static int on_line(const char *bytes, size_t length, void *user)
{
    struct told *told = user;
    size_t used = strlen(told->text);

    snprintf(told->text + used, sizeof(told->text) - used, "<%.*s>", (int)length, bytes);
    return told->stop_at > 0 && --told->stop_at == 0 ? 7 : 0;
}

static void test_cutting(void **state)
{
    static const char text[] = "one\n\ntwo\nthree";

    (void)state;
    for (size_t step = 1; step <= sizeof(text); step++) {
        struct vitals_lines lines = {0};
        struct told told = {0};

        for (size_t at = 0; at < strlen(text); at += step) {
            size_t left = strlen(text) - at;

            assert_int_equal(vitals_lines_feed(&lines, (const uint8_t *)text + at,
                                               left < step ? left : step, on_line, &told),
                             0);
        }
        assert_string_equal(told.text, "<one><><two>");
        vitals_lines_reset(&lines);
    }
}

static void test_cutting_ends(void **state)
{
    struct vitals_lines lines = {0};
    struct told told = {.stop_at = 2};
    static const uint8_t bytes[4096];
    int r = 0;

    (void)state;
    assert_int_equal(vitals_lines_feed(&lines, (const uint8_t *)"a\nb\nc\n", 6, on_line, &told), 7);
    assert_string_equal(told.text, "<a><b>");
    for (size_t sent = 0; !r && sent <= LIMIT_VITALS_LINE; sent += sizeof(bytes))
        r = vitals_lines_feed(&lines, bytes, sizeof(bytes), on_line, &told);
    assert_int_equal(r, 1);
    vitals_lines_reset(&lines);
}

static void test_paths(void **state)
{
    _cleanup_buffer_ struct buffer path = BUFFER_INIT;

    (void)state;
    assert_int_equal(
        vitals_path(&(struct vitals_ask){.fields = "cpu.busy,mounts", .processes = 5}, 2000, &path),
        0);
    assert_string_equal(buffer_text(&path),
                        "/v1/vitals?fields=cpu.busy,mounts&processes=5&every=2000ms");
    buffer_clear(&path);
    assert_int_equal(vitals_path(&(struct vitals_ask){0}, 0, &path), 0);
    assert_string_equal(buffer_text(&path), "/v1/vitals?fields=all");
    buffer_clear(&path);
    assert_int_equal(vitals_path(&(struct vitals_ask){.fields = "a&every=1"}, 0, &path), -EINVAL);
    assert_int_equal(vitals_path(&(struct vitals_ask){.fields = ""}, 0, &path), -EINVAL);
    buffer_clear(&path);
    assert_int_equal(vitals_history_path(&(struct vitals_history_ask){.fields = "summary",
                                                                      .since_ms = -60000,
                                                                      .until_ms = 1764133563123,
                                                                      .step_ms = 10000},
                                         &path),
                     0);
    assert_string_equal(buffer_text(&path), "/v1/vitals?fields=summary&since=60000ms"
                                            "&until=1764133563123&step=10000ms");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_no_numbers),
        cmocka_unit_test_setup_teardown(test_stream, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_forms, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many_things, setup, teardown),
        cmocka_unit_test(test_document),
        cmocka_unit_test(test_history),
        cmocka_unit_test(test_cutting),
        cmocka_unit_test(test_cutting_ends),
        cmocka_unit_test(test_paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
