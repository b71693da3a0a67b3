/* See receipt.h. */
#include "gate/receipt.h"

#include <stdlib.h>
#include <string.h>

#include "gate/gate.h"
#include "gate/jobs.h"
#include "gate/outlet.h"
#include "gate/session.h"

/* A job is named and not pointed to: it may be forgotten first. */
struct receipt {
    struct list link; /* in its session's, by number */
    uint64_t number;
    uint64_t offset;
    uint8_t job[UUID_SIZE];
};

static void receipt_free(struct session *session, struct receipt *receipt)
{
    list_remove(&receipt->link);
    session->receipt_count--;
    free(receipt);
}

void receipt_ask(struct session *session, const struct job *job, uint64_t offset)
{
    struct receipt *receipt;

    if (session->receipt_count >= LIMIT_RECEIPTS)
        return;
    receipt = calloc(1, sizeof(*receipt));
    if (!receipt)
        return;
    receipt->number = wire_ask_receipt(conn_wire(session->conn));
    if (receipt->number == 0) {
        free(receipt);
        return;
    }
    receipt->offset = offset;
    memcpy(receipt->job, job->id, sizeof(receipt->job));
    list_append(&session->receipts, &receipt->link);
    session->receipt_count++;
}

void receipt_take(struct session *session, uint64_t number)
{
    struct receipt *receipt;

    /* What was asked before and not answered is void. */
    list_for_each (&session->receipts, struct receipt, link, receipt) {
        if (receipt->number > number)
            return;
        if (receipt->number == number) {
            struct job *job = jobs_find(&session->gate->jobs, receipt->job);

            if (job)
                outlet_received(job, receipt->offset);
        }
        receipt_free(session, receipt);
    }
}

void receipts_drop(struct session *session)
{
    struct receipt *receipt;

    list_for_each (&session->receipts, struct receipt, link, receipt)
        receipt_free(session, receipt);
}
