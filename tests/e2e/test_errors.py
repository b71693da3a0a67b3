"""Each error says what failed, with what, and what to do next; and exits with the number promised."""
import os
import re
import socket
import subprocess
import threading

import pytest
from support import ROOT, free_port, user_name


@pytest.fixture
def operator(console):
    """A console with a list of one machine, whose address the test writes."""
    made = console()
    assert made.run("id").code == 0
    return made


def fleet(operator, host, port="", identity=""):
    operator.config.mkdir(parents=True, exist_ok=True)
    operator.machines.write_text(f"name,host,port,id\nm,{host},{port},{identity}\n")


def told(done, code, *texts):
    """An error as people need it: exit status, one sentence with each of the texts, and a hint."""
    assert done.code == code, done
    assert done.err.startswith("hune: "), done
    assert re.search(r"^  \S", done.err, re.M), f"there is no hint: {done.err}"
    for text in texts:
        assert text in done.err, done
    assert "\n\n" not in done.err.strip()


@pytest.fixture
def server():
    """Makes one-connection servers: server(function) calls it with the accepted socket."""
    listeners = []

    def make(handle):
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def serve():
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client:
                    try:
                        handle(client)
                    except OSError:
                        pass

        threading.Thread(target=serve, daemon=True).start()
        return listener.getsockname()[1]

    yield make
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.mark.parametrize("port", ["nonsense", "0", "65536", "-1", "99999999999", ""])
def test_bad_port(operator, port):
    told(operator.run("add", f"web1:{port}", "--name", "x"), 2, "port")


def test_name_that_does_not_resolve(operator):
    fleet(operator, "no-such-host.invalid")
    told(operator.run("run", "m", "--", "true"), 255, "m (", "no-such-host.invalid",
         "does not resolve", "spelling")


def test_nobody_listens(operator):
    port = free_port()
    fleet(operator, "127.0.0.1", port)
    told(operator.run("run", "m", "--", "true"), 255, f"127.0.0.1:{port}", "Nobody listens there",
         "huned")


def test_something_that_speaks_no_tls(operator, server):
    port = server(lambda client: (client.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n"),
                                  client.recv(4096), client.recv(4096)))
    fleet(operator, "127.0.0.1", port)
    told(operator.run("run", "m", "--", "true"), 255, str(port), "does not speak TLS")


def test_something_that_closes_at_once(operator, server):
    port = server(lambda client: None)
    fleet(operator, "127.0.0.1", port)
    done = operator.run("run", "m", "--", "true")
    assert done.code == 255 and str(port) in done.err, done


def test_something_that_never_answers(operator, server):
    held = threading.Event()
    port = server(lambda client: held.wait(40))
    fleet(operator, "127.0.0.1", port)
    try:
        told(operator.run("run", "m", "--", "true", timeout=60), 255, str(port), "No answer in time")
    finally:
        held.set()


def test_tls_that_is_no_agent(operator, tmp_path):
    if not os.path.exists("/usr/bin/openssl"):
        pytest.skip("openssl is not installed")
    port = free_port()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout",
                    tmp_path / "key", "-out", tmp_path / "cert", "-subj", "/CN=x"], check=True,
                   capture_output=True)
    with subprocess.Popen(["openssl", "s_server", "-quiet", "-www", "-accept", f"127.0.0.1:{port}",
                           "-key", tmp_path / "key", "-cert", tmp_path / "cert"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as other:
        try:
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except ConnectionRefusedError:
                    continue
            fleet(operator, "127.0.0.1", port)
            told(operator.run("run", "m", "--", "true"), 255, str(port), "not a Hune agent")
        finally:
            other.terminate()


def test_the_machines_id_has_changed(agent, console):
    """Both ids are shown, nothing is run, and the operator is told what it may mean."""
    first, second, operator = agent(), agent(), console()
    assert operator.run("join", first.invite()).code == 0
    pinned = operator.json("list")[0]["id"]
    public = operator.key.with_suffix(".pub").read_text()
    second.operators.write_text(f'may="all" {public}')
    text = operator.machines.read_text()
    operator.machines.write_text(text.replace(str(first.port), str(second.port)))
    seen = re.search(r"SHA256:[^&]+", second.invite())[0]
    done = operator.run("run", "--", "true")
    told(done, 255, pinned, seen, "not the one that was pinned", "reinstalled")
    assert done.out == ""
    assert "run" not in [line for line in second.log().splitlines() if "job" in line]


def test_an_id_that_was_never_pinned(agent, operator):
    machine = agent()
    fleet(operator, "127.0.0.1", machine.port)
    done = operator.run("run", "m", "--", "true")
    told(done, 255, "SHA256:", "--accept-new")


def test_a_key_that_the_machine_does_not_know(agent, operator):
    """The sentence comes with the very line to add; and once it is added, it works."""
    machine = agent()
    machine.operators.write_text("")
    identity = re.search(r"SHA256:[^&]+", machine.invite())[0]
    fleet(operator, "127.0.0.1", machine.port, identity)
    done = operator.run("run", "m", "--", "true")
    told(done, 254, "does not know your key", "operators")
    line = re.search(r'^\s*(may=.*ssh-ed25519 \S+.*)$', done.err, re.M)[1]
    machine.operators.write_text(line.replace('as="root"', f'as="{user_name()}"') + "\n")
    assert operator.run("run", "m", "--", "true").code == 0


def test_a_right_that_is_missing(pair):
    machine = pair(may="observe")
    told(machine.shell("true"), 254, "lacks the right", "may=", machine.name)


def test_a_user_that_is_not_granted(pair):
    machine = pair(may="observe,run")
    told(machine.run("--as", "daemon", "--", "true"), 254, "as that user", "as=")


def test_machine_that_is_not_in_the_list(operator):
    fleet(operator, "192.0.2.1")
    told(operator.run("run", "n", "--", "true"), 2, '"n"', "hune list")


def test_which_machines(operator):
    operator.machines.write_text("name,host\na,192.0.2.1\nb,192.0.2.2\n")
    told(operator.run("run", "--", "true"), 2, "Which machines?", "-t")


@pytest.mark.parametrize("words", [["nonsense"], ["run", "--nonsense", "--", "true"], ["run"],
                                   ["join"], ["tag"], ["run", "--timeout", "soon", "--", "true"],
                                   ["list", "--fleet"]])
def test_wrong_usage(operator, words):
    fleet(operator, "192.0.2.1")
    done = operator.run(*words)
    assert done.code == 2 and done.err.startswith("hune: ") and done.out == "", done


def test_two_dashes_end_the_options(operator):
    """What follows are words: never a command without machines, which would mean all of them."""
    operator.config.mkdir(parents=True, exist_ok=True)
    (operator.config / "machines.csv").write_text("name,host\nweb1,127.0.0.1\nweb2,127.0.0.1\n")
    assert [row["name"] for row in operator.json("list", "--", "web2")] == ["web2"]
    done = operator.run("put", "--", "--as", "nosuch:/tmp")
    assert done.code == 2 and "nosuch" in done.err, done


def test_a_slip_of_the_finger_is_guessed(operator):
    assert "list" in operator.run("lsit").err
    assert "--json" in operator.run("list", "--jsno").err


def test_identity_that_others_can_read(operator):
    operator.key.chmod(0o644)
    fleet(operator, "192.0.2.1")
    told(operator.run("run", "m", "--", "true"), 1, str(operator.key), "chmod 600")


def test_identity_that_is_no_key(operator, tmp_path):
    path = tmp_path / "key"
    path.write_text("no key\n")
    path.chmod(0o600)
    told(operator.run("id", "--identity", path), 1, str(path))
    told(operator.run("id", "--identity", tmp_path / "absent"), 1, "absent")


def test_identity_behind_a_passphrase(operator, tmp_path):
    path = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret words", "-f", path],
                   check=True)
    fleet(operator, "192.0.2.1")
    done = operator.run("run", "--identity", path, "m", "--", "true")
    told(done, 1, "passphrase", "ssh-add")


def test_a_key_held_by_ssh_agent_works(pair, tmp_path):
    """An own ssh-agent with an encrypted key: it signs, the file stays closed."""
    machine = pair()
    path = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    public = path.with_suffix(".pub").read_text()
    machine.agent.operators.write_text(machine.agent.operators.read_text() +
                                       f'may="all",as="{user_name()}" {public}')
    socket_path = str(tmp_path / "socket")
    with subprocess.Popen(["ssh-agent", "-D", "-a", socket_path], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as ssh_agent:
        try:
            environment = {"SSH_AUTH_SOCK": socket_path}
            while subprocess.run(["ssh-add", path], env={**os.environ, **environment},
                                 capture_output=True).returncode:
                assert ssh_agent.poll() is None
            subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "secret words", "-f", path],
                           check=True)
            for identity in (path, path.with_suffix(".pub")):
                done = machine.run("--identity", identity, "--", "echo", "signed",
                                   environment=environment)
                assert (done.out, done.code) == ("signed\n", 0), done
        finally:
            ssh_agent.terminate()


def test_errors_for_scripts(operator):
    """With --json the error is a line too, with the same word everywhere."""
    port = free_port()
    fleet(operator, "127.0.0.1", port)
    done = operator.run("run", "--json", "m", "--", "true")
    assert done.code == 255
    line = done.lines[-1]
    assert (line["machine"], line["state"], line["problem"]) == \
        ("m", "unsent", "connection-refused")
    assert line["text"] and line["hint"]


def test_the_largest_code_wins(pair):
    """Two machines, one of them away."""
    machine = pair()
    text = machine.console.machines.read_text().splitlines()
    columns = text[0].split(",")
    row = ["gone" if c == "name" else "127.0.0.1" if c == "host" else
           str(free_port()) if c == "port" else "" for c in columns]
    machine.console.machines.write_text("\n".join([*text, ",".join(row)]) + "\n")
    done = machine.console.run("run", "all", "--yes", "--", "echo here; exit 7")
    assert done.code == 255, done
    assert "here" in done.out and "gone" in done.err


def test_version_and_help(operator):
    assert re.search(r"\d+\.\d+\.\d+", operator.run("version").out)
    overview = operator.run("help")
    assert overview.code == 0
    for command in ("join", "add", "remove", "list", "tag", "import", "export", "ask", "run",
                    "disconnect", "reset", "kill", "id", "doctor"):
        assert command in overview.out
        assert operator.run(command, "--help").code == 0


def options_of(text):
    """Each long option of a help text, with its letter or ""."""
    return {long: letter for letter, long in
            re.findall(r"^ +(?:(-\w), +)?(--[a-z-]+)", text, re.M)}


def test_the_manual_knows_every_option(operator, binaries):
    manual = (ROOT / "man/hune.1.scd").read_text()
    about_all, commands = manual.split("# COMMANDS", 1)
    commands = commands.replace("\n*hune put*", "\n*hune get*")  # both are told of together
    common = set(re.findall(r"--[a-z-]+", about_all))
    seen = 0
    for name in re.findall(r"^  ([a-z]+)  ", operator.run("help").out, re.M):
        parts = re.split(rf"(?=\n\*hune [a-z]+\*|\n# )", commands)
        mine = "".join(part for part in parts if part.startswith(f"\n*hune {name}*"))
        mine += "".join(part for part in parts if name == "put" and part.startswith("\n*hune get*"))
        assert mine, f"hune {name}"
        helps = options_of(operator.run(name, "--help").out)
        for option, letter in helps.items():
            if option not in common:
                assert f"*{option}*" in mine and (not letter or f"*{letter}*" in mine), (name, option)
                seen += 1
        told = set(re.findall(r"\*(--[a-z][a-z-]*)\*", mine))
        assert told <= set(helps) | common | {"--even-protected"}, (name, told - set(helps))
    assert seen > 60
    manual = (ROOT / "man/huned.8.scd").read_text()
    for command in ([], ["invite"], ["operators"], ["token"], ["check"]):
        done = subprocess.run([binaries.huned, *command, "--help"], capture_output=True, text=True)
        for option in set(re.findall(r"--[a-z-]+", done.stdout)):
            assert option in manual, (command, option)


def test_no_colour_in_a_pipe_and_with_no_color(pair):
    machine = pair()
    assert "\x1b" not in machine.console.run("ask", "all").out
    machine.console.environment["NO_COLOR"] = "1"
    with machine.console.terminal("list") as terminal:
        terminal.wait()
        assert "\x1b[3" not in terminal.text


def test_a_reader_that_goes_away_is_no_error(pair):
    machine = pair()
    with machine.console.start("run", machine.name, "--", "seq 1 1000000",
                               stdin=subprocess.DEVNULL) as process:
        process.stdout.readline()
        process.stdout.close()
        process.stdout = None
        assert process.wait(60) != -6
