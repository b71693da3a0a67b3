/* See facts.h. */
#include "sense/facts.h"

#include <errno.h>

#include "sense/addresses.h"
#include "sense/collect.h"
#include "sense/disks.h"
#include "sense/identity.h"
#include "sense/memory.h"
#include "sense/network.h"
#include "sense/object.h"
#include "sense/people.h"
#include "sense/processes.h"
#include "sense/processor.h"
#include "sense/services.h"

/* Enough for any decimal fraction that is written here to come back as it was. */
enum { REAL_DIGITS = 12 };

typedef int collector(const char *root, json_t **json_out);

static collector *const collectors[] = {
    [FACT_NAME] = identity_collect_name, [FACT_OS] = identity_collect_os,
    [FACT_IP] = addresses_collect,       [FACT_RAM] = memory_collect,
    [FACT_CPU] = processor_collect,      [FACT_DISK] = disks_collect,
    [FACT_NET] = network_collect,        [FACT_UPTIME] = identity_collect_uptime,
    [FACT_USERS] = people_collect,       [FACT_PROCESSES] = processes_collect,
    [FACT_SERVICES] = services_collect,
};
_Static_assert(ELEMENTS_OF(collectors) == FACT_COUNT, "each fact has its collector");

int facts_collect(enum fact fact, const char *root, json_t **json_out)
{
    return collectors[fact](root, json_out);
}

static int chunk_append(const char *chunk, size_t size, void *data)
{
    return buffer_append(data, chunk, size);
}

static int json_append(const json_t *json, struct buffer *out)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;

    if (json_dump_callback(json, chunk_append, &text,
                           JSON_COMPACT | JSON_REAL_PRECISION(REAL_DIGITS)))
        return -ENOMEM;
    return buffer_append(out, buffer_bytes(&text), buffer_length(&text));
}

int facts_append_json(enum fact fact, struct buffer *out)
{
    _cleanup_json_ json_t *json = NULL;
    int r = facts_collect(fact, "", &json);

    return r ? r : json_append(json, out);
}

int facts_append_json_all(struct buffer *out)
{
    _cleanup_object_ struct object object = object_begin();
    _cleanup_json_ json_t *all = NULL;
    int r;

    for (unsigned i = 0; i < FACT_COUNT; i++) {
        json_t *json;

        r = facts_collect((enum fact)i, "", &json);
        if (r)
            return r;
        object_value(&object, fact_name((enum fact)i), json);
    }
    r = object_end(&object, &all);
    return r ? r : json_append(all, out);
}
