"""hune top on a real pseudo-terminal: what is on the screen, sizes, keys, machines that come and go, and the
terminal afterwards."""
import contextlib
import fcntl
import os
import re
import signal
import struct
import termios

import pyte
import pytest

from support import Terminal, is_alive, wait_for

DEAD = "away,127.0.0.1,1,,,\n"  # nobody listens on port 1


class Glass(pyte.Screen):
    """A terminal that knows what pyte leaves out and ncurses uses: CSI S and T, scrolling."""

    def scroll_up(self, count=1):
        self.scroll(count or 1, (self.margins or pyte.screens.Margins(0, self.lines - 1)).bottom, self.index)

    def scroll_down(self, count=1):
        self.scroll(count or 1, (self.margins or pyte.screens.Margins(0, self.lines - 1)).top, self.reverse_index)

    def scroll(self, count, line, step):
        at, self.cursor.y = self.cursor.y, line
        for _ in range(count):
            step()
        self.cursor.y = at


class Stream(pyte.Stream):
    csi = {**pyte.Stream.csi, "S": "scroll_up", "T": "scroll_down"}
    events = pyte.Stream.events | {"scroll_up", "scroll_down"}


class Screen:
    """A hune on a terminal whose screen can be looked at."""

    def __init__(self, console, *arguments, rows=24, columns=80, environment=None):
        # pyte does not know the "repeat that character" of xterm; for "linux", ncurses asks a mouse daemon.
        settings = {**console.environment, "TERM": "screen", **(environment or {})}
        self.terminal = Terminal([console.binaries.hune, *map(str, arguments)], settings, rows, columns)
        self.screen = Glass(columns, rows)
        self.stream = Stream(self.screen)
        self.fed = 0
        self.console = console

    def resize(self, rows, columns):
        self.screen.resize(rows, columns)
        fcntl.ioctl(self.terminal.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def lines(self):
        self.terminal.read(0.05)
        self.stream.feed(self.terminal.text[self.fed:])
        self.fed = len(self.terminal.text)
        return [line.rstrip() for line in self.screen.display]

    def shows(self, pattern):
        return next((line for line in self.lines() if re.search(pattern, line)), None)

    def expect(self, pattern):
        """Waits until a line of the screen matches; returns it."""
        try:
            return wait_for(pattern, lambda: self.shows(pattern))
        except AssertionError:
            raise AssertionError(f"no {pattern!r} in\n" + "\n".join(self.lines())) from None

    def expect_not(self, pattern):
        wait_for(f"the end of {pattern}", lambda: not self.shows(pattern))

    def type(self, text):
        self.terminal.type(text)

    def modes(self):
        return termios.tcgetattr(self.terminal.fd)[:4]


@contextlib.contextmanager
def screen_of(console, *arguments, **options):
    screen = Screen(console, *arguments, **options)
    try:
        yield screen
    finally:
        screen.terminal.close()
        console.notice(screen.terminal.text)


@pytest.fixture
def watched(pair):
    """A machine that is there, and one that is not."""
    made = pair()
    with open(made.console.machines, "a") as file:
        file.write(DEAD)
    return made


def test_at_a_glance(watched):
    with screen_of(watched.console, "top") as screen:
        screen.expect(r"^1 up  1 down")
        line = screen.expect(rf"● {watched.name} .*\d%")
        assert len(line) <= 80 and re.search(r"\d+\.\d\d", line), line  # the load
        screen.expect(r"○ away +down \d+s: Nobody listens there")
        screen.type("q")
        assert screen.terminal.wait() == 0


def test_one_machine(watched):
    with screen_of(watched.console, "top", watched.name) as screen:
        screen.expect(rf"{watched.name} .*\d%")
        screen.type("\r")
        screen.expect(rf"^{watched.name}  up .* load")
        screen.expect(r"\[.*\] +\d+%")  # a core
        screen.expect(r"mem +\[")
        screen.type("2")
        screen.expect(r"PID +CPU +MEM S USER")
        screen.expect(r"^ *\d+ .* (huned|hune)")
        screen.type("3")
        screen.expect("MOUNT")
        screen.expect(r"^/ .*%")
        screen.type("4")
        screen.expect(r"^lo ")
        screen.type("5")
        screen.type("?")
        screen.expect("One machine")
        screen.type("x")
        screen.expect("The last 24 hours")
        screen.expect("Processors +now|remembers nothing yet")
        screen.type("+")
        screen.expect("The last 7 days")
        screen.expect("Processors +now|remembers nothing yet")
        screen.type("\x1b")
        screen.expect(rf"● {watched.name}")
        screen.type("q")
        assert screen.terminal.wait() == 0


def test_20x5_and_other_sizes(watched):
    with screen_of(watched.console, "top", rows=5, columns=20) as screen:
        screen.expect(r"^1 up  1 down")
        screen.expect(rf"● {watched.name[:5]}.* +\d+%")
        screen.expect("○ away")
        screen.type("?")
        screen.expect("The table")
        screen.type("\x1b[6~" * 20)
        screen.expect("dim")
        screen.type("x")
        screen.expect("○ away")
        screen.type("\r")
        screen.expect(r"^1 Overview")
        screen.type("\x1b")
        for rows, columns in ((24, 80), (1, 1), (2, 7), (60, 200), (5, 20)):
            screen.resize(rows, columns)
            screen.lines()
        screen.resize(24, 80)
        screen.expect(rf"● {watched.name} .* +\d+\.\d\d ")
        screen.type("q")
        assert screen.terminal.wait() == 0


@pytest.mark.parametrize("way", ["q", "\x03", signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
def test_every_way_out_restores_the_terminal(watched, way):
    with screen_of(watched.console, "top") as screen:
        screen.expect("up")
        assert not screen.modes()[3] & (termios.ECHO | termios.ICANON)
        if isinstance(way, str):
            screen.type(way)
            assert screen.terminal.wait() == 0
        else:
            os.kill(screen.terminal.pid, way)
            assert screen.terminal.wait() == 128 + way
        after = screen.modes()
        assert after[3] & termios.ECHO and after[3] & termios.ICANON and after[0] & termios.ICRNL
        assert "\x1b[?25h" in screen.terminal.text[-200:], "the cursor is back"
        assert "\x1b[?1049l" in screen.terminal.text[-200:], "what was there before is back"


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
@pytest.mark.parametrize("kind", ["screen", "xterm-256color"])
def test_a_crash_gives_the_terminal_back(watched, number, kind):
    """Its modes, its screen, its cursor, and the mouse; then the signal takes its course."""
    terminal = Terminal([watched.console.binaries.hune, "top"], {**watched.console.environment, "TERM": kind})
    try:
        before = termios.tcgetattr(terminal.fd)
        terminal.expect("\033\\[\\?1049h")
        terminal.expect("up")
        assert termios.tcgetattr(terminal.fd) != before
        shown = len(terminal.text)
        os.kill(terminal.pid, number)
        assert terminal.wait() in (-number, 99)  # a sanitizer's 99
        assert termios.tcgetattr(terminal.fd) == before
        farewell = terminal.text[shown:]
        assert re.search("\033\\[\\?1006;1000l.*\033\\[\\?25h\033\\[\\?1049l", farewell, re.S), farewell
    finally:
        terminal.close()


def test_lost_terminal_ends_it(watched):
    screen = Screen(watched.console, "top")
    screen.expect("up")
    os.close(screen.terminal.fd)
    wait_for("the end", lambda: not is_alive(screen.terminal.pid))
    os.waitpid(screen.terminal.pid, 0)


def test_machines_come_and_go(watched):
    with screen_of(watched.console, "top") as screen:
        screen.expect(rf"● {watched.name} .*%")
        watched.agent.stop()
        screen.expect(rf"○ {watched.name} +down")
        screen.expect("^2 down|0 up  2 down")
        watched.agent.start()
        screen.expect(rf"● {watched.name} .*%")
        # The list changes under it.
        text = watched.console.machines.read_text()
        watched.console.machines.write_text(text.replace(DEAD, "newcomer,127.0.0.1,2,,,\n"))
        screen.expect("○ newcomer +down")
        screen.expect_not("away")
        screen.expect(rf"● {watched.name} .*%")
        watched.console.machines.write_text("name,host\n")
        screen.expect("No machine is left")
        watched.console.machines.write_text(text)
        screen.expect(rf"● {watched.name} .*%")
        screen.type("q")
        assert screen.terminal.wait() == 0


def test_shown_machine_leaves_the_list(watched):
    with screen_of(watched.console, "top", watched.name) as screen:
        screen.expect(rf"● {watched.name} .*%")
        screen.type("\r")
        screen.expect("mem")
        # Another one comes: this one stays open.
        text = watched.console.machines.read_text()
        watched.console.machines.write_text(text + "newcomer,127.0.0.1,2,,,\n")
        screen.type("2")
        screen.expect("PID +CPU")
        screen.expect_not("Waiting")
        watched.console.machines.write_text("name,host\n")
        screen.expect("nothing is picked")
        screen.type("q")
        assert screen.terminal.wait() == 0


def test_filter_and_sorting(pair):
    made = pair()
    names = [f"web{n}" for n in range(1, 31)] + ["db1"]
    with open(made.console.machines, "a") as file:
        file.writelines(f"{name},127.0.0.1,1,{'odd' if name == 'web3' else ''},,\n" for name in names)
    with screen_of(made.console, "top", "--sort", "name") as screen:
        screen.expect("31 down")
        screen.type("\x1b[4~")  # End
        screen.expect("web30 ")
        screen.type("/web[2-3]")
        screen.expect("2 shown: web")
        screen.expect("○ web2 ")
        screen.expect("○ web3 ")
        screen.expect_not("web4 ")
        screen.type("\x15@odd\r")
        screen.expect("1 shown: @odd")
        screen.type("/\x15db\r")
        screen.expect("1 shown, with db")
        screen.expect("○ db1")
        screen.type("\x1b")
        screen.expect("web1 ")
        screen.type("t")
        screen.expect("○ db1|○ web1")
        screen.type("q")
        assert screen.terminal.wait() == 0


def test_mouse(pair):
    """A click chooses a line, another one opens it; the wheel scrolls."""
    made = pair()
    with open(made.console.machines, "a") as file:
        file.writelines(f"web{n},127.0.0.1,1,,,\n" for n in range(1, 41))

    def click(button, row):
        for code in (button, 3) if button < 3 else (button,):  # pressed, released
            screen.type("\x1b[M" + chr(32 + code) + chr(32 + 5) + chr(32 + row))

    with screen_of(made.console, "top", "--sort", "name") as screen:
        screen.expect("40 down")
        line = screen.lines().index(screen.expect("○ web2 "))
        click(0, line + 1)
        screen.expect(r"3/41$")
        click(0, line + 1)
        screen.expect("^web2  down")
        screen.type("q")
        screen.expect("○ web2 ")
        for _ in range(20):
            click(65, line + 1)
        screen.expect("○ web40 ")
        click(0, 1)  # not a machine
        screen.type("q")
        assert screen.terminal.wait() == 0


def test_no_colour(watched):
    with screen_of(watched.console, "top", environment={"NO_COLOR": "1"}) as screen:
        screen.expect(rf"● {watched.name} .*%")
        screen.type("q")
        assert screen.terminal.wait() == 0
        assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", screen.terminal.text)
    with screen_of(watched.console, "top") as screen:
        screen.expect(rf"● {watched.name} .*%")
        screen.type("q")
        assert screen.terminal.wait() == 0
        assert re.search(r"\x1b\[[0-9;]*3[0-7]m", screen.terminal.text)


def test_without_utf8(watched):
    with screen_of(watched.console, "top", environment={"LC_ALL": "C"}) as screen:
        screen.expect(rf"\+ {watched.name} .*%")
        screen.type("\r5")
        screen.expect("The past")
        screen.type("qq")
        assert screen.terminal.wait() == 0
        assert screen.terminal.text.isascii()


def test_no_terminal(watched):
    done = watched.console.run("top")
    assert done.code == 2 and "needs a terminal" in done.err and "list -l --json" in done.err
    done = watched.console.run("top", "--json")
    assert done.code == 2 and "list -l --json" in done.err
    done = watched.console.run("top", "--sort", "nonsense")
    assert done.code == 2 and "uptime" in done.err
    with screen_of(watched.console, "top", environment={"TERM": "no-such-terminal"}) as screen:
        screen.terminal.expect('"no-such-terminal" is not known')
        assert screen.terminal.wait() == 2


def test_shell_from_the_table(watched):
    """`s` hands the terminal over and takes it back."""
    if not watched.console.run("help", "shell").code == 0:
        pytest.skip("there is no hune shell yet")
    with screen_of(watched.console, "top", watched.name) as screen:
        screen.expect(rf"● {watched.name} .*%")
        screen.type("s")
        wait_for("cooked or the shell's mode", lambda: screen.lines() and "\x1b[?25h" in screen.terminal.text)
        screen.type("echo on-$((40 + 2))\r")
        screen.terminal.expect("on-42")
        screen.type("exit\r")
        screen.expect(rf"● {watched.name} .*%")
        screen.type("q")
        assert screen.terminal.wait() == 0


def test_from_the_prompt(watched):
    """`top` there is ours; with arguments that pick no machine it is the machine's."""
    with screen_of(watched.console) as screen:
        screen.terminal.expect(r"hune\S*> ")
        screen.type(f"use {watched.name}\r")
        screen.terminal.expect(rf"{watched.name}\S*> ")
        screen.type("top\r")
        screen.expect(rf"● {watched.name} .*%")
        assert not screen.shows("away")
        # The list, which the prompt shares, changes meanwhile.
        watched.console.machines.write_text(watched.console.machines.read_text() + "newcomer,127.0.0.1,2,,,\n")
        screen.type("\r")
        screen.expect("mem +")
        screen.expect_not("Waiting")
        screen.type("qq")
        screen.terminal.expect(rf"{watched.name}\S*> ")
        screen.type("top --no-such-option-x; echo st''ill $((40 + 2))\r")
        screen.terminal.expect("still 42")
        screen.type("quit\r")
        assert screen.terminal.wait() == 0
