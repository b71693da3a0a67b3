/* See vitals-read.h. */
#include "fleet/watch/vitals-read.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fleet/link/document.h"
#include "fleet/watch/vitals-scan.h"
#include "proto/limits.h"

/* ---- samples in memory ---- */

void vitals_sample_init(struct vitals_sample *sample)
{
    *sample = (struct vitals_sample){0};
    for (size_t i = 0; i < VITAL_COUNT; i++)
        sample->value[i] = NAN;
}

static void series_deinit(struct vitals_series *series)
{
    for (size_t i = 0; i < series->count; i++)
        free(series->things[i]);
    free(series->things);
    free(series->values);
    *series = (struct vitals_series){0};
}

void vitals_sample_deinit(struct vitals_sample *sample)
{
    for (size_t i = 0; i < VITAL_LABEL_COUNT; i++)
        series_deinit(&sample->series[i]);
    free(sample->processes);
    sample->processes = NULL;
    sample->process_count = 0;
}

double vitals_series_value(const struct vitals_sample *sample, enum vital vital, size_t index)
{
    enum vital_label label = vital_info(vital)->label;
    const struct vitals_series *series;

    if (label == VITAL_LABEL_NONE)
        return NAN;
    series = &sample->series[label];
    if (index >= series->count)
        return NAN;
    return series->values[index * vital_label_width(label) + vital_label_place(vital)];
}

long vitals_series_find(const struct vitals_sample *sample, enum vital_label label,
                        const char *thing)
{
    const struct vitals_series *series = &sample->series[label];

    for (size_t i = 0; i < series->count; i++)
        if (strcmp(series->things[i], thing) == 0)
            return (long)i;
    return -1;
}

double vitals_percent(const struct vitals_sample *sample, enum vital used, enum vital total)
{
    return sample->value[total] > 0 ? 100 * sample->value[used] / sample->value[total] : NAN;
}

/* ---- lines ---- */

void vitals_lines_reset(struct vitals_lines *lines)
{
    buffer_deinit(&lines->rest);
}

int vitals_lines_feed(struct vitals_lines *lines, const uint8_t *bytes, size_t size,
                      vitals_line line, void *user)
{
    int r = 0;

    while (size > 0 && !r) {
        const uint8_t *newline = memchr(bytes, '\n', size);
        size_t length = newline ? (size_t)(newline - bytes) : size;

        if (buffer_length(&lines->rest) + length > LIMIT_VITALS_LINE)
            r = 1;
        else if (newline && buffer_length(&lines->rest) == 0) /* whole: read where it is */
            r = line((const char *)bytes, length, user);
        else
            r = buffer_append(&lines->rest, bytes, length);
        if (newline && !r && buffer_length(&lines->rest) > 0) {
            _cleanup_buffer_ struct buffer whole = lines->rest;

            lines->rest = BUFFER_INIT;
            r = line((const char *)buffer_bytes(&whole), buffer_length(&whole), user);
        }
        length += newline != NULL;
        bytes += length;
        size -= length;
    }
    return r;
}

/* ---- the head: which column is what ---- */

void vitals_reader_deinit(struct vitals_reader *reader)
{
    free(reader->targets);
    *reader = (struct vitals_reader){0};
}

/* The index of a thing, which is added if it is new. Negative: -ENOMEM, or -EFBIG for too many. */
static int series_thing(struct vitals_series *series, const char *thing)
{
    char **grown;

    /* A thing's columns stand together. */
    for (size_t i = series->count; i-- > 0;)
        if (strcmp(series->things[i], thing) == 0)
            return (int)i;
    if (series->count == LIMIT_VITALS_THINGS)
        return -EFBIG;
    if ((series->count & (series->count - 1)) == 0) { /* a power of two: full */
        size_t room = series->count ? 2 * series->count : 1;

        grown = realloc(series->things, room * sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        series->things = grown;
    }
    series->things[series->count] = strdup(thing);
    return series->things[series->count] ? (int)series->count++ : -ENOMEM;
}

static int target_find(struct vitals_sample *sample, const char *name, size_t length,
                       struct vitals_target *target_out)
{
    struct vital_column column;
    enum vital_label label;
    int thing;

    *target_out = (struct vitals_target){.vital = VITAL_COUNT, .label = VITAL_LABEL_NONE};
    if (!vital_column_parse(name, length, &column))
        return 0; /* of a later version: passed over */
    target_out->vital = (uint8_t)column.vital;
    if (!column.labelled)
        return 0;
    label = vital_info(column.vital)->label;
    thing = series_thing(&sample->series[label], column.thing);
    if (thing == -EFBIG)
        target_out->vital = VITAL_COUNT;
    else if (thing < 0)
        return thing;
    else
        target_out->place = (uint32_t)((size_t)thing * vital_label_width(label) +
                                       vital_label_place(column.vital));
    target_out->label = (uint8_t)label;
    return 0;
}

/* Starts the sample anew with room for these columns. Returns 0 or -ENOMEM. */
static int head_begin(struct vitals_reader *reader, struct vitals_sample *sample, size_t count)
{
    vitals_reader_deinit(reader);
    vitals_sample_deinit(sample);
    vitals_sample_init(sample);
    reader->targets = calloc(count ? count : 1, sizeof(*reader->targets));
    return reader->targets ? 0 : -ENOMEM;
}

/* All columns are known: the values get their room. */
static int head_end(struct vitals_sample *sample)
{
    for (unsigned label = 0; label < VITAL_LABEL_COUNT; label++) {
        struct vitals_series *series = &sample->series[label];
        size_t count = series->count * vital_label_width((enum vital_label)label);

        if (count == 0)
            continue;
        series->values = malloc(count * sizeof(*series->values));
        if (!series->values)
            return -ENOMEM;
        for (size_t i = 0; i < count; i++)
            series->values[i] = NAN;
    }
    return 0;
}

static void value_put(struct vitals_sample *sample, struct vitals_target target, double value)
{
    if (target.vital >= VITAL_COUNT)
        return;
    if (target.label == VITAL_LABEL_NONE)
        sample->value[target.vital] = value;
    else
        sample->series[target.label].values[target.place] = value;
}

static int read_head(struct vitals_reader *reader, struct vitals_sample *sample, json_t *root)
{
    json_t *columns = json_object_get(root, "columns");
    size_t count = json_array_size(columns);
    int r;

    if (!json_is_array(columns) || count > LIMIT_VITALS_COLUMNS)
        return VITALS_BAD;
    r = head_begin(reader, sample, count);
    for (size_t i = 0; i < count && !r; i++) {
        json_t *name = json_array_get(columns, i);

        r = json_is_string(name) ? target_find(sample, json_string_value(name),
                                               json_string_length(name), &reader->targets[i])
                                 : VITALS_BAD;
        reader->count++;
    }
    if (!r)
        r = head_end(sample);
    if (r) /* no sample may be read by half a head */
        vitals_reader_deinit(reader);
    return r ? r : VITALS_HEAD;
}

/* ---- samples ---- */

static void process_read(json_t *row, struct vitals_process *process)
{
    json_t *cpu = json_array_get(row, 3);
    json_t *texts = json_pack("{s:O*, s:O*, s:O*}", "user", json_array_get(row, 1), "state",
                              json_array_get(row, 2), "command", json_array_get(row, 5));
    char state[8];

    *process = (struct vitals_process){.cpu = NAN, .state = '?'};
    process->pid = (uint64_t)json_integer_value(json_array_get(row, 0));
    if (json_is_number(cpu))
        process->cpu = json_number_value(cpu);
    if (json_number_value(json_array_get(row, 4)) > 0)
        process->memory = (uint64_t)json_number_value(json_array_get(row, 4));
    document_text(texts, "user", process->user, sizeof(process->user));
    document_text(texts, "command", process->command, sizeof(process->command));
    if (document_text(texts, "state", state, sizeof(state)))
        process->state = state[0];
    json_decref(texts);
}

static int read_processes(struct vitals_sample *sample, json_t *rows)
{
    size_t count = json_array_size(rows);

    free(sample->processes);
    sample->processes = NULL;
    sample->process_count = 0;
    if (count == 0)
        return 0;
    if (count > 2 * LIMIT_VITALS_PROCESSES)
        count = 2 * LIMIT_VITALS_PROCESSES;
    sample->processes = calloc(count, sizeof(*sample->processes));
    if (!sample->processes)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        process_read(json_array_get(rows, i), &sample->processes[i]);
    sample->process_count = count;
    return 0;
}

/* A sample's line in whatever form JSON allows. */
static int read_any_sample(struct vitals_reader *reader, struct vitals_sample *sample, json_t *root)
{
    json_t *values = json_object_get(root, "v");
    uint64_t interval;
    int r;

    if (!document_u64(root, "t", &sample->time_ms) || !json_is_array(values) ||
        json_array_size(values) != reader->count)
        return VITALS_BAD;
    document_u64(root, "i", &interval);
    sample->interval_ms = interval < UINT32_MAX ? (uint32_t)interval : UINT32_MAX;
    for (size_t i = 0; i < reader->count; i++) {
        json_t *value = json_array_get(values, i);

        value_put(sample, reader->targets[i],
                  json_is_number(value) ? json_number_value(value) : NAN);
    }
    r = read_processes(sample, json_object_get(root, "p"));
    return r ? r : VITALS_SAMPLE;
}

/* The form that agents write. False for any other; the sample may be half filled then. */
static bool read_plain_sample(struct vitals_reader *reader, struct vitals_sample *sample,
                              struct vitals_scan scan)
{
    double time;
    double interval;

    if (!reader->targets || !scan_text(&scan, "{\"t\":") || !scan_value(&scan, &time) ||
        !scan_text(&scan, ",\"i\":") || !scan_value(&scan, &interval) ||
        !scan_text(&scan, ",\"v\":["))
        return false;
    if (!(time >= 0 && time < 9e15) || !(interval >= 0 && interval <= UINT32_MAX))
        return false;
    for (size_t i = 0; i < reader->count; i++) {
        double value;

        if ((i > 0 && !scan_text(&scan, ",")) || !scan_value(&scan, &value))
            return false;
        value_put(sample, reader->targets[i], value);
    }
    sample->time_ms = (uint64_t)time;
    sample->interval_ms = (uint32_t)interval;
    return scan_text(&scan, "]}") && scan_is_done(&scan);
}

int vitals_read_line(struct vitals_reader *reader, struct vitals_sample *sample, const char *line,
                     size_t length)
{
    json_t *root;
    int r = VITALS_BAD;

    if (read_plain_sample(reader, sample, scan_of(line, length)))
        return VITALS_SAMPLE;
    root = json_loadb(line, length, 0, NULL);
    if (json_object_get(root, "columns"))
        r = read_head(reader, sample, root);
    else if (reader->targets && json_is_object(root))
        r = read_any_sample(reader, sample, root);
    json_decref(root);
    return r;
}

/* ---- one sample as a document ---- */

int vitals_read_document(json_t *root, struct vitals_sample *sample_out)
{
    struct vitals_reader reader = {0};
    uint64_t interval;
    const char *key;
    json_t *value;
    size_t i = 0;
    int r;

    vitals_sample_init(sample_out);
    if (!json_is_object(root) || !json_object_get(root, "time_ms") ||
        json_object_size(root) > LIMIT_VITALS_COLUMNS)
        return VITALS_BAD;
    r = head_begin(&reader, sample_out, json_object_size(root));
    json_object_foreach (root, key, value) {
        if (!r)
            r = target_find(sample_out, key, strlen(key), &reader.targets[i++]);
    }
    if (!r)
        r = head_end(sample_out);
    i = 0;
    json_object_foreach (root, key, value) {
        if (!r && json_is_number(value))
            value_put(sample_out, reader.targets[i], json_number_value(value));
        i++;
    }
    document_u64(root, "time_ms", &sample_out->time_ms);
    document_u64(root, "interval_ms", &interval);
    sample_out->interval_ms = interval < UINT32_MAX ? (uint32_t)interval : UINT32_MAX;
    if (!r)
        r = read_processes(sample_out, json_object_get(root, "processes"));
    vitals_reader_deinit(&reader);
    return r ? r : VITALS_SAMPLE;
}
