"""AT-SPI over plain D-Bus (Gio): what a screen reader sees of a window, and what it can do there.

Not through libatspi: its cache crashes and hangs test processes that start one application after another.
Every call here has a time limit, and nothing is remembered between two calls.
"""
from gi.repository import Gio, GLib

PREFIX = "org.a11y.atspi."

# States, by their number in AtspiStateType.
ACTIVE, CHECKED, FOCUSED, SELECTED, SENSITIVE = 1, 4, 12, 23, 24

# Role names are translated and differ between toolkits; numbers do not.
ROLES = {
    2: "alert", 7: "check box", 11: "combo box", 16: "dialog", 20: "filler", 23: "frame", 27: "image",
    29: "label", 31: "list", 32: "list item", 33: "menu", 35: "menu item", 37: "page tab",
    38: "page tab list", 39: "panel", 42: "progress bar", 43: "button", 48: "scroll bar",
    49: "scroll pane", 50: "separator", 56: "table cell", 61: "text", 62: "toggle button",
    66: "tree table", 75: "application", 79: "entry", 87: "form", 90: "table row",
}

# What has no place of its own on the screen although what is in it does.
WINDOWS = ("application", "frame", "dialog", "alert")


class Bus:
    """The accessibility bus of a session bus."""

    def __init__(self, session_address, timeout_ms=10000):
        self.timeout_ms = timeout_ms
        flags = Gio.DBusConnectionFlags
        as_client = flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION
        session = Gio.DBusConnection.new_for_address_sync(session_address, as_client, None, None)
        address = session.call_sync("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress",
                                    None, None, Gio.DBusCallFlags.NONE, 30000, None).unpack()[0]
        self.connection = Gio.DBusConnection.new_for_address_sync(address, as_client, None, None)

    def call(self, destination, path, interface, method, arguments=None):
        return self.connection.call_sync(destination, path, interface, method, arguments, None,
                                         Gio.DBusCallFlags.NONE, self.timeout_ms, None).unpack()

    def application(self, pid):
        """The root of the application with that process id; None if it is not there (yet)."""
        try:
            found, = self.call(PREFIX + "Registry", "/org/a11y/atspi/accessible/root",
                               PREFIX + "Accessible", "GetChildren")
        except GLib.Error:
            return None
        for name, path in found:
            try:
                owner, = self.call("org.freedesktop.DBus", "/", "org.freedesktop.DBus",
                                   "GetConnectionUnixProcessID", GLib.Variant("(s)", (name,)))
            except GLib.Error:
                continue  # it left meanwhile
            if owner == pid:
                return Node(self, name, path)
        return None


class Node:
    """One accessible object: a widget as others see it."""

    def __init__(self, bus, destination, path):
        self.bus = bus
        self.destination = destination
        self.path = path

    def __eq__(self, other):
        return isinstance(other, Node) and \
            (self.destination, self.path) == (other.destination, other.path)

    def __hash__(self):
        return hash((self.destination, self.path))

    def __repr__(self):
        try:
            return f"<{self.role} {self.name!r}>"
        except GLib.Error:
            return "<gone>"

    def call(self, interface, method, arguments=None):
        return self.bus.call(self.destination, self.path, PREFIX + interface, method, arguments)

    def get(self, interface, name):
        return self.bus.call(self.destination, self.path, "org.freedesktop.DBus.Properties", "Get",
                             GLib.Variant("(ss)", (PREFIX + interface, name)))[0]

    @property
    def role(self):
        number = self.call("Accessible", "GetRole")[0]
        return ROLES.get(number, str(number))

    @property
    def name(self):
        return self.get("Accessible", "Name")

    @property
    def description(self):
        return self.get("Accessible", "Description")

    @property
    def children(self):
        found = []
        for destination, path in self.call("Accessible", "GetChildren")[0]:
            node = Node(self.bus, destination, path)
            if not path.endswith("/null") and node not in found:  # a stack page names its child twice
                found.append(node)
        return found

    def has(self, state):
        words = self.call("Accessible", "GetState")[0]
        return bool(words[state // 32] >> (state % 32) & 1)

    @property
    def extents(self):
        """x, y, width, height inside the window; None for what has no place."""
        try:
            return self.call("Component", "GetExtents", GLib.Variant("(u)", (1,)))[0]
        except GLib.Error:
            return None

    @property
    def is_shown(self):
        """GTK 4.8 says SHOWING of windows only; what is not shown has no size."""
        extents = self.extents
        return extents is None or (extents[2] > 0 and extents[3] > 0)

    @property
    def text(self):
        count = self.get("Text", "CharacterCount")
        return self.call("Text", "GetText", GLib.Variant("(ii)", (0, count)))[0]

    @text.setter
    def text(self, text):
        assert self.call("EditableText", "SetTextContents", GLib.Variant("(s)", (text,)))[0], \
            f"{self} takes no text"

    def end_of_text(self, size=40):
        """Its last characters, without the rest of it."""
        count = self.get("Text", "CharacterCount")
        return self.call("Text", "GetText", GLib.Variant("(ii)", (max(0, count - size), count)))[0]

    @property
    def selected(self):
        """The text that is selected."""
        begin, end = self.call("Text", "GetSelection", GLib.Variant("(i)", (0,)))
        return self.text[begin:end]

    def do(self, action="click"):
        count = self.get("Action", "NActions")
        names = [self.call("Action", "GetName", GLib.Variant("(i)", (i,)))[0] for i in range(count)]
        assert action in names, f"{self} can do {names}, not {action}"
        done = self.call("Action", "DoAction", GLib.Variant("(i)", (names.index(action),)))[0]
        assert done, f"{self} refused to {action}"

    def select(self, index):
        """Selects a child of a list, as a screen reader does."""
        assert self.call("Selection", "SelectChild", GLib.Variant("(i)", (index,)))[0]

    def walk(self, role=None, name=None, skip=()):
        """Everything below that is shown, nearest first. `skip` are roles that are not gone into."""
        waiting = [self]
        while waiting:
            node = waiting.pop(0)
            try:
                here = node.role
                if here not in WINDOWS and not node.is_shown:
                    continue
                if (role is None or here == role) and (name is None or node.name == name):
                    yield node
                if node is self or here not in skip:
                    waiting += node.children
            except GLib.Error:
                continue  # it left meanwhile
