/* Outputs as they lie on the disk: packed where that is worth it (zstd, RFC 8878). */
#pragma once

#include "base/buffer.h"
#include "base/cursor.h"

/* Appends the packed bytes. Returns 0, 1 if packing them gains too little, or -ENOMEM. */
int store_pack(struct slice plain, struct buffer *packed_out);
/* Appends what was packed from `plain_size` bytes. Returns 0, 1 if it is damaged, or -ENOMEM. */
int store_unpack(struct slice packed, size_t plain_size, struct buffer *plain_out);
