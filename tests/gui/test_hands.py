"""What is done to the window with the mouse's button held: lists dropped on it, tabs torn off."""
from gui import wait
from hands import other_program, pull
from test_care import KEYFILE, open_all
from test_files import begin_large_put, behind, sides  # noqa: F401, fixtures
from test_machines import THREE, wait_names, write_list


def drop_on_list(gui, hold):
    """What another program holds, dropped in the middle of the machines."""
    left, top = gui.origin("Hune$")
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


def test_lists_that_are_dropped_together_come_one_after_the_other(window, console, tmp_path):
    write_list(console, THREE)
    lists = [tmp_path / f"list{n}.csv" for n in range(1, 4)]
    for number, path in enumerate(lists, 1):
        path.write_text(f"name,host,port\nnew{number},192.0.2.{number + 10},10000\nnew1,192.0.2.11,10000\n")
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    with other_program(gui, lists[0], tmp_path, *lists[1:]) as hold:
        drop_on_list(gui, hold)
        dialog = gui.dialog("Import list1.csv (1 of 4)")
        gui.label("1 added, 0 changed, 0 already there, 1 refused", dialog)
        gui.press("Import", dialog)
        gui.label("The file cannot be read")  # the folder, between them
        gui.press("Close", gui.dialog())
        dialog = gui.dialog("Import list2.csv (3 of 4)")
        gui.label("1 added, 0 changed, 1 already there, 0 refused", dialog)  # the first is in the list by now
        gui.press("Cancel", dialog)
        gui.press("Import", gui.dialog("Import list3.csv (4 of 4)"))
        gui.no_dialog()
    wait_names(gui, "web1", "web2", "db1", "new1", "new3")


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


def tear_off(gui, frame, name, folder):
    """Dropped where nobody takes it: a window of its own."""
    x, y, width, height = wait("the tab", lambda: handles(gui, frame, name))[0].extents
    left, top = gui.origin("Hune$")
    with other_program(gui, folder) as outside:
        pull(gui, (left + x + width // 2, top + y + height // 2), outside)
        return gui.dialog()


def test_quitting_asks_before_any_window_closes(behind, sides, tmp_path):  # noqa: F811
    gui, _, _ = behind(throttle=400000)
    begin_large_put(gui, sides)
    tear_off(gui, gui.windows[0], "web1", tmp_path)
    gui.key("ctrl+shift+q")
    gui.label("^Stop 1 transfer\\?$")
    assert len(gui.windows) == 3  # both and the question
    gui.press("Go on transferring")
    wait("the question's end", lambda: len(gui.windows) == 2)
    gui.to_front()
    gui.key("ctrl+shift+q")
    gui.press("Stop and close")
    wait("the end", lambda: gui.process.poll() is not None)


def test_a_tab_is_torn_off_by_the_mouse(window, console, tmp_path):
    write_list(console, THREE)
    gui = window(environment=KEYFILE)
    wait_names(gui, "web1", "web2", "db1")
    open_all(gui, "web1", "db1")
    first = gui.windows[0]
    second = tear_off(gui, first, "db1", tmp_path)
    gui.label("Its id is not known yet", second)
    gui.label("^db1$", second)
    assert [n.name for n in handles(gui, first)] == ["web1"]
    wait("what each is called", lambda: {first.name, second.name} == {"web1 – Hune", "db1 – Hune"})
    gui.key("ctrl+n")  # it is a whole window
    gui.dialog("Add a machine")
    gui.key("Escape")
    wait("the dialog's end", lambda: len(gui.windows) == 2)
    assert gui.close() == []
    stored = (console.home / ".config/glib-2.0/settings/keyfile").read_text()
    assert "'db1'" in stored and "'web1'" in stored


def test_what_stands_in_another_window_comes_to_the_front_there(window, console, tmp_path):
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    gui.key("ctrl+h")
    first = gui.windows[0]
    wait("the page", lambda: first.name == "Commands of before – Hune")
    open_all(gui, "web1", "db1")
    second = tear_off(gui, first, "db1", tmp_path)
    gui.label("Its id is not known yet", second)
    wait("what is left", lambda: first.name == "web1 – Hune")
    gui.to_front()
    gui.key("ctrl+e")
    wait("its second page", lambda: second.name == "Alerts – Hune")
    gui.key("ctrl+h")
    wait("the page in the first window", lambda: first.name == "Commands of before – Hune")
    assert second.name == "Alerts – Hune"  # and is no second page of it


def test_a_window_that_was_torn_off_ends_with_its_last_tab(window, console, tmp_path):
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    open_all(gui, "web1", "db1")
    tear_off(gui, gui.windows[0], "db1", tmp_path)
    gui.to_front()
    gui.key("ctrl+shift+w")
    gui.no_dialog()
    gui.label("^web1$")


def test_a_tab_that_was_torn_off_is_brought_back(window, console, tmp_path):
    """By a button: libadwaita lets nobody drag the only tab of a window."""
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    open_all(gui, "web1", "db1")
    first = gui.windows[0]
    assert not gui.has("button", "Back to the window with the list")
    second = tear_off(gui, first, "db1", tmp_path)
    gui.press("Back to the window with the list", second)
    gui.no_dialog()
    wait("both tabs", lambda: [n.name for n in handles(gui, first)] == ["web1", "db1"])
    gui.label("^192.0.2.3:10000$", first)  # it is in front


def test_the_list_can_be_neither_closed_nor_torn_off(window, console, tmp_path):
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    assert not gui.has("filler", "All machines")  # alone, it needs no bar
    open_all(gui, "web1")
    handle = gui.find("filler", "All machines")
    x, y, width, height = handle.extents
    left, top = gui.origin("Hune$")
    with other_program(gui, tmp_path) as outside:
        pull(gui, (left + x + width // 2, top + y + height // 2), outside)
    gui.point(handle)
    gui.key("ctrl+shift+w")
    gui.key("ctrl+shift+w")
    gui.entry("Filter machines").text = ""
    wait_names(gui, "web1", "web2", "db1")
    assert len(gui.windows) == 1
