"""Invitations: one link, one paste, once."""
import json
import re
import time

import pytest
from support import user_name, wait_for


def operator_lines(agent):
    return [line for line in agent.operators.read_text().splitlines()
            if line and not line.startswith("#")]


def change_code(link):
    """The same link with another code."""
    code = re.search(r"code=([^&\s]+)", link)[1]
    return link.replace(code, "0000-0000-0000-0001" if code != "0000-0000-0000-0001" else "1" * 16)


def test_invite_and_join(agent, console):
    machine, operator = agent(), console()
    link = machine.invite()
    assert re.fullmatch(r"hune://[^/]+/\?id=SHA256:[A-Za-z0-9+/%]{43,}&code=(\w{4}-){3}\w{4}", link)
    assert f":{machine.port}/" in link
    joined = operator.run("join", link)
    assert joined.code == 0, joined
    listed = operator.json("list")
    assert len(listed) == 1
    assert (listed[0]["host"], listed[0]["port"]) == ("127.0.0.1", machine.port)
    done = operator.run("run", listed[0]["name"], "--", "echo", "hello")
    assert (done.out, done.code) == ("hello\n", 0), done


def test_the_code_itself_is_kept_nowhere(agent, console):
    machine, operator = agent(), console()
    link = machine.invite()
    code = re.search(r"code=([\w-]+)", link)[1]
    assert operator.run("join", link).code == 0
    for folder in (machine.folder, operator.home):
        for path in folder.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                assert code.encode() not in content and code.replace("-", "").encode() not in content


def test_wrong_code(agent, console):
    machine, operator = agent(), console()
    done = operator.run("join", change_code(machine.invite()))
    assert done.code == 254, done
    assert "invitation code is wrong, used or expired" in done.err
    assert "huned invite" in done.err
    assert not operator.machines.exists() or "127.0.0.1" not in operator.machines.read_text()
    assert not machine.operators.exists() or not operator_lines(machine)


def test_used_twice(agent, console):
    machine, first, second = agent(), console(), console()
    link = machine.invite()
    assert first.run("join", link).code == 0
    done = second.run("join", link)
    assert done.code == 254, done
    assert "wrong, used or expired" in done.err
    assert len(operator_lines(machine)) == 1


def test_expired(agent, console):
    machine, operator = agent(), console()
    link = machine.invite(None, None, "--for", "1s")
    time.sleep(1.5)
    done = operator.run("join", link)
    assert done.code == 254, done
    assert "expired" in done.err


def test_five_misses_end_it(agent, console):
    machine, operator = agent(), console()
    link = machine.invite()
    for _ in range(5):
        assert operator.run("join", change_code(link)).code == 254
    done = operator.run("join", link)
    assert done.code == 254, "the right code works after five misses"


def test_four_misses_do_not(agent, console):
    machine, operator = agent(), console()
    link = machine.invite()
    for _ in range(4):
        assert operator.run("join", change_code(link)).code == 254
    assert operator.run("join", link).code == 0


def test_another_id_in_the_link_is_refused_before_the_code_is_proved(agent, console):
    machine, other, operator = agent(), agent(), console()
    link = machine.invite()
    wrong = re.sub(r"id=[^&]+", re.search(r"id=[^&]+", other.invite())[0], link)
    done = operator.run("join", wrong)
    assert done.code in (254, 255), done
    assert "id" in done.err
    # The invitation was not touched by it.
    assert operator.run("join", link).code == 0


@pytest.mark.parametrize("link", ["hune://", "hune://127.0.0.1:1/", "https://example.org/",
                                  "hune://127.0.0.1:1/?id=SHA256:abc&code=0000", "nonsense", ""])
def test_what_is_no_link_is_told(console, link):
    done = console().run("join", link)
    assert done.code == 2, done
    assert done.err.strip()


@pytest.mark.parametrize("may", ["observe", "observe,run", "observe,run,control"])
def test_rights_come_from_the_invitation(agent, console, may):
    machine, operator = agent(), console()
    assert operator.run("join", machine.invite(may=may)).code == 0
    line, = operator_lines(machine)
    assert f'may="{may}"' in line
    assert operator.key.with_suffix(".pub").read_text().split()[1] in line
    name = operator.json("list")[0]["name"]
    done = operator.run("run", name, "--", "true")
    assert done.code == (0 if "run" in may else 254), done


def test_who_may_act_may_connect(agent, console):
    """Without `observe` a link would be good for nothing: it is granted, and told."""
    machine, operator = agent(), console()
    made = machine.run("invite", "--may", "run", "--json")
    assert made.code == 0 and "observe is granted too" in made.err, made
    told = json.loads(made.out)
    assert told["may"] == "observe,run"
    assert operator.run("join", told["link"], "--name", "m").code == 0
    assert operator.run("run", "m", "--", "echo works").out == "works\n"
    assert "granted too" not in machine.run("invite", "--may", "observe,run").err


@pytest.mark.root
def test_run_as_comes_from_the_invitation(agent, console):
    machine, operator = agent(), console()
    assert operator.run("join", machine.invite(may="observe,run", as_="nobody,daemon")).code == 0
    line, = operator_lines(machine)
    assert 'as="nobody,daemon"' in line
    done = operator.run("run", "--", "id", "-un")
    assert (done.out, done.code) == ("nobody\n", 0), done
    assert operator.run("run", "--as", "daemon", "--", "id", "-un").out == "daemon\n"
    refused = operator.run("run", "--as", "root", "--", "id", "-un")
    assert refused.code == 254 and refused.out == "", refused


def test_bad_invite_options(agent):
    machine = agent(start=False)
    for words in (["--may", "everything"], ["--for", "soon"], ["--may", "observe,,run"]):
        done = machine.run("invite", *words)
        assert done.code == 2, done
        assert words[1] in done.err or words[0].strip("-") in done.err


def test_invitations_outlive_a_restart(agent, console):
    """Within one boot: they lie in the run folder."""
    machine, operator = agent(), console()
    link = machine.invite()
    machine.stop()
    machine.start()
    assert operator.run("join", link).code == 0


def test_a_line_in_operators_is_enough(agent, console):
    """Without any invitation; and taking it out again is enough, too."""
    machine, operator = agent(), console()
    assert operator.run("id").code == 0
    public = operator.key.with_suffix(".pub").read_text()
    machine.operators.write_text(f'may="observe,run",as="{user_name()}" {public}')
    added = operator.run("add", f"127.0.0.1:{machine.port}", "--name", "m", "--accept-new")
    assert added.code == 0, added
    assert operator.run("run", "m", "--", "true").code == 0
    machine.operators.write_text("# nobody\n")
    wait_for("the line to count no more",
             lambda: operator.run("run", "m", "--", "true").code == 254)


def test_a_line_that_lets_nobody_connect_is_told(agent, console):
    machine, operator = agent(), console()
    assert operator.run("id").code == 0
    public = operator.key.with_suffix(".pub").read_text()
    machine.operators.write_text(f'# one\nmay="run" {public}')
    checked = machine.run("check")
    assert checked.code == 0 and re.search("line 2 lacks observe", checked.err), checked
    assert operator.run("add", f"127.0.0.1:{machine.port}", "--name", "m", "--accept-new").code == 254
    assert "line 2 lacks observe" in machine.log()


def test_a_bad_line_is_logged_with_its_number_and_grants_nothing(agent, console):
    machine, operator = agent(), console()
    assert operator.run("id").code == 0
    public = operator.key.with_suffix(".pub").read_text()
    machine.operators.write_text(f'# one\nmay="run,nonsense" {public}')
    done = operator.run("add", f"127.0.0.1:{machine.port}", "--name", "m", "--accept-new")
    assert done.code == 254 and "does not know your key" in done.err, done
    assert re.search(r"operators\D*2", machine.log())
