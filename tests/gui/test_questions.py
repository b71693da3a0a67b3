"""What the window asks before it does what cannot be taken back: its words, in both languages; and that neither
Return nor Escape does it. And the file choosers.
"""
import gettext
import subprocess

import pytest
from atspi import FOCUSED
from conftest import BUILD
from gui import TIED, wait
from test_files import row, sides  # noqa: F401, a fixture
from test_machines import THREE, wait_names, write_list


class Words:
    """A language: what the window says for a sentence of its source."""

    def __init__(self, language):
        self.environment = {"LANG": "C.UTF-8", "LANGUAGE": language}
        self.catalogue = gettext.translation("hune", BUILD / "po", [language]) if language != "en" else \
            gettext.NullTranslations()

    def __call__(self, text):
        said = self.catalogue.gettext(text)
        assert said != text or not self.catalogue.info(), text  # it is translated
        return said

    def many(self, one, more, count):
        return self.catalogue.ngettext(one, more, count).replace("%u", str(count))


@pytest.fixture(params=["en", "fr"])
def words(request):
    return Words(request.param)


def is_asked_and_not_done(gui, words, ask, heading, body, yes, is_untouched):
    """`ask()` brings the question up; whoever does not press the button itself changes nothing."""
    for way in ("Escape", "Return", words("Cancel")):
        ask()
        dialog = gui.dialog()
        gui.find("label", heading, dialog)
        wait(body, lambda: any(body in node.name for node in gui.all("label", None, dialog)))
        buttons = [node.name.split(" ")[-1] for node in gui.all("button", None, dialog)]
        assert any(node.name.startswith((yes, f"{yes} {yes}")) for node in gui.all("button", None, dialog)), buttons
        if way == words("Cancel"):
            gui.press(way, dialog)
        else:
            gui.key(way)
        gui.no_dialog()
        is_untouched()


def begin(text):
    """Of a sentence with a figure in it, what is before."""
    return text.split("%")[0].strip("\n")


def open_page(gui, words, page):
    gui.point(gui.row("web1"), times=2)
    gui.click("page tab", words(page))


def no_job(console):
    def look():
        assert not console.json("jobs", "web1")
    return look


@pytest.fixture
def victim():
    """A busy process, so that it is high in the list; what stands beside it there is not ours to stop."""
    process = subprocess.Popen(TIED + ["sh", "-c", "while :; do :; done"])
    yield process
    process.kill()
    process.wait()


def test_a_process_is_stopped_by_the_button_alone(paired, words, console, victim):
    gui, _ = paired(environment=words.environment)
    open_page(gui, words, "Overview")
    table = gui.find("tree table", words("Processes"), skip=())

    def place():
        """Where its row is now; rows are exchanged at every sample."""
        body = next(n for n in table.children if n.role == "list")
        for at, line in enumerate(body.children):
            if any(label.name == str(victim.pid) for label in line.walk("label", None, ())):
                return body, at
        return None

    def ask():
        for _ in range(20):
            body, at = wait("the busy process", place, 60)
            body.select(at)
            gui.press(words("Stop the process…"))
            dialog = gui.dialog()
            if any(f" {victim.pid} " in node.name for node in gui.all("label", None, dialog)):
                return
            gui.press(words("Cancel"), dialog)
            gui.no_dialog()
        raise AssertionError("it was never the one that was selected")

    def untouched():
        assert victim.poll() is None
        no_job(console)()

    is_asked_and_not_done(gui, words, ask, words("Stop this process?"),
                          words("%s\n\nProcess %s of %s on %s is asked to end (SIGTERM).").split("%s")[1].strip(),
                          words("Stop the process"), untouched)


@pytest.mark.parametrize("word, heading, body, yes", [
    ("reset", "Start afresh?", "Let the agent on %s start afresh? Jobs go on running.", "Start afresh"),
    ("kill", "Stop the agent?", "Stop the agent on %s? It stays stopped until somebody starts it there; its jobs "
     "are stopped too.", "Stop the agent")])
def test_an_agent_is_stopped_by_the_button_alone(paired, words, word, heading, body, yes):
    gui, (agent,) = paired(environment=words.environment)
    gate = agent.gate_pid
    open_page(gui, words, "Command")

    def untouched():
        assert agent.process.poll() is None and agent.gate_pid == gate

    is_asked_and_not_done(gui, words, lambda: gui.press(word), words(heading), begin(words(body)), words(yes), untouched)


def test_a_line_that_destroys_runs_by_the_button_alone(paired, words, console):
    gui, _ = paired(2, environment=words.environment)
    wait("the rows", lambda: len(gui.rows()) == 2)
    gui.point(gui.row("web1"))
    gui.key("ctrl+a")
    field = gui.entry(words("Command for the selected machines"))
    is_asked_and_not_done(gui, words, lambda: gui.enter(field, "rm -f /nowhere/at/all"),
                          words.many("Run this on %u machine?", "Run this on %u machines?", 2),
                          words("%s\n\nThere is a word in it that destroys or stops things.").split("\n\n")[1],
                          words("Run"), no_job(console))


@pytest.mark.parametrize("to", ["there", "here"])
def test_a_file_is_replaced_by_the_button_alone(paired, sides, words, to):  # noqa: F811
    here, there = sides
    (here / "same").write_text("of here")
    (there / "same").write_text("of there")
    gui, _ = paired(environment=words.environment)
    open_page(gui, words, "Files")
    for entry, folder in ((words("Folder here"), here), (words("Folder on %s") % "web1", there)):
        gui.enter(gui.entry(entry), str(folder))
        wait(entry, lambda entry=entry, folder=folder: gui.entry(entry).text == str(folder))
    pane, button = (words("Files here"), words("Put there")) if to == "there" else \
        (words("Files on %s") % "web1", words("Get here"))
    gui.point(row(gui, pane, "same"))

    def untouched():
        assert (here / "same").read_text() == "of here" and (there / "same").read_text() == "of there"

    is_asked_and_not_done(gui, words, lambda: gui.press(button), words.many("Replace %u file?", "Replace %u files?", 1),
                          "\nsame", words("Replace"), untouched)


# ---- file choosers ----

def menu(gui, item):
    gui.find("button", "Main menu").children[0].do()
    gui.click("menu item", item)


def test_the_list_is_exported_by_a_chooser(window, console, tmp_path):
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    for path in (None, tmp_path / "exported.csv"):
        menu(gui, "Export CSV…")
        dialog = gui.dialog("Export the list of machines")
        name = wait("the name", lambda: next((n for n in dialog.walk("text", None, ()) if n.has(FOCUSED)), None))
        wait("what it is called", lambda: name.text == "machines.csv")
        if path:
            gui.key("ctrl+a")
            gui.type(str(path))
        gui.key("Return" if path else "Escape")
        gui.no_dialog()
    wait("the file", lambda: path.exists() and path.read_text() == console.machines.read_text())
    assert [found.name for found in tmp_path.iterdir() if found.suffix == ".csv"] == ["exported.csv"]


def test_a_list_is_imported_by_a_chooser(window, console, tmp_path):
    write_list(console, THREE)
    other = tmp_path / "other.csv"
    other.write_text("name,host,port\nnew1,192.0.2.9,10000\n")
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    menu(gui, "Import…")
    gui.dialog("Import a list of machines")
    gui.key("Escape")
    gui.no_dialog()
    menu(gui, "Import…")
    gui.dialog("Import a list of machines")
    gui.key("ctrl+l")
    gui.type(str(other))
    gui.key("Return")
    gui.press("Import", gui.dialog("Import a list"))
    gui.no_dialog()
    wait_names(gui, "web1", "web2", "db1", "new1")
