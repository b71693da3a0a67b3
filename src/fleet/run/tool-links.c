/* Holds links to many addresses, as a console that watches a fleet does; for measurements, never
 * installed. `tool-links KEY PORT ID < addresses` prints "all MS" each time that all of them are
 * ready, with the milliseconds since the first one was lost (at first, since the start), and "lost"
 * when one is lost. Ends at SIGTERM. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "fleet/home/signer.h"
#include "fleet/link/files.h"
#include "fleet/link/link.h"
#include "fleet/run/fanout.h"
#include "proto/sshkey.h"

struct holder {
    uv_loop_t loop;
    struct link_factory *factory;
    uint32_t count;
    uint32_t ready;
    uint64_t since_ms;
};

static void on_state(struct link *link, enum link_state from, enum link_state to, void *user)
{
    struct holder *holder = user;

    (void)link;
    if (to == LINK_READY && ++holder->ready == holder->count) {
        printf("all %llu\n", (unsigned long long)(clock_monotonic_ms() - holder->since_ms));
        fflush(stdout);
    }
    if (from == LINK_READY && holder->ready-- == holder->count) {
        holder->since_ms = clock_monotonic_ms();
        printf("lost\n");
        fflush(stdout);
    }
}

static const struct link_events events = {.on_state = on_state};

static void add(struct holder *holder, const char *host, uint16_t port, const uint8_t *id)
{
    const struct link_target target = {.host = host, .port = port, .id = id, .persistent = true};
    struct link_watcher *watcher = calloc(1, sizeof(*watcher));
    struct link *link;

    if (!watcher || link_new(&link, holder->factory, &target) < 0)
        exit(1);
    watcher->events = &events;
    watcher->user = holder;
    link_watch(link, watcher);
    link_connect(link);
    holder->count++;
}

int main(int argc, char **argv)
{
    struct holder holder = {0};
    struct signer *signer = NULL;
    struct fault fault = {0};
    uint8_t id[MACHINE_ID_SIZE];
    char line[128];

    if (argc != 4 || !fingerprint_parse(argv[3], id))
        return 2;
    log_open("tool-links", LOG_LEVEL_WARNING);
    signal(SIGPIPE, SIG_IGN); /* libuv leaves that to its user */
    files_raise_limit();
    if (signer_open(argv[1], argv[1], &signer, &fault)) {
        fprintf(stderr, "%s\n", fault.text);
        return 1;
    }
    uv_loop_init(&holder.loop);
    if (link_factory_new(&holder.factory,
                         &(struct link_settings){.loop = &holder.loop, .signer = signer}))
        return 1;
    holder.since_ms = clock_monotonic_ms();
    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (*line)
            add(&holder, line, (uint16_t)atoi(argv[2]), id);
    }
    return uv_run(&holder.loop, UV_RUN_DEFAULT);
}
