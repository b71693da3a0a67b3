"""The window in French."""
from gui import wait

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
