"""huned's own mistakes: its configuration, its address, its folder."""
import os
import re
import socket
import subprocess

import pytest
from support import free_port


def failing(machine, *arguments):
    """Starts the agent, which must give up; returns what it said."""
    done = machine.run(*arguments, timeout=30)
    assert done.code not in (0, 99), done
    return done.err


@pytest.mark.parametrize("text, line, word", [
    ("[agent]\nnonsense = 1\n", 2, "nonsense"),
    ("[agent]\nname = web1\n\n[nonsense]\nkey = 1\n", 5, "nonsense"),
    ("[agent]\nlisten = nowhere\n", 2, "nowhere"),
    ("[agent]\nlisten = 127.0.0.1:0\n", 2, "127.0.0.1:0"),
    ("[agent]\nlisten = 127.0.0.1:65536\n", 2, "65536"),
    ("# comment\n[jobs]\nkeep = for ever\n", 3, "for ever"),
    ("[jobs]\nmemory = -5\n", 2, "-5"),
    ("[jobs]\nrunning = 0\n", 2, "running"),
    ("[log]\nlevel = loud\n", 2, "loud"),
    ("[agent]\nthis is no line\n", 2, ""),
])
def test_a_bad_line_is_named_with_its_number(agent, text, line, word):
    machine = agent(start=False, config=text)
    for arguments in (["--listen", f"127.0.0.1:{machine.port}"], ["check"]):
        said = machine.run(*arguments)
        assert said.code != 0, said
        both = said.out + said.err
        assert word in both and re.search(rf"huned\.conf\D{{0,10}}{line}\b", both), said


def test_check_says_that_all_is_well(agent):
    machine = agent(start=False, config="[agent]\nname = web1\n[log]\nlevel = debug\n")
    assert machine.run("check").code == 0


@pytest.mark.parametrize("level, gate_speaks", [("warning", False), ("info", True)])
def test_the_log_level_holds_for_both_processes(agent, console, level, gate_speaks):
    machine, operator = agent(config=f"[log]\nlevel = {level}\n"), console()
    assert operator.run("join", machine.invite(may="all")).code == 0
    assert operator.run("run", "all", "--", "true").code == 0
    assert ("huned-gate: session:" in machine.log()) == gate_speaks


def test_check_names_a_bad_line_of_operators(agent):
    machine = agent(start=False)
    machine.operators.write_text("# fine\nmay=\"nonsense\" ssh-ed25519 AAAA x\n")
    done = machine.run("check")
    assert re.search(r"operators\D{0,10}2", done.out + done.err), done


def test_operators_are_listed(agent, console):
    machine, operator = agent(), console()
    assert operator.run("join", machine.invite(may="observe,run")).code == 0
    done = machine.run("operators")
    assert done.code == 0, done
    shown = subprocess.run(["ssh-keygen", "-lf", operator.key], capture_output=True, text=True)
    assert shown.stdout.split()[1] in done.out and "run" in done.out


def test_address_in_use_names_port_and_setting(agent):
    machine = agent(start=False)
    with socket.create_server(("127.0.0.1", machine.port)):
        said = failing(machine, "--listen", f"127.0.0.1:{machine.port}")
    assert str(machine.port) in said and "listen" in said
    assert "in use" in said


def test_address_that_is_not_here(agent):
    said = failing(agent(start=False), "--listen", f"192.0.2.1:{free_port()}")
    assert "192.0.2.1" in said


@pytest.mark.parametrize("words", [["--nonsense"], ["nonsense"], ["--listen"],
                                   ["--listen", "nonsense"], ["invite", "--nonsense"]])
def test_wrong_usage(agent, words):
    done = agent(start=False).run(*words)
    assert done.code == 2 and done.err, done


def test_two_agents_in_one_folder(agent):
    machine = agent()
    done = machine.run("--listen", f"127.0.0.1:{free_port()}")
    assert done.code not in (0, 99), done
    assert done.err


def test_the_name_is_what_the_console_shows(agent, console):
    machine, operator = agent(config="[agent]\nname = mast-top\n"), console()
    assert operator.run("join", machine.invite()).code == 0
    assert operator.json("list")[0]["name"] == "mast-top"


def test_advertised_address_is_in_the_link(agent):
    machine = agent(config="[agent]\nadvertise = web1.example.org:4711\n")
    assert machine.invite().startswith("hune://web1.example.org:4711/")


def test_files_are_for_the_owner_only(agent, console):
    machine, operator = agent(), console()
    assert operator.run("join", machine.invite()).code == 0
    for folder in ("state", "run"):
        assert (machine.folder / folder).stat().st_mode & 0o077 == 0
    assert (machine.folder / "state/machine.key").stat().st_mode & 0o077 == 0
    assert operator.key.stat().st_mode & 0o077 == 0


def test_machine_key_stays(agent, console):
    """Across restarts the machine is the same; with another folder it is another."""
    machine = agent()
    identity = re.search(r"id=([^&]+)", machine.invite())[1]
    machine.stop()
    machine.start()
    assert re.search(r"id=([^&]+)", machine.invite())[1] == identity
    assert re.search(r"id=([^&]+)", agent().invite())[1] != identity


def test_damaged_machine_key_is_told_not_replaced(agent):
    machine = agent()
    machine.stop()
    key = machine.folder / "state/machine.key"
    key.write_bytes(b"damaged")
    said = failing(machine, "--listen", f"127.0.0.1:{machine.port}")
    assert "key" in said and str(key.parent) in said
    assert key.read_bytes() == b"damaged"


def test_service_manager_is_told(agent, tmp_path):
    """sd_notify without libsystemd: READY=1 when the port is open."""
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(30)
        machine = agent(environment={"NOTIFY_SOCKET": path})
        said = manager.recv(4096).decode()
        while "READY=1" not in said:
            said += manager.recv(4096).decode()
        machine.stop()


def test_state_folder_that_cannot_be_made(agent, tmp_path):
    machine = agent(start=False)
    blocked = tmp_path / "file"
    blocked.write_text("")
    machine.folder = blocked / "below"
    said = failing(machine, "--listen", f"127.0.0.1:{machine.port}")
    assert "below" in said


def test_gate_does_what_the_sandbox_allows(pair):
    """The gate has its own user (as root), no new privileges, a filter; and the log says what lacks."""
    machine = pair()
    status = open(f"/proc/{machine.agent.gate_pid}/status").read()
    assert re.search(r"NoNewPrivs:\s*1", status)
    assert re.search(r"Seccomp:\s*2", status) or "seccomp" in machine.agent.log().lower()
    capabilities = set(re.findall(r"Cap(?:Prm|Eff|Inh|Amb):\s*(\w+)", status))
    assert capabilities == {"0" * 16}
    if os.geteuid() == 0:
        assert not re.search(r"Uid:.*\b0\b", status), status
