"""Shells: a real terminal on this side, a real one on the machine, and what lies between. Those that are lost or
left, and come back to, are in test_shell_left.py."""
import functools
import os
import pathlib
import re
import shlex
import signal
import termios
import time

import pytest
from shells import opened, with_plain_shell
from support import Terminal


@pytest.fixture
def machine(pair):
    """A pair, and a way to open a plain shell on it."""
    return functools.partial(with_plain_shell, pair)


def modes(terminal):
    return termios.tcgetattr(terminal.fd)


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


def test_an_interrupt_is_no_success(machine, silence):
    """While it waits for the machine, Ctrl-C is a signal and no key."""
    made = machine()
    made.console.machines.write_text(made.console.machines.read_text().replace(
        str(made.agent.port), str(silence())))
    with made.console.terminal(*made.plain) as terminal:
        time.sleep(1)
        terminal.type("\x03")
        assert terminal.wait() == 130
    assert "nothing was sent" in terminal.text


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
