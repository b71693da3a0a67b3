/* See tilde.h. */
#include "cli/tilde.h"

enum { SUSPEND_KEY = 'Z' & 037 };

static enum tilde_wish wish_of(uint8_t key)
{
    switch (key) {
    case '.': return TILDE_LEAVE;
    case 'd': return TILDE_DETACH;
    case SUSPEND_KEY: return TILDE_SUSPEND;
    case '?': return TILDE_HELP;
    default: return TILDE_NOTHING;
    }
}

size_t tilde_feed(struct tilde *tilde, const uint8_t *keys, size_t size, struct buffer *out,
                  enum tilde_wish *wish_out)
{
    *wish_out = TILDE_NOTHING;
    for (size_t i = 0; i < size; i++) {
        uint8_t key = keys[i];

        if (tilde->held) {
            tilde->held = false;
            *wish_out = wish_of(key);
            if (*wish_out != TILDE_NOTHING)
                return i + 1; /* and another may follow: it is still the beginning of a line */
            /* Two of them are one; before anything else it was meant as it is. */
            if (key != '~')
                (void)buffer_append(out, "~", 1);
        } else if (key == '~' && !tilde->within && !tilde->is_off) {
            tilde->held = true;
            continue;
        }
        (void)buffer_append(out, &key, 1);
        tilde->within = key != '\r' && key != '\n';
    }
    return size;
}
