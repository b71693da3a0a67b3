"""The Files tab: two folders side by side, files on their way between them."""
import os
import pathlib
import pwd
import signal
import tempfile

import pytest
from atspi import FOCUSED, SELECTED, SENSITIVE, rows_of
from gui import wait
from hands import drag, other_program, pull


def open_files(gui, machine, here, there, name="web1"):
    """The tab, with these two folders shown."""
    gui.open(name)
    gui.click("page tab", "Files")
    wait("the connection", lambda: not gui.has("label", "Connecting"))
    go(gui, "Folder here", here)
    go(gui, f"Folder on {name}", there)


def go(gui, entry, folder):
    gui.enter(gui.entry(entry), str(folder))
    wait(f"{folder} in {entry}", lambda: gui.entry(entry).text == str(folder))


def files(gui, pane):
    """Names and the rest of each row: {name: [texts]}, and the rows."""
    table = gui.find("tree table", pane)
    found, rows = {}, {}
    for row, cells in rows_of(table):
        texts = [text for cell in cells for text in cell]
        if texts:
            found[texts[0]] = texts[1:]
            rows[texts[0]] = row
    return found, rows


def shows(gui, pane, *names):
    wait(f"{names} in {pane}", lambda: set(files(gui, pane)[0]) == set(names))


def row(gui, pane, name):
    return wait(f"{name} in {pane}", lambda: files(gui, pane)[1].get(name))


@pytest.fixture
def sides(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    return here, there


@pytest.fixture
def everybodys():
    """A folder that other users get to, too. Every pytest that starts closes its root to them."""
    with tempfile.TemporaryDirectory(prefix="hune-test.") as folder:
        os.chmod(folder, 0o755)
        yield pathlib.Path(folder)


def test_a_file_goes_there_and_back(paired, sides):
    gui, _ = paired()
    here, there = sides
    (here / "a.txt").write_text("hello\n")
    open_files(gui, "web1", here, there)
    shows(gui, "Files here", "a.txt")
    shows(gui, "Files on web1")
    assert not gui.find("button", "Put there").has(SENSITIVE)
    gui.point(row(gui, "Files here", "a.txt"))
    gui.press("Put there")
    gui.label("^Done: 6 B$")
    assert (there / "a.txt").read_text() == "hello\n"
    shows(gui, "Files on web1", "a.txt")  # read again by itself
    (here / "a.txt").unlink()
    gui.press("Read again", gui.find("panel", "Files here"))
    shows(gui, "Files here")
    gui.point(row(gui, "Files on web1", "a.txt"))
    gui.press("Get here")
    shows(gui, "Files here", "a.txt")
    assert (here / "a.txt").read_text() == "hello\n"
    for left in (1, 0):
        gui.press("Dismiss")
        wait("one less", lambda left=left: len(gui.all("button", "Dismiss")) == left)


def test_nothing_goes_into_a_folder_that_is_being_left(paired, sides):
    """The path above the list is the next folder's already, while the list is the last one's."""
    gui, (agent,) = paired()
    here, there = sides
    (there / "deep").mkdir()
    (here / "a.txt").write_text("hello\n")
    open_files(gui, "web1", here, there)
    shows(gui, "Files on web1", "deep")
    gui.point(row(gui, "Files here", "a.txt"))
    wait("the button", lambda: gui.find("button", "Put there").has(SENSITIVE))
    os.kill(agent.gate_pid, signal.SIGSTOP)
    try:
        gui.enter(gui.entry("Folder on web1"), str(there / "deep"))
        wait("no button", lambda: not gui.find("button", "Put there").has(SENSITIVE))
        shows(gui, "Files on web1", "deep")
    finally:
        os.kill(agent.gate_pid, signal.SIGCONT)
    go(gui, "Folder on web1", there / "deep")  # once more: the connection may have been given up
    shows(gui, "Files on web1")
    gui.press("Put there")
    gui.label("^Done: 6 B$")
    assert (there / "deep/a.txt").read_text() == "hello\n" and not (there / "a.txt").exists()


def test_a_folder_goes_with_all_that_is_in_it(paired, sides):
    gui, _ = paired()
    here, there = sides
    (there / "site/deep").mkdir(parents=True)
    (there / "site/deep/index.html").write_text("x" * 5000)
    os.symlink("deep", there / "site/link")
    open_files(gui, "web1", here, there)
    gui.point(row(gui, "Files on web1", "site"))
    gui.press("Get here")
    gui.label("^Done: 4.9 KiB$")
    assert (here / "site/deep/index.html").read_text() == "x" * 5000
    assert os.readlink(here / "site/link") == "deep"


def test_by_keyboard_alone(paired, sides):
    gui, _ = paired()
    here, there = sides
    (there / "inner").mkdir()
    (there / "inner/file").write_text("text")
    open_files(gui, "web1", here, there)
    entry = gui.entry("Folder on web1")
    shows(gui, "Files on web1", "inner")
    row(gui, "Files on web1", "inner")
    gui.key("Down", "Return")  # the list had the focus when the path was given
    wait("the folder", lambda: entry.text == str(there / "inner"))
    shows(gui, "Files on web1", "file")
    gui.key("Down", "F5")
    wait("the file", lambda: (here / "file").exists())
    gui.label("^Done")
    gui.key("BackSpace")
    wait("the folder above", lambda: entry.text == str(there))
    gui.key("ctrl+l")
    wait("the focus", lambda: entry.has(FOCUSED))
    gui.type(str(there / "inner"))
    gui.key("Return")
    wait("the folder that was typed", lambda: entry.text == str(there / "inner"))


def test_who_goes_up_sees_where_they_came_from(paired, sides):
    gui, _ = paired()
    here, there = sides
    for number in range(200):
        (there / f"folder{number:03}").mkdir()
    open_files(gui, "web1", here, there / "folder150")
    pane = gui.find("tree table", "Files on web1")
    gui.point(gui.all("button", "Parent folder")[1])
    wait("the folder above", lambda: gui.entry("Folder on web1").text == str(there))

    def is_in_view():
        found = files(gui, "Files on web1")[1].get("folder150")
        x, y, width, height = pane.extents
        return found and found.has(SELECTED) and y < found.extents[1] < y + height
    wait("the folder that was left, in view", is_in_view)


def test_names_that_are_not_for_reading(paired, sides):
    gui, _ = paired()
    here, there = sides
    names = [b"new\nline", b"esc\x1b[31m", b"bad\xff\xfe", b" space ", b"-rf", b"*?[x]", "עברית.txt".encode(),
             "\u202egnp.exe".encode(), b"a<b>&amp;"]
    for name in names:
        with open(os.path.join(os.fsencode(there), name), "wb") as file:
            file.write(name)
    open_files(gui, "web1", here, there)
    shows(gui, "Files on web1", "new\\x0aline", "esc\\x1b[31m", "bad\\xff\\xfe", " space ", "-rf", "*?[x]",
          "עברית.txt", "\\u202egnp.exe", "a<b>&amp;")
    gui.point(row(gui, "Files on web1", "-rf"))
    gui.key("ctrl+a")
    gui.press("Get here")
    gui.label("^Done")
    assert sorted(os.listdir(os.fsencode(here))) == sorted(names)


def test_hidden_files(paired, sides):
    gui, _ = paired()
    here, there = sides
    (there / ".secret").write_text("")
    (there / "open").write_text("")
    open_files(gui, "web1", here, there)
    shows(gui, "Files on web1", "open")
    gui.label("^1 file · 1 hidden$")
    gui.press("Show hidden files", gui.find("panel", "Files on web1"))
    shows(gui, "Files on web1", "open", ".secret")


def test_nothing_is_replaced_without_asking(paired, sides):
    gui, _ = paired()
    here, there = sides
    (here / "same").write_text("new")
    (there / "same").write_text("old")
    open_files(gui, "web1", here, there)
    gui.point(row(gui, "Files here", "same"))
    gui.press("Put there")
    dialog = gui.dialog()
    gui.label("^Replace 1 file\\?$", dialog)
    gui.press("Cancel", dialog)
    gui.no_dialog()
    assert (there / "same").read_text() == "old"
    gui.press("Put there")
    gui.press("Replace", gui.dialog())
    wait("the new one", lambda: (there / "same").read_text() == "new")


def test_what_cannot_be_read_is_said_beside_the_pane(paired, sides):
    gui, _ = paired()
    here, there = sides
    (there / "file").write_text("")
    open_files(gui, "web1", here, there)
    pane = gui.find("panel", "Files on web1")
    gui.enter(gui.entry("Folder on web1"), str(there / "missing"))
    gui.label("missing: No such file or directory", pane)
    wait("the folder before", lambda: gui.entry("Folder on web1").text == str(there))
    gui.enter(gui.entry("Folder on web1"), str(there / "file"))
    gui.label("Not a directory", pane)
    gui.enter(gui.entry("Folder here"), "/nowhere")
    gui.label("/nowhere: No such file", gui.find("panel", "Files here"))
    go(gui, "Folder on web1", there)
    wait("no more complaint", lambda: not any(
        "directory" in node.name for node in pane.walk("label", None, ("tree table",))))


def test_a_listing_leaves_nothing_in_the_journal(paired, sides, console):
    gui, _ = paired()
    open_files(gui, "web1", *sides)
    shows(gui, "Files on web1")
    wait("no job", lambda: console.json("jobs", "web1")["jobs"] == [] if isinstance(
        console.json("jobs", "web1"), dict) else not console.json("jobs", "web1"))


def big(path, size):
    with open(path, "wb") as file:
        for _ in range(size // 65536):
            file.write(os.urandom(65536))


@pytest.fixture
def behind(agent, console, window, proxy):
    """A window whose machine is behind a proxy: (window, agent, proxy)."""
    def make(**options):
        made = agent()
        between = proxy(made.port, **options)
        joined = console.run("join", made.invite(may="all"), "--name", "web1")
        assert joined.code == 0, joined
        console.machines.write_text(console.machines.read_text().replace(str(made.port), str(between.port)))
        return window(), made, between
    return make


@pytest.mark.long(15)
def test_progress_and_cancel(behind, sides):
    gui, _, _ = behind(throttle=400000)
    here, there = sides
    big(here / "large", 20 << 20)
    open_files(gui, "web1", here, there)
    gui.point(row(gui, "Files here", "large"))
    gui.press("Put there")
    gui.label(r"^[0-9.]+ [KM]iB of 20\.0 MiB · [0-9.]+ [KM]iB/s · .* left$")
    bar = gui.find("progress bar", f"Put large into {there}")
    assert bar
    gui.press("Cancel")
    gui.label("^Stopped; what was begun is taken away$")
    wait("nothing left", lambda: not list(there.iterdir()))


def begin_large_put(gui, sides):
    here, there = sides
    big(here / "large", 20 << 20)
    open_files(gui, "web1", here, there)
    gui.point(row(gui, "Files here", "large"))
    gui.press("Put there")
    gui.label(r"^[0-9.]+ [KM]iB of 20\.0 MiB")
    return there


def test_closing_a_tab_with_files_on_their_way_asks(behind, sides):
    gui, _, _ = behind(throttle=400000)
    there = begin_large_put(gui, sides)
    gui.key("ctrl+shift+w")
    dialog = gui.dialog()
    gui.label("^Stop 1 transfer\\?$", dialog)
    gui.label("stop on both sides, and what was begun is taken away", dialog)
    gui.press("Go on transferring", dialog)
    gui.no_dialog()
    for key in ("Return", "Escape"):  # neither of which stops anything
        gui.key("ctrl+shift+w")
        gui.dialog()
        gui.key(key)
        gui.no_dialog()
    gui.label(r"^[0-9.]+ [KM]iB of 20\.0 MiB")
    gui.key("ctrl+shift+w")
    gui.press("Stop and close", gui.dialog())
    gui.no_dialog()
    gui.gone("page tab", "Files")
    wait("nothing left", lambda: not list(there.iterdir()))


def test_closing_the_window_with_files_on_their_way_asks(behind, sides):
    gui, _, _ = behind(throttle=400000)
    there = begin_large_put(gui, sides)
    gui.key("ctrl+shift+q")
    dialog = gui.dialog()
    gui.label("^Stop 1 transfer\\?$", dialog)
    gui.key("Escape")
    gui.no_dialog()
    gui.key("ctrl+shift+q")
    gui.press("Stop and close", gui.dialog())
    wait("the window's end", lambda: gui.process.poll() is not None)
    wait("nothing left", lambda: not list(there.iterdir()))


def test_a_machine_lost_in_the_middle_goes_on(behind, sides):
    gui, _, proxy = behind(throttle=3000000)
    here, there = sides
    big(there / "large", 12 << 20)
    open_files(gui, "web1", here, there)
    gui.point(row(gui, "Files on web1", "large"))
    gui.press("Get here")
    gui.label(r"^[0-9.]+ MiB of 12\.0 MiB")
    proxy.refuse = True
    proxy.cut()
    gui.label("^Connection lost at .*; it goes on when it is back$")
    proxy.refuse = False
    gui.label(r"^Done: 12\.0 MiB$", seconds=90)
    assert (here / "large").read_bytes() == (there / "large").read_bytes()


def test_a_machine_that_dies_is_told(paired, sides):
    gui, (agent,) = paired()
    here, there = sides
    os.mkfifo(there / "fifo")
    (there / "sub").mkdir()
    open_files(gui, "web1", here, there)
    shows(gui, "Files on web1", "fifo", "sub")
    agent.stop()
    gui.enter(gui.entry("Folder on web1"), str(there / "sub"))
    gui.label("not connected|connection", gui.find("panel", "Files on web1"))


def test_drag_between_the_panes(paired, sides):
    gui, _ = paired()
    here, there = sides
    (here / "dragged").write_text("by hand")
    open_files(gui, "web1", here, there)
    drag(gui, row(gui, "Files here", "dragged"), gui.find("tree table", "Files on web1"))
    gui.label("^Done: 7 B$")
    assert (there / "dragged").read_text() == "by hand"
    (here / "dragged").unlink()
    gui.press("Read again", gui.find("panel", "Files here"))
    shows(gui, "Files here")
    drag(gui, row(gui, "Files on web1", "dragged"), gui.find("tree table", "Files here"))
    wait("the file", lambda: (here / "dragged").exists())


def test_files_of_another_program_are_dropped_on_the_machine(paired, sides):
    gui, _ = paired()
    here, there = sides
    outside = here.parent / "outside"
    outside.mkdir()
    (outside / "with space é").write_text("from outside")
    open_files(gui, "web1", here, there)
    with other_program(gui, outside / "with space é") as hold:
        left, top = gui.origin("Hune$")
        x, y, width, height = gui.find("tree table", "Files on web1").extents
        pull(gui, hold, (left + x + width // 2, top + y + height // 2))
        gui.label("^Done: 12 B$")
        assert (there / "with space é").read_text() == "from outside"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_files_are_read_and_written_as_another_user(paired, sides, everybodys):
    gui, _ = paired(may="all", as_="root,nobody")
    (here, _), there = sides, everybodys
    (there / "secret").mkdir(mode=0o700)
    (there / "secret" / "key").write_text("x")
    (there / "open").mkdir(mode=0o777)
    (there / "open").chmod(0o777)
    (here / "a.txt").write_text("hello\n")
    open_files(gui, "web1", here, there / "secret")
    shows(gui, "Files on web1", "key")
    gui.choose_user("HuneFilesView", "nobody")
    gui.key("Escape")
    wait("a folder of who has no home", lambda: gui.entry("Folder on web1").text == "/")
    gui.enter(gui.entry("Folder on web1"), str(there / "secret"))
    gui.label("secret: Permission denied", gui.find("panel", "Files on web1"))
    go(gui, "Folder on web1", there / "open")
    gui.point(row(gui, "Files here", "a.txt"))
    gui.press("Put there")
    gui.label("^Done: 6 B$")
    gui.label(r"^Put a\.txt into .*open \(as nobody\)$")
    assert (there / "open/a.txt").stat().st_uid == pwd.getpwnam("nobody").pw_uid
    gui.click("page tab", "Command")
    gui.user_button("HuneCommandView", "nobody")  # one choice for the whole tab
