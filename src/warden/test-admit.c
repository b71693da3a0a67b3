/* See answer.h: who is let in, at a warden that is nothing but what admit.c needs, and whose gate
 * is the test. */
#include "warden/test-support.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "door/message.h"
#include "proto/crypto.h"
#include "proto/right.h"
#include "warden/answer.h"
#include "warden/invitation.h"
#include "warden/token.h"
#include "warden/warden.h"

enum { TICKET = 77 };

struct scene {
    struct folder folder;
    struct warden warden;
    struct door *gate;
    struct sshkey_private key;
    struct order order;              /* a good `open` */
    uint8_t exporter[EXPORTER_SIZE]; /* of the connection */
};

static void add_operator(struct scene *scene, const char *options, const char *name)
{
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;

    assert_int_equal(buffer_append_text(&line, options), 0);
    assert_int_equal(sshkey_append_line(&scene->key.key, &line), 0);
    assert_int_equal(buffer_printf(&line, " %s\n", name), 0);
    folder_append(&scene->folder, "operators", buffer_bytes(&line), buffer_length(&line));
}

static void renew_order(struct scene *scene)
{
    uint64_t now = clock_boot_ms();

    scene->order = (struct order){
        .issued = now,
        .expires = now + 60000,
        .verb = VERB_OPEN,
        .payload = {scene->exporter, sizeof(scene->exporter)},
    };
    memcpy(scene->order.machine, scene->warden.machine.id, MACHINE_ID_SIZE);
    memcpy(scene->order.epoch, scene->warden.epoch, EPOCH_SIZE);
    assert_int_equal(uuid_make(scene->order.id), 0);
}

static int set_up(void **state)
{
    static struct scene scene;
    struct warden *warden = &scene.warden;
    int ends[2];

    scene = (struct scene){0};
    folder_make(&scene.folder);
    assert_int_equal(sshkey_generate(&scene.key, ""), 0);
    warden->place = scene.folder.place;
    warden->place.privileged = true;
    strcpy(warden->self, "huneuser");
    memset(warden->machine.id, 'm', MACHINE_ID_SIZE);
    memset(warden->epoch, 'e', EPOCH_SIZE);
    memset(scene.exporter, 'x', sizeof(scene.exporter));
    keyring_init(&warden->keyring, warden->place.operators);
    assert_int_equal(replay_init(&warden->replay, warden->place.run, warden->place.state, true), 0);
    assert_int_equal(audit_init(&warden->audit, warden->place.state), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends),
                     0);
    assert_int_equal(door_new(&warden->gate.door, DOOR_WARDEN, ends[0]), 0);
    assert_int_equal(door_new(&scene.gate, DOOR_GATE, ends[1]), 0);
    renew_order(&scene);
    *state = &scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    door_free(scene->gate);
    door_free(scene->warden.gate.door);
    audit_deinit(&scene->warden.audit);
    replay_deinit(&scene->warden.replay);
    crypto_last_deinit(&scene->warden.last_key);
    keyring_deinit(&scene->warden.keyring);
    folder_remove(&scene->folder);
    return 0;
}

static struct door_message message_of(enum door_type type, const struct buffer *body)
{
    return (struct door_message){.type = type, .body = buffer_slice(body)};
}

/* What the gate was told; it must be of this type. */
static struct slice told(struct scene *scene, enum door_type type)
{
    static struct door_message message;

    assert_int_equal(door_receive(scene->gate, &message), 1);
    assert_int_equal(message.type, type);
    return message.body;
}

static void told_nothing(struct scene *scene)
{
    struct door_message message;

    assert_int_equal(door_receive(scene->gate, &message), 0);
}

static struct door_opened told_opened(struct scene *scene, enum door_type type)
{
    struct door_opened opened;

    assert_int_equal(door_opened_decode(&opened, told(scene, type)), 0);
    assert_int_equal(opened.ticket, TICKET);
    return opened;
}

/* Opens with the order as it is, over a connection with this exporter. */
static struct door_opened open_over(struct scene *scene, const uint8_t exporter[EXPORTER_SIZE])
{
    _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_order request = {.ticket = TICKET};
    struct door_message message;

    sign_order(&scene->key, &scene->order, &parts);
    request.parts = buffer_slice(&parts);
    memcpy(request.exporter, exporter, EXPORTER_SIZE);
    assert_int_equal(door_order_encode(&request, &body), 0);
    message = message_of(DOOR_OPEN, &body);
    assert_int_equal(answer_open(&scene->warden, &message), 0);
    return told_opened(scene, DOOR_OPENED);
}

static unsigned lines_of_the_record(const struct scene *scene)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    unsigned count = 0;

    folder_read(&scene->folder, "state/audit.log", &text);
    for (const char *at = buffer_text(&text); *at; at++)
        count += *at == '\n';
    return count;
}

static void test_open(void **state)
{
    struct scene *scene = *state;
    struct door_opened opened;

    add_operator(scene, "may=\"observe,run\",as=\"www-data,root\" ", "alice");
    opened = open_over(scene, scene->exporter);
    assert_int_equal(opened.problem, PROBLEM_NONE);
    assert_int_equal(opened.rights, RIGHT_OBSERVE | RIGHT_RUN);
    assert_string_equal(opened.operator_name, "alice");
    assert_string_equal(opened.run_as, "www-data,root");
    assert_int_equal(lines_of_the_record(scene), 1);
    /* The same once more opens nothing. */
    assert_int_equal(open_over(scene, scene->exporter).problem, PROBLEM_EXPIRED);
    renew_order(scene);
    assert_int_equal(open_over(scene, scene->exporter).problem, PROBLEM_NONE);
}

/* Not started by root, it runs everything as its own user, whatever a line says. */
static void test_open_unprivileged(void **state)
{
    struct scene *scene = *state;

    scene->warden.place.privileged = false;
    add_operator(scene, "may=\"all\",as=\"root\" ", "alice");
    assert_string_equal(open_over(scene, scene->exporter).run_as, "huneuser");
}

/* Whoever stands between the two has another exporter on each side. */
static void test_open_on_another_channel(void **state)
{
    struct scene *scene = *state;
    uint8_t other[EXPORTER_SIZE];

    add_operator(scene, "may=\"all\" ", "alice");
    for (size_t at = 0; at < EXPORTER_SIZE; at += EXPORTER_SIZE - 1) {
        memcpy(other, scene->exporter, EXPORTER_SIZE);
        other[at] ^= 1;
        assert_int_equal(open_over(scene, other).problem, PROBLEM_SIGNATURE);
    }
    /* And it has used nothing up. */
    assert_int_equal(open_over(scene, scene->exporter).problem, PROBLEM_NONE);
}

static void test_open_refusals(void **state)
{
    struct scene *scene = *state;
    struct door_opened opened = open_over(scene, scene->exporter);

    assert_int_equal(opened.problem, PROBLEM_KEY_UNKNOWN);
    assert_int_equal(opened.rights, RIGHTS_NONE);
    assert_string_equal(opened.operator_name, "");
    add_operator(scene, "may=\"all\" ", "alice");
    scene->order.verb = VERB_FORGET;
    assert_int_equal(open_over(scene, scene->exporter).problem, PROBLEM_MALFORMED);
    renew_order(scene);
    scene->order.payload.size--;
    assert_int_equal(open_over(scene, scene->exporter).problem, PROBLEM_MALFORMED);
    renew_order(scene);
    scene->order.machine[0] ^= 1;
    assert_int_equal(open_over(scene, scene->exporter).problem, PROBLEM_OTHER_MACHINE);
    renew_order(scene);
    scene->order.expires = scene->order.issued - 1;
    assert_int_not_equal(open_over(scene, scene->exporter).problem, PROBLEM_NONE);
    renew_order(scene);
    assert_int_equal(open_over(scene, scene->exporter).problem, PROBLEM_NONE);
}

/* A gate that sends what is no such message has broken the rules of the door. */
static void test_bodies_that_are_none(void **state)
{
    static const uint8_t zeros[200];
    struct scene *scene = *state;

    for (size_t size = 0; size < sizeof(zeros); size++) {
        struct door_message message = {.body = {zeros, size}};

        if (size < 4 + EXPORTER_SIZE) {
            assert_int_equal(answer_open(&scene->warden, &message), 1);
            assert_int_equal(answer_pair(&scene->warden, &message), 1);
        }
        if (size != 4 + TOKEN_HASH_SIZE)
            assert_int_equal(answer_token(&scene->warden, &message), 1);
        if (size < 4 + EXPORTER_SIZE)
            told_nothing(scene);
    }
}

static uint8_t *invite(struct scene *scene, uint16_t rights, const char *as)
{
    static struct invitation invitation;

    assert_int_equal(invitation_make(scene->warden.place.run, rights, as, 60, &invitation), 0);
    return invitation.code;
}

/* Pairs the scene's key over the connection, with a proof for one with that exporter. */
static struct door_opened pair_with(struct scene *scene, const uint8_t code[INVITE_CODE_SIZE],
                                    const uint8_t exporter[EXPORTER_SIZE])
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct pair_request pairing = {.label = "bob@laptop", .key = scene->key.key};
    struct door_pair request = {.ticket = TICKET};
    struct door_message message;

    assert_int_equal(pair_prove(&pairing, code, exporter, scene->warden.machine.id), 0);
    assert_int_equal(pair_request_encode(&pairing, &bytes), 0);
    request.request = buffer_slice(&bytes);
    memcpy(request.exporter, scene->exporter, EXPORTER_SIZE);
    assert_int_equal(door_pair_encode(&request, &body), 0);
    message = message_of(DOOR_PAIR, &body);
    assert_int_equal(answer_pair(&scene->warden, &message), 0);
    return told_opened(scene, DOOR_PAIRED);
}

static void test_pair(void **state)
{
    struct scene *scene = *state;
    const uint8_t *code = invite(scene, RIGHT_OBSERVE | RIGHT_RUN, "www-data");
    struct door_opened opened = pair_with(scene, code, scene->exporter);

    assert_int_equal(opened.problem, PROBLEM_NONE);
    assert_int_equal(opened.rights, RIGHT_OBSERVE | RIGHT_RUN);
    assert_string_equal(opened.operator_name, "bob@laptop");
    assert_string_equal(opened.run_as, "www-data");
    assert_int_equal(scene->warden.keyring.count, 1);
    /* A code is good once; and the key may open now. */
    assert_int_equal(pair_with(scene, code, scene->exporter).problem, PROBLEM_INVITE_WRONG);
    assert_int_equal(open_over(scene, scene->exporter).rights, RIGHT_OBSERVE | RIGHT_RUN);
}

static void test_pair_refusals(void **state)
{
    static const uint8_t wrong[INVITE_CODE_SIZE] = {1, 2, 3};
    struct scene *scene = *state;
    uint8_t other[EXPORTER_SIZE] = {0};
    const uint8_t *code = invite(scene, RIGHT_OBSERVE, "");
    struct door_pair request = {.ticket = TICKET, .request = {other, sizeof(other)}};
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_message message;
    struct door_opened opened;

    opened = pair_with(scene, wrong, scene->exporter);
    assert_int_equal(opened.problem, PROBLEM_INVITE_WRONG);
    assert_int_equal(opened.rights, RIGHTS_NONE);
    /* Proved for another connection: somebody passes it on. */
    assert_int_equal(pair_with(scene, code, other).problem, PROBLEM_INVITE_WRONG);
    assert_int_equal(door_pair_encode(&request, &body), 0);
    message = message_of(DOOR_PAIR, &body);
    assert_int_equal(answer_pair(&scene->warden, &message), 0);
    assert_int_equal(told_opened(scene, DOOR_PAIRED).problem, PROBLEM_MALFORMED);
    assert_int_equal(keyring_refresh(&scene->warden.keyring), 0);
    assert_int_equal(scene->warden.keyring.count, 0);
    assert_int_equal(lines_of_the_record(scene), 3);
    assert_int_equal(pair_with(scene, code, scene->exporter).problem, PROBLEM_NONE);
}

/* Whoever knows a code may name any key: that must not take anything from the key's owner. */
static void test_pair_only_adds(void **state)
{
    struct scene *scene = *state;
    struct door_opened opened;

    add_operator(scene, "may=\"run,control\",as=\"root,www-data\" ", "alice");
    opened = pair_with(scene, invite(scene, RIGHT_OBSERVE | RIGHT_FILES, "www-data,games,daemon"),
                       scene->exporter);
    assert_int_equal(opened.problem, PROBLEM_NONE);
    assert_int_equal(opened.rights & (RIGHT_RUN | RIGHT_CONTROL | RIGHT_OBSERVE | RIGHT_FILES),
                     RIGHT_RUN | RIGHT_CONTROL | RIGHT_OBSERVE | RIGHT_FILES);
    assert_string_equal(opened.run_as, "root,www-data,games,daemon");
    assert_int_equal(scene->warden.keyring.count, 1);
}

/* More users than a line may name: those of before stay, and no name is cut. */
static void test_pair_with_many_users(void **state)
{
    struct scene *scene = *state;
    char options[OPERATOR_AS_MAX + 32] = "may=\"run\",as=\"";
    struct door_opened opened;

    for (unsigned i = 0; i < 102; i++)
        snprintf(options + strlen(options), sizeof(options) - strlen(options), "%suser%05u",
                 i ? "," : "", i);
    strcat(options, "\" ");
    add_operator(scene, options, "alice");
    opened = pair_with(scene, invite(scene, RIGHT_RUN, "somebody-else,me"), scene->exporter);
    assert_int_equal(opened.problem, PROBLEM_NONE);
    assert_non_null(strstr(opened.run_as, "user00000,"));
    assert_non_null(strstr(opened.run_as, ",user00101,me"));
    assert_null(strstr(opened.run_as, "some"));
    assert_true(strlen(opened.run_as) <= OPERATOR_AS_MAX);
}

static uint16_t rights_of_token(struct scene *scene, const char *text)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_token request = {.ticket = TICKET};
    struct door_tokened answer;
    struct door_message message;

    assert_int_equal(crypto_sha256(text, strlen(text), request.hash), 0);
    assert_int_equal(door_token_encode(&request, &body), 0);
    message = message_of(DOOR_TOKEN, &body);
    assert_int_equal(answer_token(&scene->warden, &message), 0);
    assert_int_equal(door_tokened_decode(&answer, told(scene, DOOR_TOKENED)), 0);
    assert_int_equal(answer.ticket, TICKET);
    return answer.rights;
}

static void test_token(void **state)
{
    struct scene *scene = *state;
    char text[TOKEN_TEXT_SIZE];

    assert_int_equal(rights_of_token(scene, "hune_"), RIGHTS_NONE);
    assert_int_equal(token_make(&scene->warden.place, "grafana", text), 0);
    assert_int_equal(rights_of_token(scene, text), RIGHT_OBSERVE);
    text[7] ^= 1;
    assert_int_equal(rights_of_token(scene, text), RIGHTS_NONE);
}

#define scene_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(test_open),
        scene_test(test_open_unprivileged),
        scene_test(test_open_on_another_channel),
        scene_test(test_open_refusals),
        scene_test(test_bodies_that_are_none),
        scene_test(test_pair),
        scene_test(test_pair_refusals),
        scene_test(test_pair_only_adds),
        scene_test(test_pair_with_many_users),
        scene_test(test_token),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
