/* The command line of hune-raw. */
#include "raw-options.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "proto/command.h"

static const char usage[] =
    "usage: hune-raw --port N --key FILE [what to send]\n"
    "  --address IPV4        the machine; 127.0.0.1 if not told\n"
    "  --get PATH            ask for a path instead of giving an order\n"
    "  --post PATH           send the payload there instead of an order\n"
    "  --shell LINE          the payload: a shell line (default: true)\n"
    "  --payload HEX         the payload, byte by byte\n"
    "  --verb N --flags N --deadline SECONDS --user NAME --id UUID\n"
    "  --machine HEX --epoch HEX   another machine, another epoch\n"
    "  --expired --not-yet --too-long   another window\n"
    "  --order-flip BIT --order-keep N --order-append N   damage that is signed\n"
    "  --flip BIT --keep N --append N   damage that is not\n"
    "  --path-id UUID        another id in the path than in the order\n"
    "  --repeat N            send the same body N times\n"
    "  --without-open --wrong-exporter\n"
    "  --enter               let the order open the connection: to /v1/enter, without open\n"
    "  --bound               the order says that it opens this connection\n"
    "  --save FILE --body FILE   keep the body that was sent; send that instead\n"
    "  --then-get PATH       ask for this on the same connection afterwards\n"
    "  --connections N       hold N opened connections until standard input ends\n"
    "Prints one line for each answer: its status and body, or `closed` and why.\n";

enum option_code {
    OPTION_ADDRESS = 256,
    OPTION_PORT,
    OPTION_KEY,
    OPTION_GET,
    OPTION_POST,
    OPTION_SHELL,
    OPTION_PAYLOAD,
    OPTION_VERB,
    OPTION_FLAGS,
    OPTION_DEADLINE,
    OPTION_USER,
    OPTION_ID,
    OPTION_MACHINE,
    OPTION_EPOCH,
    OPTION_EXPIRED,
    OPTION_NOT_YET,
    OPTION_TOO_LONG,
    OPTION_ORDER_FLIP,
    OPTION_ORDER_KEEP,
    OPTION_ORDER_APPEND,
    OPTION_FLIP,
    OPTION_KEEP,
    OPTION_APPEND,
    OPTION_PATH_ID,
    OPTION_REPEAT,
    OPTION_WITHOUT_OPEN,
    OPTION_WRONG_EXPORTER,
    OPTION_CONNECTIONS,
    OPTION_ENTER,
    OPTION_BOUND,
    OPTION_SAVE,
    OPTION_BODY,
    OPTION_THEN_GET,
};

static const struct option long_options[] = {
    {"address", required_argument, NULL, OPTION_ADDRESS},
    {"port", required_argument, NULL, OPTION_PORT},
    {"key", required_argument, NULL, OPTION_KEY},
    {"get", required_argument, NULL, OPTION_GET},
    {"post", required_argument, NULL, OPTION_POST},
    {"shell", required_argument, NULL, OPTION_SHELL},
    {"payload", required_argument, NULL, OPTION_PAYLOAD},
    {"verb", required_argument, NULL, OPTION_VERB},
    {"flags", required_argument, NULL, OPTION_FLAGS},
    {"deadline", required_argument, NULL, OPTION_DEADLINE},
    {"user", required_argument, NULL, OPTION_USER},
    {"id", required_argument, NULL, OPTION_ID},
    {"machine", required_argument, NULL, OPTION_MACHINE},
    {"epoch", required_argument, NULL, OPTION_EPOCH},
    {"expired", no_argument, NULL, OPTION_EXPIRED},
    {"not-yet", no_argument, NULL, OPTION_NOT_YET},
    {"too-long", no_argument, NULL, OPTION_TOO_LONG},
    {"order-flip", required_argument, NULL, OPTION_ORDER_FLIP},
    {"order-keep", required_argument, NULL, OPTION_ORDER_KEEP},
    {"order-append", required_argument, NULL, OPTION_ORDER_APPEND},
    {"flip", required_argument, NULL, OPTION_FLIP},
    {"keep", required_argument, NULL, OPTION_KEEP},
    {"append", required_argument, NULL, OPTION_APPEND},
    {"path-id", required_argument, NULL, OPTION_PATH_ID},
    {"repeat", required_argument, NULL, OPTION_REPEAT},
    {"without-open", no_argument, NULL, OPTION_WITHOUT_OPEN},
    {"wrong-exporter", no_argument, NULL, OPTION_WRONG_EXPORTER},
    {"connections", required_argument, NULL, OPTION_CONNECTIONS},
    {"enter", no_argument, NULL, OPTION_ENTER},
    {"bound", no_argument, NULL, OPTION_BOUND},
    {"save", required_argument, NULL, OPTION_SAVE},
    {"body", required_argument, NULL, OPTION_BODY},
    {"then-get", required_argument, NULL, OPTION_THEN_GET},
    {0},
};

static bool read_key(struct raw_options *options, const char *path)
{
    _cleanup_wipe_ struct buffer text = BUFFER_INIT;

    return file_read(path, 64 * 1024, &text) == 0 &&
           sshkey_private_parse(&options->key, (const char *)buffer_bytes(&text),
                                buffer_length(&text)) == 0;
}

static bool shell_payload(struct raw_options *options, const char *line)
{
    const char *arguments[] = {line, NULL};
    struct command command = {.mode = COMMAND_SHELL, .arguments = arguments};

    buffer_clear(&options->payload);
    return command_encode(&command, &options->payload) == 0;
}

static bool hex_payload(struct raw_options *options, const char *text)
{
    size_t digits = strlen(text);
    uint8_t *room;

    buffer_clear(&options->payload);
    if (buffer_reserve(&options->payload, digits / 2 + 1, &room) || !hex_decode(text, digits, room))
        return false;
    buffer_commit(&options->payload, digits / 2);
    return true;
}

/* Options whose value is a number. */
static bool take_number(struct raw_options *options, int code, const char *text)
{
    struct raw_order *raw = &options->template;
    uint64_t value;

    if (!text_to_u64(text, UINT32_MAX, &value))
        return false;
    switch (code) {
    case OPTION_PORT:
        ((struct sockaddr_in *)&options->address)->sin_port = htons((uint16_t)value);
        break;
    case OPTION_VERB: raw->order.verb = (uint16_t)value; break;
    case OPTION_FLAGS: raw->order.flags = (uint16_t)value; break;
    case OPTION_DEADLINE: raw->order.deadline = (uint32_t)value; break;
    case OPTION_ORDER_FLIP: raw->unsigned_damage.flip_bit = (int64_t)value; break;
    case OPTION_ORDER_KEEP: raw->unsigned_damage.keep = (int64_t)value; break;
    case OPTION_ORDER_APPEND: raw->unsigned_damage.append = value; break;
    case OPTION_FLIP: raw->signed_damage.flip_bit = (int64_t)value; break;
    case OPTION_KEEP: raw->signed_damage.keep = (int64_t)value; break;
    case OPTION_APPEND: raw->signed_damage.append = value; break;
    case OPTION_REPEAT: options->repeat = (uint32_t)value; break;
    case OPTION_CONNECTIONS: options->connections = (uint32_t)value; break;
    default: return false;
    }
    return true;
}

/* Options whose value is something else, or that have none. */
static bool take_option(struct raw_options *options, int code, const char *text)
{
    struct order *order = &options->template.order;

    switch (code) {
    case OPTION_ADDRESS:
        return inet_pton(AF_INET, text, &((struct sockaddr_in *)&options->address)->sin_addr) == 1;
    case OPTION_KEY: return read_key(options, text);
    case OPTION_GET: options->get = text; return true;
    case OPTION_POST: options->post = text; return true;
    case OPTION_SHELL: return shell_payload(options, text);
    case OPTION_PAYLOAD: return hex_payload(options, text);
    case OPTION_USER:
        if (strlen(text) > LIMIT_USER_NAME)
            return false;
        memcpy(order->user, text, strlen(text) + 1);
        return true;
    case OPTION_ID: return options->has_id = uuid_parse(text, order->id);
    case OPTION_PATH_ID: return options->has_path_id = uuid_parse(text, options->path_id);
    case OPTION_MACHINE:
        return options->has_machine = hex_decode(text, 2 * MACHINE_ID_SIZE, order->machine);
    case OPTION_EPOCH: return options->has_epoch = hex_decode(text, 2 * EPOCH_SIZE, order->epoch);
    case OPTION_EXPIRED: options->template.window = WINDOW_EXPIRED; return true;
    case OPTION_NOT_YET: options->template.window = WINDOW_NOT_YET; return true;
    case OPTION_TOO_LONG: options->template.window = WINDOW_TOO_LONG; return true;
    case OPTION_WITHOUT_OPEN: options->without_open = true; return true;
    case OPTION_WRONG_EXPORTER: options->wrong_exporter = true; return true;
    case OPTION_ENTER: return options->enter = options->without_open = true;
    case OPTION_BOUND: return options->bound = true;
    case OPTION_SAVE: options->save = text; return true;
    case OPTION_BODY: options->body = text; return true;
    case OPTION_THEN_GET: options->then_get = text; return true;
    default: return take_number(options, code, text);
    }
}

int raw_options_parse(struct raw_options *options_out, int argc, char **argv)
{
    struct raw_options *options = options_out;
    int code;

    *options = (struct raw_options){
        .template = {.order = {.verb = VERB_RUN},
                     .unsigned_damage = RAW_DAMAGE_NONE,
                     .signed_damage = RAW_DAMAGE_NONE},
        .repeat = 1,
    };
    *(struct sockaddr_in *)&options->address = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (!shell_payload(options, "true"))
        return 1;
    while ((code = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (code == '?' || !take_option(options, code, optarg ? optarg : "")) {
            fprintf(stderr, "hune-raw: bad option or value: %s\n%s", optarg ? optarg : "", usage);
            return 1;
        }
    }
    if (optind != argc || ((struct sockaddr_in *)&options->address)->sin_port == 0) {
        fputs(usage, stderr);
        return 1;
    }
    return 0;
}

void raw_options_deinit(struct raw_options *options)
{
    buffer_deinit(&options->payload);
    explicit_bzero(&options->key, sizeof(options->key));
}
