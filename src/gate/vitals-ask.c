/* See vitals-ask.h. */
#include "gate/vitals-ask.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "proto/limits.h"

/* Longer than any number, shorter than `fields` may be. */
enum { VALUE_MAX = 2048, WORD_SHOWN = 60 };

/* X(NAME, "name") */
#define ASK_PARAMETERS(X)     \
    X(FIELDS, "fields")       \
    X(EVERY, "every")         \
    X(PROCESSES, "processes") \
    X(SINCE, "since")         \
    X(UNTIL, "until")         \
    X(STEP, "step")

enum ask_parameter {
#define X(name, word) ASK_##name,
    ASK_PARAMETERS(X)
#undef X
        ASK_COUNT,
};

static const char *const names[] = {
#define X(name, word) [ASK_##name] = (word),
    ASK_PARAMETERS(X)
#undef X
};

struct ask_reading {
    struct vitals_asked *asked;
    uint64_t now_ms;
    unsigned seen; /* bit n: parameter n stood there */
    char *detail;
    size_t detail_size;
};

static int ask_fail(struct ask_reading *reading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int ask_fail(struct ask_reading *reading, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reading->detail, reading->detail_size, format, arguments);
    va_end(arguments);
    return 1;
}

uint32_t vitals_beat_for(uint64_t ms)
{
    static const uint16_t seconds[] = {1,  2,  3,  4,  5,   6,   7,   8,   9,    10,
                                       15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600};
    size_t best = 0;

    for (size_t i = 0; i < ELEMENTS_OF(seconds); i++)
        if (seconds[i] * 1000ull <= ms)
            best = i;
    return seconds[best] * 1000u;
}

/* A moment: ms since 1970, or with a unit so long before now. */
static bool moment_parse(const struct ask_reading *reading, const char *value, uint64_t *ms_out)
{
    uint64_t ago;

    if (text_to_u64(value, INT64_MAX, ms_out))
        return true;
    if (!vital_span_parse(value, &ago))
        return false;
    *ms_out = ago < reading->now_ms ? reading->now_ms - ago : 0;
    return true;
}

static int fields_take(struct ask_reading *reading, const char *value)
{
    const char *bad;
    size_t length;

    if (vital_fields_parse(value, &reading->asked->fields, &bad, &length) == 0)
        return 0;
    return ask_fail(reading,
                    "fields: \"%.*s\" is no vital and no group of them; see docs/protocol.md for "
                    "the names.",
                    (int)(length < WORD_SHOWN ? length : WORD_SHOWN), bad);
}

static int parameter_take(struct ask_reading *reading, enum ask_parameter parameter,
                          const char *value)
{
    struct vitals_asked *asked = reading->asked;
    uint64_t number = 0;
    bool good = false;

    switch (parameter) {
    case ASK_FIELDS: return fields_take(reading, value);
    case ASK_EVERY:
        good = vital_span_parse(value, &number);
        asked->every_ms = vitals_beat_for(number);
        break;
    case ASK_PROCESSES:
        good = text_to_u64(value, LIMIT_VITALS_PROCESSES, &number);
        asked->processes = (uint32_t)number;
        break;
    case ASK_SINCE: good = moment_parse(reading, value, &asked->since_ms); break;
    case ASK_UNTIL: good = moment_parse(reading, value, &asked->until_ms); break;
    case ASK_STEP: good = vital_span_parse(value, &asked->step_ms); break;
    case ASK_COUNT: break;
    }
    if (good)
        return 0;
    return ask_fail(reading, "%s=%.60s: expected %s.", names[parameter], value,
                    parameter == ASK_PROCESSES ? "a number up to 50"
                    : parameter == ASK_EVERY || parameter == ASK_STEP
                        ? "a length of time such as 500ms, 2s, 10m, 1h"
                        : "milliseconds since 1970, or so long ago, such as 24h");
}

/* One "name=value" of the query. */
static int part_take(struct ask_reading *reading, const char *part, size_t length)
{
    const char *equals = memchr(part, '=', length);
    size_t name = equals ? (size_t)(equals - part) : length;
    char value[VALUE_MAX];

    for (unsigned i = 0; i < ASK_COUNT; i++) {
        if (strlen(names[i]) != name || memcmp(names[i], part, name) != 0 || !equals)
            continue;
        length -= name + 1;
        if (reading->seen & (1u << i) || length >= sizeof(value))
            return ask_fail(reading, "%s is given twice, or is too long.", names[i]);
        memcpy(value, equals + 1, length);
        value[length] = '\0';
        reading->seen |= 1u << i;
        return parameter_take(reading, (enum ask_parameter)i, value);
    }
    return ask_fail(reading, "There is no parameter \"%.*s\" here.",
                    (int)(name < WORD_SHOWN ? name : WORD_SHOWN), part);
}

/* Which of the parameters make sense together. */
static int ask_settle(struct ask_reading *reading)
{
    const unsigned history = 1u << ASK_SINCE | 1u << ASK_UNTIL | 1u << ASK_STEP;
    struct vitals_asked *asked = reading->asked;

    if (!(reading->seen & (1u << ASK_FIELDS)))
        (void)vital_fields_parse("all", &asked->fields, &(const char *){0}, &(size_t){0});
    if (!(reading->seen & history)) {
        asked->form = asked->every_ms ? VITALS_STREAM : VITALS_ONCE;
        return 0;
    }
    asked->form = VITALS_HISTORY;
    if (reading->seen & (1u << ASK_EVERY | 1u << ASK_PROCESSES))
        return ask_fail(reading, "since, until and step ask for history; every and processes do "
                                 "not go with them.");
    if (!(reading->seen & (1u << ASK_SINCE)))
        return ask_fail(reading, "until and step go with since: since=24h&step=10m");
    if (!(reading->seen & (1u << ASK_UNTIL)))
        asked->until_ms = reading->now_ms;
    if (asked->since_ms >= asked->until_ms)
        return ask_fail(reading,
                        "since (%" PRIu64 ") must come before until (%" PRIu64
                        "); this machine's clock says %" PRIu64 ".",
                        asked->since_ms, asked->until_ms, reading->now_ms);
    return 0;
}

int vitals_ask_parse(const char *query, uint64_t now_ms, struct vitals_asked *asked_out,
                     char *detail_out, size_t detail_size)
{
    struct ask_reading reading = {
        .asked = asked_out, .now_ms = now_ms, .detail = detail_out, .detail_size = detail_size};
    int r = 0;

    *asked_out = (struct vitals_asked){0};
    for (const char *at = query; at && *at && !r;) {
        size_t length = strcspn(at, "&");

        r = part_take(&reading, at, length);
        at += length;
        at += *at == '&';
    }
    return r ? r : ask_settle(&reading);
}
