/* See rate.h. */
#include "warden/rate.h"

bool rate_take(struct rate *rate, uint64_t per_minute, uint64_t burst, uint64_t now_ms)
{
    uint64_t earned = (now_ms - rate->counted_ms) * per_minute / 60000;

    if (rate->counted_ms == 0) {
        rate->counted_ms = now_ms;
        rate->allowance = burst;
    } else if (earned > 0) {
        rate->counted_ms = now_ms;
        rate->allowance = burst - rate->allowance < earned ? burst : rate->allowance + earned;
    }
    if (rate->allowance == 0)
        return false;
    rate->allowance--;
    return true;
}
