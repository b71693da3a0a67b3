/* huned invite: print one link that makes an operator's console and this machine trust each other.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "proto/right.h"
#include "warden/command.h"
#include "warden/invitation.h"
#include "warden/machine.h"

enum { OPTION_MAY = HUNED_OPTION_FIRST, OPTION_AS, OPTION_FOR, OPTION_HOST, OPTION_JSON };

enum { INVITE_SECONDS = 15 * 60, INVITE_SECONDS_MAX = 7 * 24 * 3600, LISTEN_FILE_MAX = 4096 };

static const struct option accepted[] = {
    {"may", required_argument, NULL, OPTION_MAY}, {"as", required_argument, NULL, OPTION_AS},
    {"for", required_argument, NULL, OPTION_FOR}, {"host", required_argument, NULL, OPTION_HOST},
    {"json", no_argument, NULL, OPTION_JSON},     {0},
};

static const char *setting(const char *const *settings, int option)
{
    return settings[option - HUNED_OPTION_FIRST];
}

/* The first address of an interface that is up and not the loopback; IPv4 before IPv6. */
static bool own_address(char *host_out, size_t size)
{
    struct ifaddrs *all = NULL;
    bool found = false;

    if (getifaddrs(&all) < 0)
        return false;
    for (int round = 0; round < 2 && !found; round++) {
        for (const struct ifaddrs *at = all; at && !found; at = at->ifa_next) {
            int family = round == 0 ? AF_INET : AF_INET6;
            const struct sockaddr_in6 *six =
                (const struct sockaddr_in6 *)(const void *)at->ifa_addr;
            const void *bytes = &((const struct sockaddr_in *)(const void *)at->ifa_addr)->sin_addr;

            if (!at->ifa_addr || at->ifa_addr->sa_family != family ||
                (at->ifa_flags & IFF_LOOPBACK) || !(at->ifa_flags & IFF_UP))
                continue;
            if (family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr))
                continue;
            if (family == AF_INET6)
                bytes = &six->sin6_addr;
            found = inet_ntop(family, bytes, host_out, (socklen_t)size) != NULL;
        }
    }
    freeifaddrs(all);
    return found;
}

/* Splits HOST, HOST:PORT, [V6]:PORT; the port stays as it was when none is named. */
static bool host_port(const char *text, struct invite_link *link)
{
    const char *colon = strrchr(text, ':');
    const char *bracket = strchr(text, ']');
    uint64_t port;
    size_t length = strlen(text);

    if (colon && (!bracket || colon > bracket) && (bracket || strchr(text, ':') == colon)) {
        if (!text_to_u64(colon + 1, 65535, &port) || port == 0)
            return false;
        link->port = (uint16_t)port;
        length = (size_t)(colon - text);
    }
    if (bracket && text[0] == '[') {
        text++;
        length = (size_t)(bracket - text);
    }
    if (length == 0 || length > INVITE_HOST_MAX)
        return false;
    memcpy(link->host, text, length);
    link->host[length] = '\0';
    return true;
}

/* Where the agent listens: what it wrote down, else what the configuration says. *running_out tells
 * which. */
static void find_listener(const struct place *place, const struct config *config,
                          struct invite_link *link, bool *running_out)
{
    _cleanup_free_ char *path = place_path(place->run, "listen");
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    char first[80];

    text_copy(first, sizeof(first), config->listen[0]);
    *running_out = path && file_read(path, LISTEN_FILE_MAX, &text) == 0 && buffer_text(&text) &&
                   buffer_length(&text) > 0;
    if (*running_out)
        snprintf(first, sizeof(first), "%.*s", (int)strcspn(buffer_text(&text), "\n"),
                 buffer_text(&text));
    link->port = CONFIG_PORT;
    if (!host_port(first, link))
        link->host[0] = '\0';
    if ((text_equal(link->host, "0.0.0.0") || text_equal(link->host, "::") || !*link->host) &&
        !own_address(link->host, sizeof(link->host)))
        snprintf(link->host, sizeof(link->host), "127.0.0.1");
}

static int print_link(const struct invite_link *link, const struct invitation *invitation,
                      uint64_t seconds, bool running, bool json)
{
    _cleanup_wipe_ struct buffer url = BUFFER_INIT;
    _cleanup_buffer_ struct buffer rights = BUFFER_INIT;

    if (invite_link_format(link, &url) || rights_append(&rights, invitation->rights) ||
        !buffer_text(&url) || !buffer_text(&rights))
        return complain(EXIT_FAILURE, "no memory");
    if (json) {
        printf("{\"link\":\"%s\",\"may\":\"%s\",\"as\":\"%s\",\"seconds\":%llu}\n",
               buffer_text(&url), buffer_text(&rights), invitation->as,
               (unsigned long long)seconds);
        return 0;
    }
    printf("%s\n", buffer_text(&url));
    if (isatty(STDOUT_FILENO))
        fprintf(stderr,
                "\nOn the operator's computer:  hune join '%s'\n"
                "It may %s%s%s. Good once, for %llu minutes and %d tries.\n",
                buffer_text(&url), buffer_text(&rights), *invitation->as ? ", as " : "",
                invitation->as, (unsigned long long)(seconds / 60), LIMIT_INVITE_TRIES);
    if (!running)
        fprintf(stderr,
                "huned: the agent does not seem to run here; start it before using the link\n");
    return 0;
}

/* What the invited operator may do; all of it, as ourselves, when nothing was said. */
static int read_grant(const char *const *settings, uint16_t *rights, char *as, size_t as_size)
{
    const char *may = setting(settings, OPTION_MAY);
    const struct passwd *own = getpwuid(geteuid());
    struct operator_entry probe;
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;
    const char *why = NULL;

    *rights = RIGHTS_ALL;
    if (may && !rights_parse(may, strlen(may), rights))
        return complain(2,
                        "--may: \"%s\" is not a list of rights (observe, run, shell, files, "
                        "control, all)",
                        may);
    /* Opening a connection is observing: without it, the link would be good for nothing. */
    if (!(*rights & RIGHT_OBSERVE))
        fprintf(stderr, "huned: observe is granted too: a key that lacks it cannot connect\n");
    *rights |= RIGHT_OBSERVE;
    text_copy(as, as_size,
              setting(settings, OPTION_AS) ? setting(settings, OPTION_AS)
              : own                        ? own->pw_name
                                           : "");
    if (buffer_printf(&line, "as=\"%s\" ssh-ed25519 x", as) || !buffer_text(&line))
        return complain(EXIT_FAILURE, "no memory");
    if (operator_parse(&probe, buffer_text(&line), &why) == 2 &&
        !text_equal(why, "not a public key"))
        return complain(2, "--as: \"%s\" is not a list of users", as);
    return 0;
}

static int run(const struct place *place, struct config *config, const char *const *settings,
               int argc, char **argv)
{
    struct invite_link link = {0};
    struct invitation invitation;
    struct machine machine;
    char as[OPERATOR_AS_MAX + 1];
    uint64_t seconds = INVITE_SECONDS;
    uint16_t rights;
    bool running;
    int r;

    (void)argv;
    if (argc > 0)
        return complain(2, "unexpected words; huned invite --help tells the usage");
    if (setting(settings, OPTION_FOR) &&
        (!text_to_seconds(setting(settings, OPTION_FOR), &seconds) || seconds == 0 ||
         seconds > INVITE_SECONDS_MAX))
        return complain(2, "--for: \"%s\" is not a time up to 7d, such as 15m",
                        setting(settings, OPTION_FOR));
    r = read_grant(settings, &rights, as, sizeof(as));
    if (r)
        return r;
    find_listener(place, config, &link, &running);
    if (*config->advertise && !host_port(config->advertise, &link))
        return complain(2, "advertise = %s is not HOST or HOST:PORT", config->advertise);
    if (setting(settings, OPTION_HOST) && !host_port(setting(settings, OPTION_HOST), &link))
        return complain(2, "--host: \"%s\" is not HOST or HOST:PORT",
                        setting(settings, OPTION_HOST));
    r = machine_load_existing(&machine, place, config);
    if (r) {
        machine_deinit(&machine);
        return complain(EXIT_FAILURE,
                        r == -ENOENT ? "this machine has no key yet: start huned once (%s: %s)"
                                     : "the machine's key in %s cannot be read: %s",
                        place->state, strerror(-r));
    }
    memcpy(link.machine, machine.id, sizeof(link.machine));
    machine_deinit(&machine);
    r = invitation_make(place->run, rights, as, seconds, &invitation);
    if (r)
        return complain(EXIT_FAILURE,
                        r > 0 ? "too many invitations are open (%s)%.0s"
                              : "cannot keep the invitation in %s: %s",
                        place->run, r > 0 ? "" : strerror(-r));
    memcpy(link.code, invitation.code, sizeof(link.code));
    r = print_link(&link, &invitation, seconds, running, setting(settings, OPTION_JSON) != NULL);
    explicit_bzero(&invitation, sizeof(invitation));
    explicit_bzero(&link, sizeof(link));
    return r;
}

const struct huned_command command_invite = {
    .name = "invite",
    .arguments = "",
    .summary = "print a link that pairs an operator's console with this machine",
    .options =
        "  --may RIGHTS     run, shell, files, control, and always observe; default all of them\n"
        "  --as USERS       who the operator's commands may run as; the first is the default\n"
        "  --for TIME       how long the link is good: 15m by default, 7d at most\n"
        "  --host HOST      the address that the link names\n"
        "  --json           one JSON object instead of the link\n",
    .accepted = accepted,
    .run = run,
};
