/* UUIDs as RFC 9562 has them; Hune makes version 7, whose first 48 bits are the wall clock in ms.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { UUID_SIZE = 16, UUID_TEXT_SIZE = 37 };

/* A new version 7 UUID. Returns 0, or -errno if the kernel gives no random bytes. */
int uuid_make(uint8_t uuid_out[UUID_SIZE]);
/* 36 lower-case characters and a NUL. */
void uuid_format(const uint8_t uuid[UUID_SIZE], char text_out[UUID_TEXT_SIZE]);
/* Takes exactly the 8-4-4-4-12 form, either case; false for anything else. */
bool uuid_parse(const char *text, uint8_t uuid_out[UUID_SIZE]);
