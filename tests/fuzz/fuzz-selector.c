/* A selector: the answer is in order, without duplicates, within the fleet; a
 * refusal says why, and where in the text. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fleet/inventory/selector.h"
#include "fuzz.h"

static const char list[] =
    "name,host,port,tags\nweb01,10.0.0.1,,\"web,prod\"\nweb02,10.0.0.2,,web\n"
    "db1,::1,,\"db,prod\"\ndb2,::1,10001,db\nx-1-a,h,,\nx-2-b,h,2,\n";

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    _cleanup_fleet_ struct fleet *fleet = NULL;
    _cleanup_selection_ struct selection selection = SELECTION_INIT;
    _cleanup_free_ char *text = malloc(size + 1);
    struct fault fault = {0};
    int r;

    must(text && fleet_parse(list, sizeof(list) - 1, &fleet, NULL) == 0);
    if (size)
        memcpy(text, bytes, size);
    text[size] = '\0';
    r = selector_match(fleet, text, &selection, &fault);
    must(r >= 0);
    must(r == 0 || (fault.text[0] && fault.column <= strlen(text) + 1));
    for (uint32_t i = 0; i < selection.count; i++)
        must(selection.indices[i] <
             (i + 1 < selection.count ? selection.indices[i + 1] : fleet->count));
    return 0;
}
