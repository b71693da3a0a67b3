"""Adding machines in the dialog."""
import contextlib
import json
import re
import socket
import threading

import pytest
from atspi import SENSITIVE
from gui import wait
from support import free_port


def open_dialog(gui):
    gui.click("button", "Add a machine")
    return gui.dialog("Add a machine")


@pytest.mark.parametrize("text, sentence", [
    ("abc", "is not a number"),
    ("70000", "1 to 65535"),
    ("0", "1 to 65535"),
    ("", "A port is needed"),
    ("-1", "number"),
])
def test_a_bad_port_is_told_in_words(window, text, sentence):
    gui = window()
    dialog = open_dialog(gui)
    gui.entry("Host name or address", dialog).text = "web1"
    connect = gui.find("button", "Connect", dialog)
    wait("a sensitive button", lambda: connect.has(SENSITIVE))
    port = gui.entry("Port", dialog)
    port.text = text
    gui.label(sentence, dialog)
    wait("an insensitive button", lambda: not connect.has(SENSITIVE))
    port.text = "2222"
    wait("a sensitive button again", lambda: connect.has(SENSITIVE))


def test_a_bad_host_is_told_in_words(window):
    gui = window()
    dialog = open_dialog(gui)
    connect = gui.find("button", "Connect", dialog)
    assert not connect.has(SENSITIVE)
    gui.entry("Host name or address", dialog).text = "we b1"
    gui.label("host", dialog)
    assert not connect.has(SENSITIVE)


def test_join_by_link(agent, console, window):
    gui = window()
    machine = agent()
    dialog = open_dialog(gui)
    gui.entry("Invitation link", dialog).text = machine.invite(may="all")
    gui.entry("Name in the list (default: what it calls itself)", dialog).text = "web1"
    gui.entry("Tags, separated by commas", dialog).text = "web,prod"
    gui.press("Join", dialog)
    gui.no_dialog()
    gui.label("“web1” was added")
    gui.find("page tab", "Overview")
    listed, = console.json("list")
    assert listed["name"] == "web1" and listed["tags"] == ["web", "prod"]
    assert console.run("ask", "os", "web1").code == 0  # the command line knows it too


def test_a_link_that_was_used(agent, console, window):
    machine = agent()
    link = machine.invite(may="all")
    assert console.run("join", link, "--name", "web1").code == 0
    gui = window()
    dialog = open_dialog(gui)
    gui.entry("Invitation link", dialog).text = link
    gui.press("Join", dialog)
    gui.label("invitation code is wrong, used or expired", dialog)
    gui.label("Make a new one on the machine: huned invite", dialog)
    gui.press("Back", dialog)
    gui.entry("Invitation link", dialog)


def test_nonsense_for_a_link(window):
    gui = window()
    dialog = open_dialog(gui)
    gui.entry("Invitation link", dialog).text = "hune://nonsense"
    gui.label("This is not an invitation link", dialog)
    assert not gui.find("button", "Join", dialog).has(SENSITIVE)


def test_by_address_shows_who_answers_and_asks(agent, console, window):
    gui = window()
    machine = agent()
    dialog = open_dialog(gui)
    gui.entry("Host name or address", dialog).text = "127.0.0.1"
    gui.entry("Port", dialog).text = str(machine.port)
    gui.entry("Name in the list (default: what it calls itself)", dialog).text = "web1"
    gui.press("Connect", dialog)
    gui.label("Compare the id with what", dialog)
    gui.label("^SHA256:", dialog)
    gui.label("does not know your key", dialog)
    gui.press("Add", dialog)
    gui.no_dialog()
    listed, = console.json("list")
    assert listed["id"].startswith("SHA256:")
    gui.label("^Refused$")


def test_nobody_listens(window):
    gui = window()
    dialog = open_dialog(gui)
    gui.entry("Host name or address", dialog).text = "127.0.0.1"
    gui.entry("Port", dialog).text = str(free_port())
    gui.press("Connect", dialog)
    gui.label("Nobody listens", dialog)
    gui.label("Check the port, and that huned runs on the machine", dialog)
    way = gui.find("list", "The way to the machine", dialog)
    wait("the steps", lambda: [row.name for row in way.children] == [
        "The name resolves: ok", "Something listens there: failed"])


@contextlib.contextmanager
def listener(answer):
    """Somebody who takes connections, and says the same to each; None: nothing at all."""
    server = socket.create_server(("127.0.0.1", 0))
    held = []

    def serve():
        with contextlib.suppress(OSError):
            while True:
                held.append(server.accept()[0])
                if answer:
                    held[-1].recv(64)
                    held[-1].sendall(answer)
                    held[-1].close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    for connection in held:
        connection.close()


WEB = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"


def plain(text):
    return re.sub(r"[\s.]+", " ", text).lower().strip()


@pytest.mark.long(8)
@pytest.mark.parametrize("case", ["refused", "name", "silent", "web", "id"])
def test_what_went_wrong_is_told_as_by_the_doctor(agent, console, window, case):
    """The same sentence and the same advice as `hune doctor` has for the same way."""
    other = agent() if case == "id" else None
    with contextlib.ExitStack() as stack:
        host = "no-such-host.invalid" if case == "name" else "127.0.0.1"
        port = (free_port() if case in ("refused", "name") else other.port if other else
                stack.enter_context(listener({"silent": None, "web": WEB}[case])))
        pinned = "SHA256:" + "A" * 42 + "E"
        console.config.mkdir(parents=True, exist_ok=True)
        console.machines.write_text(f"name,host,port,id\nx1,{host},{port},{pinned}\n")
        done = console.run("doctor", "--json", "x1", timeout=90)
        told = [json.loads(line) for line in done.out.splitlines()][-1]
        assert not told["ok"], told
        gui = window()
        dialog = open_dialog(gui)
        if case == "id":
            link = other.invite()
            gui.entry("Invitation link", dialog).text = re.sub(r"id=[^&]+", f"id={pinned}", link)
            gui.press("Join", dialog)
        else:
            gui.entry("Host name or address", dialog).text = host
            gui.entry("Port", dialog).text = str(port)
            gui.press("Connect", dialog)
        way = gui.find("list", "The way to the machine", dialog, seconds=90)
        wait("the end of the way", lambda: way.children and way.children[-1].name.endswith(": failed"), 90)

        def words(nodes):
            """Where ids are told, the window gives each a line of its own."""
            return plain(" ".join(n.name for n in nodes))

        steps = list(way.walk("label", None, ()))
        above = [n for n in dialog.walk("label", None, ()) if n not in steps]
        for text in (told["text"], told["hint"]):
            assert text and plain(text) in words(steps), (text, words(steps))
            assert plain(text) in words(above), (text, words(above))


def test_cancel_while_it_connects(window):
    gui = window()
    dialog = open_dialog(gui)
    gui.entry("Host name or address", dialog).text = "192.0.2.1"
    gui.press("Connect", dialog)
    gui.press("Cancel", dialog)
    gui.no_dialog()


def test_the_link_can_be_pasted_at_once(window):
    gui = window()
    gui.key("ctrl+n")
    dialog = gui.dialog("Add a machine")
    link = gui.entry("Invitation link", dialog)
    gui.to_front()
    gui.type("hune:")
    wait("what was typed", lambda: link.text == "hune:")


def test_escape_closes(window):
    gui = window()
    open_dialog(gui)
    gui.key("Escape")
    gui.no_dialog()
