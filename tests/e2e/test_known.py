"""Machines that were seen before are met by a ticket: faster, and no less sure of whom one meets."""
import sqlite3
import stat

import pytest
from support import wait_for


@pytest.fixture
def machine(pair):
    return pair()


def say(machine, word):
    """A run as on many machines: those are remembered."""
    done = machine.shell(f"echo {word}", "--gather")
    assert done.code == 0 and done.out.splitlines()[-1] == word, done


def database(machine):
    return machine.console.home / ".local/share/hune/hune.db"


def tickets(machine):
    with sqlite3.connect(database(machine)) as store:
        return store.execute("SELECT ticket FROM tickets").fetchall()


def known(machine):
    """How many connections were opened, and how many of them by a ticket."""
    opened = [line for line in machine.agent.log().splitlines() if " opened by " in line]
    return len(opened), sum(line.endswith(", known") for line in opened)


def test_the_second_time(machine):
    for times in range(1, 4):
        say(machine, "hello")
        wait_for("the log", lambda: known(machine)[0] == times)
        assert known(machine)[1] == times - 1
    assert len(tickets(machine)) == 1  # one that is good is not renewed


def test_nobody_else_reads_the_tickets(machine):
    say(machine, "first")
    assert tickets(machine)
    for path in database(machine).parent.glob("hune.db*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(database(machine).parent.stat().st_mode) == 0o700


def test_a_new_gate_knows_no_ticket_of_the_old_one(machine):
    say(machine, "first")
    before = tickets(machine)
    assert machine.console.run("reset", machine.name, "--yes").code == 0
    say(machine, "again")
    say(machine, "and-again")
    assert tickets(machine) != before
    assert known(machine)[1] == 1


def test_another_machine_in_its_place_is_seen(machine, agent):
    say(machine, "first")
    assert tickets(machine)
    machine.agent.stop()
    other = agent(port=machine.agent.port)
    refused = machine.shell("echo here", "--gather")
    assert refused.code == 255 and "here" not in refused.out, refused
    assert "SHA256:" in refused.err and "id" in refused.err
    other.stop()
    machine.agent.start()
    say(machine, "back")


@pytest.mark.parametrize("damage", ["cut", "nonsense", "flipped"])
def test_a_ticket_that_is_no_good_costs_nothing(machine, damage):
    say(machine, "first")
    (ticket,), = tickets(machine)
    bad = {"cut": ticket[:50], "nonsense": b"nonsense",
           "flipped": ticket.replace(ticket[30:40], bytes(b ^ 1 for b in ticket[30:40]))}[damage]
    with sqlite3.connect(database(machine)) as store:
        store.execute("UPDATE tickets SET ticket = ?", (bad,))
    say(machine, "hello")
    say(machine, "hello")
    assert known(machine)[1] >= 1


def test_an_expired_ticket_is_forgotten(machine):
    say(machine, "first")
    with sqlite3.connect(database(machine)) as store:
        store.execute("UPDATE tickets SET until_s = 1")
    say(machine, "hello")
    assert known(machine) == (2, 0)
    assert len(tickets(machine)) == 1
