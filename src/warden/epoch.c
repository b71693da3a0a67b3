/* See epoch.h. The file holds the kernel's boot id and our number, as text. */
#include "warden/epoch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "warden/place.h"

enum { BOOT_ID_LENGTH = UUID_TEXT_SIZE - 1, EPOCH_FILE_MAX = 256 };

int epoch_load(const char *run, uint8_t epoch_out[EPOCH_SIZE], bool *fresh_out)
{
    _cleanup_free_ char *path = place_path(run, "epoch");
    _cleanup_buffer_ struct buffer boot = BUFFER_INIT;
    _cleanup_buffer_ struct buffer kept = BUFFER_INIT;
    char hex[2 * EPOCH_SIZE + 1];
    int r;

    if (!path)
        return -ENOMEM;
    r = file_read("/proc/sys/kernel/random/boot_id", EPOCH_FILE_MAX, &boot);
    if (r)
        return r;
    if (buffer_length(&boot) < BOOT_ID_LENGTH)
        return -EBADMSG;
    *fresh_out = false;
    if (file_read(path, EPOCH_FILE_MAX, &kept) == 0 &&
        buffer_length(&kept) == BOOT_ID_LENGTH + 1 + sizeof(hex) &&
        memcmp(buffer_bytes(&kept), buffer_bytes(&boot), BOOT_ID_LENGTH) == 0 &&
        hex_decode((const char *)buffer_bytes(&kept) + BOOT_ID_LENGTH + 1, 2 * EPOCH_SIZE,
                   epoch_out))
        return 0;
    *fresh_out = true;
    r = random_bytes(epoch_out, EPOCH_SIZE);
    if (r)
        return r;
    hex_encode(epoch_out, EPOCH_SIZE, hex);
    buffer_clear(&kept);
    r = buffer_printf(&kept, "%.*s %s\n", BOOT_ID_LENGTH, (const char *)buffer_bytes(&boot), hex);
    return r ? r : file_replace(path, 0600, buffer_bytes(&kept), buffer_length(&kept));
}
