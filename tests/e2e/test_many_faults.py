"""Many machines of which some are dead, cut off, silent, or say too much."""
import os
import subprocess
import time

import pytest
from support import wait_for


# 1,000 machines of which half are cut off, and an answer of 10 GiB, as in test_faults.py.
FULL = os.environ.get("HUNE_FAULTS") == "full"
# Of the agent that is many machines, behind a proxy; see conftest.spread_sources().
HOSTS = [f"127.0.{net}.{part + 1}" for net in range(16, 32) for part in (0, 64, 128, 192)]


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
    many = fleet(400 if FULL else 80)
    prefix = ["sh", "-c", 'ulimit -n 96; exec "$@"', "sh"]
    done = many.run("all", "--gather", "--", "echo fine", prefix=prefix, timeout=120)
    assert done.out == f"web[1-{many.count}] ({many.count}):\nfine\n", done
    assert "16 machines at a time" in done.err, done


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
    way = proxy(many.agent.port, hosts=HOSTS)
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
    way = proxy(many.agent.port, hosts=HOSTS)
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


@pytest.mark.long(12)
def test_machines_that_stay_away_are_told_and_the_others_are_done(fleet, proxy):
    many = fleet(10)
    way = proxy(many.agent.port)
    behind(many, [way], 10)
    started, go = many.agent.folder / "started", many.agent.folder / "go"
    with many.console.start("run", "all", "--gather", "--deadline", "12s", "--",
                            f"echo x >> {started}; while ! test -e {go}; do sleep 0.1; done; "
                            "echo done") as process:
        wait_for("all jobs", lambda: started.exists() and len(started.read_text().split()) == 10)
        time.sleep(1)  # the console hears that they run a moment later
        way.refuse = True
        way.cut()
        go.touch()
        out, err = process.communicate(timeout=60)
    assert b"web[2,4,6,8,10] (5):\ndone\n" in out, (out, err)
    assert b"--deadline" in err and b"5 of 10 machines failed" in err, err
    assert b"web[1,3,5,7,9] (5): left behind; it goes on running" in err, err
    assert process.returncode == 255
    assert many.console.run("nodeset", "-c", "@last.ok").out == "5\n"


@pytest.mark.skipif(not FULL, reason="takes a gigabyte of memory")
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("machines", ["web1", "all"])
def test_an_answer_for_scripts_is_cut_and_told(fleet, machines):
    size = 280_000_000
    done = fleet(2).run(machines, "--json", "--", f"head -c {size} /dev/zero | tr '\\0' x; echo err >&2",
                        timeout=1000)
    for row in done.lines:
        assert (len(row["out"]), row["out_size"]) == (256 << 20, size)
        assert row["err"] == "err\n" and "err_size" not in row


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
