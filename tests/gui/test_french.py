"""The window in French."""
import pathlib
import time

from gui import wait
from test_machines import THREE, write_list

FRENCH = {"LANG": "C.UTF-8", "LANGUAGE": "fr"}


def test_the_window_speaks_french(paired):
    gui, _ = paired(environment=FRENCH)
    wait("the machine", lambda: any("En ligne" in texts for _, texts in gui.rows()))
    gui.click("button", "Ajouter une machine")
    dialog = gui.dialog("Ajouter une machine")
    gui.find("button", "Se connecter", dialog)
    gui.entry("Nom d’hôte ou adresse", dialog).text = "web1"
    gui.entry("Port", dialog).text = "70000"
    gui.label("de 1 à 65535", dialog)
    gui.press("Annuler", dialog)
    gui.no_dialog()


def test_states_of_interfaces_are_french(paired):
    french = {"up": "active", "down": "inactive", "unknown": "état inconnu"}
    there = {path.parent.name: path.read_text().strip() for path in pathlib.Path("/sys/class/net").glob("*/operstate")}
    gui, _ = paired(environment=FRENCH)
    wait("the machine", lambda: any("En ligne" in texts for _, texts in gui.rows()))
    gui.point(gui.row("web1"), times=2)
    row = wait("the network's row", lambda: next((n for n in gui.all("list item", "Réseau") if "lo " in n.description), None))
    told = dict(one.split(" ", 1) for one in row.description.split("; "))
    assert told["lo"] == french[there["lo"]]
    assert told == {name: french.get(state, told[name]) for name, state in there.items()}


def test_the_list_fits_the_window_by_itself(window, console):
    write_list(console, THREE)
    gui = window(environment=FRENCH)
    gui.label("^3 machines$")
    table = gui.find("tree table", None, skip=())
    left, _, width, _ = table.extents
    for title in ("État", "Nom", "Adresse", "Système", "CPU", "Mémoire", "Disque", "En marche", "Étiquettes"):
        gui.point(next(table.walk("label", title, ("list",))))  # the arrow in the title takes room, too
        time.sleep(0.1)
        x, _, size, _ = next(table.walk("filler", "Étiquettes", ("list",))).extents
        assert x + size <= left + width, title
