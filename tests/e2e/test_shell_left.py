"""Shells that lose their console, or are left by it: they go on, and show the same when somebody comes back."""
import functools
import os
import re
import signal

import pytest
from shells import opened, with_plain_shell
from support import Terminal, wait_for


@pytest.fixture
def machine(pair):
    """A pair, and a way to open a plain shell on it."""
    return functools.partial(with_plain_shell, pair)


def rewrite_port(made, port):
    text = made.console.machines.read_text()
    made.console.machines.write_text(text.replace(str(made.agent.port), str(port)))


def test_detach_tells_the_way_back(machine):
    made = machine()
    with made.console.terminal(*made.plain) as terminal:
        opened(terminal)
        terminal.line("cd /usr; echo gone-$((6*7))")
        terminal.expect("gone-42")
        terminal.type("\r~d")
        found = terminal.expect(r"hune attach (\S+) ([0-9a-f]{6,})")
        terminal.wait()
    assert found[1] == made.name
    job = made.jobs()[0]
    assert found[2] in job["id"].replace("-", "") and job["state"] == "running"


def test_keys_just_before_detaching_are_kept(machine, tmp_path):
    made = machine()
    with made.console.terminal(*made.plain) as terminal:
        opened(terminal)
        terminal.type(f"echo kept > {tmp_path}/file\r~d")
        terminal.expect("hune attach")
        terminal.wait()
    wait_for("the command", (tmp_path / "file").exists)


def test_a_lost_connection_continues(machine, proxy):
    """Every byte once and in order, keys too; what is seen of it is the title alone."""
    made = machine()
    between = proxy(made.agent.port)
    rewrite_port(made, between.port)
    with made.console.terminal(*made.plain) as terminal:
        opened(terminal)
        terminal.line("stty -echo; i=0; while read line; do i=$((i+1)); echo \"<$i:$line>\"; done")
        wait_for("the loop", lambda: terminal.read(0.05) and "done" in terminal.text)
        for n in range(1, 61):
            terminal.type(f"line{n}\r")
            if n % 15 == 0:
                between.cut()
                terminal.expect(f"<{n}:line{n}>")
        terminal.type("\x04")
        opened(terminal)
        terminal.line("exit 0")
        assert terminal.wait() == 0
    assert re.findall(r"<(\d+):line(\d+)>", terminal.text) == [(str(n), str(n)) for n in range(1, 61)]
    assert "connection lost" in terminal.text and "\033[23;2t" in terminal.text
    assert between.connections == 5
    assert len(made.jobs()) == 1


def test_output_through_cuts_is_the_same(machine, proxy, tmp_path):
    """Half a megabyte to a terminal through connections that break: not a byte more or less."""
    made = machine()
    content = "".join(f"{n:07d} of it\n" for n in range(32000))
    (tmp_path / "file").write_text(content)
    between = proxy(made.agent.port, cut_after=(None, 100000))
    rewrite_port(made, between.port)
    with made.console.terminal("shell", made.name, "--", f"stty -onlcr; cat {tmp_path}/file") as terminal:
        assert terminal.wait(60) == 0
    text = re.sub(r"\033\[2[23];2t|\033\]2;[^\007]*\007", "", terminal.text)
    assert text == content
    assert between.connections > 3


def test_the_gate_dies(machine):
    made = machine()
    with made.console.terminal(*made.plain) as terminal:
        opened(terminal)
        for n in range(5):
            gate = made.agent.gate_pid
            terminal.line(f"echo before-$((100+{n}))")
            terminal.expect(f"before-10{n}")
            os.kill(gate, signal.SIGKILL)
            terminal.line(f"echo after-$((200+{n}))")
            terminal.expect(f"after-20{n}")
            wait_for("another gate", lambda: made.agent.find_gate() not in (None, gate))
        terminal.line("exit 4")
        assert terminal.wait() == 4
    assert len(re.findall(r"after-20\d", terminal.text)) == 5


def test_reset_goes_unnoticed(machine):
    made = machine()
    with made.console.terminal(*made.plain) as terminal:
        opened(terminal)
        assert made.console.run("reset", made.name, "--yes").code == 0
        terminal.line("echo still-$((1+1))")
        terminal.expect("still-2")
        terminal.line("exit 0")
        assert terminal.wait() == 0


def detached(made, prepare):
    """A shell that was left; returns its id."""
    with made.console.terminal(*made.plain) as terminal:
        opened(terminal)
        prepare(terminal)
        terminal.type("\r~d")
        terminal.expect("hune attach")
        terminal.wait()
    return made.jobs()[0]["id"]


def output_of(text):
    """What the shell showed, of all that was seen at a terminal."""
    return text.partition("leaves it running)\r\n")[2] or text


def test_attach_continues_with_the_same_screen(machine):
    made = machine()
    seen = []

    def prepare(terminal):
        terminal.line("cd /usr; printf 'caf\\303\\251 \\033[7mbar\\033[0m\\n'; x=$((6*7)); echo end-$x")
        terminal.expect("end-42\r\n")
        opened(terminal)
        seen.append(terminal.text)

    job = detached(made, prepare)
    for n in range(2):
        with made.console.terminal("attach", made.name, job[-8:]) as terminal:
            terminal.expect("end-42\r\n")
            opened(terminal)
            assert output_of(terminal.text).startswith(seen[0])
            terminal.resize(30 + n, 90)
            terminal.line("pwd; echo $x; stty size")
            terminal.expect(rf"/usr\r\n42\r\n{30 + n} 90\r\n")
            terminal.type("\r~d" if n == 0 else "\rexit 6\r")
            assert terminal.wait() == (0 if n == 0 else 6)


def test_a_console_killed_leaves_the_shell(machine):
    made = machine()
    with made.console.terminal(*made.plain) as terminal:
        opened(terminal)
        terminal.line("echo here-$((6*7)); read line; echo got-$line")
        terminal.expect("here-42")
        os.kill(terminal.pid, signal.SIGKILL)
        terminal.wait()
    assert made.jobs()[0]["state"] == "running"
    with made.console.terminal("attach", made.name) as terminal:
        terminal.expect("here-42")
        terminal.line("it")
        terminal.expect("got-it")
        terminal.line("exit 0")
        assert terminal.wait() == 0


def test_another_console_takes_over(machine):
    """The first one is told, and leaves; a key of it is never mixed in."""
    made = machine()
    with made.console.terminal(*made.plain) as first:
        opened(first)
        with made.console.terminal("attach", made.name) as second:
            opened(second)
            second.line("echo second-$((6*7))")
            second.expect("second-42")
            first.expect("taken over")
            assert first.wait() == 1
            second.line("exit 8")
            assert second.wait() == 8


def test_replayed_questions_are_not_answered(machine):
    """A terminal answers what it is shown again; that must not be typed into the shell."""
    made = machine()

    def prepare(terminal):
        terminal.line("stty -echo; printf '\\033[6nasked\\n'; read answer; echo =$answer=")
        terminal.expect("asked")
        terminal.type("real\r")
        terminal.expect("=real=")

    job = detached(made, prepare)
    with made.console.terminal("attach", made.name, job) as terminal:
        terminal.expect(re.escape("\033[5n"))
        terminal.type("\033[1;1R\033[0n")  # to the old question, and to ours
        terminal.line("read -r it; echo \"<$it>\"")
        terminal.line("clean")
        terminal.expect("<clean>")
        terminal.line("exit 0")
        assert terminal.wait() == 0


def test_attach_of_much_output(machine):
    """More than the machine keeps: from a frame's start on, to the prompt at its end."""
    made = machine()

    def prepare(terminal):
        terminal.line("seq 1 600000")
        terminal.expect("\n600000\r\n", 60)

    job = detached(made, prepare)
    with made.console.terminal("attach", made.name, job) as terminal:
        terminal.expect("no longer kept")
        terminal.expect("\n600000\r\n", 60)
        terminal.line("exit 0")
        assert terminal.wait() == 0
    numbers = [int(n) for n in re.findall(r"\n(\d+)\r", output_of(terminal.text))][1:]
    assert numbers == list(range(numbers[0], 600001)) and len(numbers) > 100000


def test_a_hung_up_window_leaves_the_shell(machine):
    """Closing the terminal's window is no end of the shell."""
    made = machine()
    terminal = Terminal([made.console.binaries.hune, *made.plain], made.console.environment)
    opened(terminal)
    os.close(terminal.fd)
    pid = terminal.pid
    wait_for("its end", lambda: os.waitpid(pid, os.WNOHANG)[0])
    assert made.jobs()[0]["state"] == "running"
