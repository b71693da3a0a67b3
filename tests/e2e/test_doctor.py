"""hune doctor: the way to a machine, step by step, and the first thing that fails explained."""

import pytest
from support import free_port

STEPS = ["resolve", "connect", "secure", "identity", "hello", "open", "rights", "clock", "job"]


def findings(operator, *words):
    done = operator.run("doctor", "--json", *words, timeout=60)
    return done, [(line["step"], line["ok"]) for line in done.lines]


def test_all_is_well(pair):
    machine = pair()
    done, steps = findings(machine.console, machine.name)
    assert done.code == 0, done
    assert steps == [(step, True) for step in STEPS]
    shown = machine.console.run("doctor", machine.name)
    assert shown.code == 0 and len(shown.out.splitlines()) >= len(STEPS), shown


@pytest.mark.parametrize("host, step", [("no-such-host.invalid", "resolve"), ("127.0.0.1", "connect")])
def test_stops_at_the_first_failure(pair, host, step):
    machine = pair()
    name = machine.name
    text = machine.console.machines.read_text()
    text = text.replace(str(machine.agent.port), str(free_port())).replace("127.0.0.1", host)
    machine.console.machines.write_text(text)
    done, steps = findings(machine.console, name)
    assert done.code == 255, done
    assert steps[-1] == (step, False)
    assert steps[:-1] == [(before, True) for before in STEPS[:STEPS.index(step)]]
    assert done.lines[-1]["text"] and done.lines[-1]["hint"]


def test_another_id(agent, console):
    first, second, operator = agent(), agent(), console()
    assert operator.run("join", first.invite()).code == 0
    name = operator.json("list")[0]["name"]
    text = operator.machines.read_text()
    operator.machines.write_text(text.replace(str(first.port), str(second.port)))
    done, steps = findings(operator, name)
    assert done.code == 255 and steps[-1] == ("identity", False), done
    last = done.lines[-1]
    assert last["pinned"] != last["seen"] and last["problem"] == "id-changed"


def test_a_key_that_is_unknown(pair):
    machine = pair()
    name = machine.name
    machine.agent.operators.write_text("")
    done, steps = findings(machine.console, name)
    assert done.code == 254 and steps[-1] == ("open", False), done
    assert done.lines[-1]["problem"] == "key-unknown"


def test_a_right_that_is_missing(pair):
    machine = pair(may="observe")
    done, steps = findings(machine.console, machine.name)
    assert done.code == 254 and steps[-1] == ("rights", False), done


def test_it_needs_a_machine(console):
    done = console().run("doctor", "nobody")
    assert done.code == 2, done
