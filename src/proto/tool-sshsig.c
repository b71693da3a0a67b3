/* A developer's tool, built for the tests and not installed: the key and signature formats of this
 * folder from a command line, so that a test can hold them against the real ssh-keygen.
 *
 *   tool-sshsig generate COMMENT           a new private key file on standard output
 *   tool-sshsig rewrite KEYFILE            the private key file, parsed and written anew
 *   tool-sshsig public KEYFILE             its public line and fingerprint
 *   tool-sshsig sign KEYFILE               signs standard input, writes the armoured signature
 *   tool-sshsig verify PUBLICLINE SIGFILE  checks it over standard input
 *
 * The exit status is 0, 1 for a documented condition (its number is printed), 2 for anything else.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "proto/sshkey.h"
#include "proto/sshsig.h"

enum { TOOL_FILE_MAX = 1 << 20 };

static int print(const struct buffer *text)
{
    return fd_write_all(STDOUT_FILENO, buffer_bytes(text), buffer_length(text));
}

static int key_load(const char *path, struct sshkey_private *key_out)
{
    _cleanup_wipe_ struct buffer text = BUFFER_INIT;
    int r = file_read(path, TOOL_FILE_MAX, &text);

    if (r)
        return r;
    return sshkey_private_parse(key_out, (const char *)buffer_bytes(&text), buffer_length(&text));
}

static int message_load(struct buffer *message)
{
    return file_read("/dev/stdin", TOOL_FILE_MAX, message);
}

static int do_generate(char **arguments)
{
    _cleanup_wipe_ struct buffer text = BUFFER_INIT;
    struct sshkey_private key;
    int r = sshkey_generate(&key, arguments[0]);

    if (!r)
        r = sshkey_private_write(&key, &text);
    explicit_bzero(&key, sizeof(key));
    return r ? r : print(&text);
}

static int do_rewrite(char **arguments)
{
    _cleanup_wipe_ struct buffer text = BUFFER_INIT;
    struct sshkey_private key;
    int r = key_load(arguments[0], &key);

    if (!r)
        r = sshkey_private_write(&key, &text);
    explicit_bzero(&key, sizeof(key));
    return r ? r : print(&text);
}

static int do_public(char **arguments)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    uint8_t fingerprint[FINGERPRINT_SIZE];
    char fingerprint_text[FINGERPRINT_TEXT_SIZE];
    struct sshkey_private key;
    int r = key_load(arguments[0], &key);

    if (!r)
        r = sshkey_append_line(&key.key, &text);
    if (!r)
        r = sshkey_fingerprint(&key.key, fingerprint);
    if (!r) {
        fingerprint_format(fingerprint, fingerprint_text);
        r = buffer_printf(&text, " %s\n%s\n", key.comment, fingerprint_text);
    }
    explicit_bzero(&key, sizeof(key));
    return r ? r : print(&text);
}

static int do_sign(char **arguments)
{
    _cleanup_buffer_ struct buffer message = BUFFER_INIT;
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    struct sshkey_private key;
    int r = key_load(arguments[0], &key);

    if (!r)
        r = message_load(&message);
    if (!r)
        r = sshsig_sign(&key, buffer_bytes(&message), buffer_length(&message), &blob);
    if (!r)
        r = sshsig_armor(buffer_slice(&blob), &text);
    explicit_bzero(&key, sizeof(key));
    return r ? r : print(&text);
}

static int do_verify(char **arguments)
{
    _cleanup_buffer_ struct buffer message = BUFFER_INIT;
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    struct sshkey key;
    int r = sshkey_parse_line(&key, arguments[0], NULL);

    if (!r)
        r = file_read(arguments[1], TOOL_FILE_MAX, &text);
    if (!r)
        r = sshsig_dearmor((const char *)buffer_bytes(&text), buffer_length(&text), &blob);
    if (!r)
        r = message_load(&message);
    if (r)
        return r;
    return sshsig_verify(buffer_slice(&blob), &key, buffer_bytes(&message),
                         buffer_length(&message));
}

static const struct {
    const char *name;
    int arguments;
    int (*run)(char **arguments);
} actions[] = {
    {"generate", 1, do_generate}, {"rewrite", 1, do_rewrite}, {"public", 1, do_public},
    {"sign", 1, do_sign},         {"verify", 2, do_verify},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; i < ELEMENTS_OF(actions); i++) {
        int r;

        if (argc != actions[i].arguments + 2 || !text_equal(argv[1], actions[i].name))
            continue;
        r = actions[i].run(argv + 2);
        if (r > 0)
            fprintf(stderr, "condition %d\n", r);
        else if (r < 0)
            fprintf(stderr, "%s\n", strerror(-r));
        return r == 0 ? 0 : r > 0 ? 1 : 2;
    }
    fprintf(stderr, "usage: tool-sshsig generate|rewrite|public|sign|verify ARGUMENT...\n");
    return 2;
}
