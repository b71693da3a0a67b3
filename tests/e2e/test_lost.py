"""What is lost is called so: kill -9 of the agent, and a machine that restarts, while jobs run."""
import os
import shutil
import signal
import subprocess

import pytest
from support import is_alive, user_name, wait_for

ID = "01890a5d-ac96-774b-bcce-b302099a8057"


def kill_and_start(agent, while_down=lambda: None):
    """kill -9 of the warden, and a new one right behind it."""
    gate = agent.gate_pid
    os.kill(agent.pid, signal.SIGKILL)
    agent.wait_ended()
    wait_for("the gate's end", lambda: not is_alive(gate))  # its socket would answer for the new one
    while_down()
    agent.start()


@pytest.fixture
def trace(tmp_path):
    path = tmp_path / "trace"
    path.touch(mode=0o666)
    return path


def processes(trace):
    return [int(pid) for pid in trace.read_text().split()]


def test_jobs_of_a_killed_agent_are_lost_and_ended(pair, trace):
    machine = pair()
    line = (f"echo $$ >> {trace}; (trap '' TERM HUP; setsid sh -c 'echo $$ >> {trace}; "
            f"exec sleep 1000') & echo said; exec sleep 1000")
    with machine.console.start("run", machine.name, "--", line, stdin=subprocess.DEVNULL) as process:
        assert process.stdout.readline() == b"said\n"
        wait_for("both", lambda: len(processes(trace)) == 2)
        kill_and_start(machine.agent)
        assert process.wait(60) == 255
        assert b"lost: the agent was ended under it" in process.stderr.read()
    for pid in processes(trace):
        wait_for(f"the end of {pid}", lambda: not is_alive(pid))
    job, = machine.console.json("jobs")
    assert (job["state"], job["with"], job["as"]) == ("lost", "agent", user_name())
    assert job["command"].startswith("echo $$") and job["operator"]
    assert "lost(agent restarted)" in machine.console.run("jobs").out
    done = machine.console.run("attach", machine.name, job["job"])
    assert done.code == 255 and "lost" in done.err, done
    ended = [line for line in machine.console.json("audit", machine.name)
             if line["event"] == "ended" and line["order"] == job["job"]]
    assert [line["state"] for line in ended] == ["lost(agent restarted)"]
    assert len(processes(trace)) == 2, "it was run again"


def test_an_agent_that_is_killed_again_and_again(pair, trace):
    """Each job once, whatever happens, and none of them is left behind."""
    machine = pair()
    for n in range(5):
        done = machine.raw("--shell", f"echo $$ >> {trace}; exec sleep 1000")
        assert done.status == 201
        wait_for("the job", lambda: len(processes(trace)) == n + 1)
        kill_and_start(machine.agent)
        assert machine.raw("--id", done.body["id"], "--shell", "true").body["state"] == "lost"
    assert [job["state"] for job in machine.jobs()] == ["lost"]  # of the last one; the others' are gone
    assert not any(is_alive(pid) for pid in processes(trace))
    assert len(processes(trace)) == 5


def test_what_an_ended_job_left_behind_is_left_alone(pair, trace):
    """A daemon that a job started is no job: it lives through all of this."""
    machine = pair()
    done = machine.shell(f"setsid sleep 1000 >/dev/null 2>&1 & echo $! >> {trace}")
    assert done.code == 0
    pid, = processes(trace)
    try:
        assert machine.raw("--shell", "exec sleep 1000").status == 201
        kill_and_start(machine.agent)
        assert machine.shell("echo served").out == "served\n"
        assert is_alive(pid)
    finally:
        os.kill(pid, signal.SIGKILL)


def test_a_machine_that_restarted(pair, trace):
    """The run folder is gone, as after a reboot: the order is void, its job lost, nothing runs twice."""
    machine = pair()
    order = ["--id", ID, "--shell", f"echo $$ >> {trace}; exec sleep 1000"]
    assert machine.raw(*order).status == 201
    line = f"echo $$ >> {trace}; echo said; exec sleep 1000"
    with machine.console.start("run", machine.name, "--", line, stdin=subprocess.DEVNULL) as process:
        assert process.stdout.readline() == b"said\n"
        before = processes(trace)

        def reboot():
            for pid in before:
                os.kill(pid, signal.SIGKILL)
            shutil.rmtree(machine.agent.folder / "run")

        kill_and_start(machine.agent, reboot)
        assert process.wait(60) == 255
        assert b"lost: the machine has restarted" in process.stderr.read()
    assert machine.console.json("jobs") == []
    assert machine.shell("echo served").out == "served\n"
    assert processes(trace) == before, "it was run again"
