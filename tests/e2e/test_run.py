"""Commands: what goes in, what comes out, how they end."""
import hashlib
import os
import pathlib
import pwd
import re
import signal
import subprocess
import time

import pytest
from support import is_alive, wait_for


def me():
    return pwd.getpwuid(os.geteuid())


def test_argv_is_no_shell(pair):
    machine = pair()
    done = machine.run("--", "printf", "%s|", "a b", "$HOME", "*", "'q'", "", "ü\n")
    assert (done.out, done.code) == ("a b|$HOME|*|'q'||ü\n|", 0), done


def test_one_word_is_a_line_for_the_shell(pair):
    machine = pair()
    done = machine.shell("echo $((6 * 7)) | tr 2 3; echo done")
    assert (done.out, done.code) == ("43\ndone\n", 0), done


@pytest.mark.parametrize("code", [0, 1, 3, 127, 200, 253])
def test_exit_code_is_the_commands(pair, code):
    assert pair().shell(f"exit {code}").code == code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGHUP])
def test_a_signal_is_told_as_a_shell_does(pair, number):
    done = pair().shell(f"ulimit -c 0; kill -{int(number)} $$")
    assert done.code == 128 + number, done


def test_a_program_that_is_not_there(pair):
    done = pair().run("--", "/nonexistent/program", "argument")
    assert done.code == 127, done
    assert "/nonexistent/program" in done.err


def test_a_file_that_is_no_program(pair, tmp_path):
    path = tmp_path / "plain"
    path.write_text("no program\n")
    done = pair().run("--", path, "argument")
    assert done.code == 126, done


def test_standard_output_and_error_stay_apart(pair):
    done = pair().shell("echo out; echo err >&2; echo out2; echo err2 >&2")
    assert (done.out, done.err) == ("out\nout2\n", "err\nerr2\n")


def test_standard_input(pair):
    machine = pair()
    text = "first\nsecond ü\n"
    done = machine.shell("cat; echo end", "--stdin", "-", input=text)
    assert (done.out, done.code) == (text + "end\n", 0), done


def test_standard_input_from_a_file(pair, tmp_path):
    machine = pair()
    data = os.urandom(3 << 20)
    path = tmp_path / "data"
    path.write_bytes(data)
    done = machine.run("--stdin", path, "--", "sha256sum", "-")
    assert done.out.split()[0] == hashlib.sha256(data).hexdigest(), done


def test_without_input_it_is_empty(pair):
    done = pair().shell("wc -c", input="this is not for the command")
    assert done.out.strip() == "0", done


def test_environment_is_the_users_not_the_agents(pair):
    machine = pair(environment={"HUNE_SECRET": "of the agent"})
    done = machine.run("--", "env")
    environment = dict(line.split("=", 1) for line in done.out.splitlines())
    assert "HUNE_SECRET" not in environment
    assert environment["HOME"] == me().pw_dir
    assert environment["USER"] == environment["LOGNAME"] == me().pw_name
    assert environment["SHELL"] == me().pw_shell
    assert "/bin" in environment["PATH"]


def test_environment_can_be_given(pair):
    done = pair().run("--env", "ONE=1 und eins", "--env", "TWO=2", "--", "sh", "-c",
                      'echo "$ONE,$TWO"')
    assert done.out == "1 und eins,2\n", done


def test_directory(pair, tmp_path):
    machine = pair()
    assert machine.run("--", "pwd").out.strip() == os.path.realpath(me().pw_dir)
    assert machine.run("--cwd", tmp_path, "--", "pwd").out == f"{tmp_path}\n"


def test_a_directory_that_is_not_there(pair):
    done = pair().run("--cwd", "/nonexistent", "--", "pwd")
    assert done.code == 125 and done.out == "", done
    assert "/nonexistent" in done.err


def test_no_descriptor_of_the_agent_leaks_into_a_job(pair):
    done = pair().run("--", "ls", "-l", "/proc/self/fd")
    opened = re.findall(r" (\d+) -> (\S+)", done.out)
    assert {number for number, _ in opened} <= {"0", "1", "2", "3"}, done.out
    assert all(number != "3" or target.startswith("/proc") for number, target in opened)


def test_signals_are_as_a_shell_has_them(pair):
    done = pair().run("--", "grep", "-E", "^Sig(Blk|Ign):", "/proc/self/status")
    masks = [int(mask, 16) for mask in re.findall(r"\t([0-9a-f]+)", done.out)]
    libc_own = 1 << 31 | 1 << 32  # signals 32 and 33, which no program can touch
    assert [mask & ~libc_own for mask in masks] == [0, 0], done.out


def test_own_session_and_group(pair):
    done = pair().run("--", "sh", "-c", "ps -o pid=,pgid=,sid= -p $$")
    pid, group, session = done.out.split()
    assert pid == group == session


def test_time_out_kills_the_whole_tree(pair, tmp_path):
    machine = pair()
    pids = tmp_path / "pids"
    pids.touch(mode=0o666)
    done = machine.shell(f"echo $$ >> {pids}; (setsid sh -c 'echo $$ >> {pids}; exec sleep 1000') & "
                         f"(echo early); exec sleep 1000", "--timeout", "2s", timeout=60)
    assert done.code == 124, done
    assert "early" in done.out
    assert "time was up" in done.err
    written = pids.read_text().split()
    assert len(written) == 2
    for pid in written:
        wait_for(f"the end of {pid}", lambda: not is_alive(int(pid)))
    assert [job["state"] for job in machine.jobs() if job["verb"] == "run"] == ["timed-out"]


def test_output_is_live(pair, tmp_path):
    """The first line is here before the command may end."""
    machine = pair()
    gate = tmp_path / "go"
    os.mkfifo(gate, 0o666)
    gate.chmod(0o666)
    with machine.console.start("run", machine.name, "--",
                               f"echo first; cat {gate} >/dev/null; echo last") as process:
        assert process.stdout.readline() == b"first\n"
        gate.write_text("go")
        assert process.stdout.read() == b"last\n"
        assert process.wait(30) == 0


def test_large_output_is_equal_by_hash(pair, tmp_path):
    machine = pair()
    path = tmp_path / "large"
    digest = hashlib.sha256()
    with open(path, "wb") as file:
        for _ in range(100):
            piece = os.urandom(1 << 20)
            digest.update(piece)
            file.write(piece)
    path.chmod(0o644)
    tmp_path.chmod(0o755)
    with machine.console.start("run", machine.name, "--", "cat", path,
                               stdin=subprocess.DEVNULL) as process:
        got, size = hashlib.sha256(), 0
        while piece := process.stdout.read(1 << 20):
            got.update(piece)
            size += len(piece)
        assert process.wait(60) == 0
    assert size == 100 << 20
    assert got.hexdigest() == digest.hexdigest()


def test_binary_output_is_untouched_in_a_pipe(pair):
    machine = pair()
    done = machine.console.run("run", machine.name, "--", "printf", r"\000\033[31m\377\r\n",
                               binary=True)
    assert done.out == b"\x00\x1b[31m\xff\r\n"


def test_output_that_nobody_reads_stops_the_command_not_the_agent(pair):
    """A console that does not read: the job waits, memory stays, others are served."""
    machine = pair()
    with machine.console.start("run", machine.name, "--", "cat", "/dev/zero",
                               stdin=subprocess.DEVNULL) as process:
        process.stdout.read(1 << 20)
        assert machine.shell("echo still here").out == "still here\n"
        before = memory(machine.agent.gate_pid) + memory(machine.agent.pid)
        time.sleep(1)
        assert memory(machine.agent.gate_pid) + memory(machine.agent.pid) < before + (16 << 20)
    stop_all(machine)


def memory(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024


def stop_all(machine):
    """Has the machine stop every job that still runs."""
    for job in machine.jobs():
        if job["state"] == "running":
            machine.raw("--verb", 6, "--payload", job["id"].replace("-", "") + "00")
    wait_for("the end of the jobs",
             lambda: all(job["state"] != "running" for job in machine.jobs()))


def test_terminal_escapes_are_shown_not_obeyed(pair):
    machine = pair()
    evil = r"printf '\033]0;owned\007\033[2Jred\233m\n'; printf '\033[31mred\033[0m\n' >&2"
    with machine.console.terminal("run", machine.name, "--", evil) as terminal:
        assert terminal.wait() == 0
    assert "\x1b]0;owned" not in terminal.text and "\x1b[2J" not in terminal.text
    assert "\x1b[31m" not in terminal.text and "\x07" not in terminal.text
    assert "\\x1b" in terminal.text and "red" in terminal.text


def test_label_with_escapes_is_harmless(pair):
    """What an operator typed is shown to others in lists and logs."""
    machine = pair()
    assert machine.run("--", "true", "\x1b[31m\nforged: line").code == 0
    assert "\x1b" not in machine.agent.log()
    assert "\nforged" not in machine.agent.log()


def test_a_job_that_forks_and_calls_setsid_is_stopped_whole(pair, tmp_path):
    machine = pair()
    pids = tmp_path / "pids"
    pids.touch(mode=0o666)
    fork = (f"echo $$ >> {pids}; for i in 1 2 3; do (setsid sh -c 'echo $$ >> {pids}; "
            f"(setsid sh -c \"echo \\$\\$ >> {pids}; trap : TERM HUP INT; "
            f"while :; do sleep 1; done\" &) ; sleep 1000' &); done; sleep 1000")
    with machine.console.start("run", machine.name, "--", fork, stdin=subprocess.DEVNULL):
        wait_for("seven processes", lambda: len(pids.read_text().split()) == 7)
        job, = [job for job in machine.jobs() if job["state"] == "running"]
        answer = machine.raw("--verb", 6, "--payload", job["id"].replace("-", "") + "00")
        assert answer.status in (200, 201), answer
        for pid in map(int, pids.read_text().split()):
            wait_for(f"the end of {pid}", lambda: not is_alive(pid))
    wait_for("the state", lambda: [j["state"] for j in machine.jobs() if j["id"] == job["id"]] ==
             ["killed"])


def test_background_process_does_not_hold_the_command_up(pair):
    """A daemon that keeps the pipe open: the command ends when its own process does."""
    machine = pair()
    done = machine.shell("sleep 300 & echo $!", timeout=60)
    try:
        assert done.code == 0 and is_alive(int(done.out)), done
    finally:
        os.kill(int(done.out), signal.SIGKILL)


def test_interrupt_stops_the_command(pair, tmp_path):
    machine = pair()
    pid_file = tmp_path / "pid"
    pid_file.touch(mode=0o666)
    with machine.console.terminal("run", machine.name, "--",
                                  f"echo $$ > {pid_file}; echo ready; exec sleep 1000") as terminal:
        terminal.expect("ready")
        pid = int(pid_file.read_text())
        terminal.type("\x03")
        assert terminal.wait() != 0
        wait_for("the end of the command", lambda: not is_alive(pid))


def test_json(pair):
    machine = pair()
    done = machine.console.run("run", "--json", machine.name, "--", "echo out; echo err >&2; exit 3")
    assert done.code == 3, done
    line = done.lines[-1]
    assert line["machine"] == machine.name
    assert line["state"] == "exited" and line["code"] == 3


def test_many_at_once(pair):
    """Thirty consoles at once, each with a connection of its own."""
    machine = pair()
    name = machine.name
    running = [subprocess.Popen([machine.console.binaries.hune, "run", name, "--", "echo", str(n)],
                                stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                                env=machine.console.environment) for n in range(30)]
    for n, process in enumerate(running):
        out, _ = process.communicate(timeout=60)
        assert (out, process.returncode) == (f"{n}\n", 0)


@pytest.mark.root
def test_runs_as_other_users(pair, users):
    first, second = users
    machine = pair(may="observe,run", as_=f"{first},{second}")
    entry = pwd.getpwnam(second)
    assert machine.run("--", "id", "-un").out == f"{first}\n"
    done = machine.run("--as", second, "--", "sh", "-c", 'id -u; id -G; pwd; echo "$HOME $USER"')
    assert done.out.splitlines() == [str(entry.pw_uid), str(entry.pw_gid), entry.pw_dir,
                                     f"{entry.pw_dir} {second}"], done


@pytest.mark.root
def test_no_capability_is_left_to_other_users(pair, users):
    machine = pair(may="observe,run", as_=users[0])
    done = machine.run("--", "grep", "-E", "^Cap(Inh|Prm|Eff|Amb):", "/proc/self/status")
    assert set(re.findall(r"\t([0-9a-f]+)", done.out)) == {"0" * 16}, done.out


@pytest.mark.root
def test_other_users_cannot_read_the_agents_files(pair, users):
    machine = pair(may="observe,run", as_=users[0])
    for path in ("state", "run", "operators"):
        done = machine.shell(f"cat {machine.agent.folder}/{path}/* {machine.agent.folder}/{path}")
        assert done.out == "" and done.code != 0, done


@pytest.mark.root
def test_a_user_that_does_not_exist(pair):
    machine = pair(may="observe,run", as_="root,no-such-user-here")
    done = machine.run("--as", "no-such-user-here", "--", "true")
    assert done.code == 254, done
    assert "no such user" in done.err.lower()


@pytest.mark.root
def test_stopping_reaches_processes_of_other_users(pair, users):
    machine = pair(may="observe,run", as_=users[0])
    done = machine.shell("setsid sleep 1000 & echo $!; exec sleep 1000", "--timeout", "1s",
                         timeout=60)
    assert done.code == 124, done
    wait_for("the end of it", lambda: not is_alive(int(done.out.split()[0])))
