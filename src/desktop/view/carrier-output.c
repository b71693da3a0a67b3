/* See carrier-output.h. */
#include "desktop/view/carrier-output.h"

#include <string.h>

#include "desktop/text/facts-text.h"
#include "fleet/home/i18n.h"
#include "fleet/run/courier-words.h"
#include "fleet/run/courier.h"

enum { LINE_MAX_BYTES = 16 * 1024 }; /* a machine may send what it likes */

struct carrier_output {
    HuneOutputView *output;
    GString *receipt;
    GString *complaint; /* a line that is not whole yet */
};

static void note(struct carrier_output *self, const char *text)
{
    hune_output_view_append(self->output, text, -1, HUNE_OUTPUT_NOTE);
    hune_output_view_end_line(self->output);
}

struct carrier_output *carrier_output_new(HuneOutputView *output, gboolean has_ended)
{
    struct carrier_output *self = g_new0(struct carrier_output, 1);

    self->output = output;
    self->receipt = g_string_new(NULL);
    self->complaint = g_string_new(NULL);
    if (has_ended) {
        note(self, _("It carried files, and has ended."));
        return self;
    }
    note(self, _("It carries files, which go through the console that began it; this waits for its "
                 "end."));
    note(self,
         _("If that console is gone, the machine gives up after a time and keeps nothing half "
           "done. “Stop the job” ends it now; then begin again."));
    return self;
}

static void tell_complaint(struct carrier_output *self)
{
    _cleanup_buffer_ struct buffer words = BUFFER_INIT;
    g_autofree char *printable = NULL;

    if (self->complaint->len == 0)
        return;
    if (courier_words(self->complaint->str, self->complaint->len, &words) == 0 &&
        buffer_text(&words))
        printable = hune_printable(buffer_text(&words));
    else
        printable = hune_printable(self->complaint->str);
    hune_output_view_append(self->output, printable, -1, HUNE_OUTPUT_ERROR);
    hune_output_view_end_line(self->output);
    g_string_truncate(self->complaint, 0);
}

void carrier_output_say(struct carrier_output *self, const uint8_t *bytes, gsize size,
                        gboolean is_error)
{
    if (!is_error) {
        if (self->receipt->len < LINE_MAX_BYTES)
            g_string_append_len(self->receipt, (const char *)bytes,
                                (gssize)MIN(size, LINE_MAX_BYTES));
        return;
    }
    for (gsize i = 0; i < size; i++) {
        if (bytes[i] == '\n' || self->complaint->len >= LINE_MAX_BYTES)
            tell_complaint(self);
        if (bytes[i] != '\n')
            g_string_append_c(self->complaint, (char)bytes[i]);
    }
}

void carrier_output_end(struct carrier_output *self, gboolean went_well)
{
    const struct slice line = {.bytes = (const uint8_t *)self->receipt->str,
                               .size = self->receipt->len};
    struct receipt receipt;

    tell_complaint(self);
    if (!went_well)
        return;
    if (receipt_read(line, &receipt)) {
        g_autofree char *size = hune_size_text((double)receipt.bytes);
        g_autofree char *text = g_strdup_printf(_("All of it is in its place there: %s."), size);

        note(self, text);
    } else {
        note(self, _("All of it was fetched."));
    }
}

void carrier_output_free(struct carrier_output *self)
{
    if (!self)
        return;
    g_string_free(self->receipt, TRUE);
    g_string_free(self->complaint, TRUE);
    g_free(self);
}
