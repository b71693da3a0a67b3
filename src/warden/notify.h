/* Telling the service manager how it goes: sd_notify(3)'s datagram by hand. Nothing without one. */
#pragma once

#include "warden/listeners.h"

void notify_ready(const struct listeners *listeners);
void notify_stopping(void);
