"""The interactive prompt, on a terminal, as a person uses it."""
import os
import re
import socket

import pytest
from support import is_alive, wait_for


@pytest.fixture
def machine(pair):
    return pair()


def opened(machine):
    """A prompt that is ready for its first line."""
    return machine.console.terminal()


def ready(terminal, machine):
    terminal.expect(machine.name[:8])


def test_commands_go_to_the_machines_shell(machine):
    with opened(machine) as terminal:
        ready(terminal, machine)
        terminal.line("echo $((6 * 7))x")
        terminal.expect(r"42x")
        terminal.line("exit 3")
        terminal.expect("3")


@pytest.mark.parametrize("word", ["os", "ram", "ip", "name", "cpu", "disk", "uptime"])
def test_a_bare_fact_word_asks(machine, word):
    shown = machine.console.run("ask", word).out.split()
    with opened(machine) as terminal:
        ready(terminal, machine)
        terminal.line(word)
        terminal.expect(rf"(?s){word}\r.*?{word}.*?" + (r"\d" if word == "uptime" else re.escape(shown[1])))


def test_output_is_live(machine, tmp_path):
    fifo = tmp_path / "go"
    os.mkfifo(fifo)
    fifo.chmod(0o666)
    with opened(machine) as terminal:
        ready(terminal, machine)
        terminal.line(f"echo fir''st; cat {fifo}; echo la''st")
        terminal.expect("first")
        fifo.write_text("go")
        terminal.expect("last")


def test_connections_stay_warm(machine):
    with opened(machine) as terminal:
        ready(terminal, machine)
        for n in range(5):
            terminal.line(f"echo answer $(({n} + 100))")
            terminal.expect(f"answer {n + 100}")
        opens = [line for line in machine.agent.log().splitlines() if "opened" in line.lower()]
        assert len(opens) <= 3, "\n".join(opens)


def test_disconnect(machine):
    with opened(machine) as terminal:
        ready(terminal, machine)
        terminal.line("echo be''fore")
        terminal.expect("before")
        terminal.line("disconnect")
        terminal.expect("isconnected|onnection")
        terminal.line("echo af''ter")
        terminal.expect("after")


def test_reset(machine):
    gate = machine.agent.gate_pid
    with opened(machine) as terminal:
        ready(terminal, machine)
        terminal.line("echo be''fore")
        terminal.expect("before")
        terminal.line("reset")
        confirm(terminal)
        wait_for("the old gate's end", lambda: not is_alive(gate))
        terminal.line("echo af''ter")
        terminal.expect("after")


def confirm(terminal):
    """Answers yes to the question that reset and kill ask."""
    terminal.expect(r"\[y/N\]")
    terminal.line("y")


def test_kill(machine):
    with opened(machine) as terminal:
        ready(terminal, machine)
        terminal.line("kill")
        confirm(terminal)
        assert machine.agent.wait_ended() == 0
        with socket.create_server(("127.0.0.1", machine.agent.port)):
            pass
        terminal.line("echo hello")
        terminal.expect("Nobody listens there")
        assert is_alive(terminal.pid), "the console lives on"


def test_interrupt_stops_the_command_not_the_console(machine):
    with opened(machine) as terminal:
        ready(terminal, machine)
        terminal.line("echo sta''rted; sleep 1000")
        terminal.expect("started")
        terminal.type("\x03")
        wait_for("the job's end",
                 lambda: all(job["state"] != "running" for job in machine.jobs()))
        terminal.line("echo still he''re")
        terminal.expect("still here")


@pytest.mark.parametrize("end", ["exit\r", "quit\r", "\x04"])
def test_it_ends(machine, end):
    with opened(machine) as terminal:
        ready(terminal, machine)
        terminal.line("echo re''ady")
        terminal.expect("ready")
        terminal.read(0.3)
        terminal.type(end)
        assert terminal.wait() == 0


def test_history_is_kept(machine):
    for again in (False, True):
        with opened(machine) as terminal:
            ready(terminal, machine)
            if not again:
                terminal.line("echo remember $((500 + 55))")
            else:
                terminal.read(0.5)
                terminal.type("\x1b[A\r")
            terminal.expect("remember 555")
            terminal.read(0.3)
            terminal.type("\x04")
            assert terminal.wait() == 0


def test_escapes_in_output_are_shown_not_obeyed(machine):
    with opened(machine) as terminal:
        ready(terminal, machine)
        terminal.line(r"printf '\033]0;ow''ned\007'; echo; echo do''ne")
        terminal.expect("done")
        assert "\x1b]0;owned" not in terminal.text


def test_commands_from_a_pipe(machine):
    done = machine.console.run(input="echo one\necho two\n")
    assert "one" in done.out and "two" in done.out, done


def test_many_commands_share_one_connection(machine):
    """More than the limits of reset streams and open streams would let through."""
    done = machine.console.run(input="echo line\n" * 300, timeout=120)
    assert done.out.count("line\n") == 300, done
    assert machine.agent.log().count(" opened by ") == 1


def test_files_are_moved(machine, tmp_path):
    """With the names of a person's files, and with the chosen machine where none is named."""
    (tmp_path / "with a space").write_text("one")
    (tmp_path / "there").mkdir(mode=0o777)
    (tmp_path / "there").chmod(0o777)
    with opened(machine) as terminal:
        ready(terminal, machine)
        terminal.line(f"put '{tmp_path}/with a space' {machine.name}:{tmp_path}/there/two")
        wait_for("what was put", lambda: (tmp_path / "there/two").exists())
        terminal.line(f"get :{tmp_path}/there/two {tmp_path}/th\\ree")
        wait_for("what was got", lambda: (tmp_path / "three").exists())
        terminal.line("get 'unclosed")
        terminal.expect("quotation mark has no end")
        terminal.line(f"get :{tmp_path}/nothing {tmp_path}")
        terminal.expect("No such file")
        # What was asked of one line does not stay for the next.
        terminal.line(f"get --json :{tmp_path}/there/two {tmp_path}/four")
        terminal.expect('"whole":')
        terminal.line("echo pl''ain")
        terminal.expect("plain")
    assert (tmp_path / "there/two").read_text() == (tmp_path / "three").read_text() == "one"
