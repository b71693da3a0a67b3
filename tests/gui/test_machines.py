"""The list of machines: shown, filtered, changed, watched."""
import pytest
from atspi import FOCUSED, SENSITIVE
from gui import wait

HEADER = "name,host,port,tags,note\n"


def write_list(console, rows):
    console.config.mkdir(parents=True, exist_ok=True)
    console.machines.write_text(HEADER + "".join(
        f"{name},192.0.2.{number},10000,{tags},kept {number}\n"
        for number, (name, tags) in enumerate(rows, 1)))


def names(gui):
    return sorted(texts[1] for _, texts in gui.rows() if len(texts) > 1)


def wait_names(gui, *wanted):
    wait(f"the machines {wanted}", lambda: names(gui) == sorted(wanted))


def filter_by(gui, text):
    gui.entry("Filter machines").text = text


THREE = [("web1", "web"), ("web2", "web"), ("db1", "db")]


def test_an_empty_list_says_what_to_do(window):
    gui = window()
    gui.label("^No machines yet$")
    gui.find("button", "Import a list")


def test_the_filter_takes_text_and_selectors(window, console):
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    gui.label("^3 machines$")
    filter_by(gui, "WEB")
    wait_names(gui, "web1", "web2")
    gui.label("^2 of 3 machines$")
    filter_by(gui, "@db")
    wait_names(gui, "db1")
    filter_by(gui, "all,!web[1-2]")
    wait_names(gui, "db1")
    filter_by(gui, "@nobody")
    gui.label("nobody")
    filter_by(gui, "")
    wait_names(gui, "web1", "web2", "db1")


def test_groups_beside_the_list(window, console):
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    groups = gui.find("list", "Groups")
    item = wait("the group web", lambda: next(
        (n for n in groups.children if n.name == "web: 2"), None))
    gui.point(item)
    wait_names(gui, "web1", "web2")


def test_a_change_on_disk_is_seen(window, console):
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    write_list(console, THREE + [("new1", "")])
    wait_names(gui, "web1", "web2", "db1", "new1")
    console.machines.unlink()
    gui.label("has disappeared. The machines are shown as they were last read")
    write_list(console, THREE[:1])
    wait_names(gui, "web1")
    wait("no fault any more", lambda: not gui.has("label", "has disappeared"))


def test_bad_lines_are_told_and_cost_no_other(window, console):
    console.config.mkdir(parents=True)
    console.machines.write_text("name,host,port\nok1,192.0.2.1,10000\nbad1,192.0.2.2,99999\n")
    gui = window()
    wait_names(gui, "ok1")
    gui.label("1 line of the list is not understood")
    gui.press("Show")
    gui.label("Line 3: .*the port is not a number from 1 to 65535", gui.dialog())
    gui.press("Close", gui.dialog())
    gui.no_dialog()


def test_remove_and_undo(window, console):
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    gui.point(gui.row("web2"))
    gui.label("1 selected")
    gui.key("Delete")
    gui.label("1 machine was removed")
    wait_names(gui, "web1", "db1")
    assert "web2" not in console.machines.read_text()
    assert "kept 1" in console.machines.read_text()
    gui.press("Undo")
    wait_names(gui, "web1", "web2", "db1")
    assert "web2,192.0.2.2,10000,web,kept 2\n" in console.machines.read_text()  # its note, too


def test_edit_is_saved_at_once_and_judged(window, console):
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    gui.point(gui.row("web1"))
    gui.point(gui.row("web1"), button=3)
    gui.click("menu item", "Edit…")
    dialog = gui.dialog("Edit the machine")
    save = gui.find("button", "Save", dialog)
    port = gui.entry("Port", dialog)
    port.text = "99999"
    gui.label("1 to 65535", dialog)
    assert not save.has(SENSITIVE)
    port.text = "10022"
    name = gui.entry("Name", dialog)
    name.text = "db1"
    gui.label("Another machine has this name already", dialog)
    name.text = "front1"
    gui.entry("Tags, separated by commas", dialog).text = "front"
    gui.press("Save", dialog)
    gui.no_dialog()
    wait_names(gui, "front1", "web2", "db1")
    text = console.machines.read_text()
    assert "front1,192.0.2.1,10022,front,kept 1" in text


def test_an_edit_leaves_what_another_changed_meanwhile(window, console):
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    gui.point(gui.row("web1"))
    gui.key("F2")
    dialog = gui.dialog("Edit the machine")
    name = gui.entry("Name", dialog)
    tags = gui.entry("Tags, separated by commas", dialog)
    text = console.machines.read_text()
    console.machines.write_text(text.replace("web1,192.0.2.1,10000,web,", 'web1,192.0.2.9,10099,"web,new",'))
    gui.label("192.0.2.9:10099", gui.find("tree table", "Machines"))
    name.text = "front1"
    tags.text = "web,mine"
    gui.press("Save", dialog)
    gui.no_dialog()
    wait_names(gui, "front1", "web2", "db1")
    assert 'front1,192.0.2.9,10099,"web,new,mine",kept 1' in console.machines.read_text()


def test_the_menu_of_a_machine_by_keys(window, console):
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    gui.point(gui.row("web2"))
    gui.key("F2")
    name = gui.entry("Name", gui.dialog("Edit the machine"))
    assert name.text == "web2"
    gui.key("ctrl+a")
    gui.type("a")  # the name has the focus
    wait("the name", lambda: name.text == "a")
    gui.key("Escape")
    gui.no_dialog()
    gui.key("shift+F10")
    gui.find("menu item", "Connect")
    gui.key("Escape")
    gui.gone("menu item", "Connect")
    gui.key("Down")  # among the rows, still
    gui.label("^On 1 machine: db1$")
    gui.key("Up")
    gui.label("^On 1 machine: web2$")
    gui.key("shift+F10")
    gui.find("menu item", "Disconnect")
    gui.click("menu item", "Connect")
    gui.gone("menu item", "Connect")
    gui.key("Delete")
    wait_names(gui, "web1", "db1")


def test_the_menu_is_of_the_machine_under_the_pointer(window, console):
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    gui.point(gui.row("web1"))
    gui.label("1 selected")
    gui.point(gui.row("db1"), button=3)
    gui.click("menu item", "Remove")
    wait_names(gui, "web1", "web2")


def test_the_menu_is_of_all_the_selected_machines(window, console):
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    gui.point(gui.row("web1"))
    gui.key("shift+Down")
    gui.label("2 selected")
    gui.point(gui.row("web2"), button=3)
    gui.click("menu item", "Remove")
    wait_names(gui, "db1")


@pytest.mark.parametrize("key", ["F2", "Delete", "shift+F10"])
def test_keys_mean_the_row_with_the_focus_when_none_is_selected(window, console, key):
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    gui.key("ctrl+f", "Tab", "Tab", "Down")
    gui.key(key)
    if key == "F2":
        assert gui.entry("Name", gui.dialog("Edit the machine")).text == "web1"
        return
    if key != "Delete":
        gui.click("menu item", "Remove")
    wait_names(gui, "web2", "db1")


def test_import_shows_what_it_would_do(window, console, tmp_path):
    write_list(console, THREE)
    other = tmp_path / "other.csv"
    other.write_text("name,host,port\nweb1,192.0.2.1,10000\nnew1,192.0.2.9,10000\nbad,192.0.2.8,x\n")
    gui = window("--import", other)
    dialog = gui.dialog("Import a list")
    gui.label("1 added, 0 changed, 1 already there, 1 refused", dialog)
    gui.label("^Refused$", dialog)
    lines = gui.find("list", "Lines of the list", dialog)
    assert [n.name.split(":")[0] for n in lines.children] == ["Already there, Line 2", "Added, Line 3", "Refused, Line 4"]
    button = gui.find("button", "Import", dialog)
    wait("the focus", lambda: button.has(FOCUSED))  # not on Cancel
    gui.key("Return")
    gui.no_dialog()
    gui.label("1 machine was imported")
    wait_names(gui, "web1", "web2", "db1", "new1")


def test_import_shows_what_stood_there(window, console, tmp_path):
    console.config.mkdir(parents=True, exist_ok=True)
    (console.config / "machines.csv").write_text(
        "name,host,port,tags,user,id\nweb1,192.0.2.1,10000,web,root,\nweb2,192.0.2.2,7,,,\n")
    identity = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
    other = tmp_path / "other.csv"
    other.write_text("name,host,port,tags,user,id\n"
                     f'web1,192.0.2.9,,"new,web",www,{identity}\nweb2,192.0.2.2,8,lab,,\n')
    gui = window("--import", other)
    dialog = gui.dialog("Import a list")
    gui.label("0 added, 2 changed, 0 already there, 0 refused", dialog)
    one = gui.label("^Line 2: web1\n", dialog).name
    assert one == ("Line 2: web1\naddress: 192.0.2.1:10000 → 192.0.2.9:10000\nuser: root → www\n"
                   f"tags: web → web,new\nid: none → {identity}")
    other = gui.label("^Line 3: web2\n", dialog).name
    assert other == "Line 3: web2\naddress: 192.0.2.2:7 → 192.0.2.2:8\ntags: none → lab"
    gui.press("Import", dialog)
    gui.no_dialog()
    assert console.json("list")[0]["tags"] == ["web", "new"]


def test_sort_by_name(window, console):
    write_list(console, [("web10", ""), ("web9", ""), ("web1", "")])
    gui = window()
    wait_names(gui, "web1", "web10", "web9")
    gui.point(gui.find("label", "Name", skip=("list",)))
    wait("web1, web9, web10", lambda: [texts[1] for _, texts in gui.rows()] ==
         ["web1", "web9", "web10"])


def test_two_quick_clicks_on_a_title_are_two(window, console):
    write_list(console, [("web9", ""), ("web10", ""), ("web1", "")])
    gui = window()
    wait_names(gui, "web1", "web10", "web9")
    gui.point(gui.find("label", "Name", skip=("list",)), times=2)
    wait("web10, web9, web1", lambda: [texts[1] for _, texts in gui.rows()] == ["web10", "web9", "web1"])


def test_columns_and_order_are_remembered(window, console):
    write_list(console, [("web9", ""), ("web10", ""), ("web1", "")])
    gui = window(environment={"GSETTINGS_BACKEND": "keyfile"})
    wait_names(gui, "web1", "web10", "web9")
    for order in (["web1", "web9", "web10"], ["web10", "web9", "web1"]):
        gui.point(gui.find("label", "Name", skip=("list",)))
        wait(f"{order}", lambda order=order: [texts[1] for _, texts in gui.rows()] == order)
    gui.find("button", "Columns").children[0].do()
    gui.click("menu item", "Uptime")
    wait("no column Uptime", lambda: not gui.all("label", "Uptime", skip=("list",)))
    assert gui.close() == []
    gui = window(environment={"GSETTINGS_BACKEND": "keyfile"})
    wait("the order of before", lambda: [texts[1] for _, texts in gui.rows()] == ["web10", "web9", "web1"])
    assert not gui.all("label", "Uptime", skip=("list",))
    assert gui.all("label", "Tags", skip=("list",))


def text_width(text, font="Cantarell 11"):
    import gi
    gi.require_version("Pango", "1.0")
    gi.require_version("PangoCairo", "1.0")
    from gi.repository import Pango, PangoCairo

    fonts = PangoCairo.FontMap.get_default()
    fonts.set_resolution(96)
    layout = Pango.Layout(fonts.create_context())
    layout.set_font_description(Pango.FontDescription(font))
    layout.set_text(text, -1)
    return layout.get_pixel_size()[0]


def shown(gui, name):
    """The cells of a machine that are shown, with their texts."""
    row, _ = wait("the row", lambda: next((found for found in gui.rows() if name in found[1]), None))
    return [(cell, label.name, label) for cell in row.children if cell.extents[2]
            for label in cell.walk("label", None, ())], row


def cut(gui, name, font="Cantarell 11"):
    """What has not the room that it needs."""
    cells, _ = shown(gui, name)
    return [(text, label.extents[2], text_width(text, font)) for _, text, label in cells
            if label.extents[2] < text_width(text, font)]


def scrolls_sideways(gui, name):
    _, row = shown(gui, name)
    x, _, width, _ = [cell.extents for cell in row.children if cell.extents[2]][-1]
    return x + width > gui.windows[0].extents[2]


def titles(gui):
    table = gui.find("tree table", "Machines", skip=())
    return [n.name for n in table.walk("label", None, ("list",)) if n.extents[2]]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_usual_text_is_cut(paired, language):
    """A name of thirteen letters, two tags, and what the machine says of itself."""
    gui, _ = paired(tags="web,production", names=["frontend-paris"], environment={"LANGUAGE": language})
    wait("its system", lambda: "Debian 12" in str(shown(gui, "frontend-paris")[0]))
    wait("nothing cut", lambda: not cut(gui, "frontend-paris"), 10)
    assert {"frontend-paris", "web,production"} <= {text for _, text, _ in shown(gui, "frontend-paris")[0]}
    assert not scrolls_sideways(gui, "frontend-paris")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_large_text_leaves_less_important_columns_out(paired, language):
    font = "Cantarell 16.5"
    gui, _ = paired(font=font, environment={"LANGUAGE": language, "GSETTINGS_BACKEND": "keyfile"})
    wait("fewer columns", lambda: 5 <= len(titles(gui)) < 9, 10)
    wait("nothing cut", lambda: not cut(gui, "web1", font), 10)
    assert not scrolls_sideways(gui, "web1")
    groups = [n for n in gui.find("list", {"en": "Groups", "fr": "Groupes"}[language]).walk("label", None, ())]
    assert len(groups) >= 10
    assert not [n for n in groups if not n.name.isdigit() and n.extents[2] < text_width(n.name, font)]
    if language != "en":
        return
    assert "Tags" not in titles(gui)
    gui.find("button", "Columns").children[0].do()
    gui.label("^There is not room for all$")
    gui.click("menu item", "Tags")
    wait("the column", lambda: "Tags" in titles(gui))
    assert gui.close() == []
    gui = paired.window(font=font, environment={"GSETTINGS_BACKEND": "keyfile"})
    wait("the column of before", lambda: "Tags" in titles(gui))


def test_machines_are_sorted_by_keyboard(window, console):
    write_list(console, [("web10", "b"), ("web9", "c"), ("web1", "a")])
    gui = window()
    wait_names(gui, "web1", "web10", "web9")
    table = gui.find("tree table", "Machines", skip=())

    def titles():
        return [n for n in table.walk("filler", None, ("list",)) if n.has(FOCUSED)]

    def has_focus(title):
        return [n.name for n in titles()] == [title]

    def order():
        return [texts[1] for _, texts in gui.rows()]

    gui.point(gui.row("web9"))
    gui.key("shift+Tab")
    wait("the first title", lambda: has_focus("State"))
    gui.key("Right")
    wait("the next title", lambda: has_focus("Name"))
    gui.key("space")
    wait("by name", lambda: order() == ["web1", "web9", "web10"])
    gui.key("Return")
    wait("the other way round", lambda: order() == ["web10", "web9", "web1"])
    gui.key("Down")
    wait("the rows", lambda: not titles())
    gui.key("Tab")  # the rows are one stop
    wait("the field behind", lambda: gui.entry("Command for the selected machines").has(FOCUSED))


def test_the_shortcuts_tell_how_tables_are_sorted(window, console):
    write_list(console, THREE)
    gui = window()
    gui.key("ctrl+question")
    gui.label("^Sort by this column, or the other way round$")
