/* A job object as the machine sends it (docs/protocol.md): the list of jobs, and answers to orders.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "base/uuid.h"
#include "proto/state.h"

struct job_object {
    uint8_t id[UUID_SIZE];
    struct job_state state;
    enum job_waits waits;
    /* Texts are the machine's, raw and cut to fit: make them printable before showing. "" if not
     * told. */
    char verb[32];
    char user[64];
    char operator_label[256];
    char label[512];
    uint64_t started_ms; /* wall clock of the machine; 0 if not known yet */
    uint64_t ended_ms;
    uint64_t first;  /* where its first frame that is still kept begins */
    uint64_t output; /* length of the stream of frames so far */
    uint64_t writer; /* who took the input over; 0: nobody did */
};

/* False if `object` is no job object. */
bool job_object_decode(json_t *object, struct job_object *object_out);
/* Whether it is a `get` or `put`: their files go through the console that began them, and no other,
 * so there is nothing to be read of them for people. */
bool job_verb_carries_files(const char *verb);
