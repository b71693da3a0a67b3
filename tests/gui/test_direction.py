"""What is written from right to left: it stands where everything stands, at the left, as on a terminal."""
import subprocess

from gui import wait
from test_many import run, select_all

HEBREW, ARABIC = "שלום", "سلام"
LINES = f"echo '{HEBREW} 12'; echo '  34  56'; echo; echo '{ARABIC}: one'; printf '%s\\n' 7 {HEBREW}"
SAID = f"{HEBREW} 12\n  34  56\n\n{ARABIC}: one\n7\n{HEBREW}\n"
MARK = "\u200e"


def ink(gui, node, path, below):
    """The columns inside of a node, as parts of its width, in which something is drawn."""
    gui.picture(path)
    left, top = gui.origin()
    x, y, width, height = node.extents
    crop = f"{width - 8}x{height - below - 8}+{left + x + 4}+{top + y + below + 4}"  # without its frame
    pixels = subprocess.run(["convert", path, "-crop", crop, "+repage", "-colorspace", "gray", "-depth", "8", "gray:-"],
                            check=True, capture_output=True).stdout
    columns = [set(pixels[column::width - 8]) for column in range(width - 8)]
    paper = max(pixels, key=pixels.count) if len(pixels) < 4096 else pixels[-1]
    return [at / width for at, colours in enumerate(columns) if any(abs(one - paper) > 40 for one in colours)]


def at_the_left(gui, node, path, below=0):
    def look():
        drawn = ink(gui, node, path, below)
        return drawn and max(drawn) < 0.5 and min(drawn) < 0.1
    wait("all of it at the left", look, 10)


def output(gui):
    return gui.all("text", "Output")[-1]


def test_lines_of_a_command_are_at_the_left_and_copied_as_they_were(paired, tmp_path):
    gui, _ = paired()
    gui.open("web1")
    gui.click("page tab", "Command")
    field, shown = gui.entry("Command to run"), output(gui)

    def runs(line, said):
        gui.enter(field, line)
        wait("the answer", lambda: shown.text.split("\n", 1)[-1] == said)
        gui.label(r"^exited\(0\) after ")

    def clear():
        gui.press("Clear")
        wait("nothing", lambda: not shown.text)

    marked = SAID.replace(HEBREW, MARK + HEBREW).replace(ARABIC, MARK + ARABIC)
    runs(LINES.replace(";", "; sleep 0.2;"), marked)  # in pieces
    at_the_left(gui, shown, tmp_path / "command.png", below=26)  # the command itself is a long line
    clear()
    runs(f"printf 'seven: '; sleep 0.3; echo {HEBREW}", f"seven: {HEBREW}\n")  # it has its letters already
    clear()
    runs(f"printf '7: '; sleep 0.3; echo {HEBREW}", f"7: {MARK}{HEBREW}\n")
    gui.point(shown, times=3)  # in the middle, which is behind its end
    gui.key("ctrl+a", "ctrl+c")
    gui.point(field)
    gui.key("ctrl+v")
    wait("what was copied", lambda: f"7: {HEBREW}" in field.text)
    assert MARK not in field.text


def test_cards_and_streams_are_at_the_left(paired, tmp_path):
    gui, _ = paired(2)
    select_all(gui, 2)
    run(gui, LINES)
    gui.label("^2 done")
    wait("the answer", lambda: output(gui).text.replace(MARK, "") == SAID)
    at_the_left(gui, output(gui), tmp_path / "card.png")
    gui.click("page tab", "Machines")
    gui.find("list", "Machines").select(0)
    wait("the answer", lambda: output(gui).text.replace(MARK, "") == SAID)
    at_the_left(gui, output(gui), tmp_path / "stream.png")


def test_a_text_is_found_behind_lines_that_are_marked(paired):
    """Also in what left the view, and is read again without marks."""
    gui, _ = paired(1, environment={"HUNE_KEPT_MIB": "8"})
    gui.open("web1")
    gui.click("page tab", "Command")
    gui.enter(gui.entry("Command to run"),
              f"i=0; while [ $i -lt 300 ]; do echo '{HEBREW}' $i; i=$((i+1)); done; echo needle; seq 1000000 1700000")
    gui.label(r"^exited\(0\) after ", seconds=120)
    gui.press("Find")
    gui.entry("Find in the output").text = "needle"
    wait("it, selected", lambda: output(gui).selected == "needle", 60)
    assert f"{MARK}{HEBREW} 299\nneedle\n" in output(gui).text


def test_names_are_at_the_left(paired, tmp_path):
    here = tmp_path / "here"
    here.mkdir()
    (here / f"{HEBREW}.txt").write_text("x")
    gui, _ = paired(tags=HEBREW[:2])
    gui.row("web1")
    cell = next(gui.find("tree table", "Machines", skip=()).walk("label", HEBREW[:2], ()))
    assert min(ink(gui, cell, tmp_path / "tags.png", 0)) < 0.1
    gui.open("web1")
    gui.click("page tab", "Files")
    gui.enter(gui.entry("Folder here"), str(here))
    name = wait("the file", lambda: next(gui.find("tree table", "Files here", skip=()).walk("label", f"{HEBREW}.txt", ()), None))
    assert min(ink(gui, name, tmp_path / "file.png", 0)) < 0.1
