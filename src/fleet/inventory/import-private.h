/* What the import-*.c files share; import.h is what others use. */
#pragma once

#include "fleet/inventory/import.h"

/* One machine as a format's reader found it. Empty and NULL texts mean "not told". */
struct import_raw {
    uint32_t line;
    const char *name;
    const char *host;
    const char *port;
    const char *tags; /* as tags_normalise() takes them */
    const char *user;
    const char *id;
};

/* Judges one machine and appends its item. Returns 0 or -ENOMEM. */
int import_put(struct import *import, const struct import_raw *raw);
/* Appends a refused item. Returns 0 or -ENOMEM. */
int import_refuse(struct import *import, uint32_t line, const char *name,
                  const struct fault *fault);
/* Makes it a refused one; the fault's words are copied. Returns 0 or -ENOMEM. */
int import_set_refused(struct import *import, struct import_item *item, const struct fault *fault);
/* A copy that lives as long as the import, or NULL. */
const char *import_keep_text(struct import *import, const char *text);
/* The item of that name that was not refused, or NULL. */
struct import_item *import_find(struct import *import, const char *name);
/* Appends `text` as something that can be a name (or tag): other characters become '-'. */
int import_append_word(struct buffer *out, const char *text, size_t length);

/* Calls `each` for every line without its line end, stripped of spaces, in a buffer that it may
 * change; blank lines are left out, lines with a NUL refused. Stops when `each` returns nonzero. */
int import_lines(struct import *import, const char *bytes, size_t size,
                 int (*each)(void *context, char *line, uint32_t number), void *context);

/* The readers. Each returns 0, -ENOMEM, or an enum import_error with its sentence in `fault`. */
int import_csv(struct import *import, const char *bytes, size_t size, struct fault *fault);
int import_ssh_config(struct import *import, const char *bytes, size_t size);
int import_ansible(struct import *import, const char *bytes, size_t size);
int import_hosts(struct import *import, const char *bytes, size_t size);
