"""Orders that no honest console gives: each is refused for its own reason, and nothing is run.

hune-raw signs them with the console's real key, so that what is refused is the fault and nothing else.
"""
import os
import subprocess

import pytest
from support import wait_for

ID = "01890a5d-ac96-774b-bcce-b302099a8057"
OTHER_ID = "01890a5d-ac96-774b-bcce-b302099a8058"


@pytest.fixture
def machine(pair):
    return pair()


@pytest.fixture
def mark(tmp_path):
    """An order that would leave a trace, and the trace."""
    path = tmp_path / "trace"
    path.touch(mode=0o666)
    return path


def touching(mark):
    return ["--shell", f"echo ran >> {mark}"]


def refused(machine, mark, status, problem, *arguments, **options):
    """Gives the order and checks that it was refused so, that nothing ran, and that others are served."""
    answer = machine.raw(*touching(mark), *arguments, **options)
    assert (answer.status, answer.problem) == (status, problem), answer
    assert answer.body["title"] and answer.body["detail"] and answer.body["status"] == status
    assert mark.read_text() == ""
    good = machine.raw(*touching(mark))
    assert good.status == 201, good
    wait_for("the good order", lambda: mark.read_text() == "ran\n")


def test_a_good_order_becomes_a_job(machine, mark):
    answer = machine.raw("--id", ID, *touching(mark))
    assert answer.status == 201, answer
    assert answer.body["id"] == ID and answer.body["verb"] == "run"
    wait_for("the trace", lambda: mark.read_text() == "ran\n")
    wait_for("the end", lambda: machine.raw("--get", f"/v1/jobs/{ID}").body["state"] == "exited")
    job = machine.raw("--get", f"/v1/jobs/{ID}").body
    assert job["detail"] == 0 and job["ended_ms"] >= job["started_ms"] > 1.6e12


# The order begins behind its part's header: 1 + 4 bytes.
ORDER_START = 5
FIELDS = {"magic": 0, "machine": 8, "id": 40, "epoch": 56, "issued": 72, "expires": 80, "verb": 88,
          "flags": 90, "deadline": 92, "user": 96}


@pytest.mark.parametrize("field", FIELDS)
def test_a_flipped_bit_in_any_field_breaks_the_signature(machine, mark, field):
    bit = (ORDER_START + FIELDS[field]) * 8 + 7
    answer = machine.raw(*touching(mark), "--flip", bit)
    # The gate says so itself where it reads a field to find its way; it never says yes.
    assert answer.problem in ("signature", "malformed", "bad-request", "unsupported"), answer
    assert mark.read_text() == ""


def test_flipped_bits_everywhere_are_refused(machine, mark):
    """A sample over the whole body: framing, order, payload, signature."""
    for bit in range(0, 2600, 97):
        answer = machine.raw(*touching(mark), "--id", ID, "--flip", bit)
        assert answer.status in (400, 403, 413, 501), (bit, answer)
    assert mark.read_text() == ""


@pytest.mark.parametrize("kept", [0, 1, 4, 5, 12, 60, 100, 104, 150, 200, 300])
def test_truncated(machine, mark, kept):
    refused(machine, mark, 400, "malformed", "--keep", kept)


@pytest.mark.parametrize("more", [1, 5, 64, 8192])
def test_overlong(machine, mark, more):
    refused(machine, mark, 400, "malformed", "--append", more)


def test_far_too_long(machine, mark):
    answer = machine.raw(*touching(mark), "--append", 3 << 20)
    assert answer.problem == "too-large" or "stream closed" in answer.out, answer
    assert mark.read_text() == ""


@pytest.mark.parametrize("damage", [["--order-append", 1], ["--order-keep", 90], ["--order-keep", 0],
                                    ["--order-flip", 0]])
def test_a_signature_does_not_make_nonsense_an_order(machine, mark, damage):
    """The signature fits, the bytes are no order: one byte too many, too few, another magic."""
    refused(machine, mark, 400, "malformed", *damage)


def test_another_machine(machine, mark):
    refused(machine, mark, 403, "other-machine", "--machine", "ab" * 32)


def test_another_epoch(machine, mark):
    refused(machine, mark, 409, "other-epoch", "--epoch", "cd" * 16)


def test_expired(machine, mark):
    refused(machine, mark, 403, "expired", "--expired")


def test_not_yet(machine, mark):
    refused(machine, mark, 403, "not-yet", "--not-yet")


def test_a_window_that_is_too_long(machine, mark):
    answer = machine.raw(*touching(mark), "--too-long")
    assert answer.status in (400, 403), answer
    assert mark.read_text() == ""


def test_the_same_order_twice_is_one_job(machine, mark):
    answers = machine.raw("--id", ID, *touching(mark), "--repeat", 3)
    assert [status for status, _ in answers.all] == [201, 200, 200], answers
    assert {body["id"] for _, body in answers.all} == {ID}
    wait_for("the trace", lambda: mark.read_text())
    later = machine.raw("--id", ID, *touching(mark))  # signed anew, through another connection
    assert later.status == 200 and later.body["id"] == ID
    assert mark.read_text() == "ran\n"


def test_the_same_id_twice_with_another_command_is_the_first_job(machine, mark, tmp_path):
    assert machine.raw("--id", ID, *touching(mark)).status == 201
    other = machine.raw("--id", ID, "--shell", f"echo other >> {mark}")
    assert other.status == 200, other
    wait_for("the trace", lambda: mark.read_text())
    assert mark.read_text() == "ran\n"


def test_an_order_of_before_a_restart_is_not_run_again(machine, mark):
    assert machine.raw("--id", ID, *touching(mark)).status == 201
    wait_for("the trace", lambda: mark.read_text())
    machine.agent.stop()
    machine.agent.start()
    again = machine.raw("--id", ID, *touching(mark))
    assert again.status == 200, again
    assert mark.read_text() == "ran\n"


def test_an_unknown_key(machine, mark, tmp_path):
    key = tmp_path / "stranger"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    answer = machine.raw(*touching(mark), key=key)
    assert (answer.status, answer.problem) == (403, "key-unknown"), answer
    assert "operators" in answer.body["detail"]
    assert mark.read_text() == ""


def test_a_connection_that_is_not_open(machine, mark):
    for words in (touching(mark), ["--get", "/v1/facts"], ["--get", "/v1/jobs"],
                  ["--get", "/v1/nothing/here"], ["--get", "/v1/audit"]):
        answer = machine.raw("--without-open", *words)
        assert (answer.status, answer.problem) == (401, "not-open"), answer
    assert mark.read_text() == ""
    assert machine.raw("--without-open", "--get", "/v1/hello").status == 200
    assert machine.raw("--without-open", "--get", "/healthz").body == {"status": "ok"}


def test_open_is_bound_to_its_channel(machine):
    answer = machine.raw("--wrong-exporter", "--get", "/v1/facts")
    assert answer.status in (400, 401, 403), answer
    assert "hostname" not in answer.out


def entering(mark, *arguments):
    return [*touching(mark), "--enter", "--bound", *arguments, "--then-get", "/v1/jobs"]


def kept_out(answer, mark, problem, status=None):
    """Refused, and the connection is not open; nothing ran."""
    (first, body), (last, shut) = answer.all
    assert body["type"] == f"urn:hune:problem:{problem}" and status in (None, first), answer
    assert "open" not in body, answer
    assert last == 401 and shut["type"] == "urn:hune:problem:not-open", answer
    assert mark.read_text() == ""


def test_an_order_opens_its_connection(machine, mark):
    answer = machine.raw(*entering(mark, "--id", ID))
    (status, entered), (then, jobs) = answer.all
    assert status == 201 and then == 200, answer
    assert entered["job"]["id"] == ID and entered["job"]["verb"] == "run"
    assert "run" in entered["open"]["rights"] and entered["open"]["fingerprint"].startswith("SHA256:")
    assert [job["id"] for job in jobs["jobs"]] == [ID]
    wait_for("the trace", lambda: mark.read_text() == "ran\n")
    again = machine.raw(*entering(mark, "--id", ID))  # signed anew, for another connection
    assert again.all[0][0] == 200 and again.all[0][1]["job"]["id"] == ID
    assert again.status == 200
    assert mark.read_text() == "ran\n"


@pytest.mark.parametrize("fault, problem", [
    (["--wrong-exporter"], "signature"), (["--machine", "ab" * 32], "other-machine"),
    (["--epoch", "cd" * 16], "other-epoch"), (["--epoch", "00" * 16], "expired"),
    (["--expired"], "expired"), (["--not-yet"], "not-yet"), (["--too-long"], "malformed"),
    (["--flags", 2], "malformed"), (["--verb", 1], "malformed"), (["--append", 1], "malformed"),
    (["--append", 8 << 10], "too-large"), (["--path-id", OTHER_ID], "bad-request"),
], ids=lambda value: str(value[0]) if isinstance(value, list) else value)
def test_what_does_not_open_a_connection(machine, mark, fault, problem):
    kept_out(machine.raw(*entering(mark), *fault), mark, problem)


def test_an_ordinary_order_opens_nothing(machine, mark):
    answer = machine.raw(*touching(mark), "--enter", "--then-get", "/v1/jobs")
    kept_out(answer, mark, "malformed")


def test_an_order_that_opens_is_good_for_nothing_else(machine, mark):
    answer = machine.raw(*touching(mark), "--bound")
    assert (answer.status, answer.problem) == (400, "malformed"), answer
    assert mark.read_text() == ""


def test_an_order_that_opened_is_not_played_back(machine, mark, tmp_path):
    """Whoever got hold of the very bytes comes in nowhere, neither before nor after they are used."""
    kept = tmp_path / "kept"
    # Signed for its connection, but never sent there: the path names another order.
    machine.raw(*entering(mark, "--id", ID, "--path-id", OTHER_ID, "--save", kept))
    kept_out(machine.raw(*entering(mark, "--id", ID, "--body", kept)), mark, "signature")
    as_order = machine.raw("--id", ID, "--body", kept)
    assert as_order.problem == "malformed", as_order
    assert mark.read_text() == ""
    assert machine.raw(*entering(mark, "--id", ID, "--save", kept)).status == 200
    wait_for("the trace", lambda: mark.read_text() == "ran\n")
    again = machine.raw(*entering(mark, "--id", ID, "--body", kept))
    assert again.all[0][1]["type"] == "urn:hune:problem:signature" and again.status == 401, again
    assert mark.read_text() == "ran\n"


def test_an_order_for_one_machine_does_not_open_another(pair, mark, tmp_path):
    one, other = pair(), pair()
    kept = tmp_path / "kept"
    assert one.raw(*entering(mark, "--id", ID, "--save", kept)).status == 200
    wait_for("the trace", lambda: mark.read_text() == "ran\n")
    answer = other.raw("--enter", "--id", ID, "--body", kept, "--then-get", "/v1/jobs", key=one.console.key)
    assert answer.all[0][1]["type"] == "urn:hune:problem:key-unknown" and answer.status == 401, answer
    with (other.agent.folder / "operators").open("a") as operators:  # one who may on both
        operators.write((one.agent.folder / "operators").read_text())
    answer = other.raw("--enter", "--id", ID, "--body", kept, "--then-get", "/v1/jobs", key=one.console.key)
    assert answer.all[0][1]["type"] == "urn:hune:problem:other-machine" and answer.status == 401, answer
    assert mark.read_text() == "ran\n"


@pytest.mark.parametrize("place", [*FIELDS.values(), 101, 110, 120, 140, 240, 330])
def test_a_flipped_bit_opens_nothing(machine, mark, place):
    answer = machine.raw(*entering(mark, "--id", ID, "--flip", 8 * (ORDER_START + place)))
    assert len(answer.all) == 2 and answer.all[0][0] >= 400 and answer.status == 401, answer
    assert mark.read_text() == ""


def test_an_order_that_is_refused_may_have_opened(pair, mark):
    machine = pair(may="observe")
    answer = machine.raw(*entering(mark))
    (status, refusal), (then, jobs) = answer.all
    assert (status, refusal["type"]) == (403, "urn:hune:problem:right-missing"), answer
    assert refusal["open"]["rights"] == ["observe"]
    assert then == 200 and jobs["jobs"] == []
    assert mark.read_text() == ""


def test_who_may_not_observe_does_not_come_in(pair, mark):
    machine = pair(may="observe,run")
    machine.agent.change_operators("observe,run", "run")
    kept_out(machine.raw(*entering(mark)), mark, "right-missing", 403)


def test_a_second_order_does_not_open_again(machine, mark):
    answer = machine.raw(*entering(mark, "--id", ID, "--repeat", 2))
    assert [status for status, _ in answer.all] == [201, 400, 200], answer
    wait_for("the trace", lambda: mark.read_text() == "ran\n")


def test_missing_right(pair, mark):
    machine = pair(may="observe")
    answer = machine.raw(*touching(mark))
    assert (answer.status, answer.problem) == (403, "right-missing"), answer
    assert mark.read_text() == ""


@pytest.mark.parametrize("verb", [9, 10, 11, 12])
def test_control_verbs_need_control(pair, verb):
    machine = pair(may="observe,run")
    answer = machine.raw("--verb", verb, "--payload", "")
    assert answer.problem in ("right-missing", "unsupported"), answer
    assert machine.agent.process.poll() is None


@pytest.mark.root
def test_a_user_that_is_not_granted(pair, mark):
    machine = pair(may="observe,run", as_="nobody")
    answer = machine.raw(*touching(mark), "--user", "root")
    assert (answer.status, answer.problem) == (403, "run-as"), answer
    assert mark.read_text() == ""


@pytest.mark.root
def test_a_user_that_does_not_exist(pair, mark):
    machine = pair(may="observe,run", as_="no-such-user")
    answer = machine.raw(*touching(mark))
    assert answer.problem == "no-such-user" or answer.body.get("state") == "refused", answer
    assert mark.read_text() == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="as an ordinary user")
def test_an_ordinary_agent_runs_as_nobody_else(machine, mark):
    answer = machine.raw(*touching(mark), "--user", "root")
    assert answer.problem == "run-as", answer
    assert mark.read_text() == ""


@pytest.mark.parametrize("verb", [0, 13, 255, 65535])
def test_an_unknown_verb(machine, verb):
    answer = machine.raw("--verb", verb, "--payload", "")
    assert answer.status in (400, 501), answer
    assert answer.problem in ("malformed", "unsupported"), answer


@pytest.mark.parametrize("flags", [2, 0x8000])
def test_an_unknown_flag(machine, mark, flags):
    refused(machine, mark, 400, "malformed", "--flags", flags)


def test_another_id_in_the_path(machine, mark):
    answer = machine.raw(*touching(mark), "--id", ID, "--path-id", OTHER_ID)
    assert 400 <= answer.status < 500, answer
    assert mark.read_text() == ""


@pytest.mark.parametrize("payload", ["", "00", "ff" * 20, "0000" + "ffff" * 3, "02000001000000",
                                     "000000010000000461620064" + "0000" + "00000000"])
def test_a_payload_that_is_no_command_runs_nothing(machine, payload):
    """The machine's child finds out, after it dropped to its user: the job ends, the agent does not."""
    answer = machine.raw("--id", ID, "--payload", payload)
    if answer.status in (200, 201):
        job = wait_for("its end", lambda: (job := machine.raw("--get", f"/v1/jobs/{ID}").body)[
            "state"] not in ("queued", "running") and job)
        assert (job["state"], job["detail"]) != ("exited", 0), job
    else:
        assert 400 <= answer.status < 500, answer
    assert machine.shell("echo served").out == "served\n"


def test_another_operators_job_is_not_shown(agent, console, mark):
    """Only who gave a job, or one with `control`, may read its output."""
    machine = agent()
    first, second, third = console(), console(), console()
    for operator, may in ((first, "observe,run"), (second, "observe,run"),
                          (third, "observe,run,control")):
        assert operator.run("join", machine.invite(may=may)).code == 0
    assert first.raw(machine.port, "--id", ID, "--shell", "echo secret").status == 201
    path = f"/v1/jobs/{ID}/output?from=0"

    def output(operator):
        return subprocess.run([operator.binaries.raw, "--port", str(machine.port), "--key",
                               operator.key, "--get", path], capture_output=True,
                              env=operator.environment, timeout=30).stdout

    wait_for("the output", lambda: b"secret" in output(first))
    assert b"secret" not in output(second)
    assert b"secret" in output(third)
    # Nor may the second one stop it.
    assert first.raw(machine.port, "--id", OTHER_ID, "--shell", "sleep 1000").status == 201
    stop = ["--verb", 6, "--payload", OTHER_ID.replace("-", "") + "00"]
    assert second.raw(machine.port, *stop).problem in ("right-missing", "no-such-job")
    assert first.raw(machine.port, "--get", f"/v1/jobs/{OTHER_ID}").body["state"] == "running"
    assert third.raw(machine.port, *stop).status in (200, 201)


def test_jobs_that_are_not_there(machine):
    for path in (f"/v1/jobs/{ID}", f"/v1/jobs/{ID}/output?from=0"):
        answer = machine.raw("--get", path)
        assert (answer.status, answer.problem) == (404, "no-such-job"), answer
    for path in ("/v1/jobs/nonsense", "/v1/nothing", "/", "/v1/jobs/../facts"):
        assert machine.raw("--get", path).status in (400, 404), path


def test_bad_parameters(machine):
    assert machine.raw("--id", ID, "--shell", "true").status == 201
    for query in ("from=", "from=-1", "from=x", "from=99999999999999999999999", "nonsense=1"):
        answer = machine.raw("--get", f"/v1/jobs/{ID}/output?{query}")
        assert (answer.status, answer.problem) == (400, "bad-request"), (query, answer)


def test_a_token_observes_and_never_acts(machine, mark):
    made = machine.agent.run("token", "--may", "observe")
    assert made.code == 0, made
    token = made.out.split()[-1]
    url = f"https://127.0.0.1:{machine.agent.port}"

    def curl(*words):
        done = subprocess.run(["curl", "-sk", "--http2", "-w", "\n%{http_code}", "-H",
                               f"Authorization: Bearer {token}", *words],
                              capture_output=True, text=True, timeout=30)
        return int(done.stdout.rpartition("\n")[2])

    assert curl(f"{url}/v1/facts/os") == 200
    assert curl("-X", "PUT", "--data-binary", "x", f"{url}/v1/jobs/{ID}") in (400, 401, 403)
    assert curl(f"{url}/v1/jobs/{ID}/output?from=0") in (401, 403)
    secret = token.encode()
    for path in machine.agent.folder.rglob("*"):
        assert not path.is_file() or secret not in path.read_bytes(), f"{path} holds the token"
    for wrong in ("x" + token[1:], "hune_", token + "x"):
        done = subprocess.run(["curl", "-sk", "--http2", "-o", "/dev/null", "-w", "%{http_code}", "-H",
                               f"Authorization: Bearer {wrong}", f"{url}/v1/facts"],
                              capture_output=True, text=True, timeout=30)
        assert done.stdout == "401"


def test_a_kept_order_verifies_with_stock_ssh_keygen(machine, tmp_path):
    """The audit trail names the order, and the record can be fetched."""
    assert machine.raw("--id", ID, "--shell", "true").status == 201
    done = subprocess.run([machine.console.binaries.raw, "--port", str(machine.agent.port), "--key",
                           machine.console.key, "--get", "/v1/audit?from=0"], capture_output=True,
                          text=True, timeout=30, env=machine.console.environment)
    assert done.stdout.startswith("200 ") and ID in done.stdout, done.stdout


def test_the_log_tells_an_orders_way_by_its_id(machine):
    assert machine.raw("--id", ID, "--shell", "true").status == 201
    wait_for("the log", lambda: ID in machine.agent.log())


@pytest.mark.parametrize("algorithm", ["ed25519", "ed25519-sk", "rsa", "ecdsa"])
def test_other_kinds_of_keys_in_operators_grant_nothing_and_break_nothing(machine, algorithm, tmp_path):
    if algorithm == "ed25519-sk":
        line = ("sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIIqyQR"
                "FdmYNcJxCm4Ql1xEXyXOn+7PdcNHBZPUG1V2WzAAAABHNzaDo= token")
    else:
        key = tmp_path / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", algorithm, "-N", "", "-f", key], check=True)
        line = key.with_suffix(".pub").read_text().strip()
    with open(machine.agent.operators, "a") as file:
        file.write(f'may="all" {line}\n')
    assert machine.raw("--get", "/v1/facts/os").status == 200
