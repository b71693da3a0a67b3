/* A history's lines, read. See vitals-read.h. */
#include "fleet/watch/vitals-read.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fleet/link/document.h"
#include "fleet/watch/vitals-scan.h"
#include "proto/limits.h"

long vitals_history_column(const struct vitals_history *history, const char *name)
{
    for (size_t i = 0; i < history->column_count; i++) {
        _cleanup_buffer_ struct buffer text = BUFFER_INIT;

        if (history->columns[i].vital < VITAL_COUNT &&
            !vital_column_append(&history->columns[i], &text) &&
            text_equal(buffer_text(&text), name))
            return (long)i;
    }
    return -1;
}

/* A column of a later version keeps its place under the vital VITAL_COUNT. */
static int read_head(struct vitals_history *history, json_t *root)
{
    json_t *columns = json_object_get(root, "columns");
    size_t count = json_array_size(columns);

    if (!json_is_array(columns) || count > LIMIT_VITALS_COLUMNS ||
        !document_u64(root, "step_ms", &history->step_ms) ||
        !document_u64(root, "since", &history->since_ms) ||
        !document_u64(root, "until", &history->until_ms))
        return VITALS_BAD;
    document_u64(root, "oldest", &history->oldest_ms);
    history->columns = calloc(count ? count : 1, sizeof(*history->columns));
    if (!history->columns)
        return -ENOMEM;
    history->column_count = count;
    for (size_t i = 0; i < count; i++) {
        json_t *name = json_array_get(columns, i);

        if (!json_is_string(name) ||
            !vital_column_parse(json_string_value(name), json_string_length(name),
                                &history->columns[i]))
            history->columns[i] = (struct vital_column){.vital = VITAL_COUNT};
    }
    return VITALS_HEAD;
}

/* Returns 0 or -ENOMEM; on error what was there stays. */
static int grow(double **values, size_t count)
{
    double *grown = reallocarray(*values, count ? count : 1, sizeof(**values));

    if (!grown)
        return -ENOMEM;
    *values = grown;
    return 0;
}

static int make_room(struct vitals_history *history, size_t *room)
{
    size_t rows = *room ? 2 * *room : 64;
    uint64_t *times;
    int r;

    if (history->row_count < *room)
        return 0;
    times = reallocarray(history->row_ms, rows, sizeof(*times));
    if (!times)
        return -ENOMEM;
    history->row_ms = times;
    r = grow(&history->mean, rows * history->column_count);
    if (!r)
        r = grow(&history->min, rows * history->column_count);
    if (!r)
        r = grow(&history->max, rows * history->column_count);
    if (!r)
        *room = rows;
    return r;
}

static bool read_values(struct vitals_scan *scan, const char *opening, double *values, size_t count)
{
    if (!scan_text(scan, opening))
        return false;
    for (size_t i = 0; i < count; i++)
        if ((i > 0 && !scan_text(scan, ",")) || !scan_value(scan, &values[i]))
            return false;
    return scan_text(scan, "]");
}

static bool read_plain_row(struct vitals_history *history, struct vitals_scan scan)
{
    size_t count = history->column_count;
    size_t at = history->row_count * count;
    double time;

    if (!scan_text(&scan, "{\"t\":") || !scan_value(&scan, &time) || !(time >= 0 && time < 9e15) ||
        !read_values(&scan, ",\"v\":[", history->mean + at, count))
        return false;
    history->row_ms[history->row_count] = (uint64_t)time;
    if (scan_text(&scan, "}")) {
        memcpy(history->min + at, history->mean + at, count * sizeof(double));
        memcpy(history->max + at, history->mean + at, count * sizeof(double));
    } else if (!read_values(&scan, ",\"min\":[", history->min + at, count) ||
               !read_values(&scan, ",\"max\":[", history->max + at, count) ||
               !scan_text(&scan, "}")) {
        return false;
    }
    return scan_is_done(&scan);
}

static bool read_array(json_t *array, double *values, size_t count)
{
    if (json_array_size(array) != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        json_t *value = json_array_get(array, i);

        values[i] = json_is_number(value) ? json_number_value(value) : NAN;
    }
    return true;
}

static bool read_any_row(struct vitals_history *history, const char *line, size_t length)
{
    json_t *root = json_loadb(line, length, 0, NULL);
    size_t count = history->column_count;
    size_t at = history->row_count * count;
    json_t *mean = json_object_get(root, "v");
    json_t *min = json_object_get(root, "min");
    json_t *max = json_object_get(root, "max");
    bool good = document_u64(root, "t", &history->row_ms[history->row_count]) &&
                read_array(mean, history->mean + at, count) &&
                read_array(min ? min : mean, history->min + at, count) &&
                read_array(max ? max : mean, history->max + at, count);

    json_decref(root);
    return good;
}

int vitals_read_history(struct vitals_history *history, size_t *room, const char *line,
                        size_t length)
{
    int r;

    if (!history->columns) {
        json_t *root = json_loadb(line, length, 0, NULL);

        r = read_head(history, root);
        json_decref(root);
        return r;
    }
    if (history->row_count == LIMIT_HISTORY_ROWS)
        return VITALS_BAD;
    r = make_room(history, room);
    if (r)
        return r;
    if (!read_plain_row(history, scan_of(line, length)) && !read_any_row(history, line, length))
        return VITALS_BAD;
    history->row_count++;
    return VITALS_SAMPLE;
}
