/* What state a network interface is in, for people: the kernel's word (RFC 2863, "operstate") in
 * their language. Scripts get the kernel's own. */
#pragma once

/* A word that is not known stays as it is. Borrowed, from `state` or from the catalogue. */
const char *net_state_text(const char *state);
