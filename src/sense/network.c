/* See network.h. */
#include "sense/network.h"

#include "base/buffer.h"
#include "base/cleanup.h"
#include "sense/object.h"
#include "sense/source.h"

enum { INTERFACES_MAX = 4096 };

bool interface_parse(struct span line, struct interface *interface_out)
{
    uint64_t numbers[12];
    struct span name;

    if (!span_cut(line, ':', &name, &line))
        return false;
    name = span_strip(name);
    if (span_is_empty(name))
        return false;
    for (size_t i = 0; i < ELEMENTS_OF(numbers); i++)
        numbers[i] = scan_number(&line);
    /* Received: bytes packets errs drop fifo frame compressed multicast; sent: bytes packets errs
     * drop and more. */
    *interface_out = (struct interface){
        .name = name,
        .rx_bytes = numbers[0],
        .rx_packets = numbers[1],
        .rx_errors = numbers[2],
        .rx_drops = numbers[3],
        .tx_bytes = numbers[8],
        .tx_packets = numbers[9],
        .tx_errors = numbers[10],
        .tx_drops = numbers[11],
    };
    return true;
}

bool hardware_address_is_known(struct span address)
{
    for (size_t i = 0; i < address.length; i++)
        if (address.at[i] != '0' && address.at[i] != ':')
            return true;
    return false;
}

static int text_to_object(const char *root, struct span name, const char *file, const char *key,
                          struct object *object)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    struct span text;
    int r = source_read(&content, &text, root, "/sys/class/net/%.*s/%s", (int)name.length, name.at,
                        file);

    if (!r)
        object_bytes(object, key, text.at, text.length);
    return r;
}

static int number_to_object(const char *root, struct span name, const char *file,
                            struct object *object)
{
    uint64_t number;
    /* A speed that nobody knows reads as -1, which is no number here. */
    int r = source_read_number(&number, root, "/sys/class/net/%.*s/%s", (int)name.length, name.at,
                               file);

    if (!r)
        object_number(object, file, number);
    return r;
}

static int address_to_object(const char *root, struct span name, struct object *object)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    struct span address;
    int r = source_read(&content, &address, root, "/sys/class/net/%.*s/address", (int)name.length,
                        name.at);

    if (!r && hardware_address_is_known(address))
        object_bytes(object, "mac", address.at, address.length);
    return r;
}

static int interface_append(json_t *array, const char *root, const struct interface *interface)
{
    _cleanup_object_ struct object object = object_begin();
    struct span name = interface->name;
    int r;

    object_bytes(&object, "name", name.at, name.length);
    r = address_to_object(root, name, &object);
    if (!r)
        r = text_to_object(root, name, "operstate", "state", &object);
    if (!r)
        r = number_to_object(root, name, "mtu", &object);
    if (!r)
        r = number_to_object(root, name, "speed", &object);
    if (r)
        return r;
    object_number(&object, "rx_bytes", interface->rx_bytes);
    object_number(&object, "tx_bytes", interface->tx_bytes);
    object_number(&object, "rx_packets", interface->rx_packets);
    object_number(&object, "tx_packets", interface->tx_packets);
    object_number(&object, "rx_errors", interface->rx_errors);
    object_number(&object, "tx_errors", interface->tx_errors);
    object_number(&object, "rx_drops", interface->rx_drops);
    object_number(&object, "tx_drops", interface->tx_drops);
    return array_append_object(array, &object);
}

int network_collect(const char *root, json_t **json_out)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    _cleanup_object_ struct object object = object_begin();
    _cleanup_json_ json_t *array = json_array();
    struct span text;
    struct span line;
    size_t count = 0;
    int r = source_read(&content, &text, root, "/proc/net/dev");

    while (!r && count < INTERFACES_MAX && scan_line(&text, &line)) {
        struct interface interface;

        if (!interface_parse(line, &interface))
            continue;
        count++;
        r = interface_append(array, root, &interface);
    }
    if (r)
        return r;
    object_value(&object, "interfaces", steal_pointer(array));
    return object_end(&object, json_out);
}
