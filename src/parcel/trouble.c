/* See trouble.h. */
#include "parcel/trouble.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const char *const sentences[] = {
#define X(name, sentence) [PARCEL_TROUBLE_##name] = (sentence),
    HUNE_PARCEL_TROUBLES(X)
#undef X
};

int parcel_trouble_set(struct parcel_trouble *trouble, enum parcel_trouble_code code,
                       const char *name, int error)
{
    if (trouble->code != PARCEL_TROUBLE_NONE)
        return 1;
    trouble->code = code;
    trouble->error = abs(error);
    /* Without memory it goes unnamed. */
    if (name)
        (void)buffer_append(&trouble->name, name, strlen(name));
    return 1;
}

int parcel_trouble_system(struct parcel_trouble *trouble, const char *name, int error)
{
    switch (abs(error)) {
    case ENOSPC:
    case EDQUOT: return parcel_trouble_set(trouble, PARCEL_TROUBLE_FULL, name, error);
    case ECANCELED: return parcel_trouble_set(trouble, PARCEL_TROUBLE_STOPPED, NULL, 0);
    default: return parcel_trouble_set(trouble, PARCEL_TROUBLE_SYSTEM, name, error);
    }
}

void parcel_trouble_deinit(struct parcel_trouble *trouble)
{
    buffer_deinit(&trouble->name);
    *trouble = (struct parcel_trouble){0};
}

const char *parcel_trouble_sentence(enum parcel_trouble_code code)
{
    return sentences[code];
}

int parcel_trouble_describe(const struct parcel_trouble *trouble, struct buffer *out)
{
    const char *sentence = sentences[trouble->code];
    size_t named = buffer_length(&trouble->name);
    int r = 0;

    if (named > 0) {
        r = text_append_printable_line(out, buffer_bytes(&trouble->name), named);
        r = r ? r : buffer_append_text(out, ": ");
    }
    if (!r && *sentence)
        r = buffer_append_text(out, sentence);
    if (!r && trouble->error && *sentence)
        r = buffer_printf(out, " (%s)", strerror(trouble->error));
    else if (!r && trouble->error)
        r = buffer_append_text(out, strerror(trouble->error));
    return r;
}
