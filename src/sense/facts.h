/* What this machine is, as JSON: one object per fact, made anew at each call from /proc, /sys and a
 * few files in /etc and /run. What cannot be known is left out, never guessed.
 *
 * Nothing here sends a packet, opens a socket, starts a process or writes a file. The system calls,
 * for those who write filters: openat, read, close, getdents64, newfstatat, readlink, statfs,
 * uname, sysinfo (qsort() asks it), and those of malloc(). Whoever locks itself up should call
 * json_object_seed(0) before: jansson wants /dev/urandom once. Sizes are in bytes, times in ms
 * (`seconds` says so), all text is printable UTF-8.
 */
#pragma once

#include "base/buffer.h"
#include "proto/fact.h"

/* Appends the JSON object of one fact. Returns 0, or -ENOMEM with `out` as it was. */
int facts_append_json(enum fact fact, struct buffer *out);
/* Appends {"name":{...},"os":{...},...}: every fact by its word. Returns 0, or -ENOMEM with `out`
 * as it was. */
int facts_append_json_all(struct buffer *out);
