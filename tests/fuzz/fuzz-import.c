/* A foreign list in every format: each line has one outcome, and applying leaves nothing to apply.
 */
#include "fleet/inventory/import.h"
#include "fuzz.h"

static void read_as(enum import_format format, const uint8_t *bytes, size_t size)
{
    static const char known[] = "name,host,tags\nweb1,192.0.2.1,x\n";
    _cleanup_fleet_ struct fleet *fleet = NULL;
    _cleanup_import_ struct import *import = NULL;
    uint32_t total = 0;

    must(fleet_parse(known, sizeof(known) - 1, &fleet, NULL) == 0);
    if (import_read(format, bytes, size, fleet, &import, NULL))
        return;
    for (unsigned i = 0; i <= IMPORT_REFUSED; i++)
        total += import->outcomes[i];
    must(total == import->count);
    must(import_apply(import, fleet) == 0);
    must(import_preview(import, fleet) == 0);
    must(import->outcomes[IMPORT_ADDED] == 0 && import->outcomes[IMPORT_CHANGED] == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    for (enum import_format format = IMPORT_GUESS; format <= IMPORT_HOSTS; format++)
        read_as(format, bytes, size);
    return 0;
}
