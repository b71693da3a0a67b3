"""What is done to the window with the mouse's button held: lists dropped on it, tabs torn off."""
from gui import wait
from hands import other_program, pull
from test_care import KEYFILE, open_all
from test_machines import THREE, wait_names, write_list


def drop_on_list(gui, hold):
    """What another program holds, dropped in the middle of the machines."""
    left, top = gui.origin("^Hune$")
    x, y, width, height = gui.find("tree table", "Machines").extents
    pull(gui, hold, (left + x + width // 2, top + y + height // 2))


def test_a_list_is_dropped_on_the_window(window, console, tmp_path):
    write_list(console, THREE)
    other = tmp_path / "dropped é.csv"
    other.write_text("name,host,port\nweb1,192.0.2.1,10000\nnew1,192.0.2.9,10000\nbad,192.0.2.8,x\n")
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    with other_program(gui, other) as hold:
        drop_on_list(gui, hold)
        dialog = gui.dialog("Import a list")
        gui.label("1 added, 0 changed, 1 already there, 1 refused", dialog)
        assert "new1" not in console.machines.read_text()  # a preview changes nothing
        gui.press("Import", dialog)
        gui.no_dialog()
    wait_names(gui, "web1", "web2", "db1", "new1")
    assert "new1,192.0.2.9,10000" in console.machines.read_text()


def test_a_folder_that_is_dropped_is_told_to_be_none(window, console, tmp_path):
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    with other_program(gui, tmp_path) as hold:
        drop_on_list(gui, hold)
        gui.label("The file cannot be read", gui.dialog())


def handles(gui, frame, name=None):
    """The handles of tabs in the bar of a window: the labels between its title and its page."""
    bottom = next(n.extents[1] for n in frame.walk("page tab", "Overview", ("tree table",)))
    return [n for n in frame.walk("label", name, ("tree table", "list")) if 45 < n.extents[1] < bottom
            and n.extents[1] < 85]


def test_a_tab_is_torn_off_by_the_mouse(window, console, tmp_path):
    write_list(console, THREE)
    gui = window(environment=KEYFILE)
    wait_names(gui, "web1", "web2", "db1")
    open_all(gui, "web1", "db1")
    first = gui.windows[0]
    x, y, width, height = wait("the tab", lambda: handles(gui, first, "db1"))[0].extents
    left, top = gui.origin("^Hune$")
    with other_program(gui, tmp_path) as outside:  # dropped where nobody takes it: a window of its own
        pull(gui, (left + x + width // 2, top + y + height // 2), outside)
        second = gui.dialog()
    gui.label("Its id is not known yet", second)
    gui.label("^db1$", second)
    assert [n.name for n in handles(gui, first)] == ["All machines", "web1"]
    gui.key("ctrl+n")  # it is a whole window
    gui.dialog("Add a machine")
    gui.key("Escape")
    wait("the dialog's end", lambda: len(gui.windows) == 2)
    assert gui.close() == []
    stored = (console.home / ".config/glib-2.0/settings/keyfile").read_text()
    assert "'db1'" in stored and "'web1'" in stored
