/* What a lookout knows: the memory of one machine, and what others ask about it. Nothing here
 * connects, asks or ends anything. */
#include <math.h>
#include <string.h>

#include "fleet/watch/lookout-private.h"

/* ---- its memory ---- */

void sight_init(struct sight *sight)
{
    *sight = (struct sight){.presence = PRESENCE_UNKNOWN};
    for (size_t i = 0; i < VITAL_COUNT; i++)
        sight->vitals[i] = NAN;
    for (size_t t = 0; t < TRACK_COUNT; t++) {
        for (size_t i = 0; i < TRACK_LENGTH; i++)
            sight->tracks[t][i] = NAN;
    }
}

static void track_push(float track[TRACK_LENGTH], double value)
{
    memmove(track, track + 1, (TRACK_LENGTH - 1) * sizeof(*track));
    track[TRACK_LENGTH - 1] = (float)value;
}

void sight_push(struct sight *sight, const struct vitals_sample *sample)
{
    double rx = sample ? sample->value[VITAL_NET_RX] : NAN;
    double tx = sample ? sample->value[VITAL_NET_TX] : NAN;

    track_push(sight->tracks[TRACK_CPU], sample ? sample->value[VITAL_CPU_BUSY] : NAN);
    track_push(sight->tracks[TRACK_MEM],
               sample ? vitals_percent(sample, VITAL_MEM_USED, VITAL_MEM_TOTAL) : NAN);
    track_push(sight->tracks[TRACK_DISK], sample ? sample->value[VITAL_DISK_BUSY] : NAN);
    track_push(sight->tracks[TRACK_NET], isnan(rx) ? tx : isnan(tx) ? rx : rx + tx);
}

/* ---- what is known ---- */

uint32_t lookout_count(const struct lookout *lookout)
{
    return lookout->settings.count;
}

uint32_t lookout_machine(const struct lookout *lookout, uint32_t position)
{
    return lookout->machines[position];
}

const struct sight *lookout_sight(const struct lookout *lookout, uint32_t position)
{
    return &lookout->posts[position]->sight;
}

uint32_t lookout_present(const struct lookout *lookout, enum presence presence)
{
    return lookout->presents[presence];
}

struct link *lookout_link(const struct lookout *lookout, uint32_t position)
{
    return lookout->posts[position]->link;
}

void lookout_adopt(struct lookout *lookout, uint32_t position, const struct sight *sight)
{
    struct sight *own = &lookout->posts[position]->sight;

    memcpy(own->vitals, sight->vitals, sizeof(own->vitals));
    memcpy(own->tracks, sight->tracks, sizeof(own->tracks));
    own->sample_ms = sight->sample_ms;
    lookout->presents[own->presence]--;
    lookout->presents[sight->presence]++;
    own->presence = sight->presence;
    own->presence_ms = sight->presence_ms;
    own->problem = sight->problem;
}

bool lookout_is_stale(const struct lookout *lookout, const struct sight *sight, uint64_t now_ms)
{
    uint64_t patience = (uint64_t)LOOKOUT_STALE_SAMPLES * lookout->settings.every_ms;

    if (patience < LOOKOUT_STALE_LEAST_MS)
        patience = LOOKOUT_STALE_LEAST_MS;
    return sight->sample_ms == 0 || now_ms - sight->sample_ms > patience;
}

static double value_of_thing(const struct reading *reading, enum vital vital, const char *name)
{
    const struct post *post = reading->user;
    const struct vitals_sample *sample = post->watch ? vitals_watch_sample(post->watch) : NULL;
    long index = sample ? vitals_series_find(sample, vital_info(vital)->label, name) : -1;

    return index < 0 ? NAN : vitals_series_value(sample, vital, (size_t)index);
}

void lookout_reading(const struct lookout *lookout, uint32_t position, uint64_t now_ms,
                     struct reading *reading_out)
{
    const struct post *post = lookout->posts[position];
    bool is_stale = lookout_is_stale(lookout, &post->sight, now_ms);

    *reading_out = (struct reading){
        .presence = post->sight.presence,
        .presence_ms = post->sight.presence_ms,
        .vitals = is_stale ? NULL : post->sight.vitals,
        .thing = is_stale ? NULL : value_of_thing,
        .user = post,
    };
}
