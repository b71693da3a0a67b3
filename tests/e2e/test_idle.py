"""An agent that nobody talks to costs next to nothing. The full minute is measured in tests/bench."""
import pathlib
import re
import time

import pytest

pytestmark = pytest.mark.release

LIMIT_PSS = 6 << 20
SECONDS = 20


def proportional_memory(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+) kB", text, re.M)[1]) * 1024


def switches(pid):
    """How often each thread of the process was switched to, of its own will."""
    return {path.name: int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)",
                                     (path / "status").read_text(), re.M)[1])
            for path in pathlib.Path(f"/proc/{pid}/task").iterdir()}


@pytest.fixture
def quiet(agent):
    machine = agent()
    machine.gate_pid  # it is there
    time.sleep(2)     # whatever starting up still does
    return machine


def test_memory(quiet):
    try:
        used = proportional_memory(quiet.pid) + proportional_memory(quiet.gate_pid)
    except PermissionError:
        pytest.skip("only root may look into the gate")
    assert used <= LIMIT_PSS, f"{used / 1024:.0f} KiB"


def test_no_wake_up(quiet):
    pids = [quiet.pid, quiet.gate_pid]
    before = [switches(pid) for pid in pids]
    time.sleep(SECONDS)
    assert [switches(pid) for pid in pids] == before


def test_no_wake_up_after_it_was_used(pair):
    """Nothing keeps ticking once the last console has gone."""
    machine = pair()
    assert machine.shell("echo used").out == "used\n"
    time.sleep(3)
    pids = [machine.agent.pid, machine.agent.gate_pid]
    before = [switches(pid) for pid in pids]
    time.sleep(SECONDS)
    assert [switches(pid) for pid in pids] == before
