"""One command on many machines: one agent answers on as many addresses of loopback."""
import contextlib
import os
import re
import signal
import socket
import sqlite3
import subprocess
import time

import pytest
from support import free_port, wait_for


# 1,000 machines of which half are cut off, and an answer of 10 GiB, as in test_faults.py.
FULL = os.environ.get("HUNE_FAULTS") == "full"


class Fleet:
    """An agent that is many machines, web1 to webN, and the console that knows them."""

    def __init__(self, agent, console, count):
        self.agent = agent
        self.console = console
        self.count = count
        joined = console.run("join", agent.invite(may="all"))
        assert joined.code == 0, joined
        machine, = console.json("list")
        self.id = machine["id"]
        self.rows = [f"web{n},127.0.{1 + n // 250}.{n % 250 + 1},{agent.port},,{self.id}"
                     for n in range(1, count + 1)]
        self.save()

    def save(self):
        self.console.machines.write_text("\n".join(["name,host,port,tags,id", *self.rows, ""]))

    def run(self, *words, **options):
        return self.console.run("run", *words, **options)


@pytest.fixture
def fleet(agent, console):
    def make(count=6, **options):
        port = free_port()
        return Fleet(agent(port=port, listen=[f"0.0.0.0:{port}"], **options), console(), count)
    return make


def test_lines_stand_behind_their_machines_name(fleet):
    done = fleet(3).run("all", "--", "echo one; echo two")
    assert sorted(done.out.splitlines()) == sorted(
        f"web{n}: {word}" for n in (1, 2, 3) for word in ("one", "two")), done
    assert done.code == 0 and done.err == "", done


def test_equal_answers_are_one(fleet):
    done = fleet(5).run("all", "--gather", "--", "echo same")
    assert done.out == "web[1-5] (5):\nsame\n", done


def test_answers_in_order_of_the_fleet(fleet):
    done = fleet(4).run("all", "-L", "--", "echo a; echo b")
    assert done.out.splitlines() == [f"web{n}: {c}" for n in (1, 2, 3, 4) for c in "ab"], done


def test_a_failure_is_told_once_with_the_line_that_tries_again(fleet):
    many = fleet(4)
    done = many.run("all", "--gather", "--", "exit 7")
    assert done.code == 7, done
    assert "web[1-4] (4): exit status 7" in done.err
    assert "4 of 4 machines failed\n" in done.err
    again = re.search(r"again: (hune run .*)", done.err)[1]
    assert again == "hune run @last.failed -- 'exit 7'"
    # It can be pasted, and means the same machines.
    many.console.environment["PATH"] = f"{many.console.binaries.hune.parent}:{os.environ['PATH']}"
    pasted = subprocess.run(["sh", "-c", again], env=many.console.environment, text=True,
                            capture_output=True, stdin=subprocess.DEVNULL, timeout=30)
    assert pasted.returncode == 7 and "4 of 4" in pasted.stderr, pasted


def test_selectors_of_the_last_run(fleet):
    many = fleet(5)
    many.rows[4] = f"web5,127.0.1.5,1,,{many.id}"  # nobody listens there
    many.save()
    flag = many.agent.folder / "flag"
    flag.mkdir()
    line = f"mkdir {flag}/1 2>/dev/null"  # the first one succeeds, the others do not
    done = many.run("all", "--", line)
    assert done.code == 255, done
    count = {word: int(many.console.run("nodeset", "-c", f"@last.{word}").out or 0)
             for word in ("ok", "failed", "unreachable")}
    assert count == {"ok": 1, "failed": 4, "unreachable": 1}
    assert many.console.run("nodeset", "-e", "@last.unreachable").out == "web5\n"
    assert many.console.run("nodeset", "-c", "@run1").out == "5\n"
    assert many.console.run("nodeset", "@last.bad").code == 2
    wrong = many.run("@last.killed", "--", "true")
    assert wrong.code == 2 and "@last.killed" in wrong.err, wrong
    assert many.run("@run99", "--", "true").code == 2


def test_retry_failed_gives_the_same_command(fleet, tmp_path):
    many = fleet(3)
    counter = many.agent.folder / "counter"
    counter.mkdir(mode=0o777)
    done = many.run("all", "--env", "WORD=ü b", "--", f'mkdir "{counter}/$WORD" 2>/dev/null')
    assert "2 of 3 machines failed" in done.err, done
    os.rmdir(counter / "ü b")
    done = many.console.run("run", "--retry-failed")
    assert "1 of 2 machines failed" in done.err, done
    assert many.console.run("run", "--retry-failed", "web1").code == 2


def test_runs_are_remembered(fleet):
    many = fleet(3)
    many.run("web[1-2]", "--", "echo out; echo err >&2; exit 3")
    many.run("all", "--json", "--", "echo second")
    runs = many.console.json("runs")
    assert [(run["run"], run["machines"], run["ok"], run["failed"]) for run in runs] == \
        [(2, 3, 3, 0), (1, 2, 0, 2)]
    assert runs[1]["selector"] == "web[1-2]"
    assert runs[1]["command"] == "echo out; echo err >&2; exit 3"
    assert runs[1]["exit_status"] == 3
    shown = many.console.run("runs", "show", "1")
    assert "web[1,2] (2):\n" in shown.out and "out\n" in shown.out and "err\n" in shown.out
    assert "exit status 3" in shown.err
    lines = many.console.run("runs", "show", "last", "--json").lines
    assert [(line["machine"], line["out"]) for line in lines] == \
        [(f"web{n}", "second\n") for n in (1, 2, 3)]
    assert many.console.run("runs", "show", "9").code == 2
    assert many.console.run("runs", "forget", "1").code == 0
    assert [run["run"] for run in many.console.json("runs")] == [2]
    assert many.console.run("runs", "forget", "all", "--yes").code == 0
    assert many.console.json("runs") == []


def test_the_memory_of_runs_stays_within_its_bounds(fleet):
    many = fleet(2)
    (many.console.config / "hune.conf").write_text("[runs]\nkeep = 1M\n")
    for n in range(6):
        many.run("all", "--gather", "--", f"echo {n}; head -c 200000 /dev/urandom | od -An -tx1")
    runs = [run["run"] for run in many.console.json("runs")]
    assert runs[0] == 6 and 0 < len(runs) < 6, runs
    assert (many.console.home / ".local/share/hune/hune.db").stat().st_size < 3 << 20


def test_what_is_remembered_is_for_the_operator_alone(fleet):
    many = fleet(2)
    many.run("all", "--", "true")
    for path in (many.console.home / ".local/share/hune").glob("hune.db*"):
        assert path.stat().st_mode & 0o777 == 0o600, path


@pytest.mark.parametrize("harm", ["noise", "folder", "newer", "readonly"])
def test_a_bad_store_stops_nothing(fleet, harm):
    many = fleet(2)
    store = many.console.home / ".local/share/hune/hune.db"
    store.parent.mkdir(parents=True, exist_ok=True)
    if harm == "noise":
        store.write_bytes(b"x" * 9000)
    elif harm == "folder":
        store.mkdir()
    elif harm == "newer":
        with sqlite3.connect(store) as database:
            database.execute("PRAGMA user_version = 9999")
        database.close()
    else:
        many.console.environment["XDG_DATA_HOME"] = "/proc/nowhere"
    done = many.run("all", "--gather", "--", "echo fine")
    assert done.out == "web[1,2] (2):\nfine\n" and done.code == 0, done
    warnings = [line for line in done.err.splitlines() if line.startswith("hune:")]
    assert len(warnings) == 1, done
    failed = many.run("all", "--", "exit 3")
    assert "again: hune run 'web[1,2]' -- 'exit 3'" in failed.err, failed


@pytest.mark.root
def test_a_full_disk_stops_nothing(fleet, tmp_path):
    many = fleet(4)
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], check=True)
    try:
        many.console.environment["XDG_DATA_HOME"] = str(disk)
        done = many.run("all", "--gather", "--", "head -c 700000 /dev/urandom | od -An -tx1 | tail -n +2")
        assert done.code == 0, done.err
        assert done.out.count("\n") > 4 * 40000
        assert done.err.count("hune:") == 1 and "disk is full" in done.err, done.err
        again = many.run("all", "--gather", "--", "echo fine")
        assert again.out == "web[1-4] (4):\nfine\n", again
    finally:
        subprocess.run(["umount", disk], check=True)


def test_two_runs_at_once_are_both_remembered(fleet):
    many = fleet(8)
    running = [subprocess.Popen([many.console.binaries.hune, "run", "all", "--gather", "--",
                                 f"echo {n}"], env=many.console.environment, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE) for n in range(4)]
    for n, process in enumerate(running):
        out, err = process.communicate(timeout=60)
        assert (out, err, process.returncode) == (f"web[1-8] (8):\n{n}\n", "", 0)
    runs = many.console.json("runs")
    assert sorted(run["command"] for run in runs) == [f"echo {n}" for n in range(4)]
    assert all(run["ok"] == 8 for run in runs)


# ---- reading the answers ----

def test_similar_answers_are_one(fleet):
    many = fleet(4)
    done = many.run("all", "--similar", "--", "echo pid $$ on $(date +%s.%N); echo always")
    assert re.fullmatch(r"web\[1-4\] \(4\):\npid ‹\d+…\d+› on ‹[\d.]+…[\d.]+›\nalways\n", done.out), done


def test_differences_from_the_majority(fleet):
    many = fleet(4)
    flag = many.agent.folder / "flag"
    flag.mkdir()
    done = many.run("all", "--diff", "--", f"echo a; mkdir {flag}/1 2>/dev/null && echo odd || "
                                           "echo most; echo c")
    first, other = done.out.split("web", 2)[1:]
    assert re.fullmatch(r"\[[\d,-]+\] \(3\):\na\nmost\nc\n", first), done
    assert re.fullmatch(r"\d:\n  a\n- most\n\+ odd\n", other), done


def test_answers_form_on_a_terminal(fleet):
    many = fleet(4)
    with many.console.terminal("run", "all", "--", "echo hello; sleep 1.5") as terminal:
        terminal.expect(r"0 of 4 done")
        terminal.expect(r"web\[1-4\] \(4\):")
        assert terminal.wait() == 0
    assert "hello" in terminal.text and "4 running" in terminal.text


def test_binary_and_endless_lines(fleet):
    many = fleet(2)
    done = many.run("all", "--gather", "--", r"printf '\000\377\033[31m'; head -c 200000 /dev/zero",
                    binary=True)
    assert done.out == b"web[1,2] (2):\n" + b"\x00\xff\x1b[31m" + bytes(200000) + b"\n"


# ---- care ----

def test_protected_machines_need_a_word(fleet):
    many = fleet(3)
    many.rows[1] = f"web2,127.0.1.2,{many.agent.port},protected,{many.id}"
    many.save()
    marker = many.agent.folder / "marker"
    done = many.run("all", "--", f"touch {marker}")
    assert done.code == 2 and "web2" in done.err and "protected" in done.err, done
    assert not marker.exists()
    assert many.run("all !@protected", "--", "true").code == 0
    assert many.run("all", "--even-protected", "--", "true").code == 0


def test_dry_run_sends_nothing(fleet):
    many = fleet(5)
    marker = many.agent.folder / "marker"
    done = many.run("all", "-x", "web2", "--canary", "1", "--wave", "2", "--as", "nobody",
                    "--json", "--dry-run", "--", "touch", marker)
    assert [(line["machine"], line["user"], line["wave"]) for line in done.lines] == \
        [("web1", "nobody", 1), ("web3", "nobody", 2), ("web4", "nobody", 2), ("web5", "nobody", 3)]
    assert {line["command"] for line in done.lines} == {f"touch {marker}"}
    assert not marker.exists() and many.console.json("runs") == []


def test_a_failing_canary_spares_the_others(fleet):
    many = fleet(6)
    asked = many.agent.folder / "asked"
    asked.mkdir()
    done = many.run("all", "--canary", "2", "--gather", "--", f"mktemp -p {asked} >/dev/null; exit 4")
    assert done.code == 255 and len(list(asked.iterdir())) == 2, done
    assert "a canary failed" in done.err and "web[3-6] (4)" in done.err
    assert "6 of 6 machines failed (2 failed, 4 not asked)" in done.err
    assert many.console.run("nodeset", "@last.unsent").out == "web[3-6]\n"


def test_waves_wait_for_each_other(fleet):
    many = fleet(6)
    log = many.agent.folder / "log"
    done = many.run("all", "--wave", "2", "--", f"echo begin >> {log}; sleep 0.3; echo end >> {log}")
    assert done.code == 0, done
    depth, deepest = 0, 0
    for word in log.read_text().split():
        depth += 1 if word == "begin" else -1
        deepest = max(deepest, depth)
    assert deepest <= 2


def test_too_many_failures_end_it(fleet):
    many = fleet(6)
    done = many.run("all", "--wave", "2", "--max-fail", "1", "--", "exit 1")
    assert "2 machines failed, more than may" in done.err, done
    assert "(2 failed, 4 not asked)" in done.err, done
    done = many.run("all", "--wave", "2", "--keep-going", "--", "exit 1")
    assert done.code == 1 and "6 of 6 machines failed\n" in done.err, done
    for bad in (["--wave", "0"], ["--wave", "x"], ["--max-fail", "101%"]):
        assert many.run("all", *bad, "--", "true").code == 2


def test_many_machines_are_asked_about(fleet):
    many = fleet(6)
    (many.console.config / "hune.conf").write_text("[run]\nconfirm_above = 3\n")
    many.run("web[1-4]", "--yes", "--", "true")
    marker = many.agent.folder / "marker"
    with many.console.terminal("run", "web[2-6]", "--", f"touch {marker}") as terminal:
        terminal.expect(r"touch ")
        terminal.expect(r"web\[2-6\]")
        terminal.expect(r"2 more than in the last run: web\[5,6\]")
        terminal.expect(r"1 of the last run are not among them: web1")
        terminal.expect(r"Run it on 5 machines\?")
        terminal.line("n")
        assert terminal.wait() != 0
    assert not marker.exists()


def test_the_prompt_takes_care_too(fleet):
    many = fleet(6)
    (many.console.config / "hune.conf").write_text("[run]\nconfirm_above = 3\n")
    many.rows[5] = f"web6,127.0.1.6,{many.agent.port},protected,{many.id}"
    many.save()
    with many.console.terminal() as terminal:
        terminal.expect("> ")
        terminal.line("use all")
        terminal.expect("> ")
        terminal.line("echo one")
        terminal.expect("web6: This machine is protected")
        terminal.line("use web[1-5]")
        terminal.expect("> ")
        terminal.line("echo two")
        terminal.expect(r"Run it on 5 machines\?")
        terminal.line("y")
        terminal.expect(r"web\[1-5\] \(5\):\S*\s+two")
        terminal.line("echo three")  # asked once
        terminal.expect(r"web\[1-5\] \(5\):\S*\s+three")
        terminal.line("quit")
        assert terminal.wait() == 0


def test_a_mistake_in_the_settings_is_told_with_its_line(fleet):
    many = fleet(2)
    (many.console.config / "hune.conf").write_text("[run]\n\nconfirm = 3\n")
    done = many.run("all", "--", "true")
    assert done.code == 0 and "hune.conf:3" in done.err, done


# ---- Ctrl-C ----

def test_interrupt_stops_all_and_tells_it(fleet):
    many = fleet(4)
    pids = many.agent.folder / "pids"
    with many.console.start("run", "all", "--gather", "--",
                            f"echo $$ >> {pids}; exec sleep 1000") as process:
        wait_for("four jobs", lambda: pids.exists() and len(pids.read_text().split()) == 4)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert b"stopping it everywhere" in err and b"4 of 4 machines failed" in err, err
    assert many.console.run("nodeset", "@last.killed").out == "web[1-4]\n"


@pytest.fixture
def silence():
    """Makes places whose queue is full: who connects there hears nothing."""
    sockets = []

    def make():
        sink = socket.socket()
        sink.bind(("127.0.0.1", 0))
        sink.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(sink.getsockname())
        sockets.extend([sink, *fillers])
        return sink.getsockname()[1]

    yield make
    for one in sockets:
        one.close()


def test_interrupt_while_connecting(fleet, silence):
    many = fleet(6)
    many.rows[:3] = [f"web{n},127.0.0.1,{silence()},,{many.id}" for n in (1, 2, 3)]
    many.save()
    pids = many.agent.folder / "pids"
    with many.console.start("run", "all", "--", f"echo $$ >> {pids}; exec sleep 1000") as process:
        wait_for("three jobs", lambda: pids.exists() and len(pids.read_text().split()) == 3)
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert time.monotonic() - begun < 4, "nobody waits for the time-out of a connection"
    assert b"(3 failed, 3 unreachable)" in err, err
    assert many.console.run("nodeset", "@last.unsent").out == "web[1-3]\n"


def test_interrupt_twice_leaves_the_jobs(fleet):
    many = fleet(3)
    pids = many.agent.folder / "pids"
    with many.console.start("run", "all", "--",
                            f"trap '' TERM; echo $$ >> {pids}; while :; do sleep 0.2; done") as process:
        wait_for("three jobs", lambda: pids.exists() and len(pids.read_text().split()) == 3)
        process.send_signal(signal.SIGINT)
        wait_for("the first answer", lambda: b"stopping" in process.stderr.peek())
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert b"jobs may go on running" in err, err
    run, = many.console.json("runs")
    assert run["machines"] == 3 and run["ok"] == 0 and "ended_ms" in run
    for pid in map(int, pids.read_text().split()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_interrupt_before_a_later_wave(fleet):
    many = fleet(6)
    pids = many.agent.folder / "pids"
    with many.console.start("run", "all", "--wave", "2", "--",
                            f"echo $$ >> {pids}; exec sleep 1000") as process:
        wait_for("two jobs", lambda: pids.exists() and len(pids.read_text().split()) == 2)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert b"(2 failed, 4 not asked)" in err, err
    assert len(pids.read_text().split()) == 2
    assert many.console.run("nodeset", "@last.unsent").out == "web[3-6]\n"


# ---- faults of the way ----

def test_dead_addresses_cost_the_others_nothing(fleet, silence):
    many = fleet(8)
    for n in (2, 5):
        many.rows[n - 1] = f"web{n},127.0.0.1,{silence()},,{many.id}"
    many.save()
    begun = time.monotonic()
    with many.console.start("run", "all", "--", "echo up") as process:
        for _ in range(6):
            assert b"up" in process.stdout.readline()
        living = time.monotonic() - begun
        process.wait(60)
    assert living < 4 and process.returncode == 255
    assert many.console.run("nodeset", "@last.unreachable").out == "web[2,5]\n"


def test_few_descriptors_are_enough_and_told(fleet):
    many = fleet(80)
    prefix = ["sh", "-c", 'ulimit -n 96; exec "$@"', "sh"]
    done = many.run("all", "--gather", "--", "echo fine", prefix=prefix, timeout=120)
    assert done.out == "web[1-80] (80):\nfine\n", done
    assert "64 machines at a time" in done.err, done


def behind(many, proxies, count):
    """Half of the machines are reached through the proxies."""
    for n in range(0, many.count, 2):
        port = proxies[n % len(proxies)].port
        many.rows[n] = f"web{n + 1},127.0.0.1,{port},,{many.id}"
    many.save()


@pytest.mark.timeout(900 if FULL else 120)
def test_half_of_the_machines_are_cut_off_and_come_back(fleet, proxy):
    count = 1000 if FULL else 40
    many = fleet(count, config="[jobs]\nrunning = 1024\n")
    way = proxy(many.agent.port)
    behind(many, [way], count)
    started, go = many.agent.folder / "started", many.agent.folder / "go"
    os.mkfifo(go)  # a thousand jobs that look for a file would be all the load there is
    go.chmod(0o666)
    with many.console.start("run", "all", "--gather", "--yes", "--",
                            f"echo before; echo x >> {started}; : < {go}; echo after") as process:
        wait_for("all jobs", lambda: started.exists() and len(started.read_text().split()) == count,
                 seconds=600 if FULL else 60)
        way.cut()
        go.open("w").close()
        out, err = process.communicate(timeout=300)
    assert (out, process.returncode) == (f"web[1-{count}] ({count}):\nbefore\nafter\n".encode(), 0), err
    assert len(started.read_text().split()) == count, "nothing ran twice"


def test_what_is_up_is_served_while_others_come_back(fleet, agent, proxy):
    """Many links that were lost and are tried again cost the one that stands nothing."""
    many = fleet(300 if FULL else 60)
    up = agent()
    assert many.console.run("join", up.invite(may="all"), "--name", "up").code == 0
    identity, = [machine["id"] for machine in many.console.json("list") if machine["name"] == "up"]
    way = proxy(many.agent.port)
    many.rows = [f"web{n},127.0.0.1,{way.port},,{many.id}" for n in range(1, many.count + 1)]
    many.rows.append(f"up,127.0.0.1,{up.port},,{identity}")
    many.save()
    with many.console.terminal() as terminal:
        terminal.expect("> ")
        terminal.line("use all")
        terminal.expect("> ")
        terminal.line("echo wa''rm")
        terminal.expect(rf"Run it on {many.count + 1} machines\?")
        terminal.line("y")
        terminal.expect(r"warm", seconds=60)
        terminal.expect("> ")
        way.refuse = True
        way.cut()
        terminal.line("use up")
        for n in range(3):
            terminal.line(f"echo he''re {n}")
            terminal.expect(f"here {n}")
        way.refuse = False
        terminal.line("use all")
        terminal.expect("web")
        terminal.line("echo ba''ck")
        terminal.expect(rf"Run it on {many.count + 1} machines\?")
        terminal.line("y")
        terminal.expect(rf"\({many.count + 1}\):\S*\s+back", seconds=90)
        terminal.line("quit")
        assert terminal.wait() == 0


def test_machines_that_stay_away_are_told_and_the_others_are_done(fleet, proxy):
    many = fleet(10)
    way = proxy(many.agent.port)
    behind(many, [way], 10)
    started, go = many.agent.folder / "started", many.agent.folder / "go"
    with many.console.start("run", "all", "--gather", "--deadline", "12s", "--",
                            f"echo x >> {started}; while ! test -e {go}; do sleep 0.1; done; "
                            "echo done") as process:
        wait_for("all jobs", lambda: started.exists() and len(started.read_text().split()) == 10)
        way.refuse = True
        way.cut()
        go.touch()
        out, err = process.communicate(timeout=60)
    assert b"web[2,4,6,8,10] (5):\ndone\n" in out, (out, err)
    assert b"--deadline" in err and b"5 of 10 machines failed" in err, err
    assert process.returncode == 255
    assert many.console.run("nodeset", "-c", "@last.ok").out == "5\n"


@pytest.mark.root
@pytest.mark.timeout(1200 if FULL else 120)
def test_an_endless_answer_is_cut_and_told(fleet, tmp_path):
    """What is too large for memory goes to disk, and what is too large for that is counted."""
    size = 10 << 30 if FULL else 200_000_000
    many = fleet(2)
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", disk], check=True)
    try:
        many.console.environment["XDG_DATA_HOME"] = str(disk)
        done = many.run("web1", "--gather", "--", f"head -c {size} /dev/zero | "
                        "openssl enc -aes-128-ctr -K 00 -iv 00 2>/dev/null || "
                        f"head -c {size} /dev/urandom", binary=True, timeout=1000 if FULL else 110)
        assert done.code == 0 and f"of {size} bytes)".encode() in done.out[-200:], done.out[-200:]
        assert b"could be held" in done.err, done.err
        assert 60 << 20 < len(done.out) < 130 << 20
    finally:
        subprocess.run(["umount", disk], check=True)


# ---- other tools' manners ----

def test_the_words_of_pdsh_and_clush(fleet):
    many = fleet(6)
    done = many.run("-w", "web[1-6]", "-x", "web[2-3]", "-f", "2", "-b", "-S", "--", "exit 3")
    assert done.code == 3 and "web[1,4-6] (4)" in done.out, done
    assert many.run("-x", "web[1-6]", "--", "true").code == 2
    assert many.run("-x", "web[2-6]", "-L", "--", "echo x").out == "web1: x\n"


def test_groups_of_other_tools(fleet, tmp_path):
    many = fleet(6)
    (tmp_path / "genders").write_text("web[1-3] www\nweb6 db,old=yes\n")
    groups = tmp_path / "clustershell/groups.d"
    groups.mkdir(parents=True)
    (groups / "local.cfg").write_text("front: web[1-2],@www\n")
    (many.console.config / "hune.conf").write_text(f"[groups]\ngenders = {tmp_path}/genders\n")
    many.console.environment["CLUSTERSHELL_CFGDIR"] = str(tmp_path / "clustershell")
    fold = lambda *words: many.console.run("nodeset", *words).out.strip()
    assert fold("@www") == "web[1-3]"
    assert fold("@old=yes") == "web6"
    assert fold("@front") == "web[1-3]"
    assert many.run("@front&!web1", "-b", "--", "echo x").out.startswith("web[2,3] (2)")
    wrong = many.run("@fron", "--", "true")
    assert wrong.code == 2 and "@fron" in wrong.err or "fron" in wrong.err, wrong


def test_nodeset(console):
    hune = console()
    run = lambda *words, **options: hune.run("nodeset", *words, **options)
    assert run("-f", "web3", "web1", "web2", "db1").out == "web[1-3],db1\n"
    assert run("-e", "web[08-11/3]", "-S", ",").out == "web08,web11\n"
    assert run("-c", "a[1-1000]", "a[500-1500]").out == "1500\n"
    assert run("-f", "a[1-9]", "-x", "a[2-8]").out == "a[1,9]\n"
    assert run(input="n1 n2\nn3\n").out == "n[1-3]\n"
    wrong = run("-e", "web[1-")
    assert wrong.code == 2 and wrong.out == "", wrong
    wrong = run("-c", "web[1-1000000000]")
    assert wrong.code == 2 and wrong.out == "", wrong
    names = [f"h{os.urandom(6).hex()}x" for _ in range(10000)]
    assert run("-c", input="\n".join(names)).out == "10000\n"


def test_a_mistyped_selector_shows_where(fleet):
    many = fleet(3)
    for bad, column in (("web[1-2,", None), ("web1,wbe2", 6), ("web[3-1]", None)):
        done = many.run(bad, "--", "true")
        assert done.code == 2 and done.err, done
