"""Shells: a real terminal on this side, a real one on the machine, and what may go wrong between."""
import json
import os
import pathlib
import re
import shlex
import signal
import termios
import time

import pytest
from support import Terminal, children, wait_for

QUIET = {"PS1": "$ ", "ENV": "", "HISTFILE": "/dev/null"}


@pytest.fixture
def machine(pair):
    """A pair, and a way to open a plain shell on it."""

    def make(**options):
        made = pair(**options)
        made.plain = ["shell", made.name, "--env", "PS1=$ ", "--", "exec /bin/sh"]
        return made

    return make


def modes(terminal):
    return termios.tcgetattr(terminal.fd)


def shown(terminal):
    """All that the machine's terminal showed, without what hune adds of its own."""
    return terminal.text


def opened(terminal):
    terminal.expect(r"\$ ")
    return terminal


def test_a_login_shell(pair):
    """Its own terminal with our TERM and size, the user's shell, its exit status."""
    made = pair()
    with made.console.terminal("shell", made.name) as terminal:
        terminal.expect(r"[$#] ")
        terminal.line("echo $0 $TERM $(tty | cut -c1-9); stty size")
        terminal.expect(r"-\w+ xterm /dev/pts/\s+40 120\s")
        terminal.line("exit 7")
        assert terminal.wait() == 7
    assert [job["verb"] for job in made.jobs()] == ["shell"]


def test_a_command_on_a_terminal(machine):
    made = machine()
    with made.console.terminal("shell", made.name, "--cwd", "/usr", "--env", "A=b c", "--",
                               "sh", "-c", "pwd; echo $A; test -t 0 && exit 3") as terminal:
        terminal.expect(r"/usr\r\nb c\r\n")
        assert terminal.wait() == 3


def test_keys_and_ctrl_c(machine):
    made = machine()
    with made.console.terminal(*made.plain) as terminal:
        opened(terminal)
        # The first word comes from what Ctrl-C is to reach: its shell is in front by then.
        terminal.line("sh -c 'echo typed-$((40+2)); exec sleep 1000'; echo behind-$?")
        terminal.expect("typed-42")
        terminal.type("\x03")
        opened(terminal)
        terminal.type("cat\r")
        terminal.type("x\x04\x04")
        terminal.expect("xx")
        terminal.line("exit")
        assert terminal.wait() == 0
    assert "behind" not in terminal.text.partition("typed-42")[2]


def test_the_window_size_follows(machine):
    """And no key overtakes it."""
    made = machine()
    with made.console.terminal(*made.plain) as terminal:
        opened(terminal)
        for rows, columns in ((33, 99), (26, 78), (27, 79)):
            terminal.resize(rows, columns)
            terminal.line("stty size")
            terminal.expect(f"{rows} {columns}\r\n")
        terminal.line("exit 0")
        assert terminal.wait() == 0


def test_the_terminal_is_raw_and_given_back(machine):
    made = machine()
    with made.console.terminal(*made.plain) as terminal:
        before = modes(terminal)
        opened(terminal)
        assert not modes(terminal)[3] & (termios.ICANON | termios.ECHO | termios.ISIG)
        terminal.line("exit 0")
        assert terminal.wait() == 0
        assert modes(terminal) == before


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGHUP, 129),
                                          (signal.SIGQUIT, 131), (signal.SIGSEGV, None),
                                          (signal.SIGABRT, None)])
def test_signals_give_the_terminal_back(machine, number, code):
    """Also its state: the screen that a program took, its mouse, its hidden cursor."""
    made = machine()
    with made.console.terminal(*made.plain) as terminal:
        before = modes(terminal)
        opened(terminal)
        terminal.line(r"printf '\033[?1049h\033[?1002h\033[?25l\033[31mred'; echo; echo go-$((40+2))")
        terminal.expect("go-42\r\n")
        os.kill(terminal.pid, number)
        ended = terminal.wait()
        assert code is None or ended == code
        assert modes(terminal) == before
        assert "\033[?1002l\033[?1049l\033[?25h\033[m" in terminal.text.rpartition("go-42\r\n")[2]
        if code is None:  # what a sanitizer says of it is what was asked for
            terminal.text = ""
    assert made.jobs()[0]["state"] == "running"


def test_stdout_keeps_blocking(machine):
    """What is set on our descriptor must not outlive us in the shell that started us."""
    made = machine()
    inner = shlex.join([str(made.console.binaries.hune), *made.plain]) + \
        "; cat /proc/$$/fdinfo/0 | grep flags"
    terminal = Terminal(["/bin/sh", "-c", inner], made.console.environment)
    try:
        opened(terminal)
        terminal.line("exit")
        flags = int(terminal.expect(r"flags:\s+(\d+)")[1], 8)
        assert not flags & os.O_NONBLOCK
    finally:
        terminal.close()


def test_tilde_hangs_up(machine):
    made = machine()
    with made.console.terminal(*made.plain) as terminal:
        opened(terminal)
        terminal.line("echo ready")
        terminal.expect("\nready")
        terminal.type("\r~.")
        assert terminal.wait() == 129, terminal.text
    assert "hune:" not in terminal.text
    assert [(job["state"], job["detail"]) for job in made.jobs()] == [("signalled", 1)]


def test_tilde_words(machine):
    made = machine()
    with made.console.terminal(*made.plain) as terminal:
        opened(terminal)
        terminal.line("stty -echo; cat -A")
        terminal.expect("cat -A")
        terminal.type("a~.b\r")
        terminal.expect(re.escape("a~.b$"))
        terminal.type("~~x\r")
        terminal.expect(r"\n~x\$")
        terminal.type("~y\r")
        terminal.expect(r"\n~y\$")
        terminal.type("~?")
        terminal.expect(r"hune attach \S+ [0-9a-f]{6,}")
        terminal.type("~.")
        terminal.wait()


def test_no_tilde(machine):
    made = machine()
    with made.console.terminal(*made.plain[:2], "--no-tilde", *made.plain[2:]) as terminal:
        opened(terminal)
        terminal.line("cat")
        terminal.line("~.")
        terminal.expect(r"~\.\s+~\.")
        terminal.type("\x04")
        terminal.line("exit 0")
        assert terminal.wait() == 0


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


def test_suspend(machine):
    """~^Z leads to the shell that hune was started from, and fg back."""
    made = machine()
    local = Terminal(["/bin/bash", "--norc", "--noprofile", "-i"],
                     {**made.console.environment, "PS1": "here> "})
    try:
        local.expect("here> ")
        before = modes(local)
        local.line(shlex.join([str(made.console.binaries.hune), *made.plain]))
        local.expect(r"\n(?:.*\r)?\$ ")
        local.type("\r~\x1a")
        local.expect("Stopped")
        local.expect("here> ")
        local.resize(31, 91)
        local.line("stty -a | grep -o ' icanon'; fg")
        local.expect(r"\s icanon\r\n")
        local.line("stty size")
        local.expect("31 91")
        local.line("exit 5")
        local.expect("here> ")
        local.line("echo it-was-$?")
        local.expect("it-was-5")
        local.expect("here> ")
        assert modes(local)[3] == before[3]
    finally:
        local.close()


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


def rewrite_port(made, port):
    text = made.console.machines.read_text()
    made.console.machines.write_text(text.replace(str(made.agent.port), str(port)))


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


def test_the_right_is_needed(machine):
    made = machine(may="observe,run")
    with made.console.terminal(*made.plain) as terminal:
        terminal.expect("lacks the right")
        terminal.expect("may=")
        assert terminal.wait() == 254
    assert not made.jobs()


def test_the_right_is_enough(machine):
    """For all that belongs to it: also for ending one that was left running."""
    made = machine(may="observe,shell")
    with made.console.terminal(*made.plain) as terminal:
        opened(terminal)
        terminal.type("\r~d")
        terminal.wait()
    assert made.shell("true").code == 254
    shell, = made.console.json("jobs")
    assert made.console.run("stop", made.name, shell["job"]).code == 0
    assert [job["state"] for job in made.jobs()] == ["killed"]
    assert made.console.run("forget", made.name, shell["job"]).code == 0


def test_without_a_terminal(machine):
    made = machine()
    done = made.console.run(*made.plain)
    assert done.code == 2
    assert "needs a terminal" in done.err and "hune run" in done.err
    assert not made.jobs()


def test_unreachable(machine):
    made = machine()
    made.agent.stop()
    with made.console.terminal(*made.plain) as terminal:
        before = modes(terminal)
        assert terminal.wait() == 255
        assert modes(terminal) == before
    assert "Nobody listens" in terminal.text


def test_a_stuck_terminal_holds_the_machine(machine):
    """A terminal that takes nothing stops the job; nothing is lost, and little is kept."""
    made = machine()
    with made.console.terminal("shell", made.name, "--", "stty -onlcr; seq 1 3000000") as terminal:
        terminal.expect("\n1000\n")
        status = pathlib.Path(f"/proc/{terminal.pid}/status")
        time.sleep(1)
        resident = int(re.search(r"VmRSS:\s+(\d+)", status.read_text())[1])
        time.sleep(1)
        assert int(re.search(r"VmRSS:\s+(\d+)", status.read_text())[1]) - resident < 4096
        assert made.jobs()[0]["state"] == "running"
        terminal.type("\x03")
        assert terminal.wait(60) == 130


def test_another_operator_can_neither_see_nor_type(machine, console):
    """Nor resize: the size comes with the keys."""
    made = machine()
    other = console()
    assert other.run("join", made.agent.invite(may="observe,run,shell")).code == 0
    with made.console.terminal(*made.plain) as terminal:
        opened(terminal)
        job = made.jobs()[0]["id"]
        for arguments in (("--get", f"/v1/jobs/{job}/output"),
                          ("--post", f"/v1/jobs/{job}/input?writer=99", "--payload",
                           "020000080005000500000000")):
            answer = other.raw(made.agent.port, *arguments)
            assert answer.problem == "right-missing", answer
        terminal.line("stty size; exit 0")
        terminal.expect("40 120")
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


def test_from_the_prompt(machine):
    made = machine()
    with made.console.terminal() as terminal:
        terminal.expect(made.name[:8])
        terminal.line("shell")
        terminal.expect(r"[$#] ")
        terminal.line("PS1='in'\"it> \"; cd /usr")
        terminal.expect("init> ")
        terminal.line("pwd; exit 3")
        terminal.expect("/usr\r\n")
        terminal.expect(made.name[:8])
        terminal.line("echo pro''mpt")
        terminal.expect("prompt\r\n")
        terminal.line(f"shell {made.name}")
        terminal.expect(r"[$#] ")
        terminal.type("\r~.")
        terminal.expect(made.name[:8])
        terminal.line("echo a''gain")
        terminal.expect("again\r\n")
        terminal.line("quit")
        terminal.wait()


@pytest.mark.root
def test_as_another_user(machine, users):
    made = machine(as_=f"root,{users[0]}")
    with made.console.terminal("shell", made.name, "--as", users[0], "--", "exec /bin/sh") as terminal:
        opened(terminal)
        terminal.line("id -un; stat -c '%U %G %a' $(tty); cd; pwd")
        terminal.expect(rf"{users[0]}\r\n{users[0]} tty 620\r\n/home/{users[0]}\r\n")
        terminal.line("exit 0")
        assert terminal.wait() == 0


def test_nothing_of_the_agent_is_open(machine):
    """Neither the master nor the door, nor the agent's terminal."""
    made = machine()
    with made.console.terminal(*made.plain) as terminal:
        opened(terminal)
        terminal.line("ls -l /proc/$$/fd; exit 0")
        assert terminal.wait() == 0
    targets = re.findall(r"-> (\S+)", terminal.text)
    assert len(targets) >= 3
    assert all(re.fullmatch(r"/dev/(pts/\d+|tty)", target) for target in targets), targets
