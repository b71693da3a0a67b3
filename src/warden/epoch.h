/* The epoch: a random number that stands for "since this boot, with this memory of seen orders".
 * It lives beside the journal of seen orders, so that both are lost together. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/order.h"

/* Reads `run`/epoch if it was made since the last boot, else makes a new one. *fresh_out tells
 * which. Returns 0 or -errno. */
int epoch_load(const char *run, uint8_t epoch_out[EPOCH_SIZE], bool *fresh_out);
