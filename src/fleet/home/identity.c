/* See identity.h. */
#include "fleet/home/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "fleet/home/i18n.h"
#include "fleet/home/signer.h"

enum { KEY_FILE_MAX = 64 * 1024, COMMENT_SIZE = 128 };

static int missing(const char *path, struct fault *fault)
{
    fault_set(fault, _("Check the path after --identity; without it, Hune uses a key of its own."),
              _("There is no key file %s."), path);
    return SIGNER_E_MISSING;
}

static int unreadable(const char *path, int error, struct fault *fault)
{
    fault_errno(fault, -error, _("Check the path, and that the file is yours."),
                _("The key file %s could not be read"), path);
    return error;
}

static int not_a_key(const char *path, int error, struct fault *fault)
{
    if (error == SSHKEY_E_TYPE) {
        fault_set(fault, _("Make one with: ssh-keygen -t ed25519"),
                  _("%s is a key of another type; Hune signs with Ed25519 keys only."), path);
        return SIGNER_E_TYPE;
    }
    if (error == SSHKEY_E_ENCRYPTED) {
        char hint[512];

        snprintf(hint, sizeof(hint),
                 _("Load it into ssh-agent, which then signs for Hune: ssh-add %s"), path);
        fault_set(fault, hint, _("The key in %s is behind a passphrase."), path);
        return SIGNER_E_ENCRYPTED;
    }
    fault_set(fault, _("Name an OpenSSH key file, as ssh-keygen -t ed25519 makes it."),
              _("%s is not a key file in OpenSSH's format."), path);
    return SIGNER_E_FORMAT;
}

int identity_read(const char *path, struct sshkey_private *key_out, struct fault *fault)
{
    _cleanup_wipe_ struct buffer text = BUFFER_INIT;
    struct stat status;
    int r;

    if (stat(path, &status) < 0)
        return errno == ENOENT ? missing(path, fault) : unreadable(path, -errno, fault);
    if (!S_ISREG(status.st_mode))
        return not_a_key(path, SSHKEY_E_FORMAT, fault);
    r = file_read(path, KEY_FILE_MAX, &text);
    if (r == -EFBIG)
        return not_a_key(path, SSHKEY_E_FORMAT, fault);
    if (r)
        return unreadable(path, r, fault);
    r = sshkey_private_parse(key_out, (const char *)buffer_bytes(&text), buffer_length(&text));
    if (r < 0)
        return r;
    if (r)
        return not_a_key(path, r, fault);
    /* As ssh does: a key that others can read is a key that others may have. */
    if (status.st_mode & 077) {
        char hint[512];

        explicit_bzero(key_out, sizeof(*key_out));
        snprintf(
            hint, sizeof(hint),
            _("Close it with: chmod 600 %s - or make a new key, if somebody may have read it."),
            path);
        fault_set(fault, hint, _("The private key %s can be read by others (mode %04o)."), path,
                  status.st_mode & 07777);
        return SIGNER_E_MODE;
    }
    return 0;
}

int identity_read_public(const char *path, struct sshkey *key_out, char comment_out[128],
                         struct fault *fault)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    const char *comment = NULL;
    const char *text;
    char *line;
    int r = file_read(path, KEY_FILE_MAX, &content);

    if (r == -ENOENT)
        return missing(path, fault);
    if (r == -EFBIG)
        return not_a_key(path, SSHKEY_E_FORMAT, fault);
    if (r)
        return unreadable(path, r, fault);
    text = buffer_text(&content);
    if (!text)
        return -ENOMEM;
    line = (char *)buffer_bytes(&content);
    line[strcspn(line, "\r\n")] = '\0';
    r = sshkey_parse_line(key_out, text_strip(line), &comment);
    if (r < 0)
        return r;
    if (r)
        return not_a_key(path, r, fault);
    snprintf(comment_out, COMMENT_SIZE, "%s", comment ? comment : "");
    return 0;
}

/* user@host, like ssh-keygen's. */
static void default_comment(char comment_out[COMMENT_SIZE])
{
    const struct passwd *entry = getpwuid(geteuid());
    char host[65] = "";

    gethostname(host, sizeof(host) - 1);
    snprintf(comment_out, COMMENT_SIZE, "%.48s@%s", entry ? entry->pw_name : "operator", host);
}

/* Never over a file that is there: two consoles that start together must end up with one key, so
 * the whole file appears at once, by link(2), and the second one fails. */
static int write_new(const char *path, const struct buffer *text)
{
    _cleanup_free_ char *temporary = NULL;
    _cleanup_close_ int fd = -1;
    int r;

    if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
        temporary = NULL;
        return -ENOMEM;
    }
    fd = mkostemp(temporary, O_CLOEXEC); /* 0600 */
    if (fd < 0)
        return -errno;
    r = fd_write_all(fd, buffer_bytes(text), buffer_length(text));
    if (!r && fsync(fd) < 0)
        r = -errno;
    if (!r && link(temporary, path) < 0)
        r = -errno;
    unlink(temporary);
    return r;
}

static int write_public(const char *path, const struct sshkey_private *key)
{
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;
    _cleanup_free_ char *name = NULL;
    int r = sshkey_append_line(&key->key, &line);

    if (!r)
        r = buffer_printf(&line, " %s\n", key->comment);
    if (!r && asprintf(&name, "%s.pub", path) < 0) {
        name = NULL;
        r = -ENOMEM;
    }
    return r ? r : file_replace(name, 0644, buffer_bytes(&line), buffer_length(&line));
}

int identity_make(const char *path, struct sshkey_private *key_out, struct fault *fault)
{
    _cleanup_wipe_ struct buffer text = BUFFER_INIT;
    _cleanup_free_ char *copy = strdup(path);
    char comment[COMMENT_SIZE];
    int r;

    if (!copy)
        return -ENOMEM;
    default_comment(comment);
    r = sshkey_generate(key_out, comment);
    if (!r)
        r = sshkey_private_write(key_out, &text);
    if (!r)
        r = directory_make(dirname(copy), 0700);
    if (!r)
        r = write_new(path, &text);
    if (!r)
        r = write_public(path, key_out);
    if (r < 0) {
        explicit_bzero(key_out, sizeof(*key_out));
        fault_errno(fault, -r, _("Check the folder, or name another key with --identity FILE."),
                    _("Hune could not make its signing key %s"), path);
    }
    return r;
}
