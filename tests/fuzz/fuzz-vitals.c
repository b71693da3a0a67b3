/* What a machine answers to a console that asks for its vital signs: a stream, a document or a
 * history, by the first byte. Lines must read the same whatever the pieces in which they come, and
 * what was read must be whole. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "fleet/watch/vitals-read.h"
#include "fuzz.h"
#include "proto/limits.h"

struct told {
    struct vitals_reader reader;
    struct vitals_sample sample;
    struct vitals_history history;
    size_t room;
    bool is_history;
    unsigned lines;
    double sum;
};

static void look_at_sample(struct told *told)
{
    const struct vitals_sample *sample = &told->sample;

    for (unsigned v = 0; v < VITAL_COUNT; v++) {
        enum vital_label label = vital_info((enum vital)v)->label;

        if (!isnan(sample->value[v]))
            told->sum += sample->value[v];
        for (size_t i = 0; label != VITAL_LABEL_NONE && i < sample->series[label].count; i++) {
            double value = vitals_series_value(sample, (enum vital)v, i);

            must(vitals_series_find(sample, label, sample->series[label].things[i]) == (long)i);
            if (!isnan(value))
                told->sum += value;
        }
    }
    must(sample->process_count <= 2 * LIMIT_VITALS_PROCESSES);
    for (size_t i = 0; i < sample->process_count; i++)
        told->sum += (double)strlen(sample->processes[i].command);
}

static int on_line(const char *line, size_t length, void *user)
{
    struct told *told = user;
    int r;

    told->lines++;
    r = told->is_history ? vitals_read_history(&told->history, &told->room, line, length)
                         : vitals_read_line(&told->reader, &told->sample, line, length);
    must(r >= 0);
    if (r == VITALS_SAMPLE && !told->is_history)
        look_at_sample(told);
    return r == VITALS_BAD;
}

static void look_at_history(struct told *told)
{
    const struct vitals_history *history = &told->history;

    must(history->row_count <= LIMIT_HISTORY_ROWS);
    for (size_t i = 0; i < history->row_count * history->column_count; i++)
        if (isfinite(history->mean[i]) && isfinite(history->min[i]) && isfinite(history->max[i]))
            told->sum += history->mean[i] + history->min[i] + history->max[i];
    for (size_t i = 0; i < history->row_count; i++)
        told->sum += (double)history->row_ms[i];
}

static void read_lines(const uint8_t *bytes, size_t size, size_t step, bool is_history,
                       unsigned *lines_out, double *sum_out)
{
    struct told told = {.is_history = is_history};
    struct vitals_lines lines = {0};
    int r = 0;

    vitals_sample_init(&told.sample);
    for (size_t at = 0; at < size && !r; at += step)
        r = vitals_lines_feed(&lines, bytes + at, size - at < step ? size - at : step, on_line,
                              &told);
    look_at_history(&told);
    *lines_out = told.lines;
    *sum_out = told.sum;
    vitals_lines_reset(&lines);
    vitals_reader_deinit(&told.reader);
    vitals_sample_deinit(&told.sample);
    vitals_history_deinit(&told.history);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    bool is_history;
    unsigned lines;
    double sum;

    if (size == 0)
        return 0;
    is_history = bytes[0] == 'h';
    if (bytes[0] == 'd') {
        struct told told = {0};
        json_t *root = json_loadb((const char *)bytes + 1, size - 1, 0, NULL);

        if (vitals_read_document(root, &told.sample) == VITALS_SAMPLE)
            look_at_sample(&told);
        vitals_sample_deinit(&told.sample);
        json_decref(root);
        return 0;
    }
    read_lines(bytes + 1, size - 1, size, is_history, &lines, &sum);
    for (size_t step = 1; step < size && step < 64; step = step * 3 + 1) {
        unsigned again;
        double again_sum;

        read_lines(bytes + 1, size - 1, step, is_history, &again, &again_sum);
        must(again == lines);
        must(again_sum == sum || (isnan(again_sum) && isnan(sum)));
    }
    return 0;
}
