/* Random bytes from the kernel. */
#pragma once

#include <stddef.h>

/* Fills `bytes_out` with bytes fit for keys. Returns 0 or -errno. */
int random_bytes(void *bytes_out, size_t size);
