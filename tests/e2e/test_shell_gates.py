"""Shells whose gate is killed, which reads and types for them: nothing is lost, and nothing comes twice."""
import os
import random
import re
import signal
import string
import threading
import time

import pytest
from support import wait_for


class Killer(threading.Thread):
    """Kills one gate after the other, at moments of its own."""

    def __init__(self, agent, times, pause):
        super().__init__()
        self.agent, self.times, self.pause = agent, times, pause
        self.killed = 0
        self.random = random.Random(7)

    def run(self):
        for _ in range(self.times):
            time.sleep(self.random.uniform(*self.pause))
            gate = self.agent.find_gate()
            if gate is None:
                continue
            os.kill(gate, signal.SIGKILL)
            self.killed += 1
            wait_for("another gate", lambda: self.agent.find_gate() not in (None, gate))


def without_titles(text):
    return re.sub(r"\033\[2[23];2t|\033\]2;[^\007]*\007", "", text)


@pytest.mark.long(11)
def test_output_while_gates_die(pair, tmp_path):
    made = pair()
    content = "".join(f"{n:07d} of it\n" for n in range(60000))
    (tmp_path / "file").write_text(content)
    killer = Killer(made.agent, 6, (0.05, 0.3))
    line = f"stty -onlcr; for n in 1 2 3 4 5 6 7 8; do cat {tmp_path}/file; sleep 0.2; done"
    with made.console.terminal("shell", made.name, "--", line) as terminal:
        terminal.expect("0000100 of it")
        killer.start()
        assert terminal.wait(100) == 0
        killer.join()
    assert killer.killed >= 4
    text = without_titles(terminal.text)
    notices = len(re.findall(r"\n?\r?[^\n]*hune:[^\n]*\n?", text))
    assert text.count("of it") == 8 * 60000, f"{notices} notices"
    assert [int(n) for n in re.findall(r"(\d{7}) of it", text)] == list(range(60000)) * 8
    assert len(made.jobs()) == 1


def test_keys_while_gates_die(pair, tmp_path):
    """A key that a gate was typing when it died may be missing, as it may have been typed: never does one come
    twice, or before another."""
    made = pair()
    keys = [a + b for a in string.ascii_lowercase for b in string.ascii_uppercase][:200]
    killer = Killer(made.agent, 4, (0.1, 0.4))
    line = f"stty raw -echo; echo ready; exec cat > {tmp_path}/typed"
    with made.console.terminal("shell", made.name, "--", line) as terminal:
        terminal.expect("ready")
        killer.start()
        for key in keys:
            terminal.type(key)
            time.sleep(0.01)
        killer.join()
        terminal.type("!")
        wait_for("the last key", lambda: (tmp_path / "typed").read_text().endswith("!"))
    typed = iter("".join(keys))
    got = (tmp_path / "typed").read_text()[:-1]
    assert killer.killed >= 2
    assert all(key in typed for key in got), "twice, or out of order"
    assert len(got) >= 2 * len(keys) - killer.killed


def test_a_detached_shell_goes_on(pair, tmp_path):
    """Nobody reads, gates come and go: all that it says is kept, up to what its ring holds."""
    made = pair()
    go = tmp_path / "go"
    line = f"echo ready; while ! test -e {go}; do sleep 0.05; done; seq 30000; echo do''ne"
    with made.console.terminal("shell", made.name, "--", line) as terminal:
        terminal.expect("ready")
        terminal.type("\r~d")
        terminal.wait()
    gate = made.agent.gate_pid
    go.touch()
    time.sleep(0.3)
    os.kill(gate, signal.SIGKILL)
    wait_for("another gate", lambda: made.agent.find_gate() not in (None, gate))
    job, = made.jobs()
    with made.console.terminal("attach", made.name, job["id"]) as terminal:
        terminal.expect("done")
        terminal.wait()
    numbers = re.findall(r"\n(\d+)(?=\r)", without_titles(terminal.text))
    assert [int(n) for n in numbers] == \
        list(range(1, 30001))
