"""The window under test and the display that it stands on."""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from support import PATIENCE, ROOT, SANITIZER_ENVIRONMENT, sanitizer_report  # noqa: E402

# Whatever we start dies with us, even if we are killed.
TIED = ["setpriv", "--pdeathsig", "KILL", "--"]
TABLES = ("tree table", "list")


# GLib never frees the array of quarks that it outgrows at the 2,048th, and libcloudproviders, which GTK's file
# chooser asks, never the names of the two folders it looks into. Sanitizers see their stacks only as far as GLib,
# so no suppression fits. These and nothing else are let pass.
NOT_OURS = re.compile(r"(?s)^=+\n==\d+==ERROR: LeakSanitizer: detected memory leaks\n\n"
                      r"(?:Direct leak of (?:16384 byte\(s\) in 1|128 byte\(s\) in 1|256 byte\(s\) in 2)"
                      r" object\(s\) allocated from:\n"
                      r"    #0 [^\n]*alloc[^\n]*\n    #1 [^\n]* in g_(?:m|re)alloc [^\n]*\n\n){1,2}"
                      r"SUMMARY: AddressSanitizer: (?:128|256|16384|16512|16640) byte\(s\) leaked in [123]"
                      r" allocation\(s\)\.\n", re.M)


# The same of warnings. A text view looks at lines for the first time while it draws them, finds them higher than
# it guessed, and moves the scrollbar, which was about to be drawn.
WARNINGS_NOT_OURS = ("Broken accounting of active state", "Trying to snapshot GtkGizmo")


# What the session bus starts for who asks. Anything else that this computer would start, such as its own way to
# show notifications, would stand before the window.
SERVICES = ("org.a11y.Bus", "org.xfce.Xfconf")
BUS = """<busconfig>
<type>session</type>
<listen>unix:tmpdir={folder}</listen>
<servicedir>{folder}</servicedir>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>
"""


class Display:
    """An X server, a session bus and settings of our own, so that a window looks the same anywhere."""

    def __init__(self, size="1280x800"):
        self.folder = tempfile.TemporaryDirectory(prefix="hune-gui-")
        home = pathlib.Path(self.folder.name)
        (home / "run").mkdir(mode=0o700)
        (home / "config/gtk-4.0").mkdir(parents=True)
        (home / "config/gtk-4.0/settings.ini").write_text(
            "[Settings]\ngtk-font-name=Cantarell 11\ngtk-enable-animations=0\n")
        self.processes = []
        number = self.start(lambda fd: ["Xvfb", "-displayfd", str(fd), "-screen", "0", f"{size}x24",
                                        "-nolisten", "tcp", "-noreset"])
        self.environment = {
            "PATH": os.environ["PATH"],
            "DISPLAY": f":{number}",
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(home / "run"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "GDK_BACKEND": "x11",
            "GSK_RENDERER": "cairo",
            "GTK_A11Y": "atspi",
            "GSETTINGS_BACKEND": "memory",
            "ADW_DISABLE_PORTAL": "1",
            "LANG": "C.UTF-8",
            "LANGUAGE": "en",
        }
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = self.start(
            lambda fd: ["dbus-daemon", f"--config-file={self.lay_out_bus(home / 'bus')}", "--nofork", "--nosyslog",
                        f"--print-address={fd}"])

    @staticmethod
    def lay_out_bus(folder):
        folder.mkdir()
        for name in SERVICES:
            service = pathlib.Path(f"/usr/share/dbus-1/services/{name}.service")
            if service.exists():
                shutil.copy(service, folder)
        path = folder / "bus.conf"
        path.write_text(BUS.format(folder=folder))
        return path

    def start(self, command):
        """Starts a server that writes where it can be reached to a descriptor; returns that."""
        reader, writer = os.pipe()
        environment = getattr(self, "environment", None) or {**os.environ, "LANG": "C.UTF-8"}
        self.processes.append(subprocess.Popen(TIED + command(writer), pass_fds=[writer],
                                               env=environment, stderr=subprocess.DEVNULL))
        os.close(writer)
        with os.fdopen(reader) as stream:
            return stream.readline().strip()

    def add_window_manager(self):
        """For pictures: shadows, round corners, dialogs in the middle."""
        self.processes.append(subprocess.Popen(TIED + ["xfwm4", "--compositor=on"],
                                               env=self.environment, stderr=subprocess.DEVNULL,
                                               stdout=subprocess.DEVNULL))
        time.sleep(1.5)

    def close(self):
        for process in reversed(self.processes):
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
        self.folder.cleanup()


def wait(what, condition, seconds=PATIENCE):
    """Waits until `condition()` is true and returns what it returned."""
    from gi.repository import GLib

    deadline = time.monotonic() + seconds
    while True:
        begun = time.monotonic()
        try:
            value = condition()
        except GLib.Error:
            value = None  # an object may leave between two calls
        if value:
            return value
        now = time.monotonic()
        assert now < deadline, f"waited in vain for {what}"
        time.sleep(max(0.03, min(now - begun, 0.3)))  # who only looks leaves the window no time for what is waited for


class Window:
    """hune-desktop, seen and driven as a person would."""

    def __init__(self, display, program, console, *arguments, environment=None, scale=1,
                 font="Cantarell 11"):
        from atspi import ACTIVE, Bus

        self.display = display
        self.scale = scale  # pixels of the screen to one of the window's
        self.log = tempfile.TemporaryFile("w+")
        self.environment = {**display.environment, **SANITIZER_ENVIRONMENT,
                            "LSAN_OPTIONS": f"suppressions={ROOT}/tests/gui/leaks.txt"
                                            ":print_suppressions=0",
                            "GSETTINGS_SCHEMA_DIR": str(program.parents[2] / "data"),
                            "HOME": str(console.home),
                            "XDG_CONFIG_HOME": str(console.home / ".config"),
                            "XDG_DATA_HOME": str(console.home / ".local/share"),
                            **({"GDK_SCALE": str(scale)} if scale != 1 else {}),
                            **(environment or {})}
        settings = console.home / ".config/gtk-4.0/settings.ini"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(f"[Settings]\ngtk-font-name={font}\ngtk-enable-animations=0\n")
        self.process = subprocess.Popen(TIED + [str(program), "--new-instance", *map(str, arguments)],
                                        env=self.environment, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)
        self.bus = Bus(self.environment["DBUS_SESSION_BUS_ADDRESS"])
        try:
            self.root = wait("the application on the accessibility bus", self.find_application, 90)
            wait("an active window", lambda: len(self.windows) > 1 or  # a modal dialog may have no focus without a manager
                 any(w.has(ACTIVE) for w in self.windows), 60)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def find_application(self):
        assert self.process.poll() is None, f"it ended at once:\n{self.read_log()}"
        return self.bus.application(self.process.pid)

    @property
    def windows(self):
        return self.root.children

    # ---- finding ----

    def all(self, role=None, name=None, under=None, skip=("tree table",)):
        return list((under or self.root).walk(role, name, skip))

    def find(self, role, name=None, under=None, skip=("tree table",), seconds=PATIENCE):
        return wait(f"{role} {name!r}",
                    lambda: next((under or self.root).walk(role, name, skip), None), seconds)

    def has(self, role, name=None, under=None):
        return next((under or self.root).walk(role, name, ("tree table",)), None) is not None

    def gone(self, role, name=None):
        wait(f"no more {role} {name!r}", lambda: not self.all(role, name))

    def label(self, pattern, under=None, seconds=PATIENCE):
        """The first label whose text the pattern matches."""
        return self.find("label", re.compile(pattern), under, seconds=seconds)

    def shows(self, pattern):
        """Whether there is such a label now."""
        return self.has("label", re.compile(pattern))

    def open_row(self, what, find, opened):
        """Clicks twice on the row that `find()` returns, and again if a list that was just made anew
        put another row under the pointer between the two clicks."""
        for _ in range(5):
            self.point(wait(what, find), times=2)
            try:
                return wait(f"{what} to open", opened, 5)
            except AssertionError:
                continue
        return wait(f"{what} to open", opened)

    def dialog(self, title=None):
        """A second window: a dialog or a message."""
        return wait(f"the dialog {title!r}",
                    lambda: next((w for w in self.windows[1:] if title is None or w.name == title),
                                 None))

    def no_dialog(self):
        wait("the dialog's end", lambda: len(self.windows) == 1)

    def entry(self, name, under=None):
        """Whatever text is typed into, by its name."""
        return self.find(("text", "entry"), name, under)

    def rows(self):
        """The rows of the list of machines that exist: [[text of each cell]]."""
        from atspi import rows_of

        table = next(self.root.walk("tree table", "Machines", ()), None)
        rows = rows_of(table, ("label", "image")) if table else []
        return [(row, [text for cell in cells for text in cell]) for row, cells in rows]

    def row(self, name):
        """The row of a machine, by its name."""
        return wait(f"the row of {name}", lambda: next(
            (row for row, texts in self.rows() if name in texts), None))

    # ---- doing ----

    def click(self, role, name, under=None):
        node = self.find(role, name, under)
        node.do()
        return node

    def press(self, name, under=None):
        from atspi import SENSITIVE

        # libadwaita names buttons with a mnemonic twice.
        word = re.escape(name)
        node = self.find("button", re.compile(f"^(?:{word}|_?{word} {word})$"), under)
        wait(f"the button {name!r} to be sensitive", lambda: node.has(SENSITIVE))
        node.do()

    def tool(self, *command):
        return subprocess.run(["xdotool", *map(str, command)], check=True, capture_output=True,
                              text=True, env=self.environment).stdout

    def settle(self, events):
        """Until the window has dealt with so many events. The X server has passed them on by now; before the
        window answers us it deals with one at least. Else a signal, or a question, would overtake a key."""
        from gi.repository import GLib

        with contextlib.suppress(GLib.Error):  # it went, as it was told
            for _ in range(events + 2):
                self.root.get("Accessible", "Name")

    def key(self, *keys):
        self.tool("key", "--delay", 20, *keys)
        self.settle(2 * sum(len(key.split("+")) for key in keys))

    def type(self, text):
        self.tool("type", "--delay", 15, text)
        self.settle(4 * len(text))

    def newest(self, title=".+"):
        """The X window that came last, and where it stands. It has a title: tooltips and popovers have none,
        and what is dragged is small."""
        for window in reversed(self.tool("search", "--onlyvisible", "--all", "--pid", self.process.pid,
                                         "--name", title).split()):
            place = dict(line.split("=") for line in
                         self.tool("getwindowgeometry", "--shell", window).split())
            if int(place["WIDTH"]) > 200:
                break
        return window, place

    def to_front(self):
        """Before the windows of others that stand at the same place; keys go there."""
        window, _ = self.newest()
        self.tool("windowraise", window, "windowfocus", "--sync", window)

    def origin(self, title=".+"):
        window, place = self.newest(title)
        frame = subprocess.run(["xprop", "-id", window, "_GTK_FRAME_EXTENTS"], text=True,
                               capture_output=True, env=self.environment).stdout
        left, top = 0, 0  # the shadow, under a compositing window manager
        if "=" in frame:
            sizes = [int(word) for word in frame.split("=")[1].split(",")]
            left, top = sizes[0], sizes[2]
        return int(place["X"]) + left, int(place["Y"]) + top

    def point(self, node, button=1, times=1):
        """Clicks there. A banner that comes or goes meanwhile moves all that is below it; a button is pressed
        only where the pointer has been seen to stand on what is meant, and has been noticed by the window."""
        for _ in range(20):
            left, top = self.origin()
            x, y, width, height = place = node.extents
            self.tool("mousemove", left + self.scale * (x + width // 2), top + self.scale * (y + height // 2))
            self.settle(1)
            if node.extents == place:
                break
        self.tool("click", "--repeat", times, "--delay", 60, button)
        self.settle(2 * times)

    def focus(self, node):
        """By the mouse: AT-SPI's own way does nothing in GTK 4.8."""
        from atspi import FOCUSED

        self.point(node)
        wait(f"the focus of {node}", lambda: node.has(FOCUSED))

    def enter(self, node, text):
        """Types into a field and presses Return. The click and the key come in this order, so the
        field has the focus by then; it does not always say so after a dialog was in front."""
        self.point(node)
        node.text = text
        wait("the text", lambda: node.text == text)
        self.key("Return")

    def choose_user(self, view, name, now="default"):
        """As whom runs what `view` (a type of widget) runs, typed."""
        self.point(self.user_button(view, now))
        self.entry("User to run as")
        self.type(name)
        self.key("Return")
        return self.user_button(view, name)

    def user_button(self, view, now):
        return self.find("button", f"Run as: {now}", self.find("filler", view))

    def open(self, name):
        """Opens a machine's tab from the list."""
        self.point(self.row(name), times=2)
        self.find("page tab", "Overview")

    def open_command(self, name="web1"):
        """Opens a machine's tab where it is commanded; returns the line."""
        self.open(name)
        self.click("page tab", "Command")
        line = self.entry("Command to run")
        wait("the connection", lambda: not self.has("label", "Connecting"))
        return line

    def output(self):
        return self.entry("Output").text

    def output_ends(self, text):
        """Without fetching all of it, which may be long."""
        shown = next(self.root.walk(("text", "entry"), "Output", ("tree table",)), None)
        return shown is not None and shown.end_of_text(len(text)) == text

    def picture(self, path):
        subprocess.run(["import", "-window", "root", str(path)], check=True, env=self.environment)

    # ---- ending ----

    def read_log(self):
        """All that it said. Never by seek(): the window writes through the same file, at the place to
        which we went, and would write over what it said first."""
        return os.pread(self.log.fileno(), 1 << 26, 0).decode(errors="replace")

    def close(self):
        """Ends it in order; returns what it should not have said. GTK 4.8 complains of its own books
        when a row leaves while the button is down on it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = "none: it did not end"
        if self.log.closed:
            return []
        log, not_ours = NOT_OURS.subn("", self.read_log())
        self.log.close()
        if not_ours and code == 99:
            code = 0
        bad = [line for line in log.splitlines() if ("CRITICAL" in line or "WARNING" in line)
               and not any(words in line for words in WARNINGS_NOT_OURS)] + sanitizer_report(log)
        if code != 0:
            bad.append(f"exit status {code}\n{log}")
        return bad
