/* Everything that can go wrong between a console and a machine: the code that travels, the HTTP
 * status, what happened, and what to do next. The agent sends them as application/problem+json
 * (RFC 9457, type "urn:hune:problem:<word>"); the console shows the sentence of its own table, in
 * its user's language, and falls back to the machine's words for a code that it does not know.
 *
 * The texts stand here in English and are translated where they are shown (N_() marks them). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define N_(text) text

/* X(number, NAME, "word", HTTP status, what happened, what to do next) */
#define HUNE_PROBLEMS(X)                                                                           \
    X(1, MALFORMED, "malformed", 400, N_("The order is not well-formed."),                         \
      N_("Check that hune and huned are of the same version."))                                    \
    X(2, KEY_UNKNOWN, "key-unknown", 403, N_("This machine does not know your key."),              \
      N_("Pair with an invitation (huned invite), or add your key's line to its operators file.")) \
    X(3, SIGNATURE, "signature", 403, N_("The signature does not fit the order."),                 \
      N_("Something changed the order on its way, or the key file is damaged."))                   \
    X(4, OTHER_MACHINE, "other-machine", 403, N_("The order is for another machine."),             \
      N_("Two machines answer at one address, or the fleet list has a wrong id."))                 \
    X(5, OTHER_EPOCH, "other-epoch", 409,                                                          \
      N_("The machine has restarted since the order was signed."),                                 \
      N_("Connect again and give the order anew."))                                                \
    X(6, EXPIRED, "expired", 403, N_("The order came after its time was up."),                     \
      N_("Give the order anew; if this repeats, the connection is slower than the order's "        \
         "window."))                                                                               \
    X(7, NOT_YET, "not-yet", 403, N_("The order's time has not come yet."),                        \
      N_("The console is wrong about the machine's clock; connect again."))                        \
    X(8, RIGHT_MISSING, "right-missing", 403, N_("Your key lacks the right for this."),            \
      N_("Ask for the right in the may= option of your line in the machine's operators file."))    \
    X(9, RUN_AS, "run-as", 403, N_("Your key may not run anything as that user."),                 \
      N_("Ask for the user in the as= option of your line in the machine's operators file."))      \
    X(10, NO_SUCH_USER, "no-such-user", 403, N_("There is no such user on this machine."),         \
      N_("Name a user that exists there (--as), or have it made."))                                \
    X(11, UNSUPPORTED, "unsupported", 501, N_("This agent does not know that verb."),              \
      N_("Update huned on the machine."))                                                          \
    X(12, TOO_MANY_JOBS, "too-many-jobs", 503, N_("Too many jobs run on this machine already."),   \
      N_("Wait for some to end, or stop them."))                                                   \
    X(13, TOO_FAST, "too-fast", 429, N_("Orders come faster than this machine takes them."),       \
      N_("Slow down."))                                                                            \
    X(14, NO_SUCH_JOB, "no-such-job", 404, N_("This machine knows no such job."),                  \
      N_("It was forgotten, or it ran before the machine restarted."))                             \
    X(15, NOT_OPEN, "not-open", 401, N_("The connection has not been opened."),                    \
      N_("Send an open order first, or a token."))                                                 \
    X(16, INVITE_WRONG, "invite-wrong", 403, N_("The invitation code is wrong, used or expired."), \
      N_("Make a new one on the machine: huned invite"))                                           \
    X(17, NOT_FOUND, "not-found", 404, N_("There is nothing at this path."),                       \
      N_("See docs/protocol.md for the paths of this version."))                                   \
    X(18, TOO_LARGE, "too-large", 413, N_("The request is larger than this machine takes."),       \
      N_("Send less, or send it as a file."))                                                      \
    X(19, INTERNAL, "internal", 500, N_("The agent could not do it."),                             \
      N_("Its log on the machine tells why."))                                                     \
    X(20, GONE, "gone", 410, N_("That part of the output is no longer kept."),                     \
      N_("Attach from a later byte."))                                                             \
    X(21, BAD_REQUEST, "bad-request", 400, N_("The request has a bad parameter."),                 \
      N_("See docs/protocol.md."))                                                                 \
    X(22, SHUTTING_DOWN, "shutting-down", 503, N_("The agent is stopping or starting afresh."),    \
      N_("Try again in a moment."))                                                                \
    X(23, TAKEN_OVER, "taken-over", 409, N_("Another console has taken over the input."),          \
      N_("Attach again to take it back."))                                                         \
    /* The console's own: found on the way, never sent by a machine. */                            \
    X(64, RESOLVE, "resolve", 0, N_("The name does not resolve."),                                 \
      N_("Check the spelling, or write the address."))                                             \
    X(65, CONNECTION_REFUSED, "connection-refused", 0, N_("Nobody listens there."),                \
      N_("Check the port, and that huned runs on the machine."))                                   \
    X(66, TIMEOUT, "timeout", 0, N_("No answer in time."),                                         \
      N_("The machine may be off, or a firewall drops the packets."))                              \
    X(67, UNREACHABLE, "unreachable", 0, N_("There is no way to that address."),                   \
      N_("Check the network and the address."))                                                    \
    X(68, NOT_TLS, "not-tls", 0, N_("Something listens there, but it does not speak TLS."),        \
      N_("Another program has this port; check the port number."))                                 \
    X(69, NOT_HUNE, "not-hune", 0, N_("Something answers there, but it is not a Hune agent."),     \
      N_("Another program has this port; check the port number."))                                 \
    X(70, TLS_FAILED, "tls-failed", 0, N_("The secure connection could not be made."),             \
      N_("hune doctor tells at which step."))                                                      \
    X(71, ID_CHANGED, "id-changed", 0, N_("The machine's id is not the one that was pinned."),     \
      N_("If the machine was reinstalled, remove it and add it again; else somebody is between.")) \
    X(72, ID_UNKNOWN, "id-unknown", 0, N_("The machine's id is not known here."),                  \
      N_("Join with an invitation link, or accept it with: hune add --accept-new"))                \
    X(73, LOST, "lost", 0, N_("The connection was lost."),                                         \
      N_("Check that huned still runs there, and try again; jobs go on without the connection."))  \
    X(74, BAD_PORT, "bad-port", 0, N_("The port is not a number from 1 to 65535."),                \
      N_("Write HOST:PORT, for example web1:10000."))                                              \
    X(75, NO_IDENTITY, "no-identity", 0, N_("There is no usable signing key."),                    \
      N_("Run hune id to see why, or name a key with --identity."))                                \
    X(76, VERSION, "version", 0, N_("The machine speaks another protocol version."),               \
      N_("Update the older of the two sides."))                                                    \
    X(77, NO_SUCH_MACHINE, "no-such-machine", 0,                                                   \
      N_("No machine of that name is in the fleet list."),                                         \
      N_("hune list shows the names; hune add HOST adds one."))                                    \
    X(78, CLOSED, "closed", 0, N_("The machine ended the connection."),                            \
      N_("It was told to disconnect, reset or stop."))                                             \
    X(79, CROWDED, "crowded", 0, N_("The machine ended the connection before it was open."),       \
      N_("Many connections go there at once; make fewer, for example with: --fanout 32"))

enum problem_code {
    PROBLEM_NONE = 0,
#define X(number, name, word, status, text, hint) PROBLEM_##name = (number),
    HUNE_PROBLEMS(X)
#undef X
};

struct problem_info {
    enum problem_code code;
    const char *name; /* the word */
    uint16_t status;  /* HTTP status, 0 for the console's own */
    const char *text; /* what happened, untranslated */
    const char *hint; /* what to do next, untranslated */
};

/* Never NULL: an unknown code yields the entry of PROBLEM_INTERNAL. */
const struct problem_info *problem_info(uint32_t code);
/* PROBLEM_INTERNAL for a word that is unknown here. */
enum problem_code problem_parse(const char *word);
