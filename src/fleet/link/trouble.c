/* Troubles: filled where they are found, put into words here. */
#include "fleet/link/trouble.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "fleet/home/i18n.h"
#include "fleet/home/signer.h"

static void copy_text(char *to, size_t size, const char *text)
{
    snprintf(to, size, "%s", text ? text : "");
}

void trouble_set(struct trouble *trouble, enum problem_code code, const char *where,
                 const char *format, ...)
{
    *trouble = (struct trouble){.code = code};
    copy_text(trouble->where, sizeof(trouble->where), where);
    if (!format)
        return;

    va_list arguments;

    va_start(arguments, format);
    vsnprintf(trouble->detail, sizeof(trouble->detail), format, arguments);
    va_end(arguments);
}

void trouble_set_errno(struct trouble *trouble, const char *where, int error)
{
    trouble_set(trouble, PROBLEM_INTERNAL, where, "%s", strerror(-error));
    trouble->system_error = error;
}

bool trouble_is_from_machine(const struct trouble *trouble)
{
    return trouble->code != PROBLEM_NONE && trouble->system_error == 0 &&
           problem_info(trouble->code)->status != 0;
}

/* PROBLEM_INTERNAL is the agent's, unless it was found here. */
static const char *trouble_sentence(const struct trouble *trouble)
{
    if (trouble->code == PROBLEM_INTERNAL && trouble->system_error)
        return _("This computer could not do it.");
    return _(problem_info(trouble->code)->text);
}

static int append_ids(const struct trouble *trouble, struct buffer *out)
{
    char text[FINGERPRINT_TEXT_SIZE];

    if (trouble->has_pinned) {
        fingerprint_format(trouble->pinned, text);
        if (buffer_printf(out, _(" Pinned: %s."), text) < 0)
            return -ENOMEM;
    }
    if (trouble->has_seen) {
        fingerprint_format(trouble->seen, text);
        if (buffer_printf(out, _(" Seen: %s."), text) < 0)
            return -ENOMEM;
    }
    return 0;
}

int trouble_describe(const struct trouble *trouble, struct buffer *out)
{
    int error = 0;

    if (*trouble->where) {
        error = text_append_printable_line(out, trouble->where, strlen(trouble->where));
        error = error ? error : buffer_append_text(out, ": ");
    }
    error = error ? error : buffer_append_text(out, trouble_sentence(trouble));
    error = error ? error : append_ids(trouble, out);
    if (!error && *trouble->detail) {
        error = buffer_append_text(out, " (");
        error = error ? error
                      : text_append_printable_line(out, trouble->detail, strlen(trouble->detail));
        error = error ? error : buffer_append_text(out, ")");
    }
    if (!error && *trouble->machine) {
        error = buffer_append_text(out, _(" The machine says: "));
        error = error ? error
                      : text_append_printable_line(out, trouble->machine, strlen(trouble->machine));
    }
    return error;
}

const char *trouble_hint(const struct trouble *trouble)
{
    if (trouble->code == PROBLEM_INTERNAL && trouble->system_error)
        return _("The reason in brackets is the system's.");
    return _(problem_info(trouble->code)->hint);
}

void trouble_fault(const struct trouble *trouble, struct fault *fault_out)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    const char *words = trouble_describe(trouble, &text) == 0 ? buffer_text(&text) : NULL;

    fault_set(fault_out, trouble_hint(trouble), "%s", words ? words : trouble_sentence(trouble));
}

const char *trouble_word(const struct trouble *trouble)
{
    return trouble->code == PROBLEM_NONE ? "none" : problem_info(trouble->code)->name;
}

static int append_id(struct buffer *hint, const char *label, const uint8_t *id)
{
    char text[FINGERPRINT_TEXT_SIZE];

    if (!id)
        return 0;
    fingerprint_format(id, text);
    return buffer_printf(hint, "%s%s\n", label, text);
}

/* The ids, one below the other; the hint; and for a key that the machine does not know, the very
 * line that it lacks. */
int trouble_advise(const struct trouble *trouble, const struct signer *signer, struct buffer *hint)
{
    int error = append_id(hint, _("pinned: "), trouble->has_pinned ? trouble->pinned : NULL);

    if (!error)
        error = append_id(hint, _("seen:   "), trouble->has_seen ? trouble->seen : NULL);
    if (!error)
        error = buffer_append_text(hint, trouble_hint(trouble));

    if (!error && trouble->code == PROBLEM_KEY_UNKNOWN && signer) {
        error = buffer_printf(
            hint, "\n%s\n",
            _("The line for that file (/etc/hune/operators, or ~/.config/hune/operators "
              "where the agent is not root's); shorten may= and as= at will:"));
        if (!error)
            error = signer_operators_line(signer, "all", "root", hint);
    }
    return error;
}

void trouble_shorten(struct trouble *trouble)
{
    const struct problem_info *info = problem_info(trouble->code);

    if (text_equal(trouble->machine, info->hint) || text_equal(trouble->machine, info->text))
        trouble->machine[0] = '\0';
}
