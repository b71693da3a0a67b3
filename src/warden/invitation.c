/* See invitation.h. The files have a fixed layout, are 0600 and vanish with a reboot; the boot
 * clock in them cannot be set back. */
#include "warden/invitation.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/cursor.h"
#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "warden/place.h"

#define INVITATION_MAGIC "HUNE-I1"

enum { INVITATION_FILE_MAX = 2048 };

static void cleanup_dir(DIR **directory)
{
    if (*directory)
        closedir(*directory);
}

static int invitation_save(const char *path, const struct invitation *invitation)
{
    _cleanup_wipe_ struct buffer content = BUFFER_INIT;
    struct writer writer = writer_init(&content);

    writer_bytes(&writer, INVITATION_MAGIC, sizeof(INVITATION_MAGIC));
    writer_bytes(&writer, invitation->code, sizeof(invitation->code));
    writer_u64(&writer, invitation->expires_ms);
    writer_u32(&writer, invitation->tries_left);
    writer_u16(&writer, invitation->rights);
    writer_slice32(&writer, invitation->as, strlen(invitation->as));
    if (writer.error)
        return writer.error;
    return file_replace(path, 0600, buffer_bytes(&content), buffer_length(&content));
}

static int invitation_read(const char *path, struct invitation *invitation_out)
{
    _cleanup_wipe_ struct buffer content = BUFFER_INIT;
    char magic[sizeof(INVITATION_MAGIC)];
    struct reader reader;
    struct slice as;
    int r;

    r = file_read(path, INVITATION_FILE_MAX, &content);
    if (r)
        return r;
    *invitation_out = (struct invitation){0};
    reader = reader_init(buffer_bytes(&content), buffer_length(&content));
    reader_copy(&reader, magic, sizeof(magic));
    reader_copy(&reader, invitation_out->code, sizeof(invitation_out->code));
    invitation_out->expires_ms = reader_u64(&reader);
    invitation_out->tries_left = reader_u32(&reader);
    invitation_out->rights = reader_u16(&reader);
    as = reader_slice32(&reader, OPERATOR_AS_MAX);
    if (!reader_done(&reader) || memcmp(magic, INVITATION_MAGIC, sizeof(magic)) != 0)
        return -EBADMSG;
    if (as.size)
        memcpy(invitation_out->as, as.bytes, as.size);
    return 0;
}

/* What a walk over the open invitations does with each; returning true ends the walk. */
typedef bool (*invitation_visit)(const char *path, struct invitation *invitation, void *user);

/* Visits the open invitations; used-up, expired and unreadable ones are removed on the way. */
static int invitations_walk(const char *folder, invitation_visit visit, void *user)
{
    _cleanup_(cleanup_dir) DIR *directory = opendir(folder);
    const struct dirent *entry;

    if (!directory)
        return errno == ENOENT ? 0 : -errno;
    while ((entry = readdir(directory))) {
        _cleanup_free_ char *path = NULL;
        struct invitation invitation;
        bool done;

        /* A dot also marks a file that another process is just about to put in place. */
        if (strchr(entry->d_name, '.'))
            continue;
        path = place_path(folder, entry->d_name);
        if (!path)
            return -ENOMEM;
        if (invitation_read(path, &invitation) || invitation.tries_left == 0 ||
            invitation.expires_ms <= clock_boot_ms()) {
            unlink(path);
            continue;
        }
        done = visit(path, &invitation, user);
        explicit_bzero(invitation.code, sizeof(invitation.code));
        if (done)
            return 0;
    }
    return 0;
}

static bool visit_count(const char *path, struct invitation *invitation, void *user)
{
    size_t *count = user;

    (void)path;
    (void)invitation;
    ++*count;
    return false;
}

int invitation_make(const char *run, uint16_t rights, const char *as, uint64_t seconds,
                    struct invitation *invitation_out)
{
    _cleanup_free_ char *folder = place_path(run, "invitations");
    _cleanup_free_ char *path = NULL;
    size_t open_count = 0;
    uint64_t name;
    int r;

    *invitation_out = (struct invitation){.expires_ms = clock_boot_ms() + seconds * 1000,
                                          .tries_left = LIMIT_INVITE_TRIES,
                                          .rights = rights};
    text_copy(invitation_out->as, sizeof(invitation_out->as), as);
    if (!folder)
        return -ENOMEM;
    r = directory_make(folder, 0700);
    if (!r)
        r = invitations_walk(folder, visit_count, &open_count);
    if (!r && open_count >= LIMIT_INVITATIONS)
        return 1;
    if (!r)
        r = random_bytes(invitation_out->code, sizeof(invitation_out->code));
    if (!r)
        r = random_bytes(&name, sizeof(name));
    if (r)
        return r;
    if (asprintf(&path, "%s/%016llx", folder, (unsigned long long)name) < 0) {
        path = NULL;
        return -ENOMEM;
    }
    return invitation_save(path, invitation_out);
}

struct redeeming {
    const struct pair_request *request;
    const uint8_t *exporter;
    const uint8_t *machine;
    struct invitation *found;
    int result;
};

static bool visit_redeem(const char *path, struct invitation *invitation, void *user)
{
    struct redeeming *redeeming = user;
    bool right = false;
    int r;

    r = pair_check(redeeming->request, invitation->code, redeeming->exporter, redeeming->machine,
                   &right);
    if (r || !right) {
        redeeming->result = r ? r : redeeming->result;
        return r != 0;
    }
    /* Taken before it is used: two consoles that share a link must not both get in. */
    redeeming->result = unlink(path) < 0 ? -errno : 0;
    *redeeming->found = *invitation;
    return true;
}

static bool visit_miss(const char *path, struct invitation *invitation, void *user)
{
    (void)user;
    invitation->tries_left--;
    if (invitation->tries_left == 0 || invitation_save(path, invitation) < 0)
        unlink(path);
    return false;
}

int invitation_redeem(const char *run, const struct pair_request *request,
                      const uint8_t exporter[EXPORTER_SIZE], const uint8_t machine[MACHINE_ID_SIZE],
                      struct invitation *invitation_out)
{
    _cleanup_free_ char *folder = place_path(run, "invitations");
    struct redeeming redeeming = {.request = request,
                                  .exporter = exporter,
                                  .machine = machine,
                                  .found = invitation_out,
                                  .result = 1};
    int r;

    if (!folder)
        return -ENOMEM;
    r = invitations_walk(folder, visit_redeem, &redeeming);
    if (r)
        return r;
    if (redeeming.result == 1)
        r = invitations_walk(folder, visit_miss, NULL);
    return r ? r : redeeming.result;
}
