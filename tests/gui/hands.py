"""What a hand does with the mouse's button held: drags inside the window, out of it, and from another program."""
import contextlib
import subprocess
import sys
import time

from gui import wait

OTHER_PROGRAM = """
import sys
import gi
gi.require_version("Gtk", "4.0")
from gi.repository import Gdk, Gio, Gtk

def activate(app):
    window = Gtk.ApplicationWindow(application=app, title="Other", default_width=150, default_height=90)
    label = Gtk.Label(label="drag me", hexpand=True, vexpand=True)
    source = Gtk.DragSource()
    files = Gdk.FileList.new_from_list([Gio.File.new_for_path(path) for path in sys.argv[1:]])
    source.connect("prepare", lambda *_: Gdk.ContentProvider.new_for_value(files))
    label.add_controller(source)
    window.set_child(label)
    window.present()

app = Gtk.Application(flags=Gio.ApplicationFlags.NON_UNIQUE)
app.connect("activate", activate)
app.run([])
"""


def pull(gui, begin, end):
    """With the button held, as a hand would: in steps."""
    gui.tool("mousemove", *begin, "mousedown", 1)
    for step in range(1, 11):
        gui.tool("mousemove", *(a + (b - a) * step // 10 for a, b in zip(begin, end)))
        time.sleep(0.03)
    gui.tool("mouseup", 1)
    gui.settle(12)


def drag(gui, source, target):
    """A row onto what is elsewhere in the window."""
    left, top = gui.origin()
    x, y, _, height = source.extents
    tx, ty, width, theight = target.extents
    pull(gui, (left + x + 60, top + y + height // 2), (left + tx + width // 2, top + ty + theight // 2))


@contextlib.contextmanager
def other_program(gui, *files):
    """A small window of another program, from which the files can be dragged; yields the place to hold."""
    other = subprocess.Popen([sys.executable, "-c", OTHER_PROGRAM, *map(str, files)],
                             env={**gui.environment, "LD_PRELOAD": ""}, stderr=subprocess.DEVNULL)

    def find():
        try:
            return gui.tool("search", "--onlyvisible", "--all", "--pid", other.pid, "--name", "^Other$").split()
        except subprocess.CalledProcessError:
            return None  # there is none yet

    try:
        window = wait("the other program", find)[-1]
        gui.tool("windowmove", "--sync", window, 1120, 700)
        yield 1190, 740
    finally:
        other.terminate()
        other.wait()
