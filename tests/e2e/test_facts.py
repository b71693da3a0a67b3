"""Every fact equals what the machine says itself."""
import copy
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess

import pytest
from support import children, wait_for

FACTS = ["name", "os", "ip", "ram", "cpu", "disk", "net", "uptime", "users", "processes", "services"]


def fact(pair, word):
    answer, = pair.console.json("ask", word)
    return answer[word]


def meminfo():
    return {line.split(":")[0]: int(line.split()[1]) * 1024
            for line in pathlib.Path("/proc/meminfo").read_text().splitlines()
            if line.endswith("kB")}


def values(thing):
    """Every plain value in a JSON document."""
    if isinstance(thing, dict):
        return [value for item in thing.values() for value in values(item)]
    if isinstance(thing, list):
        return [value for item in thing for value in values(item)]
    return [thing]


def test_all_facts_are_there(pair):
    machine = pair()
    answer, = machine.console.json("ask", "all")
    assert [word for word in FACTS if word not in answer] == []
    told = machine.raw("--get", "/v1/facts")
    assert set(told.body) == set(FACTS)


def test_each_fact_has_a_path_of_its_own(pair):
    machine = pair()
    for word in FACTS:
        answer = machine.raw("--get", f"/v1/facts/{word}")
        assert answer.status == 200 and isinstance(answer.body, dict), (word, answer)
    assert machine.raw("--get", "/v1/facts/nonsense").status == 404


def test_name(pair):
    assert socket.gethostname() in values(fact(pair(), "name"))


def test_os(pair):
    told = values(fact(pair(), "os"))
    release = dict(re.findall(r'^(\w+)="?([^"\n]*)', pathlib.Path("/etc/os-release").read_text(),
                              re.M))
    assert release["PRETTY_NAME"] in told
    assert os.uname().release in told
    assert os.uname().machine in told


def test_ram(pair):
    told = values(fact(pair(), "ram"))
    memory = meminfo()
    assert memory["MemTotal"] in told
    assert any(isinstance(value, int) and abs(value - memory["MemAvailable"]) < 1 << 30
               for value in told)


def test_cpu(pair):
    told = values(fact(pair(), "cpu"))
    info = pathlib.Path("/proc/cpuinfo").read_text()
    assert os.cpu_count() in told
    if model := re.search(r"^model name\s*: (.*)$", info, re.M):
        assert any(isinstance(value, str) and value.split() == model[1].split() for value in told)


def test_disk(pair):
    told = fact(pair(), "disk")
    root = os.statvfs("/")
    df = subprocess.run(["df", "-B1", "--output=size", "/"], capture_output=True, text=True)
    size = int(df.stdout.split()[-1])
    assert size == root.f_blocks * root.f_frsize
    assert size in values(told) and "/" in values(told)


def percents():
    """How full each file system is, by df: {place: percent}."""
    told = subprocess.run(["df", "--output=pcent,target"], capture_output=True, text=True).stdout
    return {place: int(percent.rstrip("%")) for percent, place in
            (line.split(None, 1) for line in told.splitlines()[1:]) if percent != "-"}


def test_how_full_disks_are_is_what_df_tells(pair):
    machine = pair()

    def look():
        """What facts, vitals and `hune ask` tell, and df."""
        facts = {mount["target"]: mount["full"] for mount in fact(machine, "disk")["mounts"] if "full" in mount}
        sample = machine.raw("--get", "/v1/vitals").body
        shown = machine.console.run("ask", "disk", machine.name).out
        df = percents()
        return [facts, {place: sample.get(f'disk.full{{mount="{place}"}}') for place in facts},
                {place: int(re.search(rf"^\s*{re.escape(place)}\s.* (\d+) %", shown, re.M)[1]) for place in facts},
                {place: df[place] for place in facts}], sample["disk.full"]

    for _ in range(5):  # somebody may write between two looks
        told, fullest = look()
        if all(one == told[0] for one in told):
            break
    assert "/" in told[0]
    assert told[0] == told[1] == told[2] == told[3]
    assert fullest == max(told[0].values())


def test_ip(pair):
    told = json.dumps(fact(pair(), "ip"))
    shown = json.loads(subprocess.run(["ip", "-json", "address"], capture_output=True, text=True,
                                      check=True).stdout)
    for interface in shown:
        if interface["ifname"] == "lo" or "UP" not in interface["flags"]:
            continue
        for address in interface.get("addr_info", []):
            if not address.get("temporary") and not address.get("tentative"):
                assert address["local"] in told, interface["ifname"]


def test_net(pair):
    told = json.dumps(fact(pair(), "net"))
    for interface in os.listdir("/sys/class/net"):
        path = pathlib.Path("/sys/class/net") / interface
        if interface == "lo" or not (path / "operstate").exists():
            continue
        if (path / "operstate").read_text().strip() == "up":
            assert f'"{interface}"' in told
            assert (path / "address").read_text().strip() in told


def test_uptime(pair):
    machine = pair()
    before = float(pathlib.Path("/proc/uptime").read_text().split()[0])
    told = values(fact(machine, "uptime"))
    after = float(pathlib.Path("/proc/uptime").read_text().split()[0])
    assert any(isinstance(value, (int, float)) and before - 2 <= value <= after + 2
               for value in told), told


def test_processes(pair):
    machine = pair()
    told = [value for value in values(fact(machine, "processes"))
            if isinstance(value, int) and not isinstance(value, bool)]
    counted = len([name for name in os.listdir("/proc") if name.isdigit()])
    assert any(abs(value - counted) <= 60 for value in told), (told, counted)


@pytest.mark.root
@pytest.mark.release
def test_files_of_the_system_that_are_replaced(pair, binaries, tmp_path):
    """A user is added, the system is upgraded: the sandbox knows the old files, and is lent the new ones."""
    etc = tmp_path / "etc"
    shutil.copytree("/etc", etc, symlinks=True)
    wrapper = tmp_path / "inside"
    wrapper.write_text(f"#!/bin/sh\nset -e; mount --make-rprivate /; mount --bind {etc} /etc\n"
                       f'exec {binaries.huned} "$@"\n')
    inside = copy.copy(binaries)
    inside.huned = tmp_path / "huned"
    inside.huned.write_text(f'#!/bin/sh\nexec unshare --mount {wrapper} "$@"\n')
    for program in (wrapper, inside.huned):
        program.chmod(0o755)
    machine = pair(binaries=inside)

    def replace(name, text, mode=0o644):
        new = etc / "new"
        new.write_text(text)
        new.chmod(mode)
        new.rename(etc / name)

    before = (etc / "passwd").read_text()
    assert "root" in values(fact(machine, "processes"))
    replace("passwd", before.replace("root:", "queen:", 1))
    wait_for("the new name", lambda: "queen" in values(fact(machine, "processes")))
    assert "root" not in values(fact(machine, "processes"))
    replace("os-release", 'ID=hune\nPRETTY_NAME="Quite another system"\n')
    wait_for("the other system", lambda: "Quite another system" in values(fact(machine, "os")))
    # What is not for everybody is not for the gate either: it keeps what it has.
    replace("passwd", before.replace("root:", "king:", 1), mode=0o600)
    replace("hostname", socket.gethostname() + ".example.org\n")
    wait_for("the long name", lambda: socket.gethostname() + ".example.org" in values(fact(machine, "name")))
    assert "queen" in values(fact(machine, "processes"))


def test_services_are_told_or_left_out(pair):
    told = fact(pair(), "services")
    if shutil.which("systemctl") and pathlib.Path("/run/systemd/system").is_dir():
        units = subprocess.run(["systemctl", "list-units", "--type=service", "--state=running",
                                "--plain", "--no-legend"], capture_output=True, text=True).stdout
        names = [line.split()[0] for line in units.splitlines()]
        text = json.dumps(told)
        assert all(name.removesuffix(".service") in text for name in names)
    else:
        assert isinstance(told, dict)


def test_facts_need_no_right_but_observe(pair):
    machine = pair(may="observe")
    assert machine.console.run("ask", "os").code == 0


def test_a_word_that_is_no_fact(pair):
    done = pair().console.run("ask", "rma")
    assert done.code == 2 and "not a fact" in done.err, done
    assert "Did you mean ram?" in done.err


def test_asking_starts_no_process(pair):
    """Facts come from /proc and /sys: the gate must not be able to start anything."""
    machine = pair()
    before = set(children(machine.agent.pid)) | set(children(machine.agent.gate_pid))
    assert machine.console.run("ask", "all").code == 0
    assert set(children(machine.agent.pid)) | set(children(machine.agent.gate_pid)) == before
