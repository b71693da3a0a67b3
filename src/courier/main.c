/* hune-courier: what packs and unpacks files, on both sides. The agent starts it as what a `get` or
 * `put` order becomes, as the user of the order and with no other right; the console starts it for
 * the other half, so that what a machine sends is unpacked in a process of its own.
 *
 * The order's payload is on descriptor TRANSFER_ORDER_FD. `get` writes a parcel to standard output;
 * or, if that is asked for, the listing of one folder; `put` reads one from standard input and then
 * writes a receipt, one JSON object on one line. With a belt on descriptor TRANSFER_BELT_FD, the
 * parcel goes over that, and standard output or input is its bell. What was left out, and what went
 * wrong, is told on standard error, a line each. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "courier/ends.h"
#include "courier/guard.h"
#include "courier/list.h"
#include "courier/paths.h"
#include "parcel/pack.h"
#include "parcel/unpack.h"

enum { EXIT_LEFT_OUT = 1, EXIT_MALFORMED = 125 };

/* How this courier was started. */
struct call {
    bool gets;
    bool copies; /* who writes to the belt may be taken over while we read */
    bool stays;  /* until the last byte is taken */
    int belt;    /* or -1 */
};

static void tell(const struct parcel_trouble *trouble)
{
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;

    if (parcel_trouble_describe(trouble, &line) == 0 && buffer_append_text(&line, "\n") == 0)
        (void)fd_write_all(STDERR_FILENO, buffer_bytes(&line), buffer_length(&line));
}

/* Tells it and releases it. Returns what to exit with. */
static int fail(struct parcel_trouble *trouble)
{
    /* Whoever gave up has told why. */
    if (trouble->code != PARCEL_TROUBLE_GAVE_UP)
        tell(trouble);
    parcel_trouble_deinit(trouble);
    return EXIT_FAILURE;
}

static void on_left_out(void *user, const struct parcel_trouble *trouble)
{
    (void)user;
    tell(trouble);
}

static int get(const struct call *call, const struct transfer *transfer, const struct paths *paths)
{
    const struct pack_settings settings = {
        .paths = (const char *const *)paths->items,
        .kind = transfer->flags & (TRANSFER_PLAIN | TRANSFER_STREAM) ? PARCEL_PLAIN
                                                                     : PARCEL_ARCHIVE,
        .fd = transfer->flags & TRANSFER_STREAM ? STDIN_FILENO : -1,
        .counts = transfer->flags & TRANSFER_COUNT,
        .on_left_out = on_left_out,
    };
    struct parcel_trouble trouble = {0};
    struct pack_result result;
    struct parcel_sink sink;
    struct end end;
    int left;
    int r = call->belt < 0
                ? pipe_sink(&end, STDOUT_FILENO, transfer->patience_s, &sink)
                : belt_sink(&end, STDOUT_FILENO, call->belt, transfer->patience_s, &sink);

    if (r) {
        parcel_trouble_system(&trouble, NULL, r);
    } else {
        r = pack_run(&settings, &sink, &result, &trouble);
        /* Also of one that gave up: its end says so. */
        left = call->stays ? belt_stay(&end) : 0;
        if (left && !r)
            r = parcel_trouble_system(&trouble, NULL, left);
    }
    end_deinit(&end);
    if (r)
        return fail(&trouble);
    return result.left_out > 0 ? EXIT_LEFT_OUT : EXIT_SUCCESS;
}

static void write_receipt(const struct unpack_result *result)
{
    char sum[2 * SHA256_SIZE + 1];

    hex_encode(result->sum, sizeof(result->sum), sum);
    printf("{\"entries\":%llu,\"bytes\":%llu,\"sha256\":\"%s\"}\n",
           (unsigned long long)result->entries, (unsigned long long)result->bytes, sum);
    fflush(stdout);
}

/* The plain bytes of a parcel to standard output, as they come: whoever reads them learns from the
 * exit status whether they were all. */
static int show(const struct parcel_source *source, struct parcel_trouble *trouble)
{
    struct parcel_reader reader;
    struct slice piece = {NULL, 1};
    int r = parcel_reader_init(&reader, source);

    if (!r && reader.head.kind != PARCEL_PLAIN)
        r = PARCEL_E_NO_PARCEL;
    while (!r && piece.size > 0) {
        r = parcel_read(&reader, &piece);
        if (!r)
            r = fd_write_all(STDOUT_FILENO, piece.bytes, piece.size);
    }
    parcel_reader_deinit(&reader);
    if (r < 0)
        return parcel_trouble_system(trouble, NULL, r);
    return r ? parcel_trouble_set(trouble, (enum parcel_trouble_code)r, NULL, 0) : 0;
}

static int put(const struct call *call, const struct transfer *transfer, const struct paths *paths)
{
    const struct unpack_settings settings = {
        .target = paths->items[0],
        .bytes_max = transfer->bytes_max,
        .entries_max = transfer->entries_max,
    };
    struct parcel_trouble trouble = {0};
    struct unpack_result result;
    struct parcel_source source;
    struct end end;
    bool shows = transfer->flags & TRANSFER_STREAM;
    int r = call->belt < 0 ? pipe_source(&end, STDIN_FILENO, transfer->patience_s, &source)
                           : belt_source(&end, STDIN_FILENO, call->belt, call->copies,
                                         transfer->patience_s, &source);

    if (r)
        parcel_trouble_system(&trouble, NULL, r);
    else if (shows)
        r = show(&source, &trouble);
    else
        r = unpack_run(&settings, &source, &result, &trouble);
    end_deinit(&end);
    if (r)
        return fail(&trouble);
    if (!shows)
        write_receipt(&result);
    return EXIT_SUCCESS;
}

/* The listing of one folder in place of a parcel. */
static int list(const struct transfer *transfer, const struct paths *paths)
{
    _cleanup_buffer_ struct buffer listing = BUFFER_INIT;
    struct parcel_trouble trouble = {0};
    struct parcel_sink sink;
    struct end end = {0};
    int r = list_folder(paths->items[0], &listing);

    if (r)
        parcel_trouble_system(&trouble, paths->items[0], r);
    else if ((r = pipe_sink(&end, STDOUT_FILENO, transfer->patience_s, &sink)) ||
             (r = sink.write(sink.user, buffer_bytes(&listing), buffer_length(&listing))))
        parcel_trouble_system(&trouble, NULL, r);
    end_deinit(&end);
    return r ? fail(&trouble) : EXIT_SUCCESS;
}

static int carry(const struct call *call, const struct transfer *transfer,
                 const struct paths *paths)
{
    if (!call->gets)
        return put(call, transfer, paths);
    return transfer->flags & TRANSFER_LIST ? list(transfer, paths) : get(call, transfer, paths);
}

/* Before a byte of a parcel is looked at. */
static int guard(const struct call *call, const struct transfer *transfer,
                 const struct paths *paths)
{
    struct parcel_trouble trouble = {0};
    bool writes = !call->gets && !(transfer->flags & TRANSFER_STREAM);
    int r = guard_files(writes ? paths->items[0] : NULL);

    if (!r)
        return 0;
    parcel_trouble_system(&trouble, NULL, r);
    return fail(&trouble);
}

static int malformed(void)
{
    fprintf(stderr, "hune-courier: the order is not well-formed\n");
    return EXIT_MALFORMED;
}

static bool read_call(int argc, char **argv, struct call *call_out)
{
    if (argc < 2 || argc > 3 || (!text_equal(argv[1], "get") && !text_equal(argv[1], "put")) ||
        (argc == 3 && !text_equal(argv[2], TRANSFER_COPIES) &&
         !text_equal(argv[2], TRANSFER_STAYS)))
        return false;
    *call_out = (struct call){
        .gets = text_equal(argv[1], "get"),
        .copies = argc == 3 && text_equal(argv[2], TRANSFER_COPIES),
        .stays = argc == 3 && text_equal(argv[2], TRANSFER_STAYS),
        .belt = fcntl(TRANSFER_BELT_FD, F_GETFD) < 0 ? -1 : TRANSFER_BELT_FD,
    };
    return true;
}

int main(int argc, char **argv)
{
    _cleanup_buffer_ struct buffer payload = BUFFER_INIT;
    struct transfer transfer;
    struct paths paths;
    struct call call;
    int status;

    if (!read_call(argc, argv, &call)) {
        fprintf(stderr, "hune-courier is started by huned and hune to move files\n");
        return EXIT_MALFORMED;
    }
    prctl(PR_SET_NAME,
          "hune-courier"); /* started by descriptor, it would be called by its number */
    ends_catch_signals();
    if (fd_read_all(TRANSFER_ORDER_FD, LIMIT_ORDER_PAYLOAD, &payload) ||
        transfer_decode(&transfer, buffer_slice(&payload)) ||
        ((!call.gets || transfer.flags & TRANSFER_LIST) && transfer.count != 1))
        return malformed();
    close(TRANSFER_ORDER_FD);
    if (paths_expand(&transfer, call.gets && !(transfer.flags & TRANSFER_LIST), &paths)) {
        fprintf(stderr, "hune-courier: no memory\n");
        status = EXIT_FAILURE;
    } else {
        status = guard(&call, &transfer, &paths);
        if (!status)
            status = carry(&call, &transfer, &paths);
    }
    paths_deinit(&paths);
    return status;
}
