/* See crowd.h. */
#include "fleet/link/crowd.h"

void crowd_dropped(struct crowd *crowd, bool is_sure)
{
    crowd->drops++;
    if (!is_sure && crowd->drops < CROWD_DROPS)
        return;
    *crowd = (struct crowd){.limit = CROWD_NARROW};
}

void crowd_opened(struct crowd *crowd)
{
    if (crowd->limit == 0 || ++crowd->opened < CROWD_FOR_ONE_MORE)
        return;
    crowd->opened = 0;
    crowd->drops = 0;
    if (crowd->limit < UINT32_MAX)
        crowd->limit++;
}

uint32_t crowd_at_once(const struct crowd *crowd, uint32_t usual)
{
    return crowd->limit && crowd->limit < usual ? crowd->limit : usual;
}
