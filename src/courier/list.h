/* What is in a folder, as the user of the order sees it. */
#pragma once

#include "base/buffer.h"

/* Appends a whole listing (proto/listing.h). Returns 0 or -errno. */
int list_folder(const char *path, struct buffer *out);
