/* See history-private.h. */
#include "sense/history-private.h"

#include <math.h>
#include <string.h>

enum { MANTISSA_BITS = 10, BIAS = 14, EXPONENT_MAX = 62, DOUBLE_BITS = 52, DOUBLE_BIAS = 1023 };

/* Temperatures are the one kind that falls below 0. */
static double offset_of(enum vital vital)
{
    return vital_info(vital)->unit == VITAL_UNIT_CELSIUS ? 273.15 : 0;
}

/* Both ways by the bits of IEEE 754, (1 + mantissa / 1024) * 2^(exponent - BIAS - 1): ldexp() would
 * be most of what a long answer costs. */
uint16_t history_pack(enum vital vital, double value)
{
    const int mantissa_max = (1 << MANTISSA_BITS) - 1;
    int exponent;
    int mantissa;
    uint64_t bits;

    if (isnan(value))
        return HISTORY_UNKNOWN;
    value += offset_of(vital);
    if (value <= 0)
        return 0;
    memcpy(&bits, &value, sizeof(bits));
    bits += 1ull << (DOUBLE_BITS - MANTISSA_BITS - 1); /* to the nearest */
    exponent = (int)(bits >> DOUBLE_BITS) - DOUBLE_BIAS + BIAS + 1;
    mantissa = (int)(bits >> (DOUBLE_BITS - MANTISSA_BITS)) & mantissa_max;
    if (exponent < 1)
        return 0;
    if (exponent > EXPONENT_MAX) /* infinity, too */
        return (uint16_t)(EXPONENT_MAX << MANTISSA_BITS | mantissa_max);
    return (uint16_t)(exponent << MANTISSA_BITS | mantissa);
}

double history_unpack(enum vital vital, uint16_t packed)
{
    int exponent = packed >> MANTISSA_BITS;
    int mantissa = packed & ((1 << MANTISSA_BITS) - 1);
    uint64_t bits;
    double value;

    if (exponent > EXPONENT_MAX)
        return NAN;
    if (exponent == 0)
        return -offset_of(vital);
    bits = (uint64_t)(exponent - BIAS - 1 + DOUBLE_BIAS) << DOUBLE_BITS |
           (uint64_t)mantissa << (DOUBLE_BITS - MANTISSA_BITS);
    memcpy(&value, &bits, sizeof(value));
    return value - offset_of(vital);
}

/* Against torn writes, not against enemies: whoever can write the file can write sums. */
static uint32_t sum_of(const struct history_record *record, size_t size)
{
    const uint8_t *at = (const uint8_t *)record;
    uint64_t hash = 0x9e3779b97f4a7c15ull;

    for (size_t i = 0; i + sizeof(uint64_t) <= size; i += sizeof(uint64_t)) {
        uint64_t word;

        memcpy(&word, at + i, sizeof(word));
        if (i == 0) /* period and sum */
            word = record->period;
        hash = (hash ^ word) * 0xff51afd7ed558ccdull;
        hash ^= hash >> 32;
    }
    return (uint32_t)hash | 1; /* never the 0 of a file that was not written yet */
}

void history_record_seal(struct history_record *record, size_t size)
{
    record->sum = sum_of(record, size);
}

bool history_record_is_sealed(const struct history_record *record, size_t size)
{
    return record->sum == sum_of(record, size);
}

/* ---- putting together ---- */

void history_merge_begin(struct history_merge *merge)
{
    merge->count = 0;
    for (size_t i = 0; i < HISTORY_COLUMNS; i++) {
        merge->columns[i].sum = 0;
        merge->columns[i].min = INFINITY;
        merge->columns[i].max = -INFINITY;
        merge->columns[i].samples = 0;
    }
}

void history_merge_add(struct history_merge *merge, const struct history *history,
                       const struct history_columns *columns, const struct history_record *record,
                       uint32_t values)
{
    merge->count += record->count;
    for (size_t n = 0; n < columns->count; n++) {
        size_t i = columns->places[n];
        enum vital vital = history->columns[i].column.vital;
        const uint16_t *at = record->values + i;
        double mean;
        double min;
        double max;

        if (*at == HISTORY_UNKNOWN)
            continue;
        mean = history_unpack(vital, *at);
        min = values == 3 ? history_unpack(vital, at[HISTORY_COLUMNS]) : mean;
        max = values == 3 ? history_unpack(vital, at[2 * HISTORY_COLUMNS]) : mean;
        merge->columns[i].sum += mean * record->count;
        merge->columns[i].samples += record->count;
        if (min < merge->columns[i].min)
            merge->columns[i].min = min;
        if (max > merge->columns[i].max)
            merge->columns[i].max = max;
    }
}

void history_merge_end(const struct history_merge *merge, const struct history *history,
                       struct history_record *record_out)
{
    memset(record_out->values, 0xff, sizeof(record_out->values));
    record_out->count = merge->count;
    for (size_t i = 0; i < HISTORY_COLUMNS; i++) {
        enum vital vital = history->columns[i].column.vital;
        uint16_t *at = record_out->values + i;

        if (merge->columns[i].samples == 0)
            continue;
        at[0] = history_pack(vital, merge->columns[i].sum / merge->columns[i].samples);
        at[HISTORY_COLUMNS] = history_pack(vital, merge->columns[i].min);
        at[2 * HISTORY_COLUMNS] = history_pack(vital, merge->columns[i].max);
    }
}
