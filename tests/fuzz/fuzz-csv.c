/* A fleet list: whatever its bytes, saving it unchanged gives them back, and changing one machine
 * loses no other. */
#include <string.h>

#include "base/buffer.h"
#include "fleet/inventory/machines.h"
#include "fuzz.h"

static void must_export(const struct fleet *fleet, const uint8_t *bytes, size_t size)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    must(fleet_export(fleet, &out) == 0);
    must(buffer_length(&out) == size);
    must(size == 0 || memcmp(buffer_bytes(&out), bytes, size) == 0);
}

static void must_survive_change(struct fleet *fleet)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    _cleanup_fleet_ struct fleet *again = NULL;
    uint32_t added;

    if (fleet->count > 0)
        must(fleet_tag(fleet, fleet->count / 2, "fuzz", NULL) == 0);
    if (fleet_add(fleet, &(struct machine_spec){.host = "h", .name = "fuzz-new"}, &added, NULL) ==
        0)
        must(added == fleet->count - 1);
    must(fleet_export(fleet, &out) == 0);
    must(fleet_parse(buffer_bytes(&out), buffer_length(&out), &again, NULL) == 0);
    must(again->count >= fleet->count);
    must(fleet_find(again, "fuzz-new") != FLEET_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    _cleanup_fleet_ struct fleet *fleet = NULL;
    struct fault fault;
    int r = fleet_parse(bytes, size, &fleet, &fault);

    must(r == 0 || r == FLEET_E_HEADER);
    if (r)
        return 0;
    must_export(fleet, bytes, size);
    for (uint32_t i = 0; i < fleet->count; i++)
        must(fleet_find(fleet, fleet->machines[i].name) == i);
    for (uint32_t i = 0; i < fleet->bad_count; i++) {
        fleet_bad_describe(fleet, &fleet->bad[i], &fault);
        must(fault.text[0] != '\0' && fault.line > 0);
    }
    /* A first line with an open quote may have told the separator; nobody can say what it meant. */
    if (fleet->bad_count == 0 || fleet->bad[0].problem != BAD_ROW_QUOTE)
        must_survive_change(fleet);
    return 0;
}
