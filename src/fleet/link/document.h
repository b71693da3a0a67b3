/* Members of a machine's JSON documents, taken out with bounds: whatever a machine sends, a member
 * that is not what it should be reads as absent. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "fleet/link/trouble.h"

/* Copies a text member, cut to fit between two characters; "" and false if there is none. */
bool document_text(json_t *object, const char *name, char *text_out, size_t size);
/* A whole number from 0 on; 0 and false if there is none. */
bool document_u64(json_t *object, const char *name, uint64_t *value_out);
/* An array of texts, joined with commas; what does not fit is left out. */
void document_words(json_t *object, const char *name, char *text_out, size_t size);
/* "rights":["observe",...]; words unknown here are skipped. */
uint16_t document_rights(json_t *object, const char *name);
/* What a machine's refusal says: application/problem+json, or a plain HTTP status. */
void document_problem(const void *bytes, size_t size, unsigned status, const char *where,
                      struct trouble *trouble_out);
