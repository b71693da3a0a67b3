"""A long answer, which is shown a page at a time."""
from atspi import SENSITIVE
from gui import wait

# Lines of a hundred bytes: a view takes longest to lay out what is many lines, and much is what is meant here.
NUMBERED = "pad=$(printf '%092d' 0); numbered() { seq -f \"%07.0f$pad\" \"$@\"; }; numbered "


def numbered(number):
    """One of them."""
    return f"{number:07}" + 92 * "0"


# Each line is 101 bytes, but nearly 400 characters: so the view holds less of it than the machine.
MANY_LINES = "pad=$(printf '\\001%.0s' $(seq 93)); seq -f \"%07.0f$pad\" 50000; echo the end; "


def numbers(text):
    return [int(line[:7]) for line in text.split("\n") if line[:7].isdigit()]


def has_earlier(gui):
    """Whether there is a page before. While one is asked for, nobody can ask for the next."""
    button = gui.find("button", "Earlier lines")
    return wait("what can be asked for", lambda: button.has(SENSITIVE) and "more" or
                gui.entry("Output").begin_of_text(7) == "0000001" and "all") == "more"


def earlier(gui):
    """The page before; its text."""
    text = gui.entry("Output")
    before = text.end_of_text(500)  # a whole line, which has a number: all of it is long to fetch
    gui.press("Earlier lines")
    wait("another page", lambda: text.end_of_text(500) != before)
    return text.text


def find(gui, text):
    """Types it into the bar that finds, and waits until it is selected."""
    gui.entry("Find in the output").text = text
    wait(f"{text} to be found", lambda: gui.entry("Output").selected == text)


def leaf_past_what_is_gone(gui, shown):
    """From what is shown of MANY_LINES back to the beginning that is kept here, over what nobody has any more: (the
    first line that the machine still has, the page before the gap)."""
    first = numbers(shown)[0]
    while "These lines are gone" not in (page := earlier(gui)):
        assert numbers(page) and numbers(page)[-1] == first - 1, page[:200]
        first = numbers(page)[0]
    assert first < 33000, "more than this computer keeps: nearly two mebibytes"
    gui.label(r"^From 1\.0 MiB to [0-9.]+ MiB, of 4\.8 MiB: not to be had$")
    page = earlier(gui)
    assert 10380 <= numbers(page)[-1] <= 10382
    return first, page
