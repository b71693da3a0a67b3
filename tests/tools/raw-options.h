/* What hune-raw was told to do. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "raw-order.h"

struct raw_options {
    struct sockaddr_storage address;
    struct sshkey_private key;
    struct raw_order template; /* what is left zero is filled in from the machine's hello */
    struct buffer payload;
    const char *get;  /* ask for this path instead of giving an order */
    const char *post; /* send the payload to this path instead */
    bool has_machine;
    bool has_epoch;
    bool has_id;
    uint8_t path_id[UUID_SIZE]; /* the id in the request's path, if it is to differ */
    bool has_path_id;
    bool without_open;
    bool wrong_exporter;
    bool enter;           /* the order goes to /v1/enter, without an open before */
    bool bound;           /* ORDER_OPENS, and this connection's exporter */
    const char *save;     /* the body that is sent goes to this file, too */
    const char *body;     /* this file is what is sent */
    const char *then_get; /* a path to ask for afterwards */
    uint32_t repeat;      /* so many times the same body */
    uint32_t connections; /* hold so many opened connections instead, until standard input ends */
};

/* Returns 0, or 1 after telling on standard error what is wrong. */
int raw_options_parse(struct raw_options *options_out, int argc, char **argv);
void raw_options_deinit(struct raw_options *options);
