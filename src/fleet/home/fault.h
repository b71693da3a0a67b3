/* What failed, with what, and what to do next: an error that a person reads. It travels beside the
 * return value, which is for programs; both consoles show it in their own way. */
#pragma once

#include <stdint.h>

struct fault {
    char text[640];  /* one sentence, translated; safe to print on a terminal */
    char hint[384];  /* what to do next, translated; "" for none */
    uint32_t line;   /* from 1, in the file concerned; 0 if that says nothing */
    uint32_t column; /* from 1, in bytes of the line or of the text given; 0 likewise */
};

/* Fills `fault` (which may be NULL: then nothing happens). The finished text is cleaned of control
 * characters, so that a hostile file cannot write to the terminal. Line and column become 0. */
void fault_set(struct fault *fault, const char *hint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for a system call's error: "<what>: <reason>"; `error` is a positive errno. */
void fault_errno(struct fault *fault, int error, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void fault_at(struct fault *fault, uint32_t line, uint32_t column);
