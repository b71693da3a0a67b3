#!/usr/bin/python3
"""A monkey at the window: keys, clicks, words and misfortunes by chance, out of a seed. The window may not end by
itself, complain, or be without an answer for long. It is locked in: files outside /tmp cannot be written and no
process of others is seen, since whatever it types is run. Times differ, so a seed does not repeat all of it."""
import argparse
import contextlib
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

from gui import ROOT, Display, Window
from support import Agent, Binaries, Console

BUILD = ROOT / os.environ.get("HUNE_BUILD", "build-test")
KEYS = """Tab Tab Tab shift+Tab Return Return space Escape Up Down Left Right Home End Page_Up Page_Down Menu F2 F5 F10
    Delete BackSpace shift+F10 alt+1 alt+2 ctrl+a ctrl+c ctrl+comma ctrl+e ctrl+End ctrl+f ctrl+h ctrl+Home ctrl+l
    ctrl+minus ctrl+n ctrl+Page_Down ctrl+Page_Up ctrl+plus ctrl+question ctrl+Return ctrl+s ctrl+t ctrl+v ctrl+w
    ctrl+z ctrl+shift+c ctrl+shift+f ctrl+shift+v ctrl+shift+Page_Down""".split()
WORDS = ["true", "false", "echo hi", "sleep 2", "seq 100000", "yes | head -20000", "uname -a", "id", "os", "ram", "reset",
         "disconnect", "web1", "web[1-3]", "@web", "!web2", "127.0.0.1", "10000", "70000", "שלום", "<b>x</b>"]
WIDTH, HEIGHT = 1280, 800
ANSWER_S = 15  # a window that says nothing for so long is frozen
ROUND_S = 120


def lock_in():
    """Starts this script again where it can do no harm."""
    if "HUNE_MONKEY_LOCKED" in os.environ:
        return
    if os.geteuid() != 0:
        sys.exit("The monkey has to be locked in, which only root can do.")
    os.environ["HUNE_MONKEY_LOCKED"] = "1"
    os.execvp("unshare", ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
                          'mount --bind /tmp /tmp && mount -o remount,bind,ro / && exec "$@"', "sh", sys.executable,
                          __file__, *sys.argv[1:]])


class Monkey:
    """One round: three machines and a window over them."""

    def __init__(self, display, folder, seed):
        self.chance = random.Random(seed)
        self.display = display
        self.done = []
        binaries = Binaries(BUILD)
        self.console = Console(binaries, folder / "home")
        self.agents = [Agent(binaries, folder / f"agent{n}") for n in range(3)]
        for n, agent in enumerate(self.agents, 1):
            joined = self.console.run("join", agent.invite(may="all", as_="nobody"), "--name", f"web{n}", "--tags", "web")
            assert joined.code == 0, joined
        self.open()

    def open(self):
        # GTK's own bus to screen readers leaks what it is asked; the tests look for leaks of ours.
        self.window = Window(self.display, BUILD / "src/desktop/hune-desktop", self.console,
                             environment={"ASAN_OPTIONS": "detect_leaks=0:exitcode=99:handle_abort=1"})

    def tool(self, *words):
        self.done.append(" ".join(map(str, words)))
        with contextlib.suppress(subprocess.TimeoutExpired):  # a menu of the window manager holds the server
            subprocess.run(["xdotool", *map(str, words)], env=self.window.environment, timeout=10,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def place(self):
        """Anywhere, more often where the bars are."""
        y = self.chance.choice([20, 60, 110, HEIGHT - 100, HEIGHT - 40])
        return self.chance.randrange(WIDTH), self.chance.choice([y, self.chance.randrange(HEIGHT)])

    # ---- what it does ----

    def key(self):
        self.tool("key", self.chance.choice(KEYS))

    def type(self):
        self.tool("type", "--delay", 5, self.chance.choice(WORDS))

    def click(self):
        self.tool("mousemove", *self.place(), "click", "--repeat", self.chance.choice([1, 1, 2]), "--delay", 40,
                  self.chance.choice([1, 1, 1, 1, 3]))

    def drag(self):
        self.tool("mousemove", *self.place(), "mousedown", 1, "mousemove", *self.place(), "mousemove", *self.place(),
                  "mouseup", 1)

    def scroll(self):
        self.tool("click", "--repeat", 8, "--delay", 5, self.chance.choice([4, 5]))

    def resize(self):
        with contextlib.suppress(UnboundLocalError, KeyError, subprocess.SubprocessError):  # it is just going
            self.tool("windowsize", self.window.newest()[0], self.chance.randrange(300, WIDTH),
                      self.chance.randrange(280, HEIGHT))

    def misfortune(self):
        happens = self.chance.choice([self.kill_gate, self.stop_gate, self.edit_list, self.lose_list])
        self.done.append(happens.__name__)
        with contextlib.suppress(OSError, StopIteration, IndexError):
            happens(self.chance.choice(self.agents))

    @staticmethod
    def kill_gate(agent):
        os.kill(agent.gate_pid, signal.SIGKILL)

    def stop_gate(self, agent):
        gate = agent.gate_pid
        os.kill(gate, signal.SIGSTOP)
        time.sleep(2 * self.chance.random())
        os.kill(gate, signal.SIGCONT)

    def edit_list(self, _):
        with open(self.console.machines, "a", encoding="utf-8") as file:
            file.write(f"x{self.chance.randrange(99)},127.0.0.1,{self.chance.randrange(70000)},\n")

    def lose_list(self, _):
        text = self.console.machines.read_text()
        self.console.machines.unlink()
        time.sleep(1)
        self.console.machines.write_text(text)

    def act(self):
        acts = {self.key: 40, self.type: 15, self.click: 35, self.drag: 3, self.scroll: 3, self.resize: 2, self.misfortune: 2}
        act, = self.chance.choices(list(acts), list(acts.values()))
        act()

    # ---- what the window may not do ----

    def look(self):
        """What is wrong now, or None."""
        code = self.window.process.poll()
        if code == 0:  # by its own button
            return self.end() or self.open()
        if code is not None:
            return f"it ended with {code}:\n{self.window.read_log()}"
        begun = time.monotonic()
        with contextlib.suppress(Exception):  # an answer that does not come in time
            self.window.root.get("Accessible", "Name")
        took = time.monotonic() - begun
        return f"it said nothing for {took:.0f} s" if took > ANSWER_S else None

    def end(self):
        """Warnings are GTK's, of sizes that no person would choose."""
        return "\n".join(line for line in self.window.close() if "WARNING" not in line) or None

    def play(self, seconds):
        wrong = None
        until = time.monotonic() + seconds
        while not wrong and time.monotonic() < until:
            self.act()
            if len(self.done) % 15 == 0 or self.window.process.poll() is not None:
                wrong = self.look()
        if self.window.process.poll() is None:
            wrong = wrong or self.end()
        return wrong

    def close(self):
        if self.window.process.poll() is None:
            self.window.process.kill()
        for agent in self.agents:
            with contextlib.suppress(Exception):
                agent.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the first round (default: the time)")
    parser.add_argument("--seconds", type=float, default=600, help="in all (default: 600)")
    options = parser.parse_args()
    lock_in()
    until = time.monotonic() + options.seconds
    seed = options.seed
    while time.monotonic() < until:
        with tempfile.TemporaryDirectory(prefix="hune-monkey-") as folder:
            display = Display(f"{WIDTH}x{HEIGHT}")
            display.add_window_manager()
            monkey = Monkey(display, pathlib.Path(folder), seed)
            try:
                wrong = monkey.play(min(ROUND_S, max(until - time.monotonic(), 1)))
            finally:
                monkey.close()
                display.close()
        print(f"seed {seed}: {len(monkey.done)} acts: {wrong or 'fine'}", flush=True)
        if wrong:
            sys.exit("\n".join(["The last acts:", *monkey.done[-40:]]))
        seed += 1


main()
