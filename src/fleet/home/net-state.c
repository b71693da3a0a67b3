/* See net-state.h. */
#include "fleet/home/net-state.h"

#include <stddef.h>
#include <string.h>

#include "fleet/home/i18n.h"

const char *net_state_text(const char *state)
{
    static const struct {
        const char *word;
        const char *id;
    } states[] = {
        {"up", NC_("network interface", "up")},
        {"down", NC_("network interface", "down")},
        {"unknown", NC_("network interface", "unknown")},
        {"dormant", NC_("network interface", "dormant")},
        {"testing", NC_("network interface", "testing")},
        {"notpresent", NC_("network interface", "not present")},
        {"lowerlayerdown", NC_("network interface", "lower layer down")},
    };

    for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
        if (strcmp(state, states[i].word) == 0)
            return in_context(states[i].id);
    }
    return state;
}
