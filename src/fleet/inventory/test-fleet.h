/* For tests of the fleet list: one that is read from a text, and compared with one. Each fails the
 * test when it is not so. */
#pragma once

#include <string.h>

#include "fleet/inventory/machines.h"

static inline struct fleet *parse(const char *text)
{
    struct fleet *fleet = NULL;
    struct fault fault = {0};

    if (fleet_parse(text, strlen(text), &fleet, &fault))
        fail_msg("not parsed: %s", fault.text);
    return fleet;
}

static inline void expect_export(const struct fleet *fleet, const char *text)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    assert_int_equal(fleet_export(fleet, &out), 0);
    assert_string_equal(buffer_text(&out), text);
}
