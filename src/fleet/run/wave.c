/* See wave.h. */
#include "fleet/run/wave.h"

#include <string.h>

#include "base/text.h"

bool wave_share_parse(const char *text, struct wave_share *share_out)
{
    size_t length = strlen(text);
    char digits[16];
    uint64_t value;

    *share_out = (struct wave_share){.is_percent = length > 0 && text[length - 1] == '%'};
    length -= share_out->is_percent;
    if (length == 0 || length >= sizeof(digits))
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    if (!text_to_u64(digits, share_out->is_percent ? 100 : 1000000, &value))
        return false;
    share_out->value = (uint32_t)value;
    return true;
}

/* A percentage of few machines is at least one machine, where nothing would be said with none. */
static uint32_t share_of(struct wave_share share, uint32_t machines, uint32_t least)
{
    uint64_t part = share.is_percent ? (uint64_t)machines * share.value / 100 : share.value;

    return part < least ? least : (uint32_t)part;
}

void wave_init(struct wave *wave, const struct wave_settings *settings)
{
    uint32_t canaries = settings->canaries < settings->machines ? settings->canaries
                                                                : settings->machines;
    uint32_t rest = settings->machines - canaries;
    bool in_steps = canaries > 0 || settings->size.value > 0;

    *wave = (struct wave){.settings = *settings, .number = 1};
    wave->settings.canaries = canaries;
    wave->size = settings->size.value ? share_of(settings->size, settings->machines, 1) : rest;
    if (wave->size == 0)
        wave->size = 1;
    wave->count = (canaries > 0) + rest / wave->size + (rest % wave->size > 0);
    wave->limit = canaries ? canaries : wave->size < rest ? wave->size : rest;
    if (settings->keep_going || (!settings->has_failing && !in_steps))
        wave->failing = WAVE_ALL_MAY_FAIL;
    else if (settings->has_failing)
        wave->failing = share_of(settings->failing, settings->machines, 0);
}

bool wave_is_canary(const struct wave *wave)
{
    return wave->settings.canaries > 0 && wave->number == 1;
}

uint32_t wave_of(const struct wave *wave, uint32_t position)
{
    uint32_t canaries = wave->settings.canaries;

    if (position < canaries)
        return 1;
    return (canaries > 0) + (position - canaries) / wave->size + 1;
}

enum wave_step wave_ended(struct wave *wave, bool is_ok)
{
    uint32_t machines = wave->settings.machines;
    bool canaries_failed;

    wave->ended++;
    wave->failed += !is_ok;
    if (wave->is_over)
        return WAVE_SAME;
    canaries_failed = wave_is_canary(wave) && wave->failed > 0 && !wave->settings.keep_going;
    if (canaries_failed || (wave->failing != WAVE_ALL_MAY_FAIL && wave->failed > wave->failing)) {
        wave->is_over = true;
        return WAVE_OVER;
    }
    if (wave->ended < wave->limit || wave->limit >= machines)
        return WAVE_SAME;
    wave->limit = machines - wave->limit < wave->size ? machines : wave->limit + wave->size;
    wave->number++;
    return WAVE_NEXT;
}
