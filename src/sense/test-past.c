/* See test-past.h. */
#include "sense/test-past.h"

#include <math.h>
#include <sys/mman.h>

struct history_layout layout;
char names[2][VITAL_THING_MAX] = {"/", "/srv"};

static double mounts[10];

int file_make_for(uint64_t fine_s)
{
    uint64_t keep[HISTORY_RING_COUNT];
    uint8_t head[HISTORY_FIXED];
    int fd = memfd_create("history", MFD_CLOEXEC);

    for (size_t i = 0; i < HISTORY_RING_COUNT; i++)
        keep[i] = history_default_keep((enum history_ring)i);
    keep[HISTORY_FINE] = fine_s;
    assert_int_equal(history_layout_make(&layout, keep), 0);
    history_head_write(&layout, head);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)layout.size), 0);
    assert_int_equal(pwrite(fd, head, sizeof(head), 0), sizeof(head));
    return fd;
}

int file_make(void)
{
    return file_make_for(DAY);
}

struct history *history_make(int *fd_out)
{
    struct history *history;

    *fd_out = file_make();
    assert_int_equal(history_new(&history, dup(*fd_out)), 0);
    return history;
}

struct history *history_again(int fd)
{
    struct history *history;

    assert_int_equal(history_new(&history, dup(fd)), 0);
    return history;
}

struct vitals *vitals_at(uint64_t wall_s, double cpu)
{
    static struct vitals vitals;

    vitals = (struct vitals){.wall_ms = wall_s * 1000 + 7};
    for (size_t i = 0; i < VITAL_COUNT; i++)
        vitals.value[i] = NAN;
    vitals.value[VITAL_CPU_BUSY] = cpu;
    vitals.value[VITAL_MEM_USED] = 8e9;
    vitals.things[VITAL_LABEL_MOUNT].count = 2;
    vitals.things[VITAL_LABEL_MOUNT].names = names;
    vitals.things[VITAL_LABEL_MOUNT].values = mounts;
    for (size_t i = 0; i < ELEMENTS_OF(mounts); i++)
        mounts[i] = 10.0 * (double)(i + 1);
    return &vitals;
}

void fill(struct history *history, uint64_t from_s, uint64_t until_s)
{
    for (uint64_t at = from_s; at < until_s; at += 10)
        assert_int_equal(history_add(history, vitals_at(at, (double)(at % 3600 / 10))), 0);
}

json_t *ask(struct history *history, const char *fields_text, uint64_t since_s, uint64_t until_s,
            uint64_t step_s, uint64_t now_s, json_t **head_out)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    json_t *rows = json_array();
    struct history_query *query;
    struct vital_fields fields;
    struct span text;
    struct span line;
    int r;

    assert_int_equal(vital_fields_parse(fields_text, &fields, &(const char *){0}, &(size_t){0}), 0);
    assert_int_equal(history_query_new(&query, history, &fields, since_s * 1000, until_s * 1000,
                                       step_s * 1000, now_s * 1000),
                     0);
    assert_int_equal(history_query_head(query, &out), 0);
    while ((r = history_query_rows(query, buffer_length(&out) + 1000, &out)) == 0)
        ;
    assert_int_equal(r, 1);
    text = (struct span){(const char *)buffer_bytes(&out), buffer_length(&out)};
    for (bool first = true; scan_line(&text, &line); first = false) {
        json_t *json = json_loadb(line.at, line.length, 0, NULL);

        assert_non_null(json);
        if (!first)
            json_array_append_new(rows, json);
        else if (head_out)
            *head_out = json;
        else
            json_decref(json);
    }
    history_query_free(query);
    return rows;
}

double number_in(json_t *rows, size_t row, const char *member, size_t column)
{
    return json_number_value(
        json_array_get(json_object_get(json_array_get(rows, row), member), column));
}

json_int_t time_of(json_t *rows, size_t row)
{
    return json_integer_value(json_object_get(json_array_get(rows, row), "t")) / 1000;
}
