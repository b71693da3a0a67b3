"""Jobs that outlive their console: detach, find again, attach, stop, forget; and the machine's record."""
import os
import re
import shlex
import signal
import subprocess

import pytest
from support import is_alive, user_name, wait_for


@pytest.fixture
def fifo(tmp_path):
    """A pipe that a job can wait for: whoever writes to it lets the job go on."""
    path = tmp_path / "go"
    os.mkfifo(path)
    path.chmod(0o666)
    return path


def detach(machine, line, *options, **more):
    """Gives a job and leaves it; returns its id."""
    done = machine.console.run("run", machine.name, "--detach", *options, "--", line, **more)
    assert done.code == 0, done
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n", done.out), done
    return done.out.strip()


DEBUG = "[log]\nlevel = debug\n"


def wait_for_reader(machine):
    wait_for("a console that reads", lambda: "reads from byte" in machine.agent.log())


def state_of(machine, job):
    return next((row["state"] for row in machine.console.json("jobs") if row["job"] == job), None)


def test_detach_and_attach(pair, fifo):
    machine = pair()
    job = detach(machine, f"echo first; echo wrong >&2; cat {fifo} >/dev/null; echo last; exit 9")
    assert state_of(machine, job) == "running"
    with machine.console.start("attach", machine.name, job, stdin=subprocess.DEVNULL) as process:
        assert process.stdout.readline() == b"first\n"
        fifo.write_text("go")
        assert process.stdout.read() == b"last\n"
        assert process.wait(30) == 9
        assert process.stderr.read() == b"wrong\n"
    again = machine.console.run("attach", machine.name, job)
    assert (again.out, again.err, again.code) == ("first\nlast\n", "wrong\n", 9)


@pytest.mark.parametrize("name", [lambda job: job[:18], lambda job: job[-8:], lambda job: job[-4:],
                                  lambda job: job[-8:-3], lambda job: job.replace("-", "").upper()])
def test_an_id_may_be_short(pair, name):
    machine = pair()
    job = detach(machine, "echo it")
    assert machine.console.run("attach", machine.name, name(job)).out == "it\n"


def test_the_only_running_job_needs_no_id(pair, fifo):
    machine = pair(config=DEBUG)
    detach(machine, "echo ended")
    wait_for("its end", lambda: {job["state"] for job in machine.jobs()} == {"exited"})
    detach(machine, f"cat {fifo} >/dev/null; echo running")
    with machine.console.start("attach", machine.name, stdin=subprocess.DEVNULL) as process:
        wait_for_reader(machine)
        fifo.write_text("go")
        assert process.stdout.read() == b"running\n"


def test_which_of_many_jobs(pair):
    """Those that run are shown, however many have ended; of these, the newest."""
    machine = pair()
    ended = [detach(machine, f"true {number}") for number in range(10)]
    wait_for("their end", lambda: all(state_of(machine, job) == "exited" for job in ended))
    told = machine.console.run("stop", machine.name)
    assert told.code == 2 and "No job runs there" in told.err, told
    assert re.findall(r"true (\d)", told.err) == list("23456789")
    running = [detach(machine, f"sleep 100{number}") for number in range(2)]
    told = machine.console.run("attach", machine.name)
    assert told.code == 2 and "Which job?" in told.err and "true" not in told.err, told
    assert all(job in told.err for job in running)
    assert machine.console.run("stop", machine.name, "all").code == 0


def test_an_id_that_fits_two_jobs_or_none(pair):
    machine = pair()
    jobs = [detach(machine, "exit 0") for _ in range(2)]
    both = machine.console.run("attach", machine.name, jobs[0][:4])
    assert both.code == 2 and "More than one" in both.err, both
    assert all(job in both.err for job in jobs)
    for wanted, words in (("ffffffff", "no such job"), ("xyz", "no job's id"), ("ab", "no job's id")):
        none = machine.console.run("attach", machine.name, wanted)
        assert none.code == 2 and words in none.err, none


def test_from_now(pair, fifo):
    machine = pair(config=DEBUG)
    job = detach(machine, f"echo before; cat {fifo} >/dev/null; echo after")
    wait_for("output", lambda: any(row["output"] > 0 for row in machine.console.json("jobs")))
    with machine.console.start("attach", machine.name, job, "--from-now",
                               stdin=subprocess.DEVNULL) as process:
        wait_for_reader(machine)
        fifo.write_text("go")
        assert process.stdout.read() == b"after\n"
        assert process.wait(30) == 0


def test_another_console_of_the_same_key_finds_it(pair, console):
    machine = pair()
    job = detach(machine, "echo from elsewhere")
    other = console()
    (other.home / ".config/hune").mkdir(parents=True)
    for name in ("machines.csv", "id_ed25519", "id_ed25519.pub"):
        (other.config / name).write_bytes((machine.console.config / name).read_bytes())
    other.key.chmod(0o600)
    assert [row["job"] for row in other.json("jobs")] == [job]
    assert other.run("attach", machine.name, job).out == "from elsewhere\n"


def test_another_operator_may_not_read_it(pair, console):
    machine = pair()
    job = detach(machine, "echo secret")
    other = console()
    assert other.run("join", machine.agent.invite(may="observe,run", as_=user_name())).code == 0
    row, = other.json("jobs")
    assert row["job"] == job
    refused = other.run("attach", machine.name, job)
    assert refused.code == 254 and "secret" not in refused.out + refused.err, refused
    assert "(control, " in refused.err, refused
    assert other.run("stop", machine.name, job).code == 0  # it has ended: nothing to stop
    assert other.run("forget", machine.name, job).code == 254
    running = detach(machine, "sleep 60")
    refused = other.run("stop", machine.name, running)
    assert refused.code == 254 and "(control, " in refused.err, refused
    assert machine.console.run("stop", machine.name, running).code == 0


def test_jobs_tells_all_of_it(pair):
    machine = pair()
    assert machine.shell("exit 3").code == 3
    job = detach(machine, "echo abc; sleep 1000")
    wait_for("output", lambda: machine.console.json("jobs", "--running")[0]["output"] == 16)
    rows = machine.console.json("jobs")
    assert [(row["state"], row["verb"], row["command"]) for row in rows] == [
        ("exited", "run", "exit 3"), ("running", "run", "echo abc; sleep 1000")]
    assert rows[0]["code"] == 3 and rows[0]["ended_ms"] >= rows[0]["started_ms"] > 1.6e12
    assert rows[1]["job"] == job and rows[1]["machine"] == machine.name
    assert rows[1]["as"] == user_name() and rows[1]["operator"] and rows[1]["first"] == 0
    table = machine.console.run("jobs").out.splitlines()
    assert table[0].split() == ["MACHINE", "JOB", "STATE", "SINCE", "TOOK", "OUTPUT", "BY", "AS",
                                "COMMAND"]
    assert "exited(3)" in table[1] and "running" in table[2] and job[-8:] in table[2]
    assert machine.console.run("stop", machine.name, job).code == 0


def test_stop_ends_the_whole_tree(pair, tmp_path):
    machine = pair()
    pids = tmp_path / "pids"
    pids.touch(mode=0o666)
    job = detach(machine, f"echo $$ >> {pids}; (trap '' TERM; setsid sh -c 'echo $$ >> {pids}; "
                          f"exec sleep 1000') & exec sleep 1000")
    wait_for("both", lambda: len(pids.read_text().split()) == 2)
    done = machine.console.run("stop", machine.name, job)
    assert done.code == 0 and job[-8:] in done.out, done
    for pid in pids.read_text().split():
        wait_for(f"the end of {pid}", lambda: not is_alive(int(pid)))
    assert wait_for("the state", lambda: state_of(machine, job) == "killed")
    ended = machine.console.json("stop", machine.name, job)
    assert ended == [{"machine": machine.name, "job": job, "stopped": False}]


def test_forget(pair):
    machine = pair()
    running = detach(machine, "sleep 1000")
    refused = machine.console.run("forget", machine.name, running)
    assert refused.code == 2 and "still runs" in refused.err, refused
    assert machine.console.run("stop", machine.name, running).code == 0
    wait_for("its end", lambda: state_of(machine, running) == "killed")
    assert machine.console.run("forget", machine.name, running).code == 0
    assert machine.console.json("jobs") == []


def test_a_transfer_of_files_that_is_attached_to(pair, tmp_path):
    """It has nothing to show; so it is told what it is, and then how it ended."""
    machine = pair()
    target = tmp_path / "there"
    with machine.console.start("put", "-", f"{machine.name}:{target}") as process:
        job, = wait_for("the job", lambda: machine.console.json("jobs", "--running"))
        with machine.console.start("attach", machine.name, stdin=subprocess.DEVNULL) as attached:
            first = attached.stderr.readline().decode()
            assert f"(put {target}): It carries files" in first, first
            assert "begin again" in (attached.stderr.readline() + attached.stderr.readline()).decode()
            process.stdin.write(b"all of it")
            process.stdin.close()
            assert attached.stdout.read() == b""
            assert attached.stderr.read().decode() == (
                f"hune: {machine.name}: All of it is in its place there. (9 B)\n")
            assert attached.wait(20) == 0
        assert process.wait(20) == 0
    assert target.read_text() == "all of it"
    ended = machine.console.run("attach", machine.name, job["job"])
    assert ended.code == 0 and "carried files, and has ended" in ended.err, ended
    assert machine.console.run("get", f"{machine.name}:{tmp_path}/not-there", tmp_path).code == 1
    failed = next(row["job"] for row in machine.console.json("jobs") if row["verb"] == "get")
    ended = machine.console.run("attach", machine.name, failed)
    assert ended.code == 1 and "not-there" in ended.err and "fetched" not in ended.err, ended
    for_scripts = machine.console.run("attach", machine.name, job["job"], "--json")
    assert for_scripts.err == "" and for_scripts.lines[0]["state"] == "exited", for_scripts


def test_wrong_words_are_told_what_is_wrong(pair):
    machine = pair()
    machine.console.machines.write_text(machine.console.machines.read_text() + "other,127.0.0.1,1\n")
    for words, told in [(["attach"], "Which machine?"), (["stop", "all"], "takes one machine"),
                        (["attach", f"{machine.name},other"], "takes one machine"),
                        (["stop", machine.name, "abc"], "no job's id"),
                        (["forget", machine.name, "abcd"], "knows no such job")]:
        done = machine.console.run(*words)
        assert done.code == 2 and told in done.err, (words, done)


def test_all_means_all_of_ours(pair, console):
    machine = pair()
    mine = [detach(machine, "sleep 1000"), detach(machine, "sleep 1000")]
    other = console()
    other.config.mkdir(parents=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "bob@there", "-f", other.key],
                   check=True)
    assert other.run("join", machine.agent.invite(may="all")).code == 0
    name = other.json("list")[0]["name"]
    theirs = other.run("run", name, "--detach", "--", "sleep 1000").out.strip()
    forgot = machine.console.run("forget", machine.name, "all")
    assert (forgot.out, forgot.code) == ("", 0) and "No job of yours" in forgot.err, forgot
    assert sorted(row["job"] for row in machine.console.json("stop", machine.name, "all")) == sorted(mine)
    for job in mine:
        wait_for("its end", lambda: state_of(machine, job) == "killed")
    assert state_of(machine, theirs) == "running"
    assert machine.console.run("stop", machine.name, "all").code == 0
    assert machine.console.run("forget", machine.name, "all").code == 0
    assert [row["job"] for row in machine.console.json("jobs")] == [theirs]


def test_all_is_asked_about_on_a_terminal(pair):
    machine = pair()
    job = detach(machine, "sleep 1000")
    with machine.console.terminal("stop", machine.name, "all") as terminal:
        terminal.expect(r"Stop 1 job of yours on .*\? \[y/N\]")
        terminal.line("n")
        assert terminal.wait() == 1
    assert state_of(machine, job) == "running"
    with machine.console.terminal() as terminal:
        terminal.expect("> ")
        terminal.line("stop all")
        terminal.expect(r"\[y/N\]")
        terminal.line("y")
        terminal.expect("is being stopped")
        terminal.expect("> ")
        terminal.line("quit")
        terminal.wait()


def test_detach_gives_the_input_first(pair, tmp_path):
    machine = pair()
    given = os.urandom(5 << 20)
    (tmp_path / "given").write_bytes(given)
    tmp_path.chmod(0o777)
    job = detach(machine, f"cat > {tmp_path}/taken; echo whole", "--stdin", tmp_path / "given")
    assert machine.console.run("attach", machine.name, job).out == "whole\n"
    assert (tmp_path / "taken").read_bytes() == given


def test_detach_leaves_when_the_job_wants_no_input(pair, tmp_path):
    machine = pair()
    (tmp_path / "given").write_bytes(bytes(5 << 20))
    job = detach(machine, "exec 0<&-; echo no", "--stdin", tmp_path / "given")
    assert machine.console.run("attach", machine.name, job).out == "no\n"


def test_detach_on_many(pair, agent):
    machine = pair()
    second = agent()
    assert machine.console.run("join", second.invite(), "--name", "second").code == 0
    done = machine.console.run("run", "all", "--detach", "--", "echo on $HOME")
    assert done.code == 0, done
    jobs = dict(line.split(": ") for line in done.out.splitlines())
    assert len(jobs) == 2
    for name, job in jobs.items():
        assert machine.console.run("attach", name, job).out.startswith("on /")
    lines = machine.console.run("run", "--json", "all", "--detach", "--", "exit 1").lines
    assert {line["machine"] for line in lines} == set(jobs) and all("job" in x for x in lines)
    second.stop()
    half = machine.console.run("run", "all", "--detach", "--", "true")
    assert half.code == 255 and len(half.out.splitlines()) == 1, half


def test_interrupt_twice_leaves_and_tells_the_way_back(pair, fifo):
    machine = pair()
    line = f"trap '' TERM INT; echo ready; cat {fifo} >/dev/null; echo last"
    with machine.console.terminal("run", machine.name, "--", line) as terminal:
        terminal.expect("ready")
        machine.agent.process.send_signal(signal.SIGSTOP)  # so that the stop cannot be carried out
        try:
            terminal.type("\x03")
            terminal.expect("Ctrl-C again leaves it alone")
            terminal.type("\x03")
            command = terminal.expect(r"hune (attach \S+ [0-9a-f]+)")[1]
            assert terminal.wait() == 130
        finally:
            machine.agent.process.send_signal(signal.SIGCONT)
    # Each console has its own way of leaving; the job itself is stopped by then, and says so.
    done = machine.console.run(*shlex.split(command))
    assert done.out.startswith("ready") and done.code == 137, done


def test_leaving_at_once_leaves_the_job(pair, fifo):
    machine = pair()
    with machine.console.start("run", machine.name, "--", f"echo up; cat {fifo} >/dev/null; echo on",
                               stdin=subprocess.DEVNULL) as process:
        assert process.stdout.readline() == b"up\n"
        process.kill()
    job, = [row["job"] for row in machine.console.json("jobs", "--running")]
    fifo.write_text("go")
    done = machine.console.run("attach", machine.name, job)
    assert (done.out, done.code) == ("up\non\n", 0), done


def test_a_late_attach_begins_with_a_whole_frame(pair):
    """More output than is kept: what comes is the end of it, and nothing is garbled."""
    machine = pair()
    assert machine.shell("seq 1 200000").code == 0
    job, = machine.console.json("jobs")
    wait_for("it was taken in", lambda: machine.console.json("jobs")[0]["first"] > 0)
    done = machine.console.run("attach", machine.name, job["job"])
    assert done.code == 0 and "no longer kept" in done.err, done
    lines = done.out.splitlines()
    assert lines[-1] == "200000" and len(lines) > 5000
    assert lines[1:] == [str(n) for n in range(200000 - len(lines) + 2, 200001)]


def test_the_prompt_knows_them(pair, fifo):
    machine = pair()
    with machine.console.terminal() as terminal:
        terminal.expect("> ")
        job = detach(machine, f"cat {fifo} >/dev/null; echo let go")
        terminal.line("jobs")
        terminal.expect(job[-8:])
        terminal.expect("> ")
        terminal.type(f"attach {job[-8:-4]}\t")
        terminal.expect(job[-4:] + " ")
        terminal.line("")
        fifo.write_text("go")
        terminal.expect("let go")
        terminal.expect("> ")
        wait_for("its end", lambda: state_of(machine, job) == "exited")
        terminal.line(f"forget {job[-8:]}")
        terminal.expect("is forgotten")
        terminal.line("audit")
        terminal.expect("forget by")
        terminal.expect("> ")
        terminal.line("stop the music")  # no job: the machine's own
        terminal.expect("stop: not found|stop: command not found|no such|status 127")
        terminal.line("quit")
        terminal.wait()


def test_audit(pair):
    machine = pair()
    assert machine.run("--", "printf", "a b").code == 0
    assert machine.console.run("audit", machine.name, "nonsense").code == 2
    lines = machine.console.json("audit", machine.name)
    taken = [line for line in lines if line["event"] == "taken" and line["verb"] == "run"]
    assert [line["command"] for line in taken] == ["printf 'a b'"]
    assert taken[0]["machine"] == machine.name and taken[0]["as"] == user_name()
    assert taken[0]["signature"] and taken[0]["at"] > 1.6e12
    ended = [line for line in lines if line["event"] == "ended"]
    assert [(line["order"], line["state"]) for line in ended] == [(taken[0]["order"], "exited(0)")]
    shown = machine.console.run("audit", machine.name)
    assert shown.code == 0 and "printf 'a b'" in shown.out and "exited(0)" in shown.out
    last = machine.console.run("audit", machine.name, "-n", "2").out.splitlines()
    assert len(last) == 2


def test_audit_shows_no_escapes(pair):
    machine = pair()
    assert machine.run("--", "true", "\x1b[31mred\nforged").code == 0
    shown = machine.console.run("audit", machine.name).out
    assert "\x1b" not in shown and "\nforged" not in shown and "red" in shown
