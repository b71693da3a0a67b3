/* See fact.h. */
#include "proto/fact.h"

#include <stddef.h>

#include "base/text.h"

static const char *const fact_words[] = {
#define X(name, word) [FACT_##name] = (word),
    HUNE_FACTS(X)
#undef X
};

const char *fact_name(enum fact fact)
{
    return (unsigned)fact < FACT_COUNT ? fact_words[fact] : NULL;
}

bool fact_parse(const char *word, enum fact *fact_out)
{
    for (unsigned i = 0; i < FACT_COUNT; i++) {
        if (text_equal(word, fact_words[i])) {
            *fact_out = (enum fact)i;
            return true;
        }
    }
    return false;
}
