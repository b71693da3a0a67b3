"""The operators file decides, at once: what it no longer grants ends, what it refused stays refused."""
import subprocess

import pytest
from support import wait_for

ID = "01890a5d-ac96-774b-bcce-b302099a8057"


def test_a_line_that_goes_ends_its_connections(pair):
    machine = pair()
    line = machine.agent.operators.read_text()
    with machine.console.start("run", machine.name, "--", "echo up; sleep 1000",
                               stdin=subprocess.DEVNULL) as process:
        assert process.stdout.readline() == b"up\n"
        machine.agent.operators.write_text("")
        # The console may not come back: it says so instead of waiting for ever.
        assert process.wait(60) == 254, process.stderr.read()
        assert b"operators" in process.stderr.read()
    machine.agent.operators.write_text(line)
    assert machine.shell("echo back").out == "back\n"


def test_a_right_that_goes_is_refused_from_then_on(pair):
    machine = pair(may="observe,run")
    with machine.console.terminal() as prompt:
        prompt.expect("> $")
        prompt.line("echo be''fore")
        prompt.expect("before")
        machine.agent.change_operators("observe,run", "observe")
        prompt.expect("> $")
        prompt.line("echo af''ter")
        prompt.expect("lacks the right")
        prompt.line("os")  # observing is still granted
        prompt.expect("Linux")


@pytest.mark.parametrize("problem, change", [
    ("right-missing", ('may="observe"', 'may="observe,run"')),
])
def test_an_order_that_was_refused_stays_refused(pair, tmp_path, problem, change):
    """Else whoever kept it could play it back on the day when the right is given."""
    machine = pair(may="observe")
    trace = tmp_path / "trace"
    trace.touch(mode=0o666)
    order = ["--id", ID, "--shell", f"echo ran >> {trace}"]
    answer = machine.raw(*order)
    assert (answer.status, answer.problem) == (403, problem), answer
    machine.agent.change_operators(*change)
    again = wait_for("the new right to count", lambda: (
        answer := machine.raw(*order)).problem != problem and answer)
    assert again.status == 200 and again.body["state"] == "refused", again
    assert trace.read_text() == ""
    other = machine.raw("--shell", f"echo ran >> {trace}")
    assert other.status == 201, other
    wait_for("another order", lambda: trace.read_text() == "ran\n")


def test_pairing_again_takes_nothing_away(pair):
    """Whoever pairs names a public key; it may be somebody else's."""
    machine = pair(may="observe,run")
    done = machine.console.run("join", machine.agent.invite(may="observe"))
    assert done.code == 0, done
    assert machine.shell("echo still").out == "still\n"
    lines = [line for line in machine.agent.operators.read_text().splitlines()
             if "ssh-ed25519" in line]
    assert len(lines) == 1 and "run" in lines[0], lines
    assert machine.console.run("join", machine.agent.invite(may="observe,files")).code == 0
    text = machine.agent.operators.read_text()
    assert text.count("ssh-ed25519") == 1 and "files" in text and "run" in text
